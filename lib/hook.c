/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "arch.h"
#include "exit.h"
#include "futex.h"
#include "probe.h"

#define STACK_SIZE (64ul << 10)

/* It owns a thread-control block until it is told to end. */
static void *lender_main(void *arg)
{
	struct pip_hook *hook = arg;

	prctl(PR_SET_NAME, "pip-hook");
	atomic_store(&hook->lender, (pid_t)arch_syscall1(SYS_gettid, 0));
	atomic_store(&hook->thread_pointer, arch_thread_pointer());
	atomic_store(&hook->state, HOOK_LENT);
	futex_wake(&hook->state, 1);
	while (atomic_load(&hook->state) == HOOK_LENT)
		futex_wait(&hook->state, HOOK_LENT, 0);
	atomic_store(&hook->state, HOOK_NONE);
	futex_wake(&hook->state, 1);
	return NULL;
}

static int start_lender(struct pip_hook *hook)
{
	sigset_t all, before;
	pthread_attr_t attr;
	pthread_t thread;
	int error;

	atomic_store(&hook->state, HOOK_STARTING);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	/* No signal of the program's is for it. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	error = pthread_create(&thread, &attr, lender_main, hook);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (error != 0)
		atomic_store(&hook->state, HOOK_NONE);
	while (error == 0 && atomic_load(&hook->state) == HOOK_STARTING)
		futex_wait(&hook->state, HOOK_STARTING, 0);
	return error;
}

int hook_prepare(struct pip_slot *slot, const pip_spawn_hook_t *wanted)
{
	struct pip_hook *hook = &slot->hook;

	hook_release(slot);
	hook->before = wanted != NULL ? wanted->before : NULL;
	hook->after = wanted != NULL ? wanted->after : NULL;
	hook->arg = wanted != NULL ? wanted->hookarg : NULL;
	if (hook->before == NULL && hook->after == NULL)
		return 0;
	return start_lender(hook);
}

/* Let the thread go, if there is one; from any process of the address space. */
void hook_release(struct pip_slot *slot)
{
	struct pip_hook *hook = &slot->hook;
	uint32_t lent = HOOK_LENT;

	if (!atomic_compare_exchange_strong(&hook->state, &lent, HOOK_ENDING))
		return;
	arch_syscall6(SYS_futex, (long)&hook->state, FUTEX_WAKE_PRIVATE, 1, 0,
		      0, 0);
	/* The state is its own until it has seen this; unless it has ended
	 * with the task that spawned. */
	while (atomic_load(&hook->state) == HOOK_ENDING &&
	       arch_syscall2(SYS_tkill, atomic_load(&hook->lender), 0) !=
		       -ESRCH)
		arch_syscall6(SYS_futex, (long)&hook->state,
			      FUTEX_WAIT_PRIVATE, HOOK_ENDING,
			      (long)&(struct timespec){ 0, 10000000 }, 0, 0);
}

void hook_run_before(struct pip_slot *slot)
{
	struct pip_hook *hook = &slot->hook;
	int status;

	if (hook->before == NULL)
		return;
	arch_set_thread_pointer(atomic_load(&hook->thread_pointer));
	probe_hook_begin(slot->pipid, 0);
	status = hook->before(hook->arg);
	probe_hook_end(slot->pipid, 0, status);
	if (hook->after == NULL || status != 0)
		hook_release(slot);
	atomic_store(&slot->loaded, status != 0 ? LOADED_REFUSED :
						  LOADED_HOOK_DONE);
	arch_syscall6(SYS_futex, (long)&slot->loaded, FUTEX_WAKE_PRIVATE, 1, 0,
		      0, 0);
	if (status != 0)
		exit_now(status);
}

static void run_after(int status, void *arg)
{
	struct pip_slot *slot = arg;
	struct pip_hook *hook = &slot->hook;
	uint64_t own = arch_thread_pointer();
	int value;

	(void)status;
	/* Not in a child made by fork(), which ends on its own account. */
	if (pip_self != slot)
		return;
	probe_hook_begin(slot->pipid, 1);
	arch_set_thread_pointer(atomic_load(&hook->thread_pointer));
	value = hook->after(hook->arg);
	arch_set_thread_pointer(own);
	probe_hook_end(slot->pipid, 1, value);
}

void hook_register_after(struct pip_slot *slot)
{
	/* Registered before anything of the program is, so it runs last; and
	 * with on_exit(), which does not tie it to libpip's own destructors. */
	if (slot->hook.after != NULL)
		on_exit(run_after, slot);
}
