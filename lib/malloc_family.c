/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 2's names for the malloc family.  In the original only these may be
 * used on another task's blocks; here plain malloc() and free() do as well
 * (alloc.c), and these are the same.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

#include "root.h"
#include "undeclared.h"

PIP_EXPORT void *pip_malloc(size_t size);
PIP_EXPORT size_t pip_malloc_usable_size(void *block);
PIP_EXPORT void pip_free(void *block);
PIP_EXPORT void *pip_calloc(size_t count, size_t size);
PIP_EXPORT void *pip_realloc(void *block, size_t size);
PIP_EXPORT int pip_posix_memalign(void **blockp, size_t align, size_t size);

void *pip_malloc(size_t size)
{
	return malloc(size);
}

size_t pip_malloc_usable_size(void *block)
{
	return malloc_usable_size(block);
}

void pip_free(void *block)
{
	free(block);
}

void *pip_calloc(size_t count, size_t size)
{
	return calloc(count, size);
}

void *pip_realloc(void *block, size_t size)
{
	return realloc(block, size);
}

int pip_posix_memalign(void **blockp, size_t align, size_t size)
{
	return posix_memalign(blockp, align, size);
}

void *pip_memalign(size_t align, size_t size)
{
	return memalign(align, size);
}

int pip_page_alloc(size_t size, void **blockp)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (blockp == NULL)
		return EINVAL;
	if (size > SIZE_MAX - page)
		return ENOMEM;
	return posix_memalign(blockp, page, (size + page - 1) & ~(page - 1));
}
