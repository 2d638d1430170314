/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock.h"

#include <errno.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "futex.h"

/* How long a waiter sleeps before it asks whether the holder still lives. */
#define PROBE_NS (20 * 1000 * 1000)

static bool is_gone(uint32_t tid)
{
	return syscall(SYS_tkill, tid, 0) != 0 && errno == ESRCH;
}

int lock_acquire(struct pip_lock *lock)
{
	uint32_t self = (uint32_t)syscall(SYS_gettid);

	for (;;) {
		uint32_t owner = 0;

		if (atomic_compare_exchange_strong(&lock->owner, &owner, self))
			return 0;
		if (is_gone(owner)) {
			if (atomic_compare_exchange_strong(&lock->owner, &owner,
							   self))
				return 1;
			continue;
		}
		atomic_fetch_add(&lock->waiters, 1);
		futex_wait(&lock->owner, owner, PROBE_NS);
		atomic_fetch_sub(&lock->waiters, 1);
	}
}

void lock_release(struct pip_lock *lock)
{
	atomic_store(&lock->owner, 0);
	if (atomic_load(&lock->waiters) != 0)
		futex_wake(&lock->owner, 1);
}
