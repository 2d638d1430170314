// SPDX-License-Identifier: BSD-2-Clause
/*
 * A root for the tests of observers:
 *
 *	observer-root [-c] [-r] [-u] [-f COPIES] NTASKS PROGRAM [ARGUMENT...]
 *
 * spawns NTASKS tasks, forks COPIES copies of itself, prints "ready", its PID
 * and theirs, and waits until its standard input ends.  The tasks have the
 * same input and are to end with it, too.  With -c it closes all descriptors,
 * that of the task table among them.  With -u it becomes user 65534 once the
 * tasks run, which stay who they are.  With -r SIGUSR1 takes everybody's right
 * to look into it away, SIGUSR2 gives it back (PR_SET_DUMPABLE of prctl(2)), and
 * SIGHUP takes the permissions of the table's file.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_table.h>

extern char **environ;

static pid_t copies[64];

static int table_fd = -1;

static void find_table_fd(void)
{
	static const char name[] = "/memfd:" PIP_TABLE_NAME;
	char path[64], link[64];
	int fd;

	for (fd = 3; fd < 1024 && table_fd < 0; fd++) {
		ssize_t n;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, link, sizeof(link));
		if (n >= (ssize_t)sizeof(name) - 1 &&
		    memcmp(link, name, sizeof(name) - 1) == 0)
			table_fd = fd;
	}
}

static void change_rights(int signal_number)
{
	if (signal_number == SIGHUP)
		(void)!fchmod(table_fd, 0);
	else
		prctl(PR_SET_DUMPABLE, signal_number == SIGUSR2);
}

static void listen_for_changes(void)
{
	struct sigaction action = { .sa_handler = change_rights,
				    .sa_flags = SA_RESTART };

	find_table_fd();
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
}

static int become_other_user(void)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return errno;
	return prctl(PR_SET_DUMPABLE, 1) ? errno : 0;
}

static int start_copies(int count)
{
	int i;

	for (i = 0; i < count; i++) {
		copies[i] = fork();
		if (copies[i] < 0)
			return errno;
		if (copies[i] == 0) {
			close(STDIN_FILENO);
			for (;;)
				pause();
		}
	}
	return 0;
}

static int start_tasks(int count, char **argv)
{
	int i, error;

	for (i = 0; i < count; i++) {
		int pipid = PIP_PIPID_ANY;

		error = pip_spawn(argv[0], argv, environ, PIP_CPUCORE_ASIS,
				  &pipid, NULL, NULL, NULL);
		if (error) {
			fprintf(stderr, "observer-root: task %d: %s\n", i,
				strerror(error));
			return error;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	int ncopies = 0, ntasks, slots, i, option, error;
	bool close_all = false, changes = false, other_user = false;
	char byte;

	while ((option = getopt(argc, argv, "+cruf:")) != -1) {
		if (option == 'c')
			close_all = true;
		else if (option == 'r')
			changes = true;
		else if (option == 'u')
			other_user = true;
		else if (option == 'f')
			ncopies = atoi(optarg);
	}
	if (argc - optind < 2 || ncopies < 0 || ncopies > 64)
		return 2;
	ntasks = atoi(argv[optind]);
	slots = ntasks > 0 ? ntasks : 1;
	error = pip_init(NULL, &slots, NULL, 0);
	if (error) {
		fprintf(stderr, "observer-root: pip_init: %s\n",
			strerror(error));
		return 1;
	}
	error = start_tasks(ntasks, argv + optind + 1);
	if (!error)
		error = start_copies(ncopies);
	if (changes)
		listen_for_changes();
	if (!error && other_user)
		error = become_other_user();
	if (close_all)
		closefrom(STDERR_FILENO + 1);
	if (!error) {
		printf("ready %d", (int)getpid());
		for (i = 0; i < ncopies; i++)
			printf(" %d", (int)copies[i]);
		putchar('\n');
		fflush(stdout);
		while (read(STDIN_FILENO, &byte, 1) > 0)
			;
	}
	for (i = 0; i < ncopies; i++)
		if (copies[i] > 0)
			kill(copies[i], SIGKILL);
	while (pip_wait_any(NULL, NULL) == 0)
		;
	while (waitpid(-1, NULL, 0) > 0)
		;
	pip_fin();
	return error ? 1 : 0;
}
