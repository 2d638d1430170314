/* SPDX-License-Identifier: BSD-2-Clause */
/* The initial stack of a task: what execve(2) leaves there (psABI 3.4.1). */
#ifndef PIP_STACK_H
#define PIP_STACK_H

#include "root.h"

/* How the program is started, see loader.c. */
struct stack_plan {
	const char *prefix[8]; /* arguments put before argv[1..] */
	unsigned nprefix;      /* they replace argv[0] */
	char *const *argv;
	char *const *envp;
	const char *execfn;
	bool told_features; /* AT_HWCAP as glibc has made it, not the kernel */
	uint64_t phdr, nphdr, base, entry; /* AT_PHDR, _PHNUM, _BASE, _ENTRY */
};

/* Where things ended up. */
struct stack_layout {
	uint64_t low, high; /* the mapping */
	uint64_t pointer;   /* initial stack pointer */
	uint64_t argv, envp, auxv;
	int argc;
};

/*
 * Size of a task's stack from the environment: PIP_STACKSIZE, PIP_STACKSZ,
 * KMP_STACKSIZE, GOMP_STACKSIZE, OMP_STACKSIZE; decimal with an optional
 * suffix T G M K B, KiB without one.  Bytes, a multiple of the page size.
 */
PIP_HIDDEN size_t stack_size_from_environment(void);

/* Remember the root's own auxiliary vector.  Errors: open(2)'s (no /proc). */
PIP_HIDDEN PIP_CHECKED int stack_read_auxv(struct pip_root *root);

/*
 * Map a stack in slot's window, with an unmapped gap below it, and build the
 * initial contents.  Errors: E2BIG arguments and environment take more than a
 * quarter of it; ENOMEM.
 */
PIP_HIDDEN PIP_CHECKED int stack_make(struct pip_slot *slot,
				      const struct stack_plan *plan,
				      struct stack_layout *layout);

#endif
