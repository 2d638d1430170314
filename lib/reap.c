/* SPDX-License-Identifier: BSD-2-Clause */
#include "reap.h"

#include <errno.h>
#include <sys/wait.h>

#include "alive.h"

/* What a loader that gives up exits with. */
#define STATUS_UNKNOWN (127 << 8)

bool reap_has_ended(const struct pip_slot *slot)
{
	pid_t pid = atomic_load(&slot->pid);
	siginfo_t info = { 0 };

	if (!slot_is_root(pip_self))
		return alive_has_ended(pid);
	return waitid(P_PID, (id_t)pid, &info,
		      WEXITED | WNOHANG | WNOWAIT | __WALL) != 0 ?
		       errno == ECHILD :
		       info.si_pid != 0;
}

int reap_failed(struct pip_slot *slot)
{
	pid_t pid = atomic_load(&slot->pid), result;
	int status = STATUS_UNKNOWN;

	if (!slot_is_root(pip_self)) {
		atomic_store(&slot->unreaped, pid);
		atomic_fetch_add(&slot->root->nunreaped, 1);
		return status;
	}
	do
		result = waitpid(pid, &status, __WALL);
	while (result < 0 && errno == EINTR);
	return result < 0 ? STATUS_UNKNOWN : status;
}

void reap_leftovers(struct pip_root *root)
{
	if (!slot_is_root(pip_self) || atomic_load(&root->nunreaped) == 0)
		return;
	for (int i = 0; i < root->ntasks; i++) {
		pid_t pid = atomic_load_explicit(&root->slots[i].unreaped,
						 memory_order_relaxed);

		if (pid == 0 || atomic_exchange(&root->slots[i].unreaped, 0) == 0)
			continue;
		atomic_fetch_sub(&root->nunreaped, 1);
		waitpid(pid, NULL, __WALL);
	}
}
