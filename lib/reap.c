/* SPDX-License-Identifier: BSD-2-Clause */
#include "reap.h"

#include <errno.h>
#include <sys/wait.h>

#include "alive.h"

bool reap_failed(struct pip_slot *slot, int *status)
{
	pid_t pid = atomic_load(&slot->pid), result;

	if (!slot_is_root(pip_self)) {
		*status = 127 << 8;
		if (!alive_has_ended(pid))
			return false;
		atomic_store(&slot->unreaped, pid);
		atomic_fetch_add(&slot->root->nunreaped, 1);
		return true;
	}
	do
		result = waitpid(pid, status, WNOHANG | __WALL);
	while (result < 0 && errno == EINTR);
	if (result < 0)
		*status = 127 << 8;
	return result != 0;
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
