/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Windows: every PIPID owns a range of the address space, and all that its
 * task maps (stack, loader, program, libraries, heap, thread stacks) is placed
 * in it.
 *
 * The kernel keeps no record of which process of an address space made a
 * mapping.  With windows none is needed: one munmap() of the window gives a
 * finished task's memory back, and whose memory an address is, is a division.
 *
 * Nothing reserves a window.  The region lies where the kernel, which places
 * mappings from the top of the address space down, does not go by itself; a
 * task's requests are led into it by passing a hint wherever the program
 * passes none:
 *   - the loader's (and musl's, and a static PIE's) own mmap system call is
 *     patched, in the task's private copy of that code (loader.c);
 *   - the mmap() of the task's libc is replaced when libpip starts in the task
 *     (task.c), which covers the calls that libc makes by itself.
 */
#ifndef PIP_PLACE_H
#define PIP_PLACE_H

#include "root.h"

/* Choose the region of all windows of a new root; their size is a power of
 * two.  Errors: ENOMEM. */
PIP_HIDDEN PIP_CHECKED int place_choose_region(int ntasks, uint64_t *base,
					       uint64_t *size);

/*
 * mmap(2) for a task: where the program leaves the place to the kernel, take
 * it from slot's window.  When the window is full, anonymous memory is refused
 * (ENOMEM); other mappings, and those larger than a window, are placed by the
 * kernel, counted, and stay until the root ends or the task unmaps them.
 * Returns the address or a negative errno value.  Needs no TLS; any thread of
 * any task may call it.
 */
PIP_HIDDEN long place_map(struct pip_slot *slot, uintptr_t addr, size_t length,
			  int prot, int flags, int fd, long offset);

/* A range of length bytes in slot's window that nothing is mapped in, aligned
 * to align (a power of two); 0 when the window is exhausted. */
PIP_HIDDEN uint64_t place_take(struct pip_slot *slot, size_t length,
			       size_t align);

/*
 * Where in its window a new task's memory begins.  Not at the same offset in
 * each: branches of different tasks would then share entries of the branch
 * predictor, which does not look at the highest bits of addresses (measured:
 * 55 instead of 20 ns per pip_yield() of 8 ULPs).
 */
PIP_HIDDEN uint64_t place_first(const struct pip_slot *slot);

/* Unmap all of slot's window. */
PIP_HIDDEN void place_release(struct pip_slot *slot);

#endif
