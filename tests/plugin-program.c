/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what is an event for plugins, as its words say, one after the other;
 * root and task alike.  A root says so itself: "root".
 */
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_plugin.h>

#include "check.h"

#define NTASKS 3

static char *program;

__attribute__((constructor)) static void construct(void)
{
	if (getenv("PROGRAM_CONSTRUCTOR") != NULL)
		alarm(0);
}

static void *run_thread(void *arg)
{
	if (arg != NULL)
		pthread_exit(arg);
	return arg;
}

static void *wait_for_ever(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void make_threads(void)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, run_thread, NULL) == 0);
	NEED(pthread_join(thread, NULL) == 0);
}

static void make_exiting_thread(void)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, run_thread, program) == 0);
	NEED(pthread_join(thread, NULL) == 0);
}

static void cancel_thread(void)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
	NEED(pthread_cancel(thread) == 0);
	NEED(pthread_join(thread, NULL) == 0);
}

static void do_fork(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		exit(5);
	NEED(waitpid(child, &status, 0) == child && status == 5 << 8);
}

static void do_vfork(void)
{
	int status;
	pid_t child = vfork();

	if (child == 0)
		_exit(6);
	NEED(waitpid(child, &status, 0) == child && status == 6 << 8);
	NEED(system("exit 7") == 7 << 8);
}

static void do_exec(void)
{
	execl("/bin/sh", "sh", "-c", "exit 8", NULL);
	NEED(0);
}

static void do_exec_self(void)
{
	execl(program, program, "nothing", NULL);
	NEED(0);
}

static void do_failing_exec(void)
{
	NEED(execlp("/nonexistent", "x", NULL) == -1 && errno == ENOENT);
}

static void signal_self(void)
{
	CHECK_INT(pip_kill(PIP_PIPID_MYSELF, 0), 0);
}

static void wrap(void)
{
	int n;

	alarm(0);
	CHECK_INT(pip_get_ntasks(&n), 0);
}

static void log_in(void)
{
	(void)!getlogin();
}

/* A task of a task; or of the root. */
static void spawn(void)
{
	char *argv[] = { program, (char *)"nothing", NULL };
	pip_spawn_program_t what;
	int pipid = 2, status = -1;

	pip_spawn_from_main(&what, program, argv, NULL, NULL, NULL);
	CHECK_INT(pip_task_spawn(&what, PIP_CPUCORE_ASIS, 0, &pipid, NULL), 0);
	CHECK_INT(pip_wait(pipid, &status), 0);
	CHECK_INT(status, 0);
	pip_spawn_from_main(&what, (char *)"./nonexistent", argv, NULL, NULL,
			    NULL);
	pipid = 2;
	CHECK_INT(pip_task_spawn(&what, PIP_CPUCORE_ASIS, 0, &pipid, NULL),
		  ENOENT);
}

/* To the root's kernel thread and back; the root yields until it has ended. */
static void travel(void)
{
	pip_task_t *root = NULL;

	CHECK_INT(pip_get_task_by_pipid(PIP_PIPID_ROOT, &root), 0);
	CHECK_INT(pip_decouple(root), 0);
	CHECK_INT(pip_couple(), 0);
}

static void be_root(void)
{
	int ntasks = NTASKS;

	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
}

static void end_root(void)
{
	CHECK_INT(pip_fin(), 0);
}

static void carry_traveller(void)
{
	char *argv[] = { program, (char *)"travel", NULL };
	pip_spawn_program_t what;
	int pipid = 1, status = -1;

	pip_spawn_from_main(&what, program, argv, NULL, NULL, NULL);
	CHECK_INT(pip_task_spawn(&what, PIP_CPUCORE_ASIS, 0, &pipid, NULL), 0);
	while (pip_trywait(pipid, &status) != 0)
		pip_yield(PIP_YIELD_DEFAULT);
	CHECK_INT(status, 0);
}

/* A child of a task, which becomes a root of its own. */
static void fork_root(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		be_root();
		spawn();
		end_root();
		exit(check_failures == 0 ? 5 : 1);
	}
	NEED(waitpid(child, &status, 0) == child);
	CHECK_INT(status, 5 << 8);
}

static void handler(void)
{
	alarm(0);
}

static void register_handler(void)
{
	atexit(handler);
}

static void use_exit(void)
{
	exit(11);
}

static void use__exit(void)
{
	_exit(12);
}

static void use_quick_exit(void)
{
	quick_exit(13);
}

static void use_pthread_exit(void)
{
	pthread_exit(NULL);
}

static void name_plugins(void)
{
	CHECK(pip_plugin_name(0) != NULL && *pip_plugin_name(0) != '\0');
	CHECK(pip_plugin_name(64) == NULL);
	CHECK(pip_event_name(PIP_PLUGIN_EVENT_NONE) == NULL);
	CHECK(pip_event_name((pip_event_t)10000) == NULL);
	CHECK_STR(pip_event_name(PIP_PLUGIN_EVENT_REFILL), "REFILL");
	CHECK_INT(pip_event_is_post(PIP_PLUGIN_EVENT_EXIT), 1);
	CHECK_INT(pip_event_is_post(PIP_PLUGIN_EVENT_INIT), 0);
	CHECK_INT(pip_event_is_post((pip_event_t)-1), 0);
}

static void set_plugins(void)
{
	NEED(setenv(PIP_ENV_PLUGINS, getenv("LATE_PLUGINS"), 1) == 0);
}

static void nothing(void)
{
}

static const struct {
	const char *word;
	void (*function)(void);
} words[] = {
	{ "root", be_root },
	{ "fin", end_root },
	{ "threads", make_threads },
	{ "exiting-thread", make_exiting_thread },
	{ "cancelled-thread", cancel_thread },
	{ "fork", do_fork },
	{ "vfork", do_vfork },
	{ "fork-root", fork_root },
	{ "exec", do_exec },
	{ "exec-self", do_exec_self },
	{ "failing-exec", do_failing_exec },
	{ "signal", signal_self },
	{ "wrap", wrap },
	{ "login", log_in },
	{ "spawn", spawn },
	{ "travel", travel },
	{ "carry", carry_traveller },
	{ "handler", register_handler },
	{ "exit", use_exit },
	{ "_exit", use__exit },
	{ "quick_exit", use_quick_exit },
	{ "pthread_exit", use_pthread_exit },
	{ "names", name_plugins },
	{ "late", set_plugins },
	{ "nothing", nothing },
};

int main(int argc, char **argv)
{
	program = argv[0];
	for (int i = 1; i < argc; i++) {
		void (*function)(void) = NULL;

		for (size_t n = 0; n < sizeof(words) / sizeof(words[0]); n++)
			if (strcmp(argv[i], words[n].word) == 0)
				function = words[n].function;
		NEED(function != NULL);
		function();
	}
	return check_failures != 0;
}
