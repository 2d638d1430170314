// SPDX-License-Identifier: BSD-2-Clause
/* The table of modes, and those that need no PiP. */
#include "ipc.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each block is sent as far as it goes, then received as far as it came. */
static int run_1thread(struct ipc_run *run)
{
	int error = ipc_side_prepare(run, true);

	if (error == 0)
		error = ipc_side_prepare(run, false);
	if (error != 0)
		ipc_side_fail(run, true, "buffer", error);
	while (!ipc_side_is_done(run, false) && !atomic_load(&run->failed)) {
		if (!ipc_side_is_done(run, true) && !ipc_side_step(run, true) &&
		    run->receiver.bytes == run->sender.bytes)
			ipc_side_fail(run, true, "send", EAGAIN);
		while (run->receiver.bytes < run->sender.bytes &&
		       !atomic_load(&run->failed) && ipc_side_step(run, false))
			;
	}
	return 0;
}

static void *send_all(void *arg)
{
	ipc_side_play(arg, true);
	return NULL;
}

static int run_2thread(struct ipc_run *run)
{
	pthread_t thread;
	int error = pthread_create(&thread, NULL, send_all, run);

	if (error != 0) {
		ipc_side_fail(run, true, "pthread_create", error);
		return 0;
	}
	/* A sender that is blocked in write(2) must learn of a failure. */
	if (ipc_side_play(run, false) != 0 && run->read_fd >= 0) {
		close(run->read_fd);
		run->read_fd = -1;
	}
	pthread_join(thread, NULL);
	return 0;
}

static pid_t start_process(struct ipc_run *run, bool sender)
{
	pid_t parent = getpid(), pid = fork();
	int *unused = sender ? &run->read_fd : &run->write_fd;

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (*unused >= 0)
		close(*unused);
	_exit(ipc_side_play(run, sender) != 0);
}

static int run_2proc(struct ipc_run *run)
{
	pid_t pids[2], pid;
	int status = 0;

	for (int i = 0; i < 2; i++) {
		pids[i] = start_process(run, i == 0);
		if (pids[i] < 0)
			ipc_side_fail(run, i == 0, "fork", errno);
	}
	/* The numbers in the run are the children's still: it is shared. */
	if (run->read_fd >= 0) {
		close(run->read_fd);
		close(run->write_fd);
	}
	/* Whichever ends first: the other may wait for it until it is told. */
	while ((pid = wait(&status)) > 0 || errno == EINTR)
		if (pid > 0 && WIFSIGNALED(status))
			ipc_side_fail(run, pid == pids[0],
				      "killed by a signal", EINTR);
	run->read_fd = run->write_fd = -1;
	return 0;
}

const struct ipc_mode ipc_modes[] = {
	{ "1thread", "IPC within a single thread", true, true, run_1thread },
	{ "2thread", "IPC between two threads in one process", true, false,
	  run_2thread },
	{ "2proc", "IPC between two threads in two different processes", false,
	  false, run_2proc },
	{ "2pip", "IPC between two PiP tasks", true, false, ipc_run_2pip },
	{ "2ulp", "IPC between two ULPs on one kernel thread", true, true,
	  ipc_run_2ulp },
	{ NULL, NULL, false, false, NULL },
};
