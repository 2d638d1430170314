/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs that cannot carry libpip (musl's, static PIEs) as tasks: they are
 * spawned, listed, waited for and killed like others, and their memory lies in
 * their window and is given back like that of others.
 *
 * Compiled with CC, MUSL_GCC (empty if there is none) and SOURCE, the file of
 * the program.
 */
#include <sys/stat.h>

#include "capture.h"
#include "maps.h"
#include "role.h"

#define NTASKS 3
#define PIPID 1

static char program[64], dir[] = "/tmp/pip-test.XXXXXX";

static void remove_program(void)
{
	unlink(program);
	rmdir(dir);
}

static bool compile(const char *compiler, const char *source)
{
	char command[2 * PATH_MAX];

	snprintf(command, sizeof(command), "%s -O1 -g -o '%s' '%s' >&2",
		 compiler, program, source);
	return system(command) == 0;
}

static int spawn(int *pipidp, const char *what)
{
	char *argv[] = { (char *)"outside", (char *)what, NULL };

	return pip_spawn(program, argv, NULL, PIP_CPUCORE_ASIS, pipidp, NULL,
			 NULL, NULL);
}

static void run(const char *what, int expected)
{
	int pipid = PIPID, status = -1;

	CHECK_ERROR(spawn(&pipid, what), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	if ((status & ~0x80) != expected)
		check_say("doing '%s':", what);
	CHECK_STATUS(status, expected);
}

/* Tracked from outside: state, program, and the end by a signal. */
static void check_life(void)
{
	const struct pip_table_entry *entry = self_entry(PIPID);
	int pipid = PIPID, status = -1;

	run("exit", EXITED(23));
	run("abort", KILLED(SIGABRT));
	CHECK_ERROR(spawn(&pipid, "pause"), 0);
	CHECK_INT(entry->state, PIP_STATE_RUNNING);
	CHECK_INT(entry->flags & PIP_TASK_FLAG_OUTSIDE, PIP_TASK_FLAG_OUTSIDE);
	CHECK_STR(entry->program, program);
	CHECK_INT(memcmp(entry->command, "outside\0pause", 14), 0);
	CHECK_ERROR(pip_trywait(pipid, &status), ECHILD);
	CHECK_OR_STOP(entry->pid > 1);
	NEED(kill(entry->pid, SIGTERM) == 0);
	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, PIPID);
	CHECK_STATUS(status, KILLED(SIGTERM));
	CHECK_INT(entry->state, PIP_STATE_ENDED);
}

static void check_start_function(void)
{
	pip_spawn_program_t described;

	pip_spawn_from_func(&described, program, (char *)"run", NULL, NULL,
			    NULL);
	capture_begin();
	CHECK_ERROR(pip_task_spawn(&described, PIP_CPUCORE_ASIS, 0, NULL,
				   NULL),
		    ENOEXEC);
	CHECK_CONTAINS(capture_end(), program);
}

static void check_memory(void)
{
	static const char *const uses[] = { "nothing", "malloc", "realloc",
					    "threads", "mmap", "locale" };
	static struct maps before, used, after;
	const struct pip_table_entry *entry = self_entry(PIPID);
	unsigned long low = entry->window_low, high = entry->window_high;
	int inside;

	run("nothing", EXITED(0));
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		maps_take(&before);
		inside = maps_count_in(&before, low, high);
		run(uses[i], EXITED(0));
		maps_take(&used);
		CHECK(maps_check_new(&before, &used, low, high, uses[i]) > 3);
		run("nothing", EXITED(0));
		maps_take(&after);
		maps_check_new(&before, &after, low, high, "afterwards");
		if (maps_count_in(&after, low, high) != inside)
			check_fail("%s: there are %d mappings in the window, not %d",
				   uses[i], maps_count_in(&after, low, high),
				   inside);
	}
}

/* Many at a time, next to tasks of glibc. */
static void check_mixture(void)
{
	long maps = 0;

	for (int round = 0; round < 30; round++) {
		int status = -1, ended[2] = { 0, 0 };

		CHECK_ERROR(spawn(NULL, "realloc"), 0);
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
		CHECK_ERROR(spawn(NULL, "exit"), 0);
		for (int i = 0; i < NTASKS; i++) {
			CHECK_ERROR(pip_wait_any(NULL, &status), 0);
			ended[0] += status == EXITED(0);
			ended[1] += status == EXITED(23);
		}
		CHECK_INT(ended[0], 2);
		CHECK_INT(ended[1], 1);
		if (round == 9)
			maps = self_count_maps();
	}
	CHECK(self_count_maps() <= maps + 4);
}

static void check_kind(const char *name)
{
	check_say("%s:", name);
	role_init(NTASKS);
	run("nothing", EXITED(0));
	check_life();
	check_start_function();
	check_memory();
	check_mixture();
	CHECK_ERROR(pip_fin(), 0);
}

static int play_root(int argc, char **argv)
{
	static const char *const compilers[][2] = {
		{ "musl", MUSL_GCC " -fPIE -pie -pthread" },
		{ "static PIE", CC " -static-pie -fPIE -pthread" },
	};
	int checked = 0;

	(void)argc, (void)argv;
	NEED(mkdtemp(dir) != NULL);
	snprintf(program, sizeof(program), "%s/outside", dir);
	atexit(remove_program);
	for (int i = 0; i < 2; i++) {
		if (compilers[i][1][0] == ' ' ||
		    !compile(compilers[i][1], SOURCE)) {
			check_say("%s: cannot be compiled here, not tested",
				  compilers[i][0]);
			continue;
		}
		check_kind(compilers[i][0]);
		checked++;
	}
	if (checked == 0)
		SKIP("neither musl-gcc nor a static libc is there");
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	free(malloc(1 << 20));
	return 0;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
