/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Watching a root die, from outside: the test is the parent of the root and, as
 * a subreaper (prctl(2)), becomes that of the root's tasks.
 */
#ifndef TESTS_DEATH_H
#define TESTS_DEATH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "role.h"

#define DEATH_TASKS_MAX 64

/* Shared with the root by inheritance, at death_fd in all processes. */
struct death_report {
	_Atomic pid_t tasks[DEATH_TASKS_MAX];
	_Atomic pid_t guardian;
	_Atomic int started, ready;
};

#define DEATH_FD 77

__attribute__((unused))
static struct death_report *death_map(void)
{
	struct death_report *report;

	report = mmap(NULL, sizeof(*report), PROT_READ | PROT_WRITE, MAP_SHARED,
		      DEATH_FD, 0);
	NEED(report != MAP_FAILED);
	return report;
}

__attribute__((unused))
static struct death_report *death_create(void)
{
	int fd = memfd_create("report", 0);

	NEED(fd >= 0 && ftruncate(fd, sizeof(struct death_report)) == 0);
	NEED(dup2(fd, DEATH_FD) == DEATH_FD);
	close(fd);
	return death_map();
}

/* All children have ended; collects them. */
__attribute__((unused))
static bool death_all_gone(void)
{
	pid_t pid;

	do
		pid = waitpid(-1, NULL, WNOHANG | __WALL);
	while (pid > 0);
	return pid < 0 && errno == ECHILD;
}

/* A line about each child that is left. */
__attribute__((unused))
static void death_show_children(void)
{
	char command[128];

	snprintf(command, sizeof(command),
		 "ps -o pid,ppid,stat,comm --ppid %d >&2", (int)getpid());
	if (system(command) != 0)
		check_say("ps does not work");
}

__attribute__((unused))
static void death_kill_children(void)
{
	char path[64];
	FILE *file;
	int pid;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children",
		 (int)getpid());
	file = fopen(path, "re");
	while (file != NULL && fscanf(file, "%d", &pid) == 1)
		kill(pid, SIGKILL);
	if (file != NULL)
		fclose(file);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

#endif
