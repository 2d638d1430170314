/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * malloc and its family, on mimalloc, in the root and in every task.
 *
 * Any task may free what another has allocated.  With glibc's malloc that
 * corrupts both heaps; mimalloc finds a block's owner from its address and
 * hands the block back without a lock (Leijen, Zorn, de Moura 2019, "Mimalloc:
 * free list sharding in action"), and one copy of it per task interoperates
 * with another.
 *
 * libmimalloc exports these names itself, but a program's libc comes before a
 * dependency's dependency in the lookup order; libpip, which is preloaded or
 * a direct dependency, comes before libc.  No symbol version: see interpose.c.
 */
#include <errno.h>
#include <malloc.h>
#include <mimalloc.h>
#include <stdlib.h>

#include "root.h"

PIP_EXPORT void cfree(void *block);

PIP_EXPORT void *malloc(size_t size)
{
	return mi_malloc(size);
}

PIP_EXPORT void *calloc(size_t count, size_t size)
{
	return mi_calloc(count, size);
}

PIP_EXPORT void *realloc(void *block, size_t size)
{
	return mi_realloc(block, size);
}

PIP_EXPORT void *reallocarray(void *block, size_t count, size_t size)
{
	return mi_reallocarray(block, count, size);
}

PIP_EXPORT void free(void *block)
{
	mi_free(block);
}

PIP_EXPORT void cfree(void *block)
{
	mi_free(block);
}

PIP_EXPORT size_t malloc_usable_size(void *block)
{
	return mi_usable_size(block);
}

PIP_EXPORT int posix_memalign(void **blockp, size_t align, size_t size)
{
	return mi_posix_memalign(blockp, align, size);
}

PIP_EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return mi_aligned_alloc(align, size);
}

PIP_EXPORT void *memalign(size_t align, size_t size)
{
	return mi_memalign(align, size);
}

PIP_EXPORT void *valloc(size_t size)
{
	return mi_valloc(size);
}

PIP_EXPORT void *pvalloc(size_t size)
{
	return mi_pvalloc(size);
}
