/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip_suspend_all() while everything changes: tasks are spawned and end, also
 * by being killed, threads come and go, children are forked and executed, and
 * tasks become other programs.  And of many tasks at once.
 */
#include <pip/pip_coordinate.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "blt-check.h"

#define NTASKS 200
#define NCHURN 6
#define ROUNDS 60

struct shared {
	_Atomic int ready, stop, live;
	_Atomic unsigned long turns;
	_Atomic int halted_tid;
};

/* --- Things that tasks do ------------------------------------------------------ */

static void *do_little(void *arg)
{
	free(malloc(100));
	return arg;
}

/* Threads that end at once, all the time. */
static int role_threads(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	shared->ready++;
	while (!shared->stop && check_failures == 0) {
		pthread_t threads[4];

		for (int i = 0; i < 4; i++)
			NEED(pthread_create(&threads[i], NULL, do_little, NULL) == 0);
		for (int i = 0; i < 4; i++)
			pthread_join(threads[i], NULL);
		shared->turns++;
	}
	return check_finish();
}

static int role_children(int argc, char **argv)
{
	char *const words[] = { "true", NULL };
	struct shared *shared = role_shared();
	int status;
	pid_t pid;

	(void)argc, (void)argv;
	shared->ready++;
	while (!shared->stop && check_failures == 0) {
		NEED(posix_spawn(&pid, "/bin/true", NULL, NULL, words, environ) == 0);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		pid = fork();
		NEED(pid >= 0);
		if (pid == 0)
			_exit(3);
		CHECK(waitpid(pid, &status, 0) == pid && status == EXITED(3));
		shared->turns++;
	}
	return check_finish();
}

static int role_brief(int argc, char **argv)
{
	(void)argc;
	return atoi(argv[1]);
}

/* A task that spawns others and waits for them. */
static int role_spawner(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	shared->ready++;
	/* Else it would take the PIPIDs that others are to have. */
	while (shared->ready < NCHURN && !shared->stop)
		check_sleep_ms(1);
	while (!shared->stop && check_failures == 0) {
		CHECK_STATUS(role_run("brief", "7", NULL), EXITED(7));
		shared->turns++;
	}
	return check_finish();
}

static int role_counter(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	shared->live++;
	while (!shared->stop && check_failures == 0) {
		shared->turns++;
		check_sleep_ms(1);
	}
	return check_finish();
}

/* --- All of it at once ----------------------------------------------------------- */

/* In the root: tasks that are killed at any time. */
static void *kill_tasks(void *arg)
{
	struct shared *shared = arg;
	int threaded = 0;

	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	while (!shared->stop && check_failures == 0) {
		int pipid = PIP_PIPID_ANY, status;

		CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
		if (threaded) {
			CHECK_ERROR(pip_kill(pipid, SIGUSR1), 0);
			CHECK_ERROR(pip_wait(pipid, &status), 0);
			CHECK_STATUS(status, KILLED(SIGUSR1));
		} else {
			CHECK_ERROR(pip_kill(pipid, SIGKILL), 0);
			CHECK_ERROR(pip_wait(pipid, &status), 0);
			CHECK_STATUS(status, KILLED(SIGKILL));
		}
		shared->turns++;
	}
	return NULL;
}

static void check_churn(struct shared *shared)
{
	static const char *const what[NCHURN] = { "threads", "children",
						  "spawner", "threads",
						  "spawner", "children" };
	pthread_t thread;

	for (int i = 0; i < NCHURN; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, what[i], NULL), 0);
	CHECK_EVENTUALLY(shared->ready == NCHURN);
	NEED(pthread_create(&thread, NULL, kill_tasks, shared) == 0);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned long turns;

		CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
		turns = shared->turns;
		check_sleep_ms(2);
		CHECK_INT(shared->turns, turns);
		CHECK_ERROR(pip_resume_all(), 0);
		CHECK_EVENTUALLY(shared->turns > turns + 5);
		if (check_failures != 0)
			break;
	}
	shared->stop = 1;
	pthread_join(thread, NULL);
	for (int i = 0; i < NCHURN; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
}

static void check_many(struct shared *shared)
{
	shared->stop = shared->live = 0;
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, "counter", NULL), 0);
	CHECK_EVENTUALLY(shared->live == NTASKS);
	for (int i = 0; i < 5; i++) {
		unsigned long turns;

		CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
		turns = shared->turns;
		check_sleep_ms(5);
		CHECK_INT(shared->turns, turns);
		CHECK_ERROR(pip_resume_all(), 0);
		CHECK_EVENTUALLY(shared->turns > turns);
	}
	shared->stop = 1;
	for (int i = 0; i < NTASKS; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
}

/* --- What libpip is not in --------------------------------------------------------- */

static char state_of(int pid)
{
	char path[64], text[512], *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		return '\0';
	fclose(file);
	at = strrchr(text, ')');
	return at != NULL ? at[2] : '\0';
}

static bool is_called(int pid, const char *wanted)
{
	char path[64], name[64] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	if (fscanf(file, "%63s", name) != 1)
		name[0] = '\0';
	fclose(file);
	return strcmp(name, wanted) == 0;
}

static int role_become(int argc, char **argv)
{
	(void)argc, (void)argv;
	execl("/bin/sleep", "sleep", "1000", NULL);
	return 99;
}

/* A task that is another program now, which the signal would end. */
static void check_executed(void)
{
	int pipid = 0, status;
	pip_id_t id = 0;

	CHECK_ERROR(role_spawn(&pipid, "become", NULL), 0);
	CHECK_ERROR(pip_get_system_id(pipid, &id), 0);
	CHECK_EVENTUALLY(is_called((int)id, "sleep") && state_of((int)id) == 'S');
	for (int i = 0; i < 5; i++) {
		CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
		CHECK_INT(state_of((int)id), 'T');
		CHECK_ERROR(pip_resume_all(), 0);
		CHECK_EVENTUALLY(state_of((int)id) == 'S');
	}
	/* One that is stopped already stays so. */
	CHECK_ERROR(pip_kill(pipid, SIGSTOP), 0);
	CHECK_EVENTUALLY(state_of((int)id) == 'T');
	CHECK_ERROR(pip_suspend_all(0, 0, 60000), 0);
	check_sleep_ms(5);
	CHECK_INT(state_of((int)id), 'T');
	CHECK_ERROR(pip_kill(pipid, SIGKILL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(SIGKILL));
}

static int role_test(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int threaded = 0;

	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	CHECK_ERROR(pip_export(shared), 0);
	check_churn(shared);
	check_many(shared);
	if (!threaded) /* there it would be the root's end */
		check_executed();
	return role_finish();
}

static const struct role roles[] = {
	{ "test", role_test },	       { "threads", role_threads },
	{ "children", role_children }, { "brief", role_brief },
	{ "spawner", role_spawner },   { "counter", role_counter },
	{ "become", role_become },     { "sleep", role_sleep },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
