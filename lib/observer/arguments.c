// SPDX-License-Identifier: BSD-2-Clause
/*
 * The argument strings of a task.  /proc/PID/cmdline belongs to the address
 * space, so it has the root's for every task; the table has each task's own,
 * its first 256 bytes, and where the rest is.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS_MAX 65536     /* strings */
#define ARGUMENTS_SIZE (1 << 20) /* bytes of them */

struct arguments {
	char *text;
	size_t size, capacity;
};

static int arguments_add(struct arguments *arguments, const char *bytes,
			 size_t size)
{
	if (arguments->size + size + 2 > arguments->capacity) {
		size_t capacity = (arguments->size + size + 2) * 2;
		char *more = realloc(arguments->text, capacity);

		if (!more)
			return ENOMEM;
		arguments->text = more;
		arguments->capacity = capacity;
	}
	if (size)
		memcpy(arguments->text + arguments->size, bytes, size);
	arguments->size += size;
	return 0;
}

/*
 * argc and argv are the task's own once libpip inside it has published them;
 * until then, and for a program without libpip, they are the loader's, whose
 * command line contains the program's.
 */
static bool arguments_are_own(const struct pip_table_entry *entry)
{
	return entry->state == PIP_STATE_RUNNING && entry->argc > 0 &&
	       !(entry->flags & PIP_TASK_FLAG_OUTSIDE);
}

/* The table's copy: argc strings, or up to the last that is not empty. */
static int arguments_from_table(const struct pip_table_entry *entry,
				struct arguments *arguments, bool *cut)
{
	const char *start = entry->command, *p = start;
	const char *end = start + PIP_TABLE_COMMAND_MAX;
	int32_t i, count = arguments_are_own(entry) ? entry->argc : INT32_MAX;

	if (count == INT32_MAX)
		while (end > start && end[-1] == '\0')
			end--;
	for (i = 0; p < end && i < count; i++)
		p += strnlen(p, (size_t)(end - p)) + 1;
	/* The last byte of the copy is a NUL, by our own hand. */
	if (p > start + PIP_TABLE_COMMAND_MAX)
		p = start + PIP_TABLE_COMMAND_MAX;
	*cut = entry->flags & PIP_TASK_FLAG_TRUNCATED &&
	       (count == INT32_MAX ?
		p - start >= PIP_TABLE_COMMAND_MAX - 1 : i < count ||
		p == start + PIP_TABLE_COMMAND_MAX);
	return arguments_add(arguments, start, (size_t)(p - start));
}

/* Does a command line that begins with these arguments name the program? */
static bool arguments_end_prefix(const struct pip_table_entry *entry,
				 const char *text)
{
	return entry->program[0] && strcmp(text, entry->program) == 0;
}

static int arguments_from_memory(pid_t reader,
				 const struct pip_table_entry *entry,
				 struct arguments *arguments)
{
	/* In a loader's command line the program's path is soon there. */
	int32_t i, prefix = arguments_are_own(entry) ? 0 : 8;
	int error = 0;

	for (i = 0; i < entry->argc; i++) {
		uint64_t address;
		size_t length;
		char *text;

		if (i == ARGUMENTS_MAX || arguments->size >= ARGUMENTS_SIZE)
			return E2BIG;
		error = remote_read(reader, entry->argv + (uint64_t)i * 8,
				    &address, sizeof(address));
		/* musl's loader writes the new argc before the new argv[0]. */
		if (!error && prefix && address &&
		    address == (uint64_t)(entry->argc - i - 1)) {
			arguments->size = 0;
			prefix = 0;
			continue;
		}
		if (error || !address)
			break;
		error = remote_read_string(reader, address,
					   ARGUMENTS_SIZE - arguments->size,
					   &text, &length);
		if (error)
			break;
		if (i < prefix && arguments_end_prefix(entry, text)) {
			/* What it is called is in the table. */
			arguments->size = 0;
			prefix = 0;
			error = arguments_add(arguments, entry->command,
					      strlen(entry->command) + 1);
		} else {
			error = arguments_add(arguments, text, length + 1);
		}
		free(text);
		if (error)
			break;
	}
	return error;
}

/* /proc/PID/cmdline, for who has an address space to himself. */
static int arguments_from_kernel(const struct observer_root *root, pid_t pid,
				 struct arguments *arguments)
{
	int fd = observer_open_file(root->observer, pid, "cmdline", O_RDONLY);
	char chunk[4096];
	int error = 0;
	ssize_t n;

	if (fd < 0)
		return -fd;
	while (!error && arguments->size < ARGUMENTS_SIZE) {
		watch_begin(pid);
		n = read(fd, chunk, sizeof(chunk));
		watch_end();
		if (n <= 0)
			break;
		error = arguments_add(arguments, chunk, (size_t)n);
	}
	close(fd);
	if (!error && arguments->size == 0)
		error = ENOENT;
	return error;
}

static int arguments_read(struct observer_root *root,
			  const struct observer_task *task, bool full,
			  struct arguments *arguments, bool *cut)
{
	const struct pip_table_entry *entry = &task->entry;
	int error;

	*cut = false;
	if (task->torn && task->slot)
		return 0;
	/* The table has the root's, too; the kernel's copy is its memory. */
	if (task->executed ||
	    (task->slot == 0 && root->alive &&
	     (!entry->command[0] ||
	      (full && entry->flags & PIP_TASK_FLAG_TRUNCATED)))) {
		error = arguments_from_kernel(root, task->pid, arguments);
		if (!error || error == ENOMEM)
			return error;
		arguments->size = 0;
	}
	error = arguments_from_table(entry, arguments, cut);
	if (error || !full || !*cut || !entry->argv ||
	    entry->state == PIP_STATE_ENDED)
		return error;
	arguments->size = 0;
	error = arguments_from_memory(root->reader, entry, arguments);
	if (!error) {
		*cut = false;
		return 0;
	}
	if (error == ENOMEM || error == E2BIG)
		return error == E2BIG ? 0 : error;
	arguments->size = 0;
	return arguments_from_table(entry, arguments, cut);
}

int observer_read_arguments(struct observer_root *root,
			    const struct observer_task *task, bool full,
			    char **textp, size_t *sizep, bool *cutp)
{
	struct arguments arguments = { 0 };
	bool cut;
	int error = arguments_read(root, task, full, &arguments, &cut);

	if (!error)
		error = arguments_add(&arguments, NULL, 0);
	if (error) {
		free(arguments.text);
		return error;
	}
	/* Every string ends, and so does the list. */
	if (arguments.size && arguments.text[arguments.size - 1])
		arguments.text[arguments.size++] = '\0';
	arguments.text[arguments.size] = '\0';
	*textp = arguments.text;
	*sizep = arguments.size;
	if (cutp)
		*cutp = cut;
	return 0;
}
