// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc/PID/maps, a line at a time.  The kernel makes the lines as they are
 * read, at most a page of them per read(2), so a reader who stops early has
 * not paid for the rest (fs/seq_file.c).
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int maps_open(struct observer *observer, pid_t pid,
	      struct observer_maps *maps)
{
	int fd = observer_open_file(observer, pid, "maps", O_RDONLY);

	if (fd < 0)
		return -fd;
	maps->fd = fd;
	maps->begin = maps->end = 0;
	maps->error = 0;
	maps->query = 0;
	return 0;
}

/* False at the end of the file, or on an error, noted in maps->error. */
static bool maps_fill(struct observer_maps *maps)
{
	ssize_t n;

	memmove(maps->buffer, maps->buffer + maps->begin,
		maps->end - maps->begin);
	maps->end -= maps->begin;
	maps->begin = 0;
	do {
		n = read(maps->fd, maps->buffer + maps->end,
			 MAPS_BUFFER_SIZE - maps->end);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		maps->error = errno;
	if (n <= 0)
		return false;
	maps->end += (size_t)n;
	return true;
}

/* The next line, NUL-terminated without its newline, or NULL at the end. */
char *maps_next_line(struct observer_maps *maps, size_t *lengthp)
{
	bool skipping = false;

	for (;;) {
		char *line = maps->buffer + maps->begin;
		char *newline = memchr(line, '\n', maps->end - maps->begin);

		if (newline) {
			maps->begin = (size_t)(newline + 1 - maps->buffer);
			if (skipping) {
				skipping = false;
				continue;
			}
			*newline = '\0';
			*lengthp = (size_t)(newline - line);
			return line;
		}
		/* A path longer than the buffer is none we ask for. */
		if (maps->end - maps->begin == MAPS_BUFFER_SIZE) {
			skipping = true;
			maps->begin = maps->end;
		}
		if (!maps_fill(maps))
			return NULL;
	}
}

static bool maps_take_number(const char **p, unsigned base, char until,
			     uint64_t *valuep)
{
	const char *start = *p;
	uint64_t value = 0;

	for (;; (*p)++) {
		unsigned char c = (unsigned char)**p;
		unsigned digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10u;
		else
			break;
		if (digit >= base)
			return false;
		value = value * base + digit;
	}
	if (*p == start || **p != until)
		return false;
	(*p)++;
	*valuep = value;
	return true;
}

/* Take a line of proc_pid_maps(5) apart; false when it is not one. */
bool maps_parse_line(const char *line, struct observer_mapping *mapping)
{
	const char *p = line;
	uint64_t major, minor;

	if (!maps_take_number(&p, 16, '-', &mapping->low) ||
	    !maps_take_number(&p, 16, ' ', &mapping->high))
		return false;
	if (strnlen(p, 5) < 5 || p[4] != ' ')
		return false;
	memcpy(mapping->permissions, p, 4);
	p += 5;
	if (!maps_take_number(&p, 16, ' ', &mapping->offset) ||
	    !maps_take_number(&p, 16, ':', &major) ||
	    !maps_take_number(&p, 16, ' ', &minor) ||
	    !maps_take_number(&p, 10, ' ', &mapping->inode))
		return false;
	mapping->major = (unsigned)major;
	mapping->minor = (unsigned)minor;
	while (*p == ' ')
		p++;
	mapping->path = p;
	return true;
}

bool maps_next(struct observer_maps *maps, struct observer_mapping *mapping)
{
	char *line;
	size_t length;

	while ((line = maps_next_line(maps, &length)))
		if (maps_parse_line(line, mapping))
			return true;
	return false;
}

/* Can it be a task table?  By what it is; its name has been looked at. */
static bool maps_can_be_table(const struct observer *observer,
			      const struct observer_mapping *mapping)
{
	if (mapping->offset != 0 || mapping->permissions[0] != 'r' ||
	    mapping->permissions[3] != 's')
		return false;
	/*
	 * Not on the mount of memfds: a file of that name, perhaps on a file
	 * system whose server never answers.
	 */
	return !observer->memfd_known ||
	       (mapping->major == observer->memfd_major &&
		mapping->minor == observer->memfd_minor);
}

/* Go on to the next mapping that can be a task table. */
bool maps_next_table(struct observer *observer, struct observer_maps *maps,
		     struct observer_mapping *mapping)
{
	static const char path[] = OBSERVER_TABLE_PATH;
	const size_t path_length = sizeof(path) - 1;
	char *line;
	size_t length;
	int found = maps_query_table(observer, maps, mapping);

	if (found >= 0)
		return found;
	while ((line = maps_next_line(maps, &length))) {
		/* Most lines are done with after this. */
		if (length <= path_length ||
		    memcmp(line + length - path_length, path,
			   path_length) != 0)
			continue;
		if (maps_parse_line(line, mapping) &&
		    strcmp(mapping->path, path) == 0 &&
		    maps_can_be_table(observer, mapping))
			return true;
	}
	return false;
}

void maps_close(struct observer_maps *maps)
{
	close(maps->fd);
}
