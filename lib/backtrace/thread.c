// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where threads are, without stopping them: /proc/PID/task/TID/syscall shows
 * the system call that a thread sleeps in, with its stack pointer and program
 * counter (fs/proc/base.c and lib/syscall.c of Linux; the kernel wants the
 * right to trace the thread).
 */
#include <config.h>

#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <unistd.h>

#include "observer/internal.h"

static enum backtrace_end thread_explain(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return BACKTRACE_END_REFUSED;
	case ESRCH:
		return BACKTRACE_END_GONE;
	}
	return BACKTRACE_END_UNKNOWN; /* a kernel without that file */
}

enum backtrace_end thread_read_registers(struct backtrace *backtrace,
					 pid_t pid, pid_t tid,
					 struct backtrace_registers *registers)
{
	struct observer *observer = backtrace->root->observer;
	char name[64], text[256], *rest;
	struct observer_facts facts;
	unsigned long long pc, sp;
	ssize_t n;

	snprintf(name, sizeof(name), "task/%d/syscall", (int)tid);
	n = observer_read_file(observer, pid, name, text, sizeof(text));
	if (n < 0) {
		stat_read(observer, pid, tid, &facts);
		return facts.error ? BACKTRACE_END_GONE :
				     thread_explain((int)-n);
	}
	if (strncmp(text, "running", 7) == 0) {
		stat_read(observer, pid, tid, &facts);
		return facts.error || facts.state == 'Z' || facts.state == 'X' ?
			       BACKTRACE_END_GONE : BACKTRACE_END_RUNNING;
	}
	/* The last two words: the number of those before them varies. */
	rest = strrchr(text, ' ');
	if (!rest || rest == text)
		return BACKTRACE_END_UNKNOWN;
	pc = strtoull(rest, NULL, 16);
	*rest = '\0';
	rest = strrchr(text, ' ');
	if (!rest)
		return BACKTRACE_END_UNKNOWN;
	sp = strtoull(rest, NULL, 16);
	if (!sp || !pc)
		return BACKTRACE_END_GONE;
	registers->known = 1u << MACHINE_SP | 1u << MACHINE_PC;
	registers->value[MACHINE_SP] = sp;
	registers->value[MACHINE_PC] = pc;
	return BACKTRACE_END_COMPLETE;
}

bool thread_has_moved(struct backtrace *backtrace, pid_t pid, pid_t tid,
		      const struct backtrace_registers *registers)
{
	struct backtrace_registers now;

	return thread_read_registers(backtrace, pid, tid, &now) !=
		       BACKTRACE_END_COMPLETE ||
	       now.value[MACHINE_SP] != registers->value[MACHINE_SP] ||
	       now.value[MACHINE_PC] != registers->value[MACHINE_PC];
}

int thread_list(struct backtrace *backtrace, pid_t pid, pid_t **tidsp,
		size_t *countp)
{
	size_t count = 0, capacity = 16;
	struct dirent *entry;
	pid_t *tids, *more;
	DIR *directory;
	char *rest;
	long tid;
	int fd;

	tids = malloc(capacity * sizeof(*tids));
	if (!tids)
		return ENOMEM;
	fd = observer_open_file(backtrace->root->observer, pid, "task",
				O_RDONLY | O_DIRECTORY);
	directory = fd < 0 ? NULL : fdopendir(fd);
	if (!directory && fd >= 0)
		close(fd);
	while (directory && (entry = readdir(directory))) {
		tid = strtol(entry->d_name, &rest, 10);
		if (tid <= 0 || *rest)
			continue;
		if (count == capacity) {
			capacity *= 2;
			more = reallocarray(tids, capacity, sizeof(*tids));
			if (!more)
				break;
			tids = more;
		}
		tids[count++] = (pid_t)tid;
	}
	if (directory)
		closedir(directory);
	*tidsp = tids;
	*countp = count;
	return 0;
}
