/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The part of pip_machdep.h that is AArch64's.  Include that.
 *
 * Barriers are for the inner shareable domain, to which all CPUs belong that
 * one operating system runs on (Arm Architecture Reference Manual, B2.7 and
 * DMB).  The runtime itself is not ported to this CPU yet.
 */
#ifndef PIP_MACHDEP_AARCH64_H
#define PIP_MACHDEP_AARCH64_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In a loop that waits for another CPU. */
static inline void pip_pause(void)
{
	__asm__ volatile("yield" ::: "memory");
}

/* Stores before it are seen before those after it. */
static inline void pip_write_barrier(void)
{
	__asm__ volatile("dmb ishst" ::: "memory");
}

/* Likewise loads and stores. */
static inline void pip_memory_barrier(void)
{
	__asm__ volatile("dmb ish" ::: "memory");
}

#ifdef __cplusplus
}
#endif

#endif /* PIP_MACHDEP_AARCH64_H */
