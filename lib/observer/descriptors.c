// SPDX-License-Identifier: BSD-2-Clause
/*
 * Open descriptors.  In process mode each task has its own table of them; in
 * thread mode all have one.
 */
#include <config.h>

#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536

static void descriptors_read_info(struct observer *observer, pid_t pid,
				  struct observer_descriptor *descriptor)
{
	char name[64], text[1024];
	unsigned long long position = 0;
	unsigned flags = 0;

	snprintf(name, sizeof(name), "fdinfo/%d", descriptor->fd);
	if (observer_read_file(observer, pid, name, text, sizeof(text)) > 0)
		sscanf(text, "pos: %llu flags: %o", &position, &flags);
	descriptor->position = position;
	descriptor->flags = flags;
}

static int descriptors_add(struct observer *observer, pid_t pid, int directory,
			   const char *name, struct observer_descriptors *list)
{
	struct observer_descriptor *descriptor;
	char link[PATH_MAX], *rest;
	long fd = strtol(name, &rest, 10);
	ssize_t n;

	if (*rest || rest == name || list->count == DESCRIPTORS_MAX)
		return 0;
	n = readlinkat(directory, name, link, sizeof(link));
	if (n < 0) /* closed meanwhile */
		return 0;
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;

		descriptor = reallocarray(list->descriptor, capacity,
					  sizeof(*descriptor));
		if (!descriptor)
			return ENOMEM;
		list->descriptor = descriptor;
		list->capacity = capacity;
	}
	descriptor = &list->descriptor[list->count];
	descriptor->fd = (int)fd;
	descriptor->target = strndup(link, (size_t)n);
	if (!descriptor->target)
		return ENOMEM;
	list->count++;
	descriptors_read_info(observer, pid, descriptor);
	return 0;
}

static int descriptors_compare(const void *a, const void *b)
{
	const struct observer_descriptor *x = a, *y = b;

	return (x->fd > y->fd) - (x->fd < y->fd);
}

int observer_read_descriptors(struct observer_root *root,
			      const struct observer_task *task,
			      struct observer_descriptors *list)
{
	struct dirent *entry;
	DIR *directory;
	int fd, error = 0;

	observer_free_descriptors(list);
	if (task->pid <= 0 || task->gone)
		return ESRCH;
	fd = observer_open_file(root->observer, task->pid, "fd",
				O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return fd == -ENOENT ? ESRCH : -fd;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return ENOMEM;
	}
	while (!error && (entry = readdir(directory)))
		error = descriptors_add(root->observer, task->pid, fd,
					entry->d_name, list);
	closedir(directory);
	if (list->count)
		qsort(list->descriptor, list->count, sizeof(*list->descriptor),
		      descriptors_compare);
	return error;
}

void observer_free_descriptors(struct observer_descriptors *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->descriptor[i].target);
	free(list->descriptor);
	memset(list, 0, sizeof(*list));
}
