/* SPDX-License-Identifier: BSD-2-Clause */
#include "lock.h"

#include <stdbool.h>
#include <unistd.h>

#include "alive.h"
#include "futex.h"

/* How long a waiter sleeps before it asks whether the holder still lives. */
#define PROBE_NS (20 * 1000 * 1000)

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* until 0: for ever. */
static int acquire(struct pip_lock *lock, uint64_t until)
{
	uint32_t self = (uint32_t)syscall(SYS_gettid);
	bool slept = false;

	for (;;) {
		uint32_t owner = 0;

		if (atomic_compare_exchange_strong(&lock->owner, &owner, self))
			return 0;
		if (slept && alive_has_ended((pid_t)owner)) {
			if (atomic_compare_exchange_strong(&lock->owner, &owner,
							   self))
				return 1;
			continue;
		}
		if (until != 0 && now_ns() > until)
			return -1;
		atomic_fetch_add(&lock->waiters, 1);
		futex_wait(&lock->owner, owner, PROBE_NS);
		slept = true;
		atomic_fetch_sub(&lock->waiters, 1);
	}
}

int lock_acquire(struct pip_lock *lock)
{
	return acquire(lock, 0);
}

int lock_acquire_within(struct pip_lock *lock, uint64_t ns)
{
	return acquire(lock, now_ns() + ns);
}

bool lock_is_orphaned(struct pip_lock *lock)
{
	uint32_t owner = atomic_load(&lock->owner);

	return owner != 0 && alive_has_ended((pid_t)owner);
}

void lock_release(struct pip_lock *lock)
{
	atomic_store(&lock->owner, 0);
	if (atomic_load(&lock->waiters) != 0)
		futex_wake(&lock->owner, 1);
}
