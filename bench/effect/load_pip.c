// SPDX-License-Identifier: BSD-2-Clause
/* Workloads on PiP: a loop of user-level switches, one of couples, and
 * spawns.  Their tasks are this program, too. */
#include "effect.h"

#include <errno.h>
#include <pip/pip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAGIC 0x5049502d4546460ull

enum work { WORK_SWITCH, WORK_COUPLE, WORK_NOTHING };

struct shared {
	uint64_t magic, events;
	enum work work;
	pip_barrier_t barrier;
	volatile int go;
	uint64_t done[2];
	pid_t pids[2];
};

static struct shared *find_shared(int *pipidp)
{
	struct shared *shared = NULL;

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
static int play_switches(struct shared *shared, int pipid)
{
	uint64_t rounds = shared->events / 2, done = 0;

	pip_barrier_wait(&shared->barrier);
	if (pipid == 0) {
		load_begin();
		shared->go = 1;
	} else {
		while (!shared->go)
			pip_yield(PIP_YIELD_USER);
	}
	for (uint64_t i = 0; i < rounds; i++)
		done += pip_yield(PIP_YIELD_USER) == EINTR;
	shared->done[pipid] = done;
	if (pipid == 0)
		/* Task 1 has made its last yield, or we were not here. */
		load_end(done + rounds);
	pip_barrier_wait(&shared->barrier);
	return shared->done[0] + shared->done[1] == 2 * rounds ? 0 : 3;
}

/* The task leaves for root's kernel thread, and comes back to its own. */
static int play_couples(struct shared *shared)
{
	pip_task_t *root;
	uint64_t done = 0;

	if (pip_get_task_by_pipid(PIP_PIPID_ROOT, &root) != 0 ||
	    pip_decouple(root) != 0 || pip_couple() != 0)
		return 3;
	load_begin();
	for (uint64_t i = 0; i < shared->events; i++)
		done += pip_decouple(NULL) == 0 && pip_couple() == 0;
	load_end(done);
	return done == shared->events ? 0 : 3;
}

int load_play_task(void)
{
	int pipid = 0;
	struct shared *shared = find_shared(&pipid);

	switch (shared->work) {
	case WORK_SWITCH:
		return play_switches(shared, pipid);
	case WORK_COUPLE:
		return play_couples(shared);
	default:
		return 0;
	}
}

static int spawn(int pipid, uint32_t opts, pip_task_queue_t *queue)
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

static int fail(const char *what, int error)
{
	fprintf(stderr, "pip-probe-effect: %s: %s\n", what, strerror(error));
	return 3;
}

static int start(struct shared *shared, enum work work, uint64_t events)
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

static void sleep_until_end(int pipid)
{
	siginfo_t info;
	pip_id_t pid;

	if (pip_get_system_id(pipid, &pid) == 0)
		while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 &&
		       errno == EINTR)
			;
}

static int wait_all(int n)
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
	static struct shared shared;
	pip_task_queue_t queue;
	int error = start(&shared, WORK_SWITCH, events);

	if (error != 0)
		return fail("pip_init", error);
	pip_task_queue_init(&queue, NULL);
	error = spawn(1, PIP_TASK_INACTIVE, &queue);
	if (error == 0) /* which resumes the other in its domain */
		error = spawn(0, PIP_TASK_ACTIVE, &queue);
	if (error != 0)
		return fail("pip_blt_spawn", error);
	sleep_until_end(0);
	return wait_all(2);
}

int load_play_couple(uint64_t events)
{
	static struct shared shared;
	int error = start(&shared, WORK_COUPLE, events);

	if (error == 0)
		error = spawn(0, PIP_TASK_ACTIVE, NULL);
	if (error != 0)
		return fail("pip_blt_spawn", error);
	return wait_all(1);
}

int load_play_spawn(uint64_t events)
{
	static struct shared shared;
	uint64_t done = 0;
	int error = start(&shared, WORK_NOTHING, events);

	if (error != 0)
		return fail("pip_init", error);
	load_begin();
	for (uint64_t i = 0; i < events; i++) {
		int status = -1;

		error = spawn(0, PIP_TASK_ACTIVE, NULL);
		if (error != 0)
			return fail("pip_blt_spawn", error);
		done += pip_wait(0, &status) == 0 && status == 0;
	}
	load_end(done);
	pip_fin();
	return done == events ? 0 : 3;
}
