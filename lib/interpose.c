/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The calls that make mappings.  In a task they place them in its window; in
 * the root, and in a program that is no PiP program, they are what libc's are.
 *
 * They are exported without a symbol version: the loader accepts such a
 * definition for a reference to, say, mmap@GLIBC_2.2.5.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>

#include "arch.h"
#include "interpose.h"
#include "place.h"

#undef mmap64

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

PIP_EXPORT void *mmap(void *addr, size_t length, int prot, int flags, int fd,
		      off_t offset);
PIP_EXPORT void *mmap64(void *addr, size_t length, int prot, int flags, int fd,
			off64_t offset);
PIP_EXPORT void *mremap(void *old, size_t old_size, size_t new_size, int flags,
			...);
PIP_EXPORT void *shmat(int shmid, const void *addr, int flags);

/*
 * The window to place in.  libc allocates before libpip's constructor has
 * run, so the auxiliary vector is asked until then; where malloc is called
 * before that can be read, there is no window yet and the kernel chooses.
 */
static struct pip_slot *placing_slot(void)
{
	struct pip_slot *slot = pip_self;

	if (slot == NULL)
		slot = pip_slot_from_auxv();
	return slot != NULL && !slot_is_root(slot) ? slot : NULL;
}

static void *finish(long result)
{
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return MAP_FAILED;
	}
	return (void *)result;
}

void *mmap(void *addr, size_t length, int prot, int flags, int fd, off_t offset)
{
	struct pip_slot *slot = placing_slot();

	if (slot != NULL)
		return finish(place_map(slot, (uintptr_t)addr, length, prot,
					flags, fd, offset));
	return finish(arch_syscall6(SYS_mmap, (long)addr, (long)length, prot,
				    flags, fd, offset));
}

void *mmap64(void *addr, size_t length, int prot, int flags, int fd,
	     off64_t offset)
{
	return mmap(addr, length, prot, flags, fd, offset);
}

/* Grow in place if that works; else move to a place that is reserved first,
 * because MREMAP_FIXED replaces whatever is there. */
static long move_into_window(struct pip_slot *slot, void *old, size_t old_size,
			     size_t new_size, int flags)
{
	long result, place;

	if ((flags & MREMAP_DONTUNMAP) == 0) { /* that always moves */
		result = arch_syscall4(SYS_mremap, old, old_size, new_size,
				       flags & ~MREMAP_MAYMOVE);
		if (result != -ENOMEM)
			return result;
	}
	place = place_map(slot, 0, new_size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (place < 0)
		return place;
	result = arch_syscall6(SYS_mremap, (long)old, (long)old_size,
			       (long)new_size, flags | MREMAP_FIXED, place, 0);
	if (result < 0)
		arch_syscall2(SYS_munmap, place, new_size);
	return result;
}

void *mremap(void *old, size_t old_size, size_t new_size, int flags, ...)
{
	struct pip_slot *slot = placing_slot();
	void *fixed = NULL;
	va_list ap;

	if (flags & MREMAP_FIXED) {
		va_start(ap, flags);
		fixed = va_arg(ap, void *);
		va_end(ap);
	}
	if (slot != NULL &&
	    (flags & (MREMAP_MAYMOVE | MREMAP_FIXED)) == MREMAP_MAYMOVE)
		return finish(move_into_window(slot, old, old_size, new_size,
					       flags));
	return finish(arch_syscall6(SYS_mremap, (long)old, (long)old_size,
				    (long)new_size, flags, (long)fixed, 0));
}

void *shmat(int shmid, const void *addr, int flags)
{
	struct pip_slot *slot = placing_slot();
	struct shmid_ds segment;
	long place = (long)addr, result;

	if (slot != NULL && addr == NULL &&
	    arch_syscall3(SYS_shmctl, shmid, IPC_STAT, &segment) == 0) {
		place = place_map(slot, 0, segment.shm_segsz, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
				  -1, 0);
		if (place < 0)
			return finish(place);
		flags |= SHM_REMAP;
	}
	result = arch_syscall3(SYS_shmat, shmid, place, flags);
	if (result < 0 && place != (long)addr)
		arch_syscall2(SYS_munmap, place, segment.shm_segsz);
	return finish(result);
}

__typeof__(mmap) interpose_mmap __attribute__((alias("mmap"), nothrow, leaf));
__typeof__(mremap) interpose_mremap
	__attribute__((alias("mremap"), nothrow, leaf));
