// SPDX-License-Identifier: BSD-2-Clause
/* Whose memory is at an address? */
#include <config.h>

#include "internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "observer/internal.h"

#define NEAR 65536u /* bytes: so far from NULL it is still a null pointer */

struct text {
	char *at;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3)))
add(struct text *text, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(text->at + text->used, text->size - text->used, format,
		      list);
	va_end(list);
	if (n > 0)
		text->used += (size_t)n < text->size - text->used ?
			      (size_t)n : text->size - text->used - 1;
}

static void add_escaped(struct text *text, const char *name)
{
	text->used += observer_escape_text(text->at + text->used,
					   text->size - text->used, name,
					   strlen(name));
}

static const struct observer_task *find_owner(struct backtrace *backtrace,
					      uint64_t address)
{
	const struct observer_tasks *tasks = backtrace->tasks;
	uint64_t low, high;
	size_t i;

	for (i = 0; i < tasks->count; i++)
		if (observer_get_window(backtrace->root, tasks->task[i].slot,
					&low, &high) &&
		    address >= low && address < high)
			return &tasks->task[i];
	return NULL;
}

static void add_owner(struct text *text, const struct observer_task *task)
{
	if (!task)
		add(text, " of the root");
	else if (task->entry.state == PIP_STATE_ENDED)
		add(text, " of task %d, which has ended", (int)task->pipid);
	else
		add(text, " of task %d", (int)task->pipid);
}

/* "data_symbol+0x4 in /usr/bin/prog of task 3 (read-only)". */
static bool describe_file(struct backtrace *backtrace,
			  const struct observer_task *owner, uint64_t address,
			  struct text *text)
{
	const struct backtrace_mapping *mapping =
		space_find(backtrace, owner ? owner->slot : 0, address);
	uint64_t start;
	const char *symbol;

	if (!mapping)
		return false;
	symbol = place_find_symbol(mapping->file, address - mapping->bias,
				   &start);
	if (symbol) {
		add_escaped(text, symbol);
		add(text, "+0x%" PRIx64 " in ", address - mapping->bias - start);
	}
	add_escaped(text, mapping->file->name);
	add_owner(text, owner);
	return true;
}

static bool is_in_stack(const struct observer_task *owner, uint64_t address,
			uint64_t below)
{
	return owner && owner->slot && owner->entry.stack_high &&
	       address >= owner->entry.stack_low - below &&
	       address < owner->entry.stack_high;
}

static void describe_mapping(const struct observer_task *owner,
			     const struct observer_mapping *mapping,
			     uint64_t address, struct text *text)
{
	if (is_in_stack(owner, address, 0)) {
		add(text, "the stack");
	} else if (mapping->path[0] == '[') {
		add_escaped(text, mapping->path);
	} else if (mapping->path[0]) {
		add_escaped(text, mapping->path);
		add(text, "+0x%" PRIx64, mapping->offset +
		    (address - mapping->low));
	} else {
		add(text, "anonymous memory");
	}
	add_owner(text, owner);
}

static void describe_hole(const struct observer_task *owner, uint64_t address,
			  uint64_t above, struct text *text)
{
	if (address < NEAR)
		add(text, "nothing is mapped there: a null pointer");
	else if (is_in_stack(owner, address, 1u << 20))
		add(text, "below the stack of task %d: it has overflowed",
		    (int)owner->pipid);
	else if (address >> 47 && address >> 47 != 0x1ffff)
		add(text, "no address (not canonical)");
	else if (address >> 63)
		add(text, "the kernel's");
	else if (above && above - address <= 1u << 20)
		add(text, "nothing is mapped there, 0x%" PRIx64 " bytes below a "
		    "mapping", above - address);
	else
		add(text, "nothing is mapped there");
	if (owner && !is_in_stack(owner, address, 1u << 20))
		add(text, "; in the window of task %d", (int)owner->pipid);
}

void backtrace_describe_address(struct backtrace *backtrace, uint64_t address,
				char *out, size_t size)
{
	const struct observer_task *owner = find_owner(backtrace, address);
	struct text text = { out, size, 0 };
	struct observer_mapping mapping;
	struct observer_maps *maps = malloc(sizeof(*maps));
	bool found = false;
	uint64_t above = 0;

	*out = '\0';
	if (!maps || maps_open(backtrace->root->observer, backtrace->reader,
			       maps)) {
		free(maps);
		return;
	}
	while (!found && !above && maps_next(maps, &mapping)) {
		found = address >= mapping.low && address < mapping.high;
		if (mapping.low > address)
			above = mapping.low;
	}
	if (!found)
		describe_hole(owner, address, above, &text);
	else if (!describe_file(backtrace, owner, address, &text))
		describe_mapping(owner, &mapping, address, &text);
	if (found)
		add(&text, " (%.4s)", mapping.permissions);
	maps_close(maps);
	free(maps);
}
