/* SPDX-License-Identifier: BSD-2-Clause */
/* Signals between tasks, and ending them by force. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "alive.h"
#include "plugin.h"
#include "probe.h"
#include "thread_mode.h"
#include "undeclared.h"

PIP_EXPORT int pip2_kill(int pipid, int sig);
PIP_EXPORT int pip_kill_all_child_tasks(void);

/* To the first thread of the task, as the original does: what it has blocked
 * waits for it, and is not handled by another of its threads. */
static int signal_slot(struct pip_slot *slot, int sig)
{
	struct pip_root *root = slot->root;
	pid_t tid = slot_is_root(slot) ? root->pid : atomic_load(&slot->pid);
	pid_t pid = root_is_threaded(root) ? root->pid : tid;

	if (sig < 0 || sig >= _NSIG)
		return EINVAL;
	if (tid <= 1 || (!slot_is_root(slot) &&
			 atomic_load(&slot->end.state) == END_DONE))
		return ESRCH;
	/* The kernel accepts signals to a zombie. */
	if (slot != pip_self && !root_is_threaded(root) &&
	    alive_process_has_ended(tid))
		return ESRCH;
	/* In thread mode the sender does not show whether a context that the
	 * thread runs has sent it to itself; see blt_crash_divert(). */
	if (root_is_threaded(root) && atomic_load(&root->has_ulps))
		return (int)-kernel_signal_thread(pid, tid, sig, slot);
	return syscall(SYS_tgkill, pid, tid, sig) == 0 ? 0 : errno;
}

/* Who sends it, to whom. */
static void report(const struct pip_slot *to, int sig)
{
	probe_signal(pip_self->pipid, to->pipid, sig);
	if (plugin_is_active()) {
		pip_event_data_t data = {
			.signal = { .to = to->pipid, .signal = sig },
		};

		plugin_raise(PIP_PLUGIN_EVENT_SIGNAL, &data);
	}
}

static int kill_by_pipid(int pipid, int sig, int api)
{
	struct pip_slot *slot;
	int error = slot_check_pipid(pipid, api, &slot);

	if (error != 0)
		return error;
	report(slot, sig);
	return signal_slot(slot, sig);
}

int pip_kill(int pipid, int sig)
{
	return kill_by_pipid(pipid, sig, 3);
}

int pip2_kill(int pipid, int sig)
{
	return kill_by_pipid(pipid, sig, 2);
}

/* The original's argument is its private task structure, of which a caller
 * can only have NULL: itself. */
int pip_raise_signal(void *task, int sig)
{
	if (pip_self == NULL)
		return EPERM;
	if (task != NULL)
		return EINVAL;
	report(pip_self, sig);
	return signal_slot(pip_self, sig);
}

int pip_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	if (pip_self == NULL)
		return EPERM;
	/* Of the calling thread; sigprocmask() says the same in Linux. */
	return pthread_sigmask(how, set, old);
}

int pip_signal_wait(int sig)
{
	sigset_t set, before;
	int received, error;

	sigemptyset(&set);
	if (sigaddset(&set, sig) != 0)
		return errno;
	/* What is not blocked would run its handler or end the process. */
	error = pthread_sigmask(SIG_BLOCK, &set, &before);
	if (error != 0)
		return error;
	error = sigwait(&set, &received);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return error;
}

/* To all tasks but the caller. */
static void kill_tasks(struct pip_root *root, int sig)
{
	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];
		pid_t pid = atomic_load(&slot->pid);

		if (atomic_load(&slot->state) == SLOT_IDLE || pid <= 1 ||
		    slot == pip_self)
			continue;
		report(slot, sig);
		if (!root_is_threaded(root))
			kill(pid, sig);
		else if (sig == SIGKILL) /* the kernel would kill the root */
			thread_mode_kill(slot, sig);
		else
			(void)!signal_slot(slot, sig);
	}
}

int pip_kill_all_tasks(void)
{
	if (!pip_isa_root())
		return EPERM;
	kill_tasks(pip_self->root, SIGTERM);
	return 0;
}

int pip_kill_all_child_tasks(void)
{
	if (!pip_isa_root())
		return EPERM;
	kill_tasks(pip_self->root, SIGKILL);
	return 0;
}

/* The root gets SIGABRT, and its end is everybody's (guardian.c).  Where the
 * tasks are to outlive their root, the caller sees to it. */
static void abort_root(struct pip_root *root)
{
	struct timespec pause = { 0, 10 * 1000 * 1000 };

	kill(root->pid, SIGABRT);
	while (getppid() == root->pid)
		nanosleep(&pause, NULL);
	kill_tasks(root, SIGKILL);
}

void pip_abort(void)
{
	struct pip_slot *self = pip_self;

	if (self != NULL && !root_is_threaded(self->root)) {
		if (slot_is_root(self))
			kill_tasks(self->root, SIGKILL);
		else
			abort_root(self->root);
	}
	abort();
}
