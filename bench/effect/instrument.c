// SPDX-License-Identifier: BSD-2-Clause
/* The table of instrumentations, and those that need no other program. */
#include "instrument.h"

#include <string.h>

static const char *check_nothing(const struct effect_config *config,
				 const char *argument)
{
	(void)config, (void)argument;
	return NULL;
}

static void *attach_nothing(const struct effect_target *target,
			    const char *argument, char *reason)
{
	(void)argument, (void)reason;
	return (void *)target;
}

static int detach_nothing(void *state, struct effect_run *run, char *reason)
{
	(void)state, (void)run, (void)reason;
	return 0;
}

const char *instrument_check_probe(const struct effect_config *config)
{
	static char reason[EFFECT_REASON_MAX];
	uint64_t offsets[PROBE_PLACES_MAX];

	if (config->probe.name == NULL)
		return "the workload has no probe: name one with -P";
	return probe_find(&config->probe, offsets, reason) < 0 ? reason : NULL;
}

static const char *check_probe(const struct effect_config *config,
			       const char *argument)
{
	const char *reason = instrument_check_probe(config);

	(void)argument;
	return reason != NULL ? reason : bpf_check();
}

static const char *check_bpf(const struct effect_config *config,
			     const char *argument)
{
	(void)config, (void)argument;
	return bpf_check();
}

static void *attach_empty(const struct effect_target *target,
			  const char *argument, char *reason)
{
	(void)argument;
	return bpf_attach_probe(BPF_NOTHING, &target->config->probe,
				target->pid, reason);
}

static void *attach_count(const struct effect_target *target,
			  const char *argument, char *reason)
{
	(void)argument;
	return bpf_attach_probe(BPF_COUNT, &target->config->probe, target->pid,
				reason);
}

static void *attach_stack(const struct effect_target *target,
			  const char *argument, char *reason)
{
	(void)argument;
	return bpf_attach_probe(BPF_STACK, &target->config->probe, target->pid,
				reason);
}

/* Tasks are processes of their own: of everybody, then. */
static void *attach_sched(const struct effect_target *target,
			  const char *argument, char *reason)
{
	(void)target, (void)argument;
	return bpf_attach_tracepoint("sched_switch", 0, reason);
}

static void *attach_syscalls(const struct effect_target *target,
			     const char *argument, char *reason)
{
	(void)target, (void)argument;
	return bpf_attach_tracepoint("sys_enter", 0, reason);
}

static int detach_bpf(void *state, struct effect_run *run, char *reason)
{
	return bpf_finish(state, run, reason);
}

#define BPF_PROBE(kind) \
	.check = check_probe, .attach = attach_##kind, .detach = detach_bpf

const struct effect_instrument effect_instruments[] = {
	{ .name = "none", .help = "nothing; the reference",
	  .check = check_nothing, .attach = attach_nothing,
	  .detach = detach_nothing },
	{ .name = "recorder", .help = "the flight recorder (PIP_TRACE)",
	  .records = true, .check = check_nothing, .attach = attach_nothing,
	  .detach = detach_nothing },
	{ .name = "usdt-empty", .help = "the probe, with an empty BPF program",
	  BPF_PROBE(empty) },
	{ .name = "usdt", .help = "the probe, counted by BPF", .counts = true,
	  BPF_PROBE(count) },
	{ .name = "stack", .help = "the probe, user stacks counted by BPF",
	  .counts = true, BPF_PROBE(stack) },
	{ .name = "sched", .help = "tracepoint sched_switch, counted by BPF",
	  .check = check_bpf, .attach = attach_sched, .detach = detach_bpf },
	{ .name = "syscalls", .help = "tracepoint sys_enter, counted by BPF",
	  .check = check_bpf, .attach = attach_syscalls, .detach = detach_bpf },
	{ .name = "bpftrace", .help = "the probe, bpftrace { @ = count(); }",
	  .counts = true, .check = instrument_check_bpftrace,
	  .attach = instrument_attach_bpftrace,
	  .detach = instrument_detach_bpftrace },
	{ .name = "bpftrace-stack",
	  .help = "the probe, bpftrace { @[ustack] = count(); }",
	  .counts = true, .check = instrument_check_bpftrace,
	  .attach = instrument_attach_bpftrace_stack,
	  .detach = instrument_detach_bpftrace },
	{ .name = "pips", .help = "pips in a loop, SECONDS apart (0.1)",
	  .takes_argument = true, .wants_tasks = true,
	  .check = instrument_check_pips,
	  .attach = instrument_attach_pips,
	  .detach = instrument_detach_observer },
	{ .name = "pip-top", .help = "pip-top -b -d SECONDS (1)",
	  .takes_argument = true, .wants_tasks = true,
	  .check = instrument_check_pip_top,
	  .attach = instrument_attach_pip_top,
	  .detach = instrument_detach_observer },
	{ .name = "pip-trace", .help = "pip-trace record -p PID",
	  .records = true, .switches_on = true, .wants_tasks = true,
	  .wants_start = true, .check = instrument_check_pip_trace,
	  .attach = instrument_attach_pip_trace,
	  .detach = instrument_detach_pip_trace },
	{ .name = "pip-trace-sched",
	  .help = "pip-trace record --kernel-events=sched",
	  .records = true, .switches_on = true, .wants_tasks = true,
	  .wants_start = true, .check = instrument_check_pip_trace_sched,
	  .attach = instrument_attach_pip_trace_sched,
	  .detach = instrument_detach_pip_trace },
	{ .name = "pip-trace-stacks", .help = "pip-trace stacks -e PROBE",
	  .counts = true, .wants_tasks = true, .wants_start = true,
	  .check = instrument_check_pip_trace_stacks,
	  .attach = instrument_attach_pip_trace_stacks,
	  .detach = instrument_detach_pip_trace_stacks },
	{ .name = "gdb", .help = "pip-gdb attached, and continued",
	  .wants_tasks = true, .wants_start = true, .check = instrument_check_gdb,
	  .attach = instrument_attach_gdb,
	  .detach = instrument_detach_observer },
	{ .name = "lttng", .help = "an event of LTTng-UST at each event",
	  .counts = true, .marks = true, .wants_start = true,
	  .check = instrument_check_lttng,
	  .attach = instrument_attach_lttng,
	  .detach = instrument_detach_lttng },
	{ .name = "perf", .help = "perf record -e raw_syscalls:sys_enter",
	  .check = instrument_check_perf, .attach = instrument_attach_perf,
	  .detach = instrument_detach_observer },
	{ .name = "perf-trace", .help = "perf trace -s",
	  .check = instrument_check_perf, .attach = instrument_attach_perf_trace,
	  .detach = instrument_detach_perf_trace },
	{ .name = "command",
	  .help = "any command that looks on; %p is the PID",
	  .takes_argument = true, .check = check_nothing,
	  .attach = instrument_attach_command,
	  .detach = instrument_detach_observer },
	{ .name = NULL },
};
