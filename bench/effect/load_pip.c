// SPDX-License-Identifier: BSD-2-Clause
/* Workloads on PiP: a loop of user-level switches, one of couples, and
 * spawns.  Their tasks are this program, too. */
#include "load.h"

#include <errno.h>
#include <pip/pip_trace.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAGIC 0x5049502d4546460ull

static struct load_shared *find_shared(int *pipidp)
{
	struct load_shared *shared = NULL;

	if (!pip_isa_task() ||
	    pip_init(pipidp, NULL, (void **)&shared, PIP_OPTS_NONE) != 0 ||
	    shared == NULL || shared->magic != MAGIC)
		return NULL;
	return shared;
}

bool load_is_task(void)
{
	return strcmp(program_invocation_name, EFFECT_LOAD_NAME) == 0 &&
	       find_shared(NULL) != NULL;
}

/*
 * Task 1 is a ULP on task 0's kernel thread, and they yield to each other: half
 * of the events each.  Nothing else runs there, so the first yield after "go" is
 * the first event, and task 1's last yield is the last.  Root sleeps in the
 * kernel: pip_wait() looks up now and then, which is a switch, too.
 */
static int play_switches(struct load_shared *shared, int pipid)
{
	uint64_t rounds = shared->events / 2, done = 0;

	pip_barrier_wait(&shared->barrier);
	if (pipid == 0) {
		load_begin();
		shared->go = 1;
	} else {
		while (!shared->go)
			pip_yield(PIP_YIELD_USER);
		load_lttng_wait();
	}
	for (uint64_t i = 0; i < rounds; i++) {
		load_mark(i); /* task 1 does not come back from its last yield */
		done += pip_yield(PIP_YIELD_USER) == EINTR;
	}
	shared->done[pipid] = done;
	if (pipid == 0)
		/* Task 1 has made its last yield, or we were not here. */
		load_end(done + rounds);
	pip_barrier_wait(&shared->barrier);
	return shared->done[0] + shared->done[1] == 2 * rounds ? 0 : 3;
}

/* The task leaves for root's kernel thread, and comes back to its own. */
static int play_couples(struct load_shared *shared)
{
	pip_task_t *root;
	uint64_t done = 0;

	if (pip_get_task_by_pipid(PIP_PIPID_ROOT, &root) != 0 ||
	    pip_decouple(root) != 0 || pip_couple() != 0)
		return 3;
	load_begin();
	for (uint64_t i = 0; i < shared->events; i++) {
		done += pip_decouple(NULL) == 0 && pip_couple() == 0;
		load_mark(i);
	}
	load_end(done);
	return done == shared->events ? 0 : 3;
}

/* Events of the program's own, and nothing else. */
static int play_marks(const struct load_shared *shared)
{
	load_begin();
	for (uint64_t i = 0; i < shared->events; i++) {
		pip_trace_mark(1, i);
		load_mark(i);
	}
	load_end(shared->events);
	return 0;
}

/* What a ULP starts are threads of whose kernel thread it is on, and those of
 * LTTng-UST register their process. */
static int open_lttng(void)
{
	bool away = getenv(EFFECT_LTTNG) != NULL && pip_couple() == 0;
	int error = load_lttng_open();

	if (away && pip_decouple(NULL) != 0)
		return -1;
	return error;
}

/* The end of a spawn is an event of root's, which is not to fall into the work. */
static void wait_for_root(const struct load_shared *shared)
{
	const struct timespec nap = { .tv_nsec = 100000 };

	while (!shared->spawned)
		nanosleep(&nap, NULL);
}

int load_play_task(void)
{
	int pipid = 0;
	struct load_shared *shared = find_shared(&pipid);

	if (shared->work != WORK_NOTHING && open_lttng() != 0)
		return 3;
	if (pipid == 0 && shared->work != WORK_NOTHING)
		wait_for_root(shared);
	switch (shared->work) {
	case WORK_SWITCH:
		return play_switches(shared, pipid);
	case WORK_COUPLE:
		return play_couples(shared);
	case WORK_PINGPONG:
		return load_pingpong_task(shared, pipid);
	case WORK_MARK:
		return play_marks(shared);
	case WORK_LOCK:
		return load_lock_task(shared);
	default:
		return 0;
	}
}

int load_spawn(int pipid, uint32_t opts, pip_task_queue_t *queue)
{
	static char name[] = EFFECT_LOAD_NAME, self[PATH_MAX];
	char *argv[] = { name, NULL };
	pip_spawn_program_t program;

	if (self[0] == '\0' &&
	    readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return errno;
	pip_spawn_from_main(&program, self, argv, NULL, NULL, NULL);
	return pip_blt_spawn(&program, PIP_CPUCORE_ASIS, opts, &pipid, NULL,
			     queue, NULL);
}

int load_fail(const char *what, int error)
{
	fprintf(stderr, "pip-probe-effect: %s: %s\n", what, strerror(error));
	return 3;
}

int load_start(struct load_shared *shared, enum load_work work,
	       uint64_t events)
{
	int ntasks = 2, error;
	void *exp = shared;

	memset(shared, 0, sizeof(*shared));
	shared->magic = MAGIC;
	shared->events = events;
	shared->work = work;
	error = pip_init(NULL, &ntasks, &exp, PIP_OPTS_NONE);
	if (error == 0)
		error = pip_barrier_init(&shared->barrier, 2);
	return error;
}

/* The other waits for one that has failed. */
void load_sleep_until_end(int pipid)
{
	siginfo_t info = { 0 };
	pip_id_t pid;

	if (pip_get_system_id(pipid, &pid) == 0)
		while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
		       errno == EINTR)
			;
	if (info.si_pid != 0 && info.si_status != 0) {
		pip_kill(1 - pipid, SIGKILL);
		_exit(3);
	}
}

int load_wait_all(int n)
{
	int result = 0;

	for (int i = 0; i < n; i++) {
		int status = -1;

		if (pip_wait(i, &status) != 0 || status != 0)
			result = 3;
	}
	pip_fin();
	return result;
}

int load_play_switch(uint64_t events)
{
	static struct load_shared shared;
	pip_task_queue_t queue;
	int error = load_start(&shared, WORK_SWITCH, events);

	if (error != 0)
		return load_fail("pip_init", error);
	pip_task_queue_init(&queue, NULL);
	error = load_spawn(1, PIP_TASK_INACTIVE, &queue);
	if (error == 0) /* which resumes the other in its domain */
		error = load_spawn(0, PIP_TASK_ACTIVE, &queue);
	if (error != 0)
		return load_fail("pip_blt_spawn", error);
	shared.spawned = 1;
	load_sleep_until_end(0);
	return load_wait_all(2);
}

int load_play_one(enum load_work work, uint64_t events)
{
	static struct load_shared shared;
	int error = load_start(&shared, work, events);

	if (error == 0)
		error = load_spawn(0, PIP_TASK_ACTIVE, NULL);
	if (error != 0)
		return load_fail("pip_blt_spawn", error);
	shared.spawned = 1;
	if (work != WORK_COUPLE) /* which comes to root's kernel thread */
		load_sleep_until_end(0);
	return load_wait_all(1);
}

int load_play_couple(uint64_t events)
{
	return load_play_one(WORK_COUPLE, events);
}

int load_play_mark(uint64_t events)
{
	return load_play_one(WORK_MARK, events);
}

int load_play_spawn(uint64_t events)
{
	static struct load_shared shared;
	uint64_t done = 0;
	int error = load_start(&shared, WORK_NOTHING, events);

	if (error != 0)
		return load_fail("pip_init", error);
	if (load_lttng_open() != 0)
		return 3;
	load_begin();
	for (uint64_t i = 0; i < events; i++) {
		int status = -1;

		error = load_spawn(0, PIP_TASK_ACTIVE, NULL);
		if (error != 0)
			return load_fail("pip_blt_spawn", error);
		done += pip_wait(0, &status) == 0 && status == 0;
		load_mark(i);
	}
	load_end(done);
	pip_fin();
	return done == events ? 0 : 3;
}
