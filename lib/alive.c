/* SPDX-License-Identifier: BSD-2-Clause */
#include "alive.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"

/* The letter of its state in /proc/TID/stat, '\0' if it cannot be read. */
static char state_of(pid_t tid)
{
	char path[32], text[512] = "", *end;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return '\0';
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	/* "pid (comm) S ...", and comm may hold anything (proc(5)). */
	end = n > 0 ? strrchr(text, ')') : NULL;
	return end != NULL && end[1] == ' ' ? end[2] : '\0';
}

bool alive_is_stopped(pid_t tid)
{
	int saved = errno;
	char state = state_of(tid);

	errno = saved;
	return state == 'T' || state == 't';
}

bool alive_is_sleeping(pid_t tid)
{
	int saved = errno;
	char state = state_of(tid);

	errno = saved;
	return state == 'S' || state == '\0'; /* not known */
}

bool alive_has_ended(pid_t tid)
{
	int saved = errno;
	bool ended = syscall(SYS_tkill, tid, 0) != 0 && errno == ESRCH;
	char state;

	if (!ended) {
		state = state_of(tid);
		ended = state == 'Z' || state == 'X';
	}
	errno = saved;
	return ended;
}

bool alive_process_has_ended(pid_t pid)
{
	struct pollfd process = { .events = POLLIN };
	int saved = errno;
	bool ended;

	process.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (process.fd >= 0) {
		ended = poll(&process, 1, 0) == 1;
		close(process.fd);
	} else { /* before Linux 5.3, or no descriptor is left */
		ended = alive_has_ended(pid);
	}
	errno = saved;
	return ended;
}

bool alive_pidfd_has_ended(pid_t pid)
{
	struct timespec now = { 0, 0 };
	struct pollfd process = { .events = POLLIN };
	bool ended;

	process.fd = (int)arch_syscall2(SYS_pidfd_open, pid, 0);
	if (process.fd < 0)
		return process.fd == -ESRCH;
	ended = arch_syscall4(SYS_ppoll, &process, 1, &now, NULL) == 1;
	arch_syscall1(SYS_close, process.fd);
	return ended;
}
