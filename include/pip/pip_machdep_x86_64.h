/* SPDX-License-Identifier: BSD-2-Clause */
/* The part of pip_machdep.h that is x86-64's.  Include that. */
#ifndef PIP_MACHDEP_X86_64_H
#define PIP_MACHDEP_X86_64_H

#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* In a loop that waits for another CPU. */
static inline void pip_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void pip_write_barrier(void)
{
	__asm__ volatile("sfence" ::: "memory");
}

static inline void pip_memory_barrier(void)
{
	__asm__ volatile("mfence" ::: "memory");
}

/* Print the thread pointer, FS, on stdout. */
static inline void pip_print_fs_segreg(void)
{
	unsigned long base;

	/* The TCB begins with a pointer to itself (psABI, thread-local
	 * storage). */
	__asm__ volatile("movq %%fs:0, %0" : "=r"(base));
	printf("FS register: 0x%lx\n", base);
}

#ifdef __cplusplus
}
#endif

#endif /* PIP_MACHDEP_X86_64_H */
