/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A lock between the processes of one address space that survives the death
 * of its holder: the word holds the owner's TID, and a waiter that finds that
 * TID gone takes the lock over.
 */
#ifndef PIP_LOCK_H
#define PIP_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pip_lock {
	_Atomic uint32_t owner;   /* TID, 0 = free */
	_Atomic uint32_t waiters; /* how many sleep on owner */
};

/*
 * Take it.  Returns 0, or 1 when it was taken over from a dead holder: the
 * caller then repairs what the holder may have left half-done.
 */
__attribute__((visibility("hidden"), warn_unused_result)) int
lock_acquire(struct pip_lock *lock);
/* The same, but give up after so many nanoseconds: -1. */
__attribute__((visibility("hidden"), warn_unused_result)) int
lock_acquire_within(struct pip_lock *lock, uint64_t ns);
/* Is it held by somebody who has died? */
__attribute__((visibility("hidden"))) bool
lock_is_orphaned(struct pip_lock *lock);
__attribute__((visibility("hidden"))) void lock_release(struct pip_lock *lock);

#endif
