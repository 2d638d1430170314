/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_tasks.h"

#include <signal.h>
#include <sys/types.h>
#include <unistd.h>

#include <pip/pip.h>

static int limit(void)
{
	int ntasks = 0;

	return pip_get_ntasks(&ntasks) == 0 ? ntasks : 0;
}

int exec_tasks_count(void)
{
	int count = 0;

	for (int pipid = limit() - 1; pipid >= 0; pipid--)
		count += pip_get_system_id(pipid, NULL) == 0;
	return count;
}

/*
 * To the process as a whole: pip_kill() is for its first thread only, which
 * may have blocked what another one waits for.  A PID cannot become another
 * process's in between, since only the root, that is we, collect tasks.
 */
static void kill_process(int pipid, int signal, bool others_only)
{
	pip_id_t id;

	if (pip_get_system_id(pipid, &id) == 0 &&
	    (!others_only || getpgid((pid_t)id) != getpgrp()))
		kill((pid_t)id, signal);
}

/* Of version 2 only, as far as the header goes. */
int pip_kill_all_child_tasks(void);

void exec_tasks_kill(int signal, bool others_only)
{
	int is_threaded = 0;

	pip_is_threaded(&is_threaded);
	if (is_threaded) {
		/* What else comes has ended us, and so them. */
		if (signal == SIGKILL)
			pip_kill_all_child_tasks();
		return;
	}
	for (int pipid = limit() - 1; pipid >= 0; pipid--)
		kill_process(pipid, signal, others_only);
}
