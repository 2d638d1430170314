// SPDX-License-Identifier: BSD-2-Clause
/* What lies where: the lists of mappings in a trace file. */
#include <config.h>

#include "reader.h"
#include "observer/observer.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct list {
	struct trace_object *object;
	size_t count, capacity;
};

static void add(struct list *list, struct trace_object object)
{
	if (list->count == list->capacity) {
		list->capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
		list->object = reallocarray(list->object, list->capacity,
					    sizeof(object));
		if (list->object == NULL)
			trace_fail("out of memory");
	}
	list->object[list->count++] = object;
}

static int compare(const void *a, const void *b)
{
	const struct trace_object *x = a, *y = b;

	return (x->low > y->low) - (x->low < y->low);
}

/* "LOW-HIGH PERMISSIONS OFFSET DEVICE INODE  NAME", proc(5). */
static bool parse_line(const char *text, const char *newline,
		       struct trace_object *object)
{
	size_t length = (size_t)(newline - text);
	char line[128], name[4096];
	int at = 0;

	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	memcpy(line, text, length);
	line[length] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %n",
		   &object->low, &object->high, &at) < 2 || at == 0 ||
	    object->low >= object->high)
		return false;
	text += at;
	if (text < newline)
		observer_escape_text(name, sizeof(name), text,
				     (size_t)(newline - text));
	object->name = strdup(text < newline ? name : "[anonymous]");
	if (object->name == NULL)
		trace_fail("out of memory");
	return true;
}

/* Those of the earlier lists stay where the new one has nothing. */
static void merge(struct trace_file *file, struct list *list)
{
	size_t fresh = list->count, at = 0;

	for (size_t i = 0; i < file->nobjects; i++) {
		struct trace_object old = file->object[i];

		while (at < fresh && list->object[at].high <= old.low)
			at++;
		if (at < fresh && list->object[at].low < old.high)
			free(old.name);
		else
			add(list, old);
	}
	free(file->object);
	if (list->count != 0)
		qsort(list->object, list->count, sizeof(*list->object),
		      compare);
	file->object = list->object;
	file->nobjects = list->count;
}

void trace_file_add_objects(struct trace_file *file, const char *text,
			    size_t size)
{
	const char *end = text + size, *newline;
	struct list list = { 0 };
	struct trace_object object;

	for (; text < end; text = newline + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		if (newline == NULL)
			break;
		if (parse_line(text, newline, &object))
			add(&list, object);
	}
	if (list.count != 0)
		qsort(list.object, list.count, sizeof(object), compare);
	merge(file, &list);
}

void trace_file_free_objects(struct trace_file *file)
{
	for (size_t i = 0; i < file->nobjects; i++)
		free(file->object[i].name);
	free(file->object);
}

const char *trace_file_object(const struct trace_file *file, uint64_t address)
{
	size_t low = 0, high = file->nobjects;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct trace_object *object = &file->object[middle];

		if (address >= object->low && address < object->high)
			return object->name;
		if (object->low > address)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
