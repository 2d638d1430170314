/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * futex(2) between the processes of one address space.  FUTEX_PRIVATE_FLAG is
 * right for them: the kernel keys a private futex by mm and address, and
 * tasks share the mm.  Made directly: it touches no errno, so it may be called
 * where the thread pointer is another libc's.
 */
#ifndef PIP_FUTEX_H
#define PIP_FUTEX_H

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

#include "arch.h"

/* Sleep while *word == value, at most timeout_ns (0 = for ever).  Wakes up
 * spuriously, too: the caller looks again. */
static inline void futex_wait(_Atomic uint32_t *word, uint32_t value,
			      long timeout_ns)
{
	struct timespec timeout = { timeout_ns / 1000000000,
				    timeout_ns % 1000000000 };

	arch_syscall4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
		      timeout_ns != 0 ? &timeout : NULL);
}

static inline void futex_wake(_Atomic uint32_t *word, int count)
{
	arch_syscall3(SYS_futex, word, FUTEX_WAKE_PRIVATE, count);
}

#endif
