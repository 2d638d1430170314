// SPDX-License-Identifier: BSD-2-Clause
/* pip-trace as an instrumentation. */
#include <config.h>

#include "instrument.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

INSTRUMENT_CHECK(pip_trace)
{
	(void)argument;
	return instrument_check_command(config, "pip-trace", "");
}

INSTRUMENT_CHECK(pip_trace_sched)
{
	static char reason[EFFECT_REASON_MAX];

	if (*MISSING_FOR_BPF != '\0') {
		snprintf(reason, sizeof(reason), "pip-trace was built without: "
			 "%s", MISSING_FOR_BPF);
		return reason;
	}
	if (bpf_check() != NULL)
		return bpf_check();
	return instrument_check_pip_trace(config, argument);
}

INSTRUMENT_CHECK(pip_trace_stacks)
{
	const char *reason = instrument_check_probe(config);

#ifndef HAVE_LIBDW
	if (reason == NULL)
		reason = "pip-trace was built without libdw: install libdw-dev";
#endif
	return reason != NULL ? reason :
				instrument_check_pip_trace_sched(config,
								 argument);
}

/* Both with what else it does by itself: the flight recorder. */
INSTRUMENT_ATTACH(pip_trace)
{
	(void)argument;
	return instrument_start_shell(target, "pip-trace",
			   "exec \"$0\" record -o /dev/null -p \"$1\"", "",
			   NULL, reason);
}

INSTRUMENT_ATTACH(pip_trace_sched)
{
	(void)argument;
	return instrument_start_shell(target, "pip-trace",
			   "exec \"$0\" record --kernel-events=sched "
			   "-o /dev/null -p \"$1\"", "",
			   NULL, reason);
}

/* "/dev/null: 4711 events, 815 of the kernel" and "lost: 0 events of the flight
 * recorder, 0 of the kernel" */
int instrument_detach_pip_trace(void *state, struct effect_run *run,
				char *reason)
{
	int status;
	char *text = observer_stop(state, &status);
	const char *line = text != NULL ? strstr(text, "/dev/null: ") : NULL;
	uint64_t events[2], lost[2];
	bool good = status == 0 && line != NULL &&
		    sscanf(line, "/dev/null: %" SCNu64 " events, %" SCNu64
			   " of the kernel\nlost: %" SCNu64 " events of the "
			   "flight recorder, %" SCNu64, &events[0], &events[1],
			   &lost[0], &lost[1]) == 4;

	if (good) {
		run->counted = events[0] + events[1];
		run->lost = lost[0] + lost[1];
	} else {
		observer_explain("pip-trace", status, text, reason);
	}
	free(text);
	return good ? 0 : -1;
}

/* As pip-trace(1) names events. */
static void name_event(const struct effect_probe *probe, char *text,
		       size_t size)
{
	if (probe->provider == NULL)
		snprintf(text, size, "uprobe:%s:%s", probe->file, probe->name);
	else if (strcmp(probe->provider, "pip") == 0)
		snprintf(text, size, "pip:%s", probe->name);
	else
		snprintf(text, size, "usdt:%s:%s:%s", probe->file,
			 probe->provider, probe->name);
}

/* The workloads' stacks are small. */
INSTRUMENT_ATTACH(pip_trace_stacks)
{
	static char event[2 * PATH_MAX];

	(void)argument;
	name_event(&target->config->probe, event, sizeof(event));
	return instrument_start_shell(target, "pip-trace",
			   "exec \"$0\" stacks --stack-bytes=4096 "
			   "--kernel-buffer=256 -e \"$2\" -p \"$1\"",
			   event, "stacks: attached", reason);
}

/* "stacks: 57446 events NAME, lost: 0 of", and "T0;main;... 14361" for each
 * stack. */
int instrument_detach_pip_trace_stacks(void *state, struct effect_run *run,
				       char *reason)
{
	int status;
	char *text = observer_stop(state, &status), *rest = text, *line;
	bool found = false;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		const char *lost = strstr(line, "lost: ");

		if (sscanf(line, "stacks: %" SCNu64 " events", &run->counted) ==
		    1) {
			found = true;
			if (lost != NULL)
				sscanf(lost, "lost: %" SCNu64, &run->lost);
		}
		run->stacks += strchr(line, ';') != NULL &&
			       strstr(line, ";[") == NULL;
	}
	if (status != 0 || !found)
		observer_explain("pip-trace stacks", status, "", reason);
	free(text);
	return status == 0 && found ? 0 : -1;
}
