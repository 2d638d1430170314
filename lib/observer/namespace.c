// SPDX-License-Identifier: BSD-2-Clause
/*
 * PIDs of another PID namespace.  A table names its tasks as its root sees
 * them; a caller outside of the root's container sees other numbers.  The
 * NSpid line of /proc/PID/status has a process's numbers in every namespace
 * from that of /proc down to its own (proc_pid_status(5), since Linux 4.1).
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct observer_pid {
	pid_t inner, outer;
};

struct observer_pids {
	struct observer_pid *pid; /* ascending by inner */
	size_t count;
};

/* The process's PID in its own namespace, and whether that is not ours. */
int pids_find_inner(struct observer *observer, pid_t pid, pid_t *innerp,
		    bool *foreignp)
{
	char text[16384], *line, *rest;
	unsigned levels = 0;
	long inner = pid;
	ssize_t n;

	n = observer_read_file(observer, pid, "status", text, sizeof(text));
	if (n < 0)
		return (int)-n;
	line = strstr(text, "\nNSpid:");
	if (line)
		line += strlen("\nNSpid:");
	while (line) {
		long value = strtol(line, &rest, 10);

		if (rest == line || (*rest != '\t' && *rest != '\n'))
			break;
		inner = value;
		levels++;
		if (*rest == '\n')
			break;
		line = rest;
	}
	*innerp = (pid_t)inner;
	*foreignp = levels > 1;
	return 0;
}

static bool pids_read_namespace(struct observer *observer, pid_t pid,
				char *link, size_t size)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%d/ns/pid", (int)pid);
	n = readlinkat(observer->proc, path, link, size - 1);
	if (n <= 0)
		return false;
	link[n] = '\0';
	return true;
}

static int pids_compare_inner(const void *a, const void *b)
{
	pid_t x = ((const struct observer_pid *)a)->inner;
	pid_t y = ((const struct observer_pid *)b)->inner;

	return (x > y) - (x < y);
}

/* List the processes of pid's namespace. */
int pids_open(struct observer *observer, pid_t pid,
	      struct observer_pids **pidsp)
{
	char namespace[64], other[64];
	struct observer_pids *pids;
	pid_t *list, inner;
	size_t count, i;
	bool foreign;

	if (!pids_read_namespace(observer, pid, namespace, sizeof(namespace)))
		return errno;
	list = observer_list_pids(observer, &count);
	if (!list)
		return errno;
	pids = calloc(1, sizeof(*pids));
	if (pids)
		pids->pid = calloc(count, sizeof(*pids->pid));
	if (!pids || !pids->pid) {
		free(pids);
		free(list);
		return ENOMEM;
	}
	for (i = 0; i < count; i++) {
		if (!pids_read_namespace(observer, list[i], other,
					 sizeof(other)) ||
		    strcmp(other, namespace) != 0 ||
		    pids_find_inner(observer, list[i], &inner, &foreign) != 0)
			continue;
		pids->pid[pids->count].inner = inner;
		pids->pid[pids->count++].outer = list[i];
	}
	free(list);
	qsort(pids->pid, pids->count, sizeof(*pids->pid), pids_compare_inner);
	*pidsp = pids;
	return 0;
}

/*
 * Processes found to share the memory of a root, as a bitmap by PID.  Without
 * it (no memory) they are looked at again: slower, not wrong.
 */
#define MEMBERS_MAX 4194304 /* PID_MAX_LIMIT of the kernel */

void pids_add_member(struct observer *observer, pid_t pid)
{
	if (!observer->members)
		observer->members = calloc(1, MEMBERS_MAX / 8);
	if (observer->members && pid > 0 && pid < MEMBERS_MAX)
		observer->members[pid / 8] |= (uint8_t)(1 << pid % 8);
}

bool pids_is_member(const struct observer *observer, pid_t pid)
{
	return observer->members && pid > 0 && pid < MEMBERS_MAX &&
	       (observer->members[pid / 8] & 1 << pid % 8);
}

/* 0 when no process of that number is there. */
pid_t pids_translate(const struct observer_pids *pids, pid_t inner)
{
	struct observer_pid key = { .inner = inner }, *found;

	if (inner <= 0)
		return 0;
	if (!pids)
		return inner;
	found = bsearch(&key, pids->pid, pids->count, sizeof(*pids->pid),
			pids_compare_inner);
	return found ? found->outer : 0;
}

void pids_close(struct observer_pids *pids)
{
	if (pids)
		free(pids->pid);
	free(pids);
}
