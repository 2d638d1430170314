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

#include "link_symbol.h"
#include "root.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* libc's allocator by the names under which it cannot be replaced. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t align, size_t size);
extern void *__libc_valloc(size_t size);
extern void *__libc_pvalloc(size_t size);
extern void __libc_free(void *block);

/*
 * malloc() and free() are to cost no more than libc's, which take some ten
 * instructions each.  So they jump through these pointers, and not through the
 * PLT; and what they look at is here, in the task's own copy of libpip, and not
 * behind pip_self.  They need not look whether there is something to take in:
 * who sends a block home changes the pointers.
 */
struct functions {
	void *(*malloc)(size_t size);
	void (*free)(void *block);
};

/*
 * The blocks from low on, size bytes, are of this copy of libc: a task's
 * window, or all but the windows for the root, which is a range, too, when
 * addresses are counted modulo 2^64.  At first, all of them.
 */
static struct {
	_Alignas(64) uint64_t low;
	uint64_t size;
	struct functions functions;
	struct pip_slot *owner;
} heap = { 0, UINT64_MAX, { __libc_malloc, __libc_free }, NULL };

static void *malloc_after_others(size_t size);
static void free_after_others(void *block);

/* Our blocks that others have freed.  In a cache line that others write, and
 * nothing else is in that we look at often. */
static struct pip_freed {
	_Alignas(64) _Atomic(void *) first;
	struct functions *functions, after_others; /* ours */
} freed = {
	NULL, &heap.functions, { malloc_after_others, free_after_others },
};

/* A block on its way home; fits into the smallest one that malloc returns. */
struct freed_block {
	struct freed_block *next;
};

static void take_in(void)
{
	struct freed_block *block;
	int saved = errno;

	/* First: whoever comes after it changes them again. */
	__atomic_store_n(&heap.functions.malloc, __libc_malloc,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&heap.functions.free, __libc_free, __ATOMIC_SEQ_CST);
	block = atomic_exchange(&freed.first, NULL);
	while (block != NULL) {
		struct freed_block *next = block->next;

		__libc_free(block);
		block = next;
	}
	errno = saved;
}

/* Before each other call of libc's allocator: take in what others have freed. */
static inline void check_freed(void)
{
	if (unlikely(atomic_load_explicit(&freed.first,
					  memory_order_relaxed) != NULL))
		take_in();
}

/*
 * Other threads may allocate meanwhile.  In between, all blocks are ours;
 * nobody has any others while a root begins or ends.
 */
void alloc_set_owner(struct pip_slot *owner)
{
	struct pip_root *root;

	__atomic_store_n(&heap.size, UINT64_MAX, __ATOMIC_SEQ_CST);
	__atomic_store_n(&heap.owner, owner, __ATOMIC_SEQ_CST);
	take_in();
	if (owner == NULL)
		return;
	atomic_store(&owner->freed, &freed);
	root = owner->root;
	if (slot_is_root(owner)) {
		uint64_t all = (uint64_t)root->ntasks * root->window_size;

		__atomic_store_n(&heap.low, root->window_base + all,
				 __ATOMIC_SEQ_CST);
		__atomic_store_n(&heap.size, -all, __ATOMIC_SEQ_CST);
	} else {
		__atomic_store_n(&heap.low, owner->window_low,
				 __ATOMIC_SEQ_CST);
		__atomic_store_n(&heap.size, root->window_size,
				 __ATOMIC_SEQ_CST);
	}
}

static inline bool is_own(const void *block)
{
	return likely((uint64_t)block -
			      __atomic_load_n(&heap.low, __ATOMIC_RELAXED) <
		      __atomic_load_n(&heap.size, __ATOMIC_RELAXED));
}

/* Is it somebody else's, and whose?  What lies in no window is the root's. */
static bool is_foreign(const void *block, struct pip_slot **ownerp)
{
	struct pip_slot *self = __atomic_load_n(&heap.owner, __ATOMIC_RELAXED);
	struct pip_root *root;
	uint64_t index;

	if (is_own(block) || block == NULL || self == NULL)
		return false;
	root = self->root;
	index = ((uint64_t)block - root->window_base) >> root->window_shift;
	*ownerp = index < (uint64_t)root->ntasks ? &root->slots[index] :
						   &root->self;
	return *ownerp != self;
}

static void send_home(struct pip_slot *owner, void *block)
{
	struct freed_block *sent = block;
	struct pip_freed *list = atomic_load_explicit(&owner->freed,
						      memory_order_acquire);
	struct functions *functions;
	void *first;

	if (list == NULL) /* its task has no libpip that could take it in */
		return;
	first = atomic_load_explicit(&list->first, memory_order_relaxed);
	do
		sent->next = first;
	while (!atomic_compare_exchange_weak(&list->first, &first, sent));
	/* Also where the list was not empty: who came before us may have been
	 * killed in between. */
	functions = list->functions;
	if (__atomic_load_n(&functions->malloc, __ATOMIC_SEQ_CST) !=
	    list->after_others.malloc)
		__atomic_store_n(&functions->malloc, list->after_others.malloc,
				 __ATOMIC_RELAXED);
	if (__atomic_load_n(&functions->free, __ATOMIC_SEQ_CST) !=
	    list->after_others.free)
		__atomic_store_n(&functions->free, list->after_others.free,
				 __ATOMIC_RELAXED);
}

static void *malloc_after_others(size_t size)
{
	take_in();
	return __libc_malloc(size);
}

static void free_after_others(void *block)
{
	take_in();
	__libc_free(block);
}

/* A function of its own, so that free() keeps nothing over a call and needs no
 * stack frame.  In a task, NULL comes here as well. */
static __attribute__((noinline)) void free_elsewhere(void *block)
{
	struct pip_slot *owner;

	if (is_foreign(block, &owner))
		send_home(owner, block);
	else
		free_after_others(block);
}

PIP_EXPORT __attribute__((aligned(64))) void *malloc(size_t size)
{
	return __atomic_load_n(&heap.functions.malloc, __ATOMIC_RELAXED)(size);
}

PIP_EXPORT __attribute__((aligned(64))) void free(void *block)
{
	if (unlikely(!is_own(block)))
		free_elsewhere(block);
	else
		__atomic_load_n(&heap.functions.free, __ATOMIC_RELAXED)(block);
}

PIP_EXPORT void *calloc(size_t count, size_t size)
{
	check_freed();
	return __libc_calloc(count, size);
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
		struct link_map *libc;
		void *symbol = NULL;
		Dl_info info;

		if (dladdr1((void *)__libc_malloc, &info, (void **)&libc,
			    RTLD_DL_LINKMAP) != 0)
			symbol = link_symbol_find(libc, "malloc_usable_size");
		if (symbol == NULL)
			abort();
		memcpy(&function, &symbol, sizeof(function));
		atomic_store(&of_libc, function);
	}
	return function(block);
}
