// SPDX-License-Identifier: BSD-2-Clause
/*
 * Memory of a program, a page at a time: all that is read of a stack is as it
 * was when its page was first looked at.
 */
#include <config.h>

#include "internal.h"

#include <string.h>

#include "observer/internal.h"

/* Above a copy, the rest of its stack is what has gone on since. */
#define STACK_MAX (1ul << 30)

void memory_forget(struct backtrace_memory *memory, pid_t pid)
{
	size_t i;

	memory->pid = pid;
	memory->copy = NULL;
	for (i = 0; i < MEMORY_PAGES; i++)
		memory->pages[i].address = 1;
}

static const char *memory_get_page(struct backtrace_memory *memory,
				   uint64_t address)
{
	struct memory_page *page = &memory->pages[address / MEMORY_PAGE %
						  MEMORY_PAGES];

	if (page->address != address) {
		page->address = address;
		page->valid = !remote_read(memory->pid, address, page->bytes,
					   MEMORY_PAGE);
	}
	return page->valid ? page->bytes : NULL;
}

/* Is it on the stack that there is a copy of?  *donep: and was read. */
static bool memory_read_copy(struct backtrace_memory *memory, uint64_t address,
			     void *buffer, size_t size, bool *donep)
{
	const struct backtrace_copy *copy = memory->copy;
	uint64_t offset = address - copy->address;

	if (offset >= STACK_MAX)
		return false;
	*donep = offset < copy->size && size <= copy->size - offset;
	if (*donep)
		memcpy(buffer, copy->bytes + offset, size);
	else
		memory->cut = true;
	return true;
}

bool memory_read(struct backtrace_memory *memory, uint64_t address,
		 void *buffer, size_t size)
{
	char *to = buffer;
	bool done;

	if (memory->copy &&
	    memory_read_copy(memory, address, buffer, size, &done))
		return done;
	while (size) {
		uint64_t skip = address % MEMORY_PAGE;
		size_t n = MEMORY_PAGE - skip;
		const char *page = memory_get_page(memory, address - skip);

		if (!page)
			return false;
		if (n > size)
			n = size;
		memcpy(to, page + skip, n);
		to += n;
		address += n;
		size -= n;
	}
	return true;
}

bool memory_read_word(struct backtrace_memory *memory, uint64_t address,
		      uint64_t *value)
{
	return memory_read(memory, address, value, sizeof(*value));
}
