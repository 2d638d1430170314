/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The barrier of all tasks, and the one of all threads of a task: nobody passes
 * before all have come, who ends instead of coming keeps nobody, and contexts
 * of one kernel thread can wait for each other.
 */
#include <pip/pip_coordinate.h>
#include <pthread.h>
#include <sys/mman.h>

#include "blt-check.h"

#define NTASKS 6
#define NROUNDS 100
#define NTHREADS 5

struct shared {
	_Atomic int came[NTASKS], ended[NTASKS];
	_Atomic int passed;
	int spawned; /* by the root, when all of this part exist */
};

static int threaded;

static void check_all_came(struct shared *shared, int round)
{
	for (int i = 0; i < NTASKS; i++)
		CHECK(shared->came[i] >= round || shared->ended[i]);
}

/* The last one ends in the middle, one way or another. */
static int role_walk(int argc, char **argv)
{
	struct shared *shared = role_shared();
	unsigned flags = strcmp(argv[1], "root") == 0 ? PIP_BARRIER_ROOT : 0;
	const char *end = argv[2];
	int self = blt_pipid();

	(void)argc;
	for (int round = 1; round <= NROUNDS; round++) {
		shared->came[self] = round;
		CHECK_ERROR(pip_global_barrier(shared->spawned, flags), 0);
		check_all_came(shared, round);
		if (self == NTASKS - 1 && round == NROUNDS / 2) {
			shared->ended[self] = 1;
			if (strcmp(end, "killed") == 0)
				CHECK_ERROR(pip_kill(PIP_PIPID_MYSELF, SIGKILL), 0);
			else if (strcmp(end, "exits") == 0)
				return check_finish();
			shared->ended[self] = 0;
		}
	}
	return check_finish();
}

static void begin(struct shared *shared)
{
	int spawned = shared->spawned;

	memset(shared, 0, sizeof(*shared));
	shared->spawned = spawned + NTASKS;
}

static void walk(struct shared *shared, const char *with, const char *end)
{
	int status;

	begin(shared);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, "walk", with, end, NULL), 0);
	if (strcmp(with, "root") == 0)
		for (int round = 1; round <= NROUNDS; round++) {
			CHECK_ERROR(pip_global_barrier(0, PIP_BARRIER_ROOT), 0);
			check_all_came(shared, round);
		}
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, strcmp(end, "killed") == 0 &&
						     i == NTASKS - 1 ?
					     KILLED(SIGKILL) :
					     EXITED(0));
	}
}

/* All on the root's kernel thread. */
static int role_ulp(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int self = blt_pipid();

	(void)argc, (void)argv;
	CHECK_ERROR(pip_decouple(blt_handle(PIP_PIPID_ROOT)), 0);
	for (int round = 1; round <= NROUNDS; round++) {
		shared->came[self] = round;
		CHECK_ERROR(pip_global_barrier(shared->spawned, 0), 0);
		check_all_came(shared, round);
	}
	shared->passed++;
	return check_finish();
}

static void check_ulps(struct shared *shared)
{
	begin(shared);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(blt_spawn(&(int){ i }, PIP_TASK_ACTIVE, NULL, "ulp", NULL), 0);
	for (int i = 0; i < NTASKS; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	CHECK_INT(shared->passed, NTASKS);
}

/* --- Threads ------------------------------------------------------------------ */

static _Atomic int came[NTHREADS + 1], leavers;

static void walk_alone(int self, int rounds)
{
	for (int round = 1; round <= rounds; round++) {
		came[self] = round;
		CHECK_ERROR(pip_local_barrier(), 0);
		for (int i = 0; i <= NTHREADS; i++)
			CHECK(came[i] >= round || (leavers && i == NTHREADS));
	}
}

static pthread_barrier_t all_exist;

static void *run_thread(void *arg)
{
	int self = (int)(intptr_t)arg;
	bool leaves = leavers && self == NTHREADS;

	pthread_barrier_wait(&all_exist);
	walk_alone(self, leaves ? NROUNDS / 2 : NROUNDS);
	return NULL;
}

static int role_threads(int argc, char **argv)
{
	pthread_t threads[NTHREADS];

	memset(came, 0, sizeof(came));
	pthread_barrier_init(&all_exist, NULL, NTHREADS + 1);
	leavers = argc > 1 && strcmp(argv[1], "leave") == 0;
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_create(&threads[i], NULL, run_thread,
				    (void *)(intptr_t)(i + 1)) == 0);
	pthread_barrier_wait(&all_exist);
	walk_alone(0, NROUNDS);
	for (int i = 0; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	/* Alone, it does not wait. */
	CHECK_ERROR(pip_local_barrier(), 0);
	return check_finish();
}

static int role_test(int argc, char **argv)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)argc, (void)argv;
	CHECK_ERROR(pip_global_barrier(0, 0), EPERM);
	CHECK_ERROR(pip_local_barrier(), EPERM);
	role_init(NTASKS);
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_global_barrier(0, 0), EINVAL);
	CHECK_ERROR(pip_global_barrier(-1, PIP_BARRIER_ROOT), EINVAL);
	CHECK_ERROR(pip_global_barrier(0, 2), EINVAL);
	/* Without tasks, nobody has to be waited for. */
	CHECK_ERROR(pip_global_barrier(0, PIP_BARRIER_ROOT), 0);
	walk(shared, "tasks", "stays");
	walk(shared, "root", "stays");
	walk(shared, "tasks", "exits");
	if (!threaded)
		walk(shared, "root", "killed");
	check_ulps(shared);
	CHECK_STATUS(role_run("threads", "stay", NULL), EXITED(0));
	CHECK_STATUS(role_run("threads", "leave", NULL), EXITED(0));
	CHECK_INT(role_threads(1, argv), 0);
	return role_finish();
}

static const struct role roles[] = {
	{ "test", role_test },	       { "walk", role_walk },
	{ "ulp", role_ulp }, { "threads", role_threads },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
