// SPDX-License-Identifier: BSD-2-Clause
/* The modes in which sender (PIPID 0) and receiver (PIPID 1) are tasks: this
 * program, started twice more. */
#include "ipc.h"

#include <errno.h>
#include <limits.h>
#include <pip/pip.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define TASK_NAME "pip-ipc-task" /* argv[0] of a task */

/* If the program is a task of pip-ipc: what the root has given. */
static struct ipc_run *find_run(int *pipidp)
{
	struct ipc_run *run = NULL;

	if (!pip_isa_task() ||
	    pip_init(pipidp, NULL, (void **)&run, PIP_OPTS_NONE) != 0 ||
	    run == NULL || run->magic != IPC_MAGIC)
		return NULL;
	return run;
}

bool ipc_is_task_of_ours(void)
{
	return strcmp(program_invocation_name, TASK_NAME) == 0 &&
	       find_run(NULL) != NULL;
}

int ipc_play_task(void)
{
	int pipid = 0, threaded = 0;
	struct ipc_run *run = find_run(&pipid);
	bool sender = pipid == 0;
	int unused = sender ? run->read_fd : run->write_fd;

	signal(SIGPIPE, SIG_IGN);
	pip_is_shared_fd(&threaded);
	/* The calls of a ULP go to the root's descriptors. */
	if (!run->config.mode->one_kernel_thread && !threaded && unused >= 0)
		close(unused);
	return ipc_side_play(run, sender) != 0;
}

static int spawn(int pipid, char *self, uint32_t opts, pip_task_queue_t *queue)
{
	static char name[] = TASK_NAME;
	char *argv[] = { name, NULL };
	pip_spawn_program_t program;

	pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
	return pip_blt_spawn(&program, PIP_CPUCORE_ASIS, opts, &pipid, NULL,
			     queue, NULL);
}

/* Wait for both.  When one has failed, the other may wait for it for ever. */
static void wait_tasks(struct ipc_run *run, int ntasks)
{
	while (ntasks-- > 0) {
		int pipid = 0, status = 0;

		if (pip_wait_any(&pipid, &status) != 0)
			return;
		if (WIFSIGNALED(status))
			ipc_side_fail(run, pipid == 0, "killed by a signal",
				      EINTR);
		if (ntasks > 0 && atomic_load(&run->failed))
			pip_kill(1 - pipid, SIGKILL);
	}
}

static void close_pair(struct ipc_run *run)
{
	int threaded = 0;

	pip_is_shared_fd(&threaded);
	if (run->read_fd >= 0 && !threaded) {
		close(run->read_fd);
		close(run->write_fd);
	}
}

static int run_tasks(struct ipc_run *run, bool ulps)
{
	uint32_t opts = ulps ? PIP_TASK_INACTIVE : PIP_TASK_ACTIVE;
	int ntasks = 2, all = PIP_TASK_ALL, error, started = 0;
	void *exp = run;
	char self[PATH_MAX] = "";
	pip_task_queue_t queue;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0) {
		ipc_side_fail(run, true, "/proc/self/exe", errno);
		return 0;
	}
	error = pip_init(NULL, &ntasks, &exp, PIP_OPTS_NONE);
	if (error != 0) {
		ipc_side_fail(run, true, "pip_init", error);
		return 0;
	}
	pip_task_queue_init(&queue, NULL);
	while (error == 0 && started < 2) {
		error = spawn(started, self, opts, ulps ? &queue : NULL);
		started += error == 0;
	}
	if (error != 0)
		ipc_side_fail(run, started == 0, "pip_blt_spawn", error);
	if (ulps)
		pip_dequeue_and_resume_N(&queue, pip_task_self(), &all);
	else
		close_pair(run);
	wait_tasks(run, started);
	if (ulps)
		close_pair(run);
	run->read_fd = run->write_fd = -1;
	pip_fin();
	return 0;
}

int ipc_run_2pip(struct ipc_run *run)
{
	return run_tasks(run, false);
}

int ipc_run_2ulp(struct ipc_run *run)
{
	return run_tasks(run, true);
}
