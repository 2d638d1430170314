/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One program that plays all parts of a test: without arguments it is the test
 * (mostly: the root), with one it plays the role of that name, mostly as a task.
 */
#ifndef TESTS_ROLE_H
#define TESTS_ROLE_H

#include <limits.h>
#include <pip/pip.h>

#include "check.h"

#define ROLE_ARGS_MAX 16

struct role {
	const char *name;
	int (*play)(int argc, char **argv); /* argv[0] is the role's name */
};

/* The path of this program, absolute; also that of all tasks it spawns. */
static char role_path[PATH_MAX];

/* roles[0] is the test. */
__attribute__((unused))
static int role_main(int argc, char **argv, const struct role *roles)
{
	if (argc < 2) {
		NEED(realpath("/proc/self/exe", role_path) != NULL);
		check_start();
		return roles[0].play(argc, argv);
	}
	/* In a task /proc/self/exe is the root's. */
	NEED(realpath(argv[0], role_path) != NULL);
	for (; roles->name != NULL; roles++)
		if (strcmp(roles->name, argv[1]) == 0)
			return roles->play(argc - 1, argv + 1);
	check_say("no role is called '%s'", argv[1]);
	return 99;
}

__attribute__((unused))
static void role_collect(char *argv[ROLE_ARGS_MAX + 3], const char *role,
			 va_list args)
{
	int n = 0;

	argv[n++] = role_path;
	argv[n++] = (char *)role;
	while ((argv[n] = va_arg(args, char *)) != NULL)
		NEED(++n < ROLE_ARGS_MAX + 2);
}

/* Spawn a role as a task.  Its arguments end with NULL. */
__attribute__((unused, sentinel))
static int role_spawn(int *pipidp, const char *role, ...)
{
	char *argv[ROLE_ARGS_MAX + 3];
	va_list args;

	va_start(args, role);
	role_collect(argv, role, args);
	va_end(args);
	return pip_spawn(role_path, argv, NULL, PIP_CPUCORE_ASIS, pipidp, NULL,
			 NULL, NULL);
}

/* Spawn a role at any PIPID and wait for it: its status, -1 if that fails. */
__attribute__((unused, sentinel))
static int role_run(const char *role, ...)
{
	char *argv[ROLE_ARGS_MAX + 3];
	int pipid = PIP_PIPID_ANY, status = -1, error;
	va_list args;

	va_start(args, role);
	role_collect(argv, role, args);
	va_end(args);
	error = pip_spawn(role_path, argv, NULL, PIP_CPUCORE_ASIS, &pipid, NULL,
			  NULL, NULL);
	if (error == 0)
		error = pip_wait(pipid, &status);
	if (error != 0)
		check_fail("role '%s' cannot be run: %s", role,
			   check_errno_name(error));
	return error == 0 ? status : -1;
}

/* An ordinary child process in a role, say a root of its own, that does not
 * outlive this one. */
__attribute__((unused, sentinel))
static pid_t role_exec(const char *role, ...)
{
	char *argv[ROLE_ARGS_MAX + 3];
	pid_t parent = getpid(), pid;
	va_list args;

	va_start(args, role);
	role_collect(argv, role, args);
	va_end(args);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
		    getppid() == parent)
			execv(role_path, argv);
		_exit(99);
	}
	return pid;
}

/* Wait for an ordinary child. */
__attribute__((unused))
static int role_join(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0)
		NEED(errno == EINTR);
	return status;
}

/* A child process that computes until it is killed, to keep a CPU busy. */
__attribute__((unused))
static pid_t role_busy(void)
{
	pid_t parent = getpid(), pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		    getppid() != parent)
			_exit(0);
		for (;;)
			;
	}
	return pid;
}

/* A role for roles[]: stay until killed. */
__attribute__((unused))
static int role_sleep(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (;;)
		pause();
	return 0;
}

/* Spawn a role n times, at the same time, and wait for all: each ends so. */
__attribute__((unused))
static void role_run_all(int n, const char *role, int expected)
{
	int status = -1;

	for (int i = 0; i < n; i++)
		CHECK_ERROR(role_spawn(NULL, role, NULL), 0);
	for (int i = 0; i < n; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, expected);
	}
}

/* Become the root, for at most ntasks tasks. */
__attribute__((unused))
static void role_init(int ntasks)
{
	int error = pip_init(NULL, &ntasks, NULL, 0);

	if (error != 0) {
		check_fail("pip_init: %s", check_errno_name(error));
		exit(1);
	}
}

/* What the root has exported, in a task. */
__attribute__((unused))
static void *role_shared(void)
{
	void *shared = NULL;

	CHECK_ERROR(pip_import(PIP_PIPID_ROOT, &shared), 0);
	CHECK_OR_STOP(shared != NULL);
	return shared;
}

/* The end of a root: pip_fin() works, and no process is left. */
__attribute__((unused))
static int role_finish(void)
{
	CHECK_ERROR(pip_fin(), 0);
	CHECK(check_is_childless());
	return check_finish();
}

#endif
