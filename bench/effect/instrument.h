/* SPDX-License-Identifier: BSD-2-Clause */
/* The instrumentations that are other programs. */
#ifndef PIP_EFFECT_INSTRUMENT_H
#define PIP_EFFECT_INSTRUMENT_H

#include "effect.h"

#define INSTRUMENT_CHECK(name)                                             \
	const char *instrument_check_##name(                               \
		const struct effect_config *config, const char *argument)
#define INSTRUMENT_ATTACH(name)                                            \
	void *instrument_attach_##name(const struct effect_target *target, \
				       const char *argument, char *reason)

/* NULL if the probe is there. */
const char *instrument_check_probe(const struct effect_config *config);

/* NULL if the command is there. */
const char *instrument_check_command(const struct effect_config *config,
				     const char *name, const char *hint);

/* A shell command; in it $0 is a program's path, $1 the PID, $2 more. */
void *instrument_start_shell(const struct effect_target *target,
			     const char *name, const char *script,
			     const char *more, const char *ready, char *reason);

/* LTTng's daemon for oneself until that descriptor is closed; -1: somebody else
 * keeps it. */
int instrument_lock_lttng(const struct effect_config *config, int *fd);

INSTRUMENT_CHECK(bpftrace);
INSTRUMENT_CHECK(pips);
INSTRUMENT_CHECK(pip_top);
INSTRUMENT_CHECK(pip_trace);
INSTRUMENT_CHECK(pip_trace_sched);
INSTRUMENT_CHECK(pip_trace_stacks);
INSTRUMENT_CHECK(gdb);
INSTRUMENT_CHECK(perf);
INSTRUMENT_CHECK(lttng);
INSTRUMENT_ATTACH(bpftrace);
INSTRUMENT_ATTACH(bpftrace_stack);
INSTRUMENT_ATTACH(pips);
INSTRUMENT_ATTACH(pip_top);
INSTRUMENT_ATTACH(pip_trace);
INSTRUMENT_ATTACH(pip_trace_sched);
INSTRUMENT_ATTACH(pip_trace_stacks);
INSTRUMENT_ATTACH(gdb);
INSTRUMENT_ATTACH(perf);
INSTRUMENT_ATTACH(perf_trace);
INSTRUMENT_ATTACH(lttng);
INSTRUMENT_ATTACH(command);
int instrument_detach_bpftrace(void *state, struct effect_run *run,
			       char *reason);
int instrument_detach_pip_trace(void *state, struct effect_run *run,
				char *reason);
int instrument_detach_pip_trace_stacks(void *state, struct effect_run *run,
				       char *reason);
int instrument_detach_perf_trace(void *state, struct effect_run *run,
				 char *reason);
int instrument_detach_lttng(void *state, struct effect_run *run, char *reason);
int instrument_detach_observer(void *state, struct effect_run *run,
			       char *reason);

#endif
