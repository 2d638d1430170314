/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread mode: from 1 to 300 tasks, with and without threads of their own;
 * waits of every kind and from a signal handler; tasks that spawn; all killed
 * at once; imports from a task that ends; and nothing is left behind.
 */
#include <dirent.h>
#include <pthread.h>

#include "role.h"
#include "self.h"

/* Of version 3, which this program is not. */
int pip_kill_all_tasks(void);

#define NTASKS 300

static struct {
	_Atomic int arrived, leave, collected, still;
} seen;
static typeof(seen) *shared;

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = -2;

	NEED(dir != NULL);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static void *run_on(void *arg)
{
	for (;;) {
		shared->still++;
		check_sleep_ms(1);
	}
	return arg;
}

static int play_quit(int argc, char **argv)
{
	(void)argc;
	return atoi(argv[1]);
}

/* Ends at once, while its threads are just being made. */
static int play_threads(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	shared = role_shared();
	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&thread, NULL, run_on, NULL) == 0);
	return atoi(argv[1]);
}

static int play_stay(int argc, char **argv)
{
	(void)argc;
	shared = role_shared();
	if (atoi(argv[1]) % 3 == 0) {
		pthread_t thread;

		NEED(pthread_create(&thread, NULL, run_on, NULL) == 0);
	}
	shared->arrived++;
	while (!shared->leave)
		check_sleep_ms(5);
	return atoi(argv[1]) % 100;
}

/* Waits in vain for a name. */
static int play_import(int argc, char **argv)
{
	void *value;

	(void)argc;
	shared = role_shared();
	shared->arrived++;
	CHECK_ERROR(pip_named_import(atoi(argv[1]), &value, "never"),
		    ECANCELED);
	return check_finish();
}

static int play_spawner(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < 3; i++) {
		int pipid = PIP_PIPID_ANY, status = -1;
		int error = role_spawn(&pipid, "quit", "6", NULL);

		CHECK(error == 0 || error == EAGAIN);
		if (error != 0 || i == 0)
			continue; /* the first is left to the root */
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(6));
	}
	return check_finish();
}

static int spawn_number(const char *role, int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", number);
	return role_spawn(NULL, role, text, NULL);
}

static void check_crowd(int n)
{
	int status, which;

	seen.arrived = seen.leave = 0;
	for (int i = 0; i < n; i++)
		CHECK_ERROR(spawn_number("stay", i), 0);
	CHECK_EVENTUALLY(seen.arrived == n);
	CHECK_ERROR(pip_trywait_any(&which, &status), ECHILD);
	CHECK_ERROR(pip_trywait(n - 1, &status), ECHILD);
	seen.leave = 1;
	/* Backwards, then whichever comes. */
	for (int i = n - 1; i >= n / 2; i--) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(i % 100));
	}
	for (int i = 0; i < n / 2; i++) {
		which = -1;
		if (i % 2)
			CHECK_ERROR(pip_wait_any(&which, &status), 0);
		else
			CHECK_EVENTUALLY(pip_trywait_any(&which, &status) == 0);
		CHECK(which >= 0 && which < n / 2);
		CHECK_STATUS(status, EXITED(which % 100));
	}
	CHECK_ERROR(pip_wait_any(&which, &status), ECHILD);
	CHECK_EVENTUALLY(count_threads() == 1);
}

static void check_storm(const char *role, int rounds, int at_once)
{
	int status, which;

	for (int round = 0; round < rounds; round++) {
		for (int i = 0; i < at_once; i++)
			CHECK_ERROR(spawn_number(role, i), 0);
		for (int i = 0; i < at_once; i++) {
			CHECK_ERROR(pip_wait_any(&which, &status), 0);
			CHECK_STATUS(status, EXITED(which));
		}
	}
	CHECK_EVENTUALLY(count_threads() == 1);
	seen.still = 0;
	check_sleep_ms(3);
	CHECK_INT(seen.still, 0);
}

static void collect_all(int sig)
{
	int status;

	(void)sig;
	while (pip_trywait_any(NULL, &status) == 0)
		seen.collected++;
}

/* A SIGCHLD comes when there is something to collect, not earlier. */
static void check_handler(void)
{
	struct sigaction action = { .sa_handler = collect_all,
				    .sa_flags = SA_RESTART };

	NEED(sigaction(SIGCHLD, &action, NULL) == 0);
	for (int i = 0; i < 200; i++) {
		seen.collected = 0;
		CHECK_ERROR(spawn_number("quit", i % 50), 0);
		CHECK_EVENTUALLY(seen.collected == 1);
	}
	signal(SIGCHLD, SIG_DFL);
}

static void *collect_in_thread(void *arg)
{
	int status;

	(void)arg;
	while (pip_wait_any(NULL, &status) == 0)
		seen.collected++;
	return NULL;
}

static void check_collectors(void)
{
	pthread_t threads[4];

	seen.collected = seen.arrived = seen.leave = 0;
	for (int i = 0; i < 100; i++)
		CHECK_ERROR(spawn_number("stay", 1), 0);
	CHECK_EVENTUALLY(seen.arrived == 100);
	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&threads[i], NULL, collect_in_thread,
				    NULL) == 0);
	seen.leave = 1;
	for (int i = 0; i < 4; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	CHECK_INT(seen.collected, 100);
}

static void check_kill_all(void)
{
	for (int round = 0; round < 2; round++) {
		int status;

		seen.arrived = seen.leave = 0;
		for (int i = 0; i < 20; i++)
			CHECK_ERROR(spawn_number("stay", i), 0);
		CHECK_EVENTUALLY(seen.arrived == 20);
		CHECK_ERROR(round == 0 ? pip_kill_all_child_tasks() :
					 pip_kill_all_tasks(), 0);
		for (int i = 0; i < 20; i++) {
			CHECK_ERROR(pip_wait(i, &status), 0);
			CHECK_STATUS(status, KILLED(round == 0 ? SIGKILL :
								 SIGTERM));
		}
	}
	CHECK_EVENTUALLY(count_threads() == 1);
}

static void check_import(void)
{
	int status;

	seen.arrived = seen.leave = 0;
	CHECK_ERROR(spawn_number("stay", 1), 0);
	for (int i = 0; i < 5; i++)
		CHECK_ERROR(spawn_number("import", 0), 0);
	CHECK_EVENTUALLY(seen.arrived == 6);
	check_sleep_ms(5);
	CHECK_ERROR(pip_kill(0, SIGTERM), 0);
	for (int i = 1; i < 6; i++) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, KILLED(SIGTERM));
}

static void check_spawners(void)
{
	int status, ended = 0;

	for (int i = 0; i < 8; i++)
		CHECK_ERROR(role_spawn(NULL, "spawner", NULL), 0);
	while (pip_wait_any(NULL, &status) == 0) {
		CHECK(status == EXITED(0) || status == EXITED(6));
		ended++;
	}
	CHECK(ended >= 8);
	CHECK_INT(self_table()->spawned_total, self_table()->ended_total);
}

/* Rounds of the same leave the address space and the memory as they were. */
static void check_memory(void)
{
	long maps, size, resident;

	check_storm("threads", 3, 8);
	check_storm("quit", 1, 8);
	maps = self_count_maps();
	size = self_status("VmSize");
	resident = self_status("VmRSS");
	for (int i = 0; i < 20; i++) {
		check_storm("threads", 1, 8);
		check_storm("quit", 1, 8);
	}
	CHECK(self_count_maps() <= maps + 20);
	CHECK(self_status("VmSize") <= size + 20000);
	CHECK(self_status("VmRSS") <= resident + 4096);
}

static int play_root(int argc, char **argv)
{
	int ntasks = NTASKS, fds = self_count_fds();

	(void)argc, (void)argv;
	unsetenv("PIP_MODE");
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_MODE_PTHREAD), 0);
	CHECK_ERROR(pip_export(&seen), 0);
	shared = &seen;
	for (int n = 1; n <= NTASKS; n = n < 8 ? n + 3 : n * 3)
		check_crowd(n);
	check_crowd(NTASKS);
	check_storm("quit", 10, 20);
	check_storm("threads", 10, 10);
	check_handler();
	check_collectors();
	check_kill_all();
	check_import();
	check_spawners();
	check_memory();
	CHECK_EVENTUALLY(count_threads() == 1);
	CHECK_ERROR(pip_fin(), 0);
	CHECK_INT(self_count_fds(), fds);
	/* And again, in the other mode. */
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_MODE_PROCESS), 0);
	CHECK_STATUS(role_run("quit", "9", NULL), EXITED(9));
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root },	   { "quit", play_quit },
	{ "threads", play_threads }, { "stay", play_stay },
	{ "import", play_import }, { "spawner", play_spawner },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
