/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for tests/suspend-plugins.sh: it writes each event of a suspension
 * into PHASES_LOG, and does in some of them what a hook may do.  Of the task
 * that PHASES_HANG names, the hook of DRAIN does not return while the file
 * that PHASES_WAIT names exists; if it is empty, the hook crashes, by an illegal
 * instruction if PHASES_ILL is set.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>
#include <pip/pip_plugin.h>

PIP_PLUGIN("phases");

static int log_fd = -1, hangs = -1;
static char wait_path[4096];
static __thread int thread_local = 42;

static void put(const char *what, const pip_event_data_t *data)
{
	char line[160];
	int n = snprintf(line, sizeof(line), "%s %d %d %llu %u %d%s\n", what,
			 data->pipid, data->round.leader,
			 (unsigned long long)data->round.number,
			 data->round.members, data->round.reason,
			 thread_local == 42 ? "" : " WRONG TLS");

	if (write(log_fd, line, (size_t)n) != n)
		_exit(98);
}

static void begin(int pipid)
{
	const char *path = getenv("PHASES_LOG"), *task = getenv("PHASES_HANG");
	const char *wait = getenv("PHASES_WAIT");

	if (path != NULL)
		log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (task != NULL && wait != NULL && atoi(task) == pipid) {
		hangs = pipid;
		snprintf(wait_path, sizeof(wait_path), "%s", wait);
	}
}

/* What may be called, and what refuses to. */
static void check_calls(const pip_event_data_t *data)
{
	int value = data->pipid, back = -1;
	size_t size = sizeof(back);

	if (pip_publish(&value, sizeof(value), &value, sizeof(value)) != 0 ||
	    pip_query(&value, sizeof(value), &back, &size) != 0 ||
	    back != value || pip_suspend_all(0, 0, 0) != EDEADLK ||
	    pip_global_barrier(0, PIP_BARRIER_ROOT) != EDEADLK)
		put("CALL-FAILED", data);
}

static void crash(void)
{
	if (getenv("PHASES_ILL") != NULL)
		__builtin_trap();
	raise(SIGSEGV);
}

static void hang(void)
{
	struct timespec pause = { 0, 5000000 };

	while (access(wait_path, F_OK) == 0)
		nanosleep(&pause, NULL);
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	if (event == PIP_PLUGIN_EVENT_INIT)
		begin(data->pipid);
	if (event >= PIP_PLUGIN_EVENT_WAIT_FOR_SUSPEND &&
	    event <= PIP_PLUGIN_EVENT_RESUME_USER_THREAD && log_fd >= 0) {
		put(pip_event_name(event), data);
		if (event == PIP_PLUGIN_EVENT_DRAIN) {
			check_calls(data);
			if (hangs == data->pipid && wait_path[0] == '\0')
				crash();
			if (hangs == data->pipid)
				hang();
		}
	}
	PIP_NEXT_EVENT_HOOK(event, data);
}
