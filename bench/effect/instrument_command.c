// SPDX-License-Identifier: BSD-2-Clause
/* Instrumentations that are other programs. */
#include "instrument.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEXT_MAX (4 * PATH_MAX)

const char *instrument_check_command(const struct effect_config *config,
				     const char *name, const char *hint)
{
	static char reason[EFFECT_REASON_MAX];

	if (effect_find_command(config, name) != NULL)
		return NULL;
	snprintf(reason, sizeof(reason), "%s is not installed%s%s", name,
		 *hint != '\0' ? ": " : "", hint);
	return reason;
}

INSTRUMENT_CHECK(bpftrace)
{
	const char *reason = instrument_check_probe(config);

	(void)argument;
	if (reason == NULL && geteuid() != 0)
		reason = "bpftrace only runs as root";
	return reason != NULL ? reason :
				instrument_check_command(config, "bpftrace",
					      "install bpftrace");
}

INSTRUMENT_CHECK(pips)
{
	(void)argument;
	return instrument_check_command(config, "pips", "");
}

INSTRUMENT_CHECK(pip_top)
{
	(void)argument;
	return instrument_check_command(config, "pip-top", "");
}

INSTRUMENT_CHECK(gdb)
{
	const char *reason = instrument_check_command(config, "gdb", "install gdb");

	(void)argument;
	return reason != NULL ? reason : instrument_check_command(config, "pip-gdb", "");
}

INSTRUMENT_CHECK(perf)
{
	(void)argument;
	return instrument_check_command(config, "perf", "install linux-perf");
}

/* -p: of the whole program, as the kernel selects by address space; not of what
 * others run with the same library. */
static void *start_bpftrace(const struct effect_target *target,
			    const char *action, char *reason)
{
	static char program[TEXT_MAX], command[] = "bpftrace", e[] = "-e";
	static char p[] = "-p", pid[16];
	const struct effect_probe *probe = &target->config->probe;
	char *argv[] = { command, p, pid, e, program, NULL };

	snprintf(pid, sizeof(pid), "%d", (int)target->pid);
	if (probe->provider != NULL)
		snprintf(program, sizeof(program),
			 "BEGIN { printf(\"attached\\n\"); } "
			 "usdt:%s:%s:%s { %s }",
			 probe->file, probe->provider, probe->name, action);
	else
		snprintf(program, sizeof(program),
			 "BEGIN { printf(\"attached\\n\"); } "
			 "uprobe:%s:%s { %s }",
			 probe->file, probe->name, action);
	return observer_start(argv, "attached\n", reason);
}

INSTRUMENT_ATTACH(bpftrace)
{
	(void)argument;
	return start_bpftrace(target, "@ = count();", reason);
}

INSTRUMENT_ATTACH(bpftrace_stack)
{
	(void)argument;
	return start_bpftrace(target, "@[ustack] = count();", reason);
}

/* "@: N", or "]: N" for each stack. */
int instrument_detach_bpftrace(void *state, struct effect_run *run,
			       char *reason)
{
	int status;
	char *text, *at;

	observer_forgets(state);
	at = text = observer_stop(state, &status);
	run->counted = 0;
	while (at != NULL && (at = strstr(at, ": ")) != NULL) {
		uint64_t count = 0;

		if (at > text && (at[-1] == '@' || at[-1] == ']') &&
		    sscanf(at, ": %" SCNu64, &count) == 1) {
			run->counted += count;
			run->stacks += at[-1] == ']';
		}
		at += 2;
	}
	if (status != 0)
		observer_explain("bpftrace", status, text, reason);
	free(text);
	return status == 0 ? 0 : -1;
}

/* Not SIGINT and the like, which are how it is ended. */
static bool has_crashed(int status)
{
	return status != OBSERVER_LATE && WIFSIGNALED(status) &&
	       (WTERMSIG(status) == SIGABRT || WTERMSIG(status) == SIGBUS ||
		WTERMSIG(status) == SIGFPE || WTERMSIG(status) == SIGILL ||
		WTERMSIG(status) == SIGSEGV);
}

int instrument_detach_observer(void *state, struct effect_run *run,
			       char *reason)
{
	bool failed = observer_has_failed(state, reason);
	int status;
	char *text = observer_stop(state, &status);

	(void)run;
	if (status == OBSERVER_LATE || has_crashed(status)) {
		observer_explain("it has crashed", status, text, reason);
		failed = true;
	}
	free(text);
	return failed ? -1 : 0;
}

void *instrument_start_shell(const struct effect_target *target,
			     const char *name, const char *script,
			     const char *more, const char *ready, char *reason)
{
	static char sh[] = "/bin/sh", c[] = "-c", pid[16], text[TEXT_MAX];
	const char *path = name != NULL ?
				   effect_find_command(target->config, name) :
				   sh;
	char *argv[] = { sh, c, text, (char *)path, pid, (char *)more, NULL };

	snprintf(pid, sizeof(pid), "%d", (int)target->pid);
	snprintf(text, sizeof(text), "%s", script);
	return observer_start(argv, ready, reason);
}

/* A command is no PiP program yet: a first look that fails is a look, too. */
INSTRUMENT_ATTACH(pips)
{
	return instrument_start_shell(target, "pips",
			   "while :; do \"$0\" -l -p \"$1\" >/dev/null 2>&1; "
			   "echo attached; sleep \"$2\"; done",
			   argument != NULL ? argument : "0.1", "attached\n",
			   reason);
}

INSTRUMENT_ATTACH(pip_top)
{
	return instrument_start_shell(target, "pip-top",
			   "\"$0\" -b -d \"$2\" -p \"$1\" 2>&1 | "
			   "{ read -r line; echo attached; cat >/dev/null; }",
			   argument != NULL ? argument : "1", "attached\n",
			   reason);
}

INSTRUMENT_ATTACH(gdb)
{
	(void)argument;
	return instrument_start_shell(target, "pip-gdb",
			   "exec \"$0\" -q -p \"$1\" -batch -ex 'echo "
			   "attached\\n' -ex continue",
			   "", "attached\n", reason);
}

INSTRUMENT_ATTACH(perf)
{
	(void)argument;
	return instrument_start_shell(target, "perf",
			   "exec \"$0\" record -q -o /dev/null -e "
			   "raw_syscalls:sys_enter -p \"$1\"",
			   "", OBSERVER_PERF, reason);
}

INSTRUMENT_ATTACH(perf_trace)
{
	(void)argument;
	return instrument_start_shell(target, "perf",
			   "exec \"$0\" trace -s -p \"$1\"", "",
			   OBSERVER_PERF, reason);
}

/* " dd (4711), 4036 events, 100.0%" for each thread. */
int instrument_detach_perf_trace(void *state, struct effect_run *run,
				 char *reason)
{
	bool failed = observer_has_failed(state, reason);
	int status;
	char *text = observer_stop(state, &status), *rest = text, *line;

	run->counted = 0;
	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		const char *number = strstr(line, "), ");
		uint64_t n;

		if (number != NULL && strstr(line, " events, ") != NULL &&
		    sscanf(number, "), %" SCNu64 " events", &n) == 1)
			run->counted += n;
	}
	free(text);
	if (status == OBSERVER_LATE) {
		observer_explain("perf trace", status, NULL, reason);
		failed = true;
	}
	return failed ? -1 : 0;
}

INSTRUMENT_ATTACH(command)
{
	static char text[TEXT_MAX];
	size_t n = 0;

	for (const char *at = argument; *at != '\0' && n < sizeof(text) - 16;
	     at++)
		if (at[0] == '%' && at[1] == 'p') {
			n += (size_t)snprintf(text + n, 16, "%d",
					      (int)target->pid);
			at++;
		} else {
			text[n++] = *at;
		}
	text[n] = '\0';
	return instrument_start_shell(target, NULL, text, "", NULL, reason);
}
