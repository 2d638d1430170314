/* SPDX-License-Identifier: BSD-2-Clause */
#include "place.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

#include "arch.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MAP_32BIT
#define MAP_32BIT 0x40
#endif

#define PAGE 4096ul
#define GIB (1ul << 30)
#define TIB (1ul << 40)

/*
 * Where windows may lie.  Below 32 TiB are AddressSanitizer's shadow (to 16
 * TiB) and what mimalloc asks for (2 to 30 TiB) in programs that use it; a PIE
 * root starts at 85 TiB when it is not randomised, and higher when it is.
 */
#define REGION_LOW (32 * TIB)
#define REGION_HIGH (80 * TIB)
#define WINDOW_MAX (128 * GIB)
#define WINDOW_MIN (4 * GIB)

/* Is [low, high) free of mappings in this address space? */
static bool is_free(uint64_t low, uint64_t high)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	bool free_range = true;
	char line[512];

	if (maps == NULL)
		return true; /* no /proc: hints never replace a mapping */
	while (free_range && fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%lx-%lx", &start, &end) == 2)
			free_range = end <= low || start >= high;
	fclose(maps);
	return free_range;
}

int place_choose_region(int ntasks, uint64_t *base, uint64_t *size)
{
	uint64_t window = WINDOW_MAX;

	while (window > WINDOW_MIN &&
	       window * (uint64_t)ntasks > REGION_HIGH - REGION_LOW)
		window /= 2;
	/* Smaller ones yet where something is in the way: in a fork of a root
	 * that becomes a root itself, the copies of its tasks. */
	for (;;) {
		uint64_t region = window * (uint64_t)ntasks;

		for (uint64_t at = REGION_LOW; at + region <= REGION_HIGH;
		     at += TIB)
			/* The table is mapped just below the windows. */
			if (is_free(at - GIB, at + region)) {
				*base = at;
				*size = window;
				return 0;
			}
		if (window == WINDOW_MIN)
			return ENOMEM;
		window /= 2;
	}
}

uint64_t place_take(struct pip_slot *slot, size_t length, size_t align)
{
	uint64_t old = atomic_load(&slot->next), start, end;

	length = (length + PAGE - 1) & ~(PAGE - 1);
	if (align < PAGE)
		align = PAGE;
	if (length == 0 || length > slot->window_high - slot->window_low)
		return 0;
	do {
		start = (old + align - 1) & ~(align - 1);
		end = start + length;
		if (end > slot->window_high) {
			/* From the start again: holes have appeared there. */
			start = (slot->wrap_low + align - 1) & ~(align - 1);
			end = start + length;
			if (end > slot->window_high)
				return 0;
		}
	} while (!atomic_compare_exchange_weak(&slot->next, &old, end));
	return start;
}

/* The alignment that a caller asks for through the address it suggests
 * (allocators want segments of 32 MiB at multiples of that). */
static size_t wanted_alignment(uintptr_t hint, int flags)
{
	size_t align = hint & -hint;

	if (hint == 0)
		align = PAGE;
	if (flags & MAP_HUGETLB) {
		unsigned shift = ((unsigned)flags >> MAP_HUGE_SHIFT) & 63;

		if (align < (1ul << (shift != 0 ? shift : 21)))
			align = 1ul << (shift != 0 ? shift : 21);
	}
	return align > GIB ? GIB : align;
}

/* Say so where a mapping lies outside the window: it outlives the task. */
static long note_place(struct pip_slot *slot, long result, size_t length)
{
	uint64_t start = (uint64_t)result;

	if (result >= 0 &&
	    (start < slot->window_low || start + length > slot->window_high)) {
		slot_count(slot, PIP_COUNT_UNPLACED);
		__atomic_fetch_or(&slot->entry->flags, PIP_TASK_FLAG_UNPLACED,
				  __ATOMIC_RELAXED);
	}
	return result;
}

long place_map(struct pip_slot *slot, uintptr_t addr, size_t length, int prot,
	       int flags, int fd, long offset)
{
	size_t align = wanted_alignment(addr, flags), step = length;
	long result;

	if ((flags & (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT)) != 0)
		return note_place(slot,
				  arch_syscall6(SYS_mmap, (long)addr,
						(long)length, prot, flags, fd,
						offset),
				  length);
	/* Where the window has wrapped around, a place may be taken: go on in
	 * steps that grow, so that a large mapping is soon behind us. */
	for (int try = 0; try < 64; try++) {
		uint64_t at = place_take(slot, step, align);

		if (at == 0)
			break;
		result = arch_syscall6(SYS_mmap, (long)at, (long)length, prot,
				       flags | MAP_FIXED_NOREPLACE, fd, offset);
		if (result == (long)at || (result < 0 && result != -EEXIST))
			return result;
		if (result >= 0) /* a kernel before 4.17 takes it as a hint */
			arch_syscall6(SYS_munmap, result, (long)length, 0, 0, 0,
				      0);
		if (step < 64ul << 20 && try > 0)
			step *= 2;
	}
	/* libc's heap must lie in the window, or its blocks would be taken
	 * for the root's (alloc.c).  What could never fit is no heap. */
	if ((flags & MAP_ANONYMOUS) != 0 &&
	    length <= slot->window_high - slot->window_low)
		return -ENOMEM;
	return note_place(slot,
			  arch_syscall6(SYS_mmap, (long)addr, (long)length,
					prot, flags, fd, offset),
			  length);
}

/* Multiples of a prime number of pages, and of a range that costs no window
 * much. */
#define FIRST_STEP 467u
#define FIRST_RANGE 16384u

uint64_t place_first(const struct pip_slot *slot)
{
	return slot->window_low +
	       (uint64_t)((unsigned)slot->pipid * FIRST_STEP % FIRST_RANGE) *
		       4096u;
}

void place_release(struct pip_slot *slot)
{
	munmap((void *)slot->window_low, slot->window_high - slot->window_low);
	slot->has_memory = false;
}
