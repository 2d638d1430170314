/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that wait for what they have spawned: statuses are right, each end is
 * reported once, the root gets what its spawner did not take, and no zombies
 * pile up with it.
 *
 * In thread mode there are no zombies, abort() and SIGKILL would end everybody,
 * and nothing has to be hidden: tasks share their process.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "role.h"
#include "self.h"
#include "zombies.h"

#define NTASKS 32
#define ROUNDS 200

static int threaded; /* the mode */

static struct shared {
	_Atomic int won[2];   /* by the spawner, by the root */
	_Atomic int child;    /* PIPID + 1 that both wait for */
	_Atomic int go;
	_Atomic int most_zombies;
	_Atomic int finished;
	pid_t root;
} shared;

/* How tasks are killed, and by what. */
#define KILLER (threaded ? SIGTERM : SIGKILL)

static void kill_task(int pipid)
{
	if (threaded)
		CHECK_ERROR(pip_kill(pipid, KILLER), 0);
	else
		NEED(self_kill(pipid, KILLER) == 0);
}

/* A chain: each waits for the one that it has spawned. */
static int play_chain(int argc, char **argv)
{
	int depth = atoi(argv[1]), pipid = PIP_PIPID_ANY, status = -1;
	char text[16];

	(void)argc;
	if (depth == 0)
		return 5;
	snprintf(text, sizeof(text), "%d", depth - 1);
	CHECK_ERROR(role_spawn(&pipid, "chain", text, NULL), 0);
	if (depth % 2 == 0) {
		CHECK_ERROR(pip_wait(pipid, &status), 0);
	} else {
		int other = -1;

		CHECK_ERROR(pip_wait_any(&other, &status), 0);
		CHECK_INT(other, pipid);
	}
	CHECK_STATUS(status, EXITED(5 + depth - 1));
	CHECK_ERROR(pip_wait(pipid, &status), ECHILD);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	CHECK_INT(self_entry(pipid)->state, PIP_STATE_ENDED);
	CHECK_STATUS(self_entry(pipid)->wait_status, EXITED(5 + depth - 1));
	return check_finish() ? 1 : 5 + depth;
}

static void *stay_a_while(void *arg)
{
	check_sleep_ms(300);
	return arg;
}

static int play_code(int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[1], "abort") == 0) {
		struct rlimit no_core = { 0, 0 };

		NEED(setrlimit(RLIMIT_CORE, &no_core) == 0);
		abort();
	}
	if (strcmp(argv[1], "thread") == 0) {
		/* Its first thread is gone before the process is. */
		pthread_t thread;

		NEED(pthread_create(&thread, NULL, stay_a_while, NULL) == 0);
		pthread_exit(NULL);
	}
	_exit(atoi(argv[1]));
}

static void expect_end(const char *code, int expected)
{
	int pipid = PIP_PIPID_ANY, status = -1;

	CHECK_ERROR(role_spawn(&pipid, "code", code, NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, expected);
}

/* All ends, and all errors. */
static int play_spawner(int argc, char **argv)
{
	int pipid = PIP_PIPID_ANY, other = -1, status = -1, error;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_wait_any(NULL, NULL), EPERM);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), EPERM);
	for (int code = 0; code < 256; code += 51) {
		char text[8];

		snprintf(text, sizeof(text), "%d", code);
		expect_end(text, EXITED(code));
	}
	if (!threaded)
		expect_end("abort", KILLED(SIGABRT));
	expect_end("thread", EXITED(0));

	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	CHECK_ERROR(pip_trywait(pipid, &status), ECHILD);
	CHECK_ERROR(pip_trywait_any(&other, &status), ECHILD);
	kill_task(pipid);
	while ((error = pip_trywait(pipid, &status)) == ECHILD)
		check_sleep_ms(1);
	CHECK_ERROR(error, 0);
	CHECK_STATUS(status, KILLED(KILLER));

	/* What is not ours is not there. */
	CHECK_ERROR(pip_wait(0, &status), EPERM); /* ourselves */
	CHECK_ERROR(pip_wait(1, &status), EPERM); /* the root's */
	CHECK_ERROR(pip_wait(PIP_PIPID_ROOT, &status), EPERM);
	CHECK_ERROR(pip_wait(PIP_PIPID_MYSELF, &status), EPERM);
	CHECK_ERROR(pip_wait(NTASKS, &status), EPERM);
	CHECK_ERROR(pip_wait(-1, &status), EPERM);
	CHECK_ERROR(pip_trywait(NTASKS - 1, &status), EPERM);
	return check_finish();
}

static void check_statuses(void)
{
	int pipid = 0, status = -1;

	CHECK_ERROR(role_spawn(&pipid, "chain", "3", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(8));
	pipid = 1;
	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	pipid = 0;
	CHECK_ERROR(role_spawn(&pipid, "spawner", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	kill_task(1);
	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, 1);
	CHECK_ERROR(pip_wait_any(&pipid, &status), ECHILD);
}

/* A long time, while the root sleeps in pip_wait(). */
static int play_rounds(int argc, char **argv)
{
	struct shared *root = role_shared();

	(void)argc, (void)argv;
	for (int i = 0; i < ROUNDS; i++) {
		int pipid = NTASKS - 1, status = -1; /* the same again */
		int zombies;

		CHECK_ERROR(role_spawn(&pipid, "code", "3", NULL), 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(3));
		zombies = count_zombies(root->root);
		if (zombies > root->most_zombies)
			root->most_zombies = zombies;
	}
	/* None is left for ever, though nobody spawns or waits any more. */
	CHECK_EVENTUALLY(count_zombies(root->root) == 0);
	root->finished = 1;
	return check_finish();
}

static void check_rounds(int any)
{
	int pipid = 0, status = -1;

	shared.finished = shared.most_zombies = 0;
	CHECK_ERROR(role_spawn(&pipid, "rounds", NULL), 0);
	if (any)
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	else
		CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_INT(pipid, 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_INT(shared.finished, 1);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	check_say("%d rounds: at most %d zombies at once", ROUNDS,
		  shared.most_zombies);
}

/* Root and spawner wait for the same. */
static int play_racer(int argc, char **argv)
{
	struct shared *root = role_shared();

	(void)argc, (void)argv;
	for (int i = 0; i < ROUNDS; i++) {
		int pipid = PIP_PIPID_ANY, status = -1, error;

		CHECK_ERROR(role_spawn(&pipid, "code", "7", NULL), 0);
		root->child = pipid + 1;
		error = pip_wait(pipid, &status);
		if (error == 0) {
			CHECK_STATUS(status, EXITED(7));
			root->won[0]++;
		} else {
			CHECK_ERROR(error, ECHILD);
		}
		CHECK_EVENTUALLY(root->child == 0);
	}
	root->finished = 1;
	return check_finish();
}

static void check_race(void)
{
	int racer = 0, status = -1;

	memset((void *)&shared.won, 0, sizeof(shared.won));
	shared.finished = 0;
	CHECK_ERROR(role_spawn(&racer, "racer", NULL), 0);
	while (!shared.finished) {
		int child = shared.child, error;

		if (child == 0)
			continue;
		error = pip_wait(child - 1, &status);
		if (error == 0) {
			CHECK_STATUS(status, EXITED(7));
			shared.won[1]++;
		} else {
			CHECK_ERROR(error, ECHILD);
		}
		shared.child = 0;
	}
	CHECK_ERROR(pip_wait(racer, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_INT(shared.won[0] + shared.won[1], ROUNDS);
	check_say("races: the spawner won %d, the root %d", shared.won[0],
		  shared.won[1]);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
}

/* One that spawns and dies, another that lives and does not wait. */
static int play_careless(int argc, char **argv)
{
	struct shared *root = role_shared();
	int pipid = NTASKS - 1;

	CHECK_ERROR(role_spawn(&pipid, "code", "9", NULL), 0);
	if (argc > 1 && strcmp(argv[1], "stays") == 0) {
		root->child = 1;
		CHECK_EVENTUALLY(root->go);
	}
	return check_finish();
}

static void check_careless(void)
{
	int pipid = 0, status = -1, seen = 0;

	CHECK_ERROR(role_spawn(&pipid, "careless", NULL), 0);
	while (pip_wait_any(&pipid, &status) == 0) {
		CHECK_STATUS(status, pipid == 0 ? EXITED(0) : EXITED(9));
		seen |= 1 << (pipid == 0);
	}
	CHECK_INT(seen, 3);

	/* As long as the spawner lives, the root must ask by PIPID. */
	pipid = 0;
	shared.child = shared.go = 0;
	CHECK_ERROR(role_spawn(&pipid, "careless", "stays", NULL), 0);
	CHECK_EVENTUALLY(shared.child);
	/* It has ended, and nobody has waited for it. */
	if (threaded)
		CHECK_EVENTUALLY(pip_kill(NTASKS - 1, 0) == ESRCH);
	else
		CHECK_EVENTUALLY(count_zombies(getpid()) == 1);
	CHECK_ERROR(pip_trywait_any(NULL, &status), ECHILD);
	CHECK_ERROR(pip_wait(NTASKS - 1, &status), 0);
	CHECK_STATUS(status, EXITED(9));
	shared.go = 1;
	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, 0);
	CHECK_STATUS(status, EXITED(0));
	shared.child = 0;
}

/* Killed at any point of spawning and waiting: nothing is lost or stuck. */
static int play_loop(int argc, char **argv)
{
	struct shared *root = role_shared();

	(void)argc, (void)argv;
	root->go = 1;
	while (root->go) {
		int pipid = PIP_PIPID_ANY, status = -1;

		CHECK_ERROR(role_spawn(&pipid, "code", "4", NULL), 0);
		if (pip_wait_any(&pipid, &status) == 0)
			CHECK_STATUS(status, EXITED(4));
	}
	return check_finish();
}

static void check_killed(void)
{
	unsigned delay = 1;

	for (int round = 0; round < 100; round++) {
		int pipid = 0, status = -1, error;

		shared.go = 0;
		CHECK_ERROR(role_spawn(&pipid, "loop", NULL), 0);
		CHECK_EVENTUALLY(shared.go);
		delay = delay * 1103515245 + 12345;
		for (unsigned i = 0; i < (delay >> 8) % 200000; i++)
			__asm__ volatile("pause");
		kill_task(0);
		CHECK_ERROR(pip_wait(0, &status), 0);
		CHECK_STATUS(status, KILLED(KILLER));
		while ((error = pip_wait_any(NULL, &status)) == 0)
			;
		CHECK_ERROR(error, ECHILD);
		CHECK_INT(count_zombies(getpid()), 0);
	}
}

/* Hooks belong to a thread of the spawner; it may be gone. */
static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

static int play_hooker(int argc, char **argv)
{
	char *args[] = { role_path, (char *)"sleep", NULL };
	int pipid = NTASKS - 1;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_spawn(role_path, args, NULL, PIP_CPUCORE_ASIS, &pipid,
			      nothing, nothing, NULL),
		    0);
	return check_finish();
}

static void check_hooker(void)
{
	int pipid = 0, status = -1;

	CHECK_ERROR(role_spawn(&pipid, "hooker", NULL), 0);
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	kill_task(NTASKS - 1);
	CHECK_ERROR(pip_wait(NTASKS - 1, &status), 0);
	CHECK_STATUS(status, KILLED(KILLER));
}

/* What the spawner must not see, the root can. */
static int play_dropper(int argc, char **argv)
{
	int pipid = NTASKS - 1, status = -1;

	(void)argc, (void)argv;
	CHECK_ERROR(role_spawn(&pipid, "code", "6", NULL), 0);
	NEED(setresuid(65534, 65534, 65534) == 0);
	CHECK_ERROR(pip_wait(pipid, &status), EPERM);
	CHECK_ERROR(pip_wait_any(NULL, &status), EPERM);
	return check_finish();
}

static void check_hidden(void)
{
	int pipid = 0, status = -1;

	if (geteuid() != 0 || threaded)
		return; /* only root can give itself other credentials */
	CHECK_ERROR(role_spawn(&pipid, "dropper", NULL), 0);
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, NTASKS - 1);
	CHECK_STATUS(status, EXITED(6));
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	shared.root = getpid();
	CHECK_ERROR(pip_export(&shared), 0);
	check_statuses();
	check_rounds(0);
	check_rounds(1);
	check_race();
	check_careless();
	check_hooker();
	CHECK_INT(self_table()->spawned_total, self_table()->ended_total);
	check_killed();
	check_hidden();
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "chain", play_chain },
	{ "code", play_code },
	{ "spawner", play_spawner },
	{ "rounds", play_rounds },
	{ "racer", play_racer },
	{ "careless", play_careless },
	{ "loop", play_loop },
	{ "dropper", play_dropper },
	{ "hooker", play_hooker },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	if (pip_isa_task())
		CHECK_ERROR(pip_is_threaded(&threaded), 0);
	return role_main(argc, argv, roles);
}
