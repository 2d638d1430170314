// SPDX-License-Identifier: BSD-2-Clause
/* An observer: its files in /proc, its list of roots and of problems. */
#include <config.h>

#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/*
 * All memfds of a kernel lie on one internal mount (mm/shmem.c, shm_mnt).  Our
 * own tells us which, so that nothing else is taken for one.
 */
static void observer_learn_memfd(struct observer *observer)
{
	char name[64], text[512], *line;
	struct stat status;
	ssize_t n;
	int fd = memfd_create("pip-observer", MFD_CLOEXEC);

	observer->memfd_mount = -1;
	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0) {
		observer->memfd_major = major(status.st_dev);
		observer->memfd_minor = minor(status.st_dev);
		observer->memfd_known = true;
	}
	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	n = observer_read_file(observer, getpid(), name, text, sizeof(text));
	if (n > 0 && (line = strstr(text, "mnt_id:")))
		observer->memfd_mount = (int)strtol(line + 7, NULL, 10);
	close(fd);
}

int observer_open(struct observer **observerp)
{
	struct observer *observer = calloc(1, sizeof(*observer));
	int error;

	if (!observer)
		return ENOMEM;
	observer->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (observer->proc < 0) {
		error = errno;
		free(observer);
		return error;
	}
	observer->ticks = sysconf(_SC_CLK_TCK);
	observer->page = sysconf(_SC_PAGESIZE);
	observer->problems = calloc(PROBLEMS_MAX, sizeof(*observer->problems));
	if (!observer->problems) {
		observer_close(observer);
		return ENOMEM;
	}
	observer_learn_memfd(observer);
	*observerp = observer;
	return 0;
}

void observer_close(struct observer *observer)
{
	if (!observer)
		return;
	observer_forget(observer);
	close(observer->proc);
	free(observer->problems);
	free(observer);
}

/* Drop what a scan found. */
void observer_forget(struct observer *observer)
{
	size_t i;

	for (i = 0; i < observer->nroots; i++) {
		source_close(observer->roots[i]->source);
		pids_close(observer->roots[i]->pids);
		free(observer->roots[i]);
	}
	free(observer->roots);
	free(observer->members);
	observer->members = NULL;
	observer->roots = NULL;
	observer->nroots = 0;
	observer->nproblems = 0;
	observer->denied = 0;
}

struct observer_root *observer_get_root(struct observer *observer, size_t i)
{
	return i < observer->nroots ? observer->roots[i] : NULL;
}

const struct observer_problem *
observer_get_problem(const struct observer *observer, size_t i)
{
	return i < observer->nproblems ? &observer->problems[i] : NULL;
}

size_t observer_count_denied(const struct observer *observer)
{
	return observer->denied;
}

void observer_add_problem(struct observer *observer, pid_t pid, int error,
			  uint64_t table_inode, const char *format, ...)
{
	struct observer_problem *problem;
	va_list list;

	if (observer->nproblems == PROBLEMS_MAX)
		return;
	problem = &observer->problems[observer->nproblems++];
	problem->pid = pid;
	problem->error = error;
	problem->table_inode = table_inode;
	va_start(list, format);
	vsnprintf(problem->text, sizeof(problem->text), format, list);
	va_end(list);
}

int observer_open_file(struct observer *observer, pid_t pid, const char *name,
		       int flags)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	fd = openat(observer->proc, path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

ssize_t observer_read_file(struct observer *observer, pid_t pid,
			   const char *name, char *buffer, size_t size)
{
	int fd = observer_open_file(observer, pid, name, O_RDONLY);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (used < size - 1) {
		n = read(fd, buffer + used, size - 1 - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	buffer[used] = '\0';
	return n < 0 ? n : (ssize_t)used;
}

static int pids_compare(const void *a, const void *b)
{
	pid_t x = *(const pid_t *)a, y = *(const pid_t *)b;

	return (x > y) - (x < y);
}

/* All processes in ascending order; to be freed.  NULL: errno says why. */
pid_t *observer_list_pids(struct observer *observer, size_t *countp)
{
	int fd = openat(observer->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	size_t capacity = 0, count = 0;
	struct dirent *entry;
	pid_t *pids = NULL;
	int error;

	if (!directory) {
		error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return NULL;
	}
	while (errno = 0, (entry = readdir(directory))) {
		char *rest;
		long pid = strtol(entry->d_name, &rest, 10);

		if (pid <= 0 || *rest)
			continue;
		if (count == capacity) {
			pid_t *more;

			capacity = capacity ? capacity * 2 : 512;
			more = reallocarray(pids, capacity, sizeof(*pids));
			if (!more)
				break;
			pids = more;
		}
		pids[count++] = (pid_t)pid;
	}
	error = errno;
	closedir(directory);
	if (error || !count) {
		free(pids);
		errno = error ? error : ENOENT;
		return NULL;
	}
	/* The kernel lists them so today; discovery depends on it. */
	qsort(pids, count, sizeof(*pids), pids_compare);
	*countp = count;
	return pids;
}
