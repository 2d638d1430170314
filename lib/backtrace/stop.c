// SPDX-License-Identifier: BSD-2-Clause
/*
 * Stopping a thread for a moment, if the user has asked for it: PTRACE_SEIZE
 * and PTRACE_INTERRUPT (ptrace(2)), which send no signal and leave a stopped
 * job stopped.  If this process dies meanwhile, the kernel lets the thread go.
 */
#include <config.h>

#include "machine.h"

#include <errno.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE_MS 1000 /* a thread in state D stops when that ends */

void stop_request(struct stopped_thread *thread, pid_t tid)
{
	thread->tid = tid;
	thread->signal = 0;
	thread->stopped = false;
	thread->traced = ptrace(PTRACE_SEIZE, tid, NULL, NULL) == 0;
	if (thread->traced)
		ptrace(PTRACE_INTERRUPT, tid, NULL, NULL);
}

/* Wait for the stop; it may be that for a signal. */
static bool stop_wait(struct stopped_thread *thread)
{
	const struct timespec pause = { .tv_nsec = 200 * 1000 };
	int tries, status;
	pid_t pid;

	for (tries = 0; tries < PATIENCE_MS * 5; tries++) {
		pid = waitpid(thread->tid, &status, __WALL | WNOHANG);
		if (pid == thread->tid && WIFSTOPPED(status)) {
			thread->stopped = true;
			if (status >> 16 == 0)
				thread->signal = WSTOPSIG(status);
			return true;
		}
		if (pid == thread->tid || (pid < 0 && errno != EINTR)) {
			thread->traced = false; /* it has ended */
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return false;
}

enum backtrace_end stop_read_registers(struct stopped_thread *thread,
				       struct backtrace_registers *registers)
{
	struct user_regs_struct user;

	if (!thread->traced)
		return BACKTRACE_END_REFUSED;
	if (!stop_wait(thread))
		return thread->traced ? BACKTRACE_END_RUNNING :
					BACKTRACE_END_GONE;
	if (ptrace(PTRACE_GETREGS, thread->tid, NULL, &user))
		return BACKTRACE_END_GONE;
	machine_take_user_registers(registers, &user);
	return BACKTRACE_END_COMPLETE;
}

void stop_release(struct stopped_thread *thread)
{
	if (thread->traced && !thread->stopped)
		stop_wait(thread);
	if (thread->traced)
		ptrace(PTRACE_DETACH, thread->tid, NULL,
		       (void *)(long)thread->signal);
	thread->traced = false;
}
