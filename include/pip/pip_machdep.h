/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spin locks and atomic operations between the root, tasks and their threads.
 * They are inline, need no initialised PiP, and order memory fully unless
 * something else is said.
 */
#ifndef PIP_MACHDEP_H
#define PIP_MACHDEP_H

#include <stdint.h>

#if defined(__x86_64__)
#include "pip_machdep_x86_64.h"
#elif defined(__aarch64__)
#include "pip_machdep_aarch64.h"
#else
#error "pip_machdep.h: no port to this CPU yet"
#endif

#define PIP_CACHEBLK_SZ 64 /* bytes */

typedef volatile uint32_t pip_spinlock_t; /* 0 = free */
typedef volatile intptr_t pip_atomic_t;

#ifdef __cplusplus
extern "C" {
#endif

/* Store newval if the value is oldval.  True if it was. */
static inline int pip_comp_and_swap(pip_spinlock_t *word, uint32_t oldval,
				    uint32_t newval)
{
	return __sync_bool_compare_and_swap(word, oldval, newval);
}

static inline int pip_comp2_and_swap(pip_atomic_t *word, intptr_t oldval,
				     intptr_t newval)
{
	return __sync_bool_compare_and_swap(word, oldval, newval);
}

/* The value before, and the value after. */
static inline intptr_t pip_atomic_fetch_and_add(pip_atomic_t *word,
						intptr_t value)
{
	return __sync_fetch_and_add(word, value);
}

static inline intptr_t pip_atomic_sub_and_fetch(pip_atomic_t *word,
						intptr_t value)
{
	return __sync_sub_and_fetch(word, value);
}

static inline void pip_spin_init(pip_spinlock_t *lock)
{
	*lock = 0;
}

static inline void pip_spin_destroy(pip_spinlock_t *lock)
{
	*lock = 0;
}

/* Take the lock if it is free, with a value that is not 0 (who holds it, say)
 * or with 1.  True on success. */
static inline int pip_spin_trylock_wv(pip_spinlock_t *lock, uint32_t value)
{
	/* A look first: it does not take the cache line from the holder. */
	return *lock == 0 && pip_comp_and_swap(lock, 0, value);
}

static inline int pip_spin_trylock(pip_spinlock_t *lock)
{
	return pip_spin_trylock_wv(lock, 1);
}

static inline void pip_spin_lock_wv(pip_spinlock_t *lock, uint32_t value)
{
	while (!pip_spin_trylock_wv(lock, value))
		pip_pause();
}

static inline void pip_spin_lock(pip_spinlock_t *lock)
{
	pip_spin_lock_wv(lock, 1);
}

static inline void pip_spin_unlock(pip_spinlock_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

#ifdef __cplusplus
}
#endif

#endif /* PIP_MACHDEP_H */
