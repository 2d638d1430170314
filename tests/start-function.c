/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting at a function instead of main: static or not, with or without
 * -rdynamic, in the program or in a library of it, stripped or not.
 *
 * Compiled twice, with and without -rdynamic (RDYNAMIC).
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "capture.h"
#include "role.h"
#include "runtime-library.h"
#include "self.h"
#include "start-function.h"

static int number = 41;

/* The three tell each other apart, and that they are in the task. */
KEEP static int start_static(void *arg)
{
	return arg == &number || !pip_isa_task() ? 1 : *(int *)arg;
}

KEEP static int start_twice(void *arg)
{
	return arg == NULL ? 50 : 51;
}

KEEP static int (start_in_both_here)(void *arg)
	__asm__("start_in_both");
static int (start_in_both_here)(void *arg)
{
	return arg == NULL ? 58 : 59;
}

int start_global(void *arg)
{
	return arg == &number || !pip_isa_task() ? 1 : *(int *)arg + 1;
}

static void exit_handler(void)
{
	_exit(61);
}

KEEP static int start_registering(void *arg)
{
	(void)arg;
	atexit(exit_handler);
	return 60;
}

/* A program's function as a task: an error, or the status. */
static int run(const char *prog, const char *name, void *arg, int *status)
{
	pip_spawn_program_t program;
	int pipid = 1, error;

	pip_spawn_from_func(&program, (char *)prog, (char *)name, arg, NULL,
			    NULL);
	error = pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
	if (error != 0)
		return error;
	CHECK_INT(pipid, 1);
	return pip_wait(pipid, status);
}

static void check_starts(const char *prog, const char *name, void *arg,
			 int code)
{
	int status = -1;

	CHECK_ERROR(run(prog, name, arg, &status), 0);
	if (status != EXITED(code))
		check_say("the function is '%s' of '%s':", name, prog);
	CHECK_STATUS(status, EXITED(code));
	CHECK_STR(self_entry(1)->program, prog);
	if (strlen(name) < PIP_TABLE_FUNC_MAX)
		CHECK_STR(self_entry(1)->func, name);
}

/* It does not, and the one line about it names program, function and reason. */
static void check_refused(const char *prog, const char *name,
			  const char *reason)
{
	const char *text;
	int status = -1;

	capture_begin();
	CHECK_ERROR(run(prog, name, NULL, &status), ENOEXEC);
	text = capture_end();
	CHECK_CONTAINS(text, "PiP-ERR[");
	CHECK_CONTAINS(text, prog);
	CHECK_CONTAINS(text, name);
	CHECK_CONTAINS(text, reason);
	CHECK(strchr(text, '\n') == text + strlen(text) - 1);
	CHECK_ERROR(pip_wait(1, NULL), ECHILD);
}

/* The stripped copy of this program keeps what -rdynamic exports. */
static void check_stripped(void)
{
	char dir[] = "/tmp/pip-test.XXXXXX", path[64], command[PATH_MAX + 128];

	NEED(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/stripped", dir);
	snprintf(command, sizeof(command), "strip -o '%s' '%s' 2>/dev/null",
		 path, role_path);
	if (system(command) == 0) {
		check_refused(path, "start_static", "stripped");
#ifdef RDYNAMIC
		check_starts(path, "start_global", &number, 42);
#else
		check_refused(path, "start_global", "stripped");
#endif
		check_starts(path, "library_start", &number, 41);
	} else {
		check_say("no strip: stripped programs are not tested");
	}
	unlink(path);
	rmdir(dir);
}

/* A spawn that fails in the task leaves nothing behind. */
static void check_undone(void)
{
	long maps;
	int fds;

	setenv("PIP_QUIET", "", 1);
	CHECK_ERROR(run(role_path, "no_such", NULL, NULL), ENOEXEC);
	maps = self_count_maps();
	fds = self_count_fds();
	for (int i = 0; i < 50; i++)
		CHECK_ERROR(run(role_path, "no_such", NULL, NULL), ENOEXEC);
	unsetenv("PIP_QUIET");
	CHECK(self_count_maps() <= maps + 2);
	CHECK_INT(self_count_fds(), fds);
	CHECK_INT(self_entry(1)->state, PIP_STATE_FREE);
	CHECK_INT(self_entry(1)->pid, 0);
}

static int play_root(int argc, char **argv)
{
	const char *const text = "static";

	(void)argc, (void)argv;
	NEED(library_start(&number) == 41 && start_other_static_sum() == 52 &&
	     start_twice(&number) == 51 && start_in_both_here(NULL) == 58 &&
	     start_in_both(NULL) != 0);
	role_init(2);
	capture_begin();
	check_starts(role_path, "start_static", &number, 41);
	/* It is said, as in the original. */
	CHECK_CONTAINS(capture_end(), text);
	check_starts(role_path, "start_global", &number, 42);
	check_starts(role_path, "library_start", &number, 41);
	check_starts(role_path, "library_start", NULL, 1);
	check_starts(role_path, "start_registering", NULL, 61);
	/* One of its name is global. */
	check_starts(role_path, "start_in_both", NULL, 54);
	check_starts(role_path, "start_with_a_name_that_is_longer_than_most_"
				"but_that_a_compiler_of_cxx_makes_every_day",
		     NULL, 56);

	check_refused(role_path, "no_such_function", "");
	check_refused(role_path, "start_twice", "2 static functions");
	check_refused(role_path, "start_data", "data");
	check_refused(role_path, "", "");
	/* As it was. */
	check_starts(role_path, "start_static", &number, 41);
	check_stripped();
	check_undone();
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	if (pip_isa_task())
		return 98; /* main is not what was asked for */
	return role_main(argc, argv, roles);
}
