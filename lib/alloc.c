/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * free() of any block by any task.
 *
 * Every task has its own copy of libc, and so its own heap; a block that is
 * freed into another heap than it came from corrupts both.  Windows say whose
 * a block is (place.h), so free() sends it home: onto a list of the owner's,
 * without a lock, which the owner empties into its heap when it next
 * allocates or frees.  The heap itself is libc's own.
 *
 * A block of a task that has ended goes onto its list and no further; the
 * memory goes back with the rest of the window.  The same in a child made by
 * fork(), which has a copy of everybody's heap and list, and only itself.
 *
 * The loader must find these functions before libc's.  libpip comes first as
 * it is preloaded, or a direct dependency of the root's program.  They have no
 * symbol version, see interpose.c.  The family is complete, so that a block
 * never comes from one allocator and goes to another, even in a program that
 * is linked with a malloc library of its own.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"

#define likely(x) __builtin_expect(!!(x), 1)

/* libc's allocator by the names under which it cannot be replaced. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void *__libc_valloc(size_t size);
extern void *__libc_pvalloc(size_t size);
extern void __libc_free(void *block);

struct pip_slot *pip_heap_owner;

/* A block on its way home; fits into the smallest one that malloc returns. */
struct freed_block {
	struct freed_block *next;
};

/* Whose block is it?  What lies in no window is the root's. */
static struct pip_slot *owner_of(struct pip_root *root, const void *block)
{
	uint64_t index = ((uint64_t)block - root->window_base) >>
			 root->window_shift;

	return index < (uint64_t)root->ntasks ? &root->slots[index] :
						&root->self;
}

static void send_home(struct pip_slot *owner, void *block)
{
	struct freed_block *freed = block;
	void *head = atomic_load_explicit(&owner->freed, memory_order_relaxed);

	do
		freed->next = head;
	while (!atomic_compare_exchange_weak_explicit(
		&owner->freed, &head, freed, memory_order_release,
		memory_order_relaxed));
}

static __attribute__((noinline)) void take_in(struct pip_slot *self)
{
	struct freed_block *freed =
		atomic_exchange_explicit(&self->freed, NULL,
					 memory_order_acquire);
	int saved = errno;

	while (freed != NULL) {
		struct freed_block *next = freed->next;

		__libc_free(freed);
		freed = next;
	}
	errno = saved;
}

/* Before each call of libc's allocator: take in what others have freed. */
static inline void check_freed(void)
{
	struct pip_slot *self = pip_heap_owner;

	if (self != NULL && atomic_load_explicit(&self->freed,
						 memory_order_relaxed) != NULL)
		take_in(self);
}

/* Is it somebody else's?  Then *ownerp is who. */
static inline bool is_foreign(const void *block, struct pip_slot **ownerp)
{
	struct pip_slot *self = pip_heap_owner;

	if (self == NULL || block == NULL)
		return false;
	*ownerp = owner_of(self->root, block);
	return *ownerp != self;
}

PIP_EXPORT void *malloc(size_t size)
{
	check_freed();
	return __libc_malloc(size);
}

PIP_EXPORT void *calloc(size_t count, size_t size)
{
	check_freed();
	return __libc_calloc(count, size);
}

PIP_EXPORT void free(void *block)
{
	struct pip_slot *owner;

	if (likely(!is_foreign(block, &owner))) {
		check_freed();
		__libc_free(block);
		return;
	}
	send_home(owner, block);
}

/* Another task's block becomes one of ours. */
static void *adopt(void *block, size_t size, struct pip_slot *owner)
{
	/* A block's size is kept in front of it, whoever's it is. */
	size_t old_size = malloc_usable_size(block);
	void *copy;

	if (size == 0) {
		send_home(owner, block);
		return NULL;
	}
	copy = malloc(size);
	if (copy == NULL)
		return NULL;
	memcpy(copy, block, old_size < size ? old_size : size);
	send_home(owner, block);
	return copy;
}

PIP_EXPORT void *realloc(void *block, size_t size)
{
	struct pip_slot *owner;

	if (is_foreign(block, &owner))
		return adopt(block, size, owner);
	check_freed();
	return __libc_realloc(block, size);
}

PIP_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(block, bytes);
}

PIP_EXPORT void *memalign(size_t align, size_t size)
{
	check_freed();
	return __libc_memalign(align, size);
}

PIP_EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return memalign(align, size);
}

PIP_EXPORT int posix_memalign(void **blockp, size_t align, size_t size)
{
	int saved = errno;
	void *block;

	if (align % sizeof(void *) != 0 || align == 0 ||
	    (align & (align - 1)) != 0)
		return EINVAL;
	block = memalign(align, size);
	errno = saved;
	if (block == NULL)
		return ENOMEM;
	*blockp = block;
	return 0;
}

PIP_EXPORT void *valloc(size_t size)
{
	check_freed();
	return __libc_valloc(size);
}

PIP_EXPORT void *pvalloc(size_t size)
{
	check_freed();
	return __libc_pvalloc(size);
}

/* libc has no other name for this one; nor must that of another malloc
 * library be found. */
PIP_EXPORT size_t malloc_usable_size(void *block)
{
	static _Atomic(size_t (*)(void *)) of_libc;
	size_t (*function)(void *) = atomic_load(&of_libc);

	if (function == NULL) {
		void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
		void *symbol = libc != NULL ?
				       dlsym(libc, "malloc_usable_size") :
				       NULL;

		if (symbol == NULL)
			abort();
		memcpy(&function, &symbol, sizeof(function));
		atomic_store(&of_libc, function);
	}
	return function(block);
}
