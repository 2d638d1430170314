/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * However the root ends, its tasks do not linger, nor does the guardian; not
 * even when it is killed in the middle of a spawn.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "death.h"
#include "self.h"

#define NTASKS 6
#define NKILLS 150

static struct death_report *report;

static const struct way {
	const char *name;
	int status;
} ways[] = {
	{ "kill-9", KILLED(SIGKILL) }, /* by the test */
	{ "term", KILLED(SIGTERM) },
	{ "return", EXITED(3) },
	{ "exit", EXITED(4) },
	{ "_exit", EXITED(5) },
	{ "abort", KILLED(SIGABRT) },
	{ "fault", KILLED(SIGSEGV) },
	{ "thread-exit", EXITED(6) },
	{ "leave", EXITED(0) }, /* main thread ends first */
};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static void check_nobody_left(const char *how)
{
	time_t end = check_now() + CHECK_PATIENCE_SECONDS;
	bool gone;

	while (!(gone = death_all_gone()) && check_now() < end)
		check_sleep_ms(2);
	if (!gone) {
		check_fail("%s: long after the root's end there still is:",
			   how);
		death_show_children();
		death_kill_children();
	}
}

static void check_way(const struct way *way)
{
	pid_t root;
	int status;

	memset(report, 0, sizeof(*report));
	root = role_exec("root", way->name, NULL);
	CHECK_EVENTUALLY(report->ready || waitpid(root, NULL, WNOHANG) != 0);
	CHECK_INT(report->started, NTASKS + 1);
	CHECK(report->guardian > 0);
	for (int i = 0; i < NTASKS; i++)
		CHECK(kill(report->tasks[i], 0) == 0);
	if (strcmp(way->name, "kill-9") == 0)
		NEED(kill(root, SIGKILL) == 0);
	if (strcmp(way->name, "term") == 0)
		NEED(kill(root, SIGTERM) == 0);
	report->ready = 2;
	status = role_join(root);
	if ((status & ~0x80) != way->status)
		check_say("the way is '%s':", way->name);
	CHECK_STATUS(status, way->status);
	check_nobody_left(way->name);
	/* Also those that are not our children. */
	for (int i = 0; i < NTASKS; i++)
		CHECK(kill(report->tasks[i], 0) != 0 && errno == ESRCH);
	CHECK(kill(report->guardian, 0) != 0 && errno == ESRCH);
}

/* While it spawns, waits, spawns... */
static void check_killed_while_spawning(void)
{
	unsigned random = 1;

	for (int i = 0; i < NKILLS && check_failures == 0; i++) {
		pid_t root;

		memset(report, 0, sizeof(*report));
		root = role_exec("spawner", NULL);
		CHECK_EVENTUALLY(report->ready);
		random = random * 1103515245 + 12345;
		for (unsigned n = 0; n < (random >> 8) % 100000; n++)
			__asm__ volatile("pause");
		NEED(kill(root, SIGKILL) == 0);
		CHECK_STATUS(role_join(root), KILLED(SIGKILL));
		check_nobody_left("killed while it spawned");
	}
}

static int play_test(int argc, char **argv)
{
	(void)argc, (void)argv;
	unsetenv(PIP_ENV_KEEP_TASKS);
	report = death_create();
	for (size_t i = 0; i < NWAYS; i++)
		check_way(&ways[i]);
	check_killed_while_spawning();
	return check_finish();
}

static void *exit_in_thread(void *arg)
{
	(void)arg;
	exit(6);
}

static void *stay_in_thread(void *arg)
{
	int pipid = PIP_PIPID_ANY;

	(void)arg;
	/* Tasks go on when the main thread is gone, and so does spawning. */
	check_sleep_ms(50);
	for (int i = 0; i < NTASKS; i++)
		CHECK_INT(kill(report->tasks[i], 0), 0);
	CHECK_ERROR(role_spawn(&pipid, "code", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, NULL), 0);
	exit(check_finish());
}

static int end(const char *how)
{
	pthread_t thread;

	if (strcmp(how, "return") == 0)
		return 3;
	if (strcmp(how, "exit") == 0)
		exit(4);
	if (strcmp(how, "_exit") == 0)
		_exit(5);
	if (strcmp(how, "abort") == 0)
		abort();
	if (strcmp(how, "fault") == 0)
		*(volatile int *)(uintptr_t)getenv("PIP_TEST_NO_SUCH") = 1;
	if (strcmp(how, "thread-exit") == 0)
		NEED(pthread_create(&thread, NULL, exit_in_thread, NULL) == 0);
	if (strcmp(how, "leave") == 0) {
		NEED(pthread_create(&thread, NULL, stay_in_thread, NULL) == 0);
		pthread_exit(NULL);
	}
	for (;;)
		pause();
}

/* The root: some tasks that stay, one that has been collected, one zombie. */
static int play_root(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };

	(void)argc;
	setrlimit(RLIMIT_CORE, &no_core);
	report = death_map();
	role_init(NTASKS + 2);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, i == 1 ? "stubborn" : "stay",
				       NULL),
			    0);
	CHECK_ERROR(role_spawn(NULL, "code", NULL), 0);
	CHECK_EVENTUALLY(report->started == NTASKS + 1);
	report->guardian = self_table()->guardian_pid;
	report->ready = 1;
	CHECK_EVENTUALLY(report->ready == 2);
	return end(argv[1]);
}

static int play_stay(int argc, char **argv)
{
	int self = -1;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&self), 0);
	report = death_map();
	report->tasks[self] = getpid();
	report->started++;
	for (;;)
		pause();
	return 0;
}

/* Catches or ignores what can be. */
static int play_stubborn(int argc, char **argv)
{
	sigset_t all;

	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	return play_stay(argc, argv);
}

static int play_code(int argc, char **argv)
{
	(void)argc, (void)argv;
	report = death_map();
	report->started++;
	return 7;
}

static int play_spawner(int argc, char **argv)
{
	(void)argc, (void)argv;
	report = death_map();
	role_init(20);
	for (;;) {
		int error = role_spawn(NULL, "sleep", NULL);

		report->ready = 1;
		if (error != 0)
			for (int i = 0; i < 20; i++) {
				self_kill(i, SIGKILL);
				pip_wait(i, NULL);
			}
	}
	return 0;
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "root", play_root },
	{ "stay", play_stay },
	{ "stubborn", play_stubborn },
	{ "code", play_code },
	{ "spawner", play_spawner },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
