/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two recursive locks between the root and all tasks.  In the original they
 * serialise what tasks share of libc and of the loader.  Nothing of that is
 * shared here, and libpip itself takes neither: they are for programs that
 * used them for purposes of their own.
 */
#include "global_lock.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "root.h"

PIP_EXPORT void pip_libc_lock(void);
PIP_EXPORT void pip_libc_unlock(void);
PIP_EXPORT void pip_universal_lock(void);
PIP_EXPORT void pip_universal_unlock(void);

static bool is_mine(struct global_lock *lock)
{
	return atomic_load(&lock->lock.owner) ==
	       (uint32_t)syscall(SYS_gettid);
}

static void acquire(struct global_lock *lock)
{
	if (is_mine(lock)) {
		lock->depth++;
		return;
	}
	/* If the last holder died with it, what it guarded is the program's
	 * business; the lock itself is as good as new. */
	(void)!lock_acquire(&lock->lock);
	lock->depth = 1;
}

static void release(struct global_lock *lock)
{
	if (!is_mine(lock))
		return;
	if (--lock->depth == 0)
		lock_release(&lock->lock);
}

/* Outside PiP there is nobody to be kept out. */
#define DEFINE_LOCK(name, field)                         \
	void name##_lock(void)                           \
	{                                                \
		if (pip_self != NULL)                    \
			acquire(&pip_self->root->field); \
	}                                                \
                                                         \
	void name##_unlock(void)                         \
	{                                                \
		if (pip_self != NULL)                    \
			release(&pip_self->root->field); \
	}

DEFINE_LOCK(pip_libc, libc_lock)
DEFINE_LOCK(pip_universal, universal_lock)
/* Version 3's name of the first. */
DEFINE_LOCK(pip_glibc, libc_lock)
