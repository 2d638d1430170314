/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ULPs that wander about: random yields, suspensions, resumptions in random
 * domains, couples, decouples and mutexes.  Every step is counted once, no
 * context is lost or in two places, and the task table's counters are exact.
 *
 * PIP_TEST_SECONDS says how long, PIP_TEST_SEED which way they go.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

#define NSCHEDULERS 3
#define NULPS 12
#define NTASKS (NSCHEDULERS + NULPS)
#define NQUEUES 3
#define NDOMAINS (NSCHEDULERS + 2) /* and the root, and one of the ULPs */

struct shared {
	pip_task_queue_t parked; /* the schedulers' own contexts */
	pip_task_queue_t queues[NQUEUES];
	pip_mutex_t mutex;
	long guarded; /* by the mutex */
	_Atomic long steps, locked;
	_Atomic int ended;
	_Atomic bool stop;
	uint64_t seed;
	_Atomic pid_t tids[NTASKS + 1]; /* kernel threads; [0]: the root's */
	struct {
		_Alignas(64) _Atomic int running;
		_Atomic int sent_to; /* PIPID of the domain, or NOT_SENT */
		long steps;
	} ulps[NULPS];
};
#define NOT_SENT (-1)

/* What a ULP has done, for comparing with the table. */
struct tally {
	uint64_t counters[PIP_COUNT_MAX];
};

struct wanderer {
	struct shared *shared;
	int index;
	uint64_t random;
	struct tally tally;
	pid_t tid;
};

/* Before and after whatever may switch. */
static void pause_running(struct wanderer *self)
{
	CHECK_INT(atomic_exchange(&self->shared->ulps[self->index].running, 0),
		  1);
}

static void go_on_running(struct wanderer *self)
{
	CHECK_INT(atomic_exchange(&self->shared->ulps[self->index].running, 1),
		  0);
}

/* The kernel thread is that of the domain. */
static void check_place(struct wanderer *self)
{
	CHECK_INT(gettid(), self->shared->tids[blt_domain() ==
						PIP_PIPID_ROOT ?
					0 :
					blt_domain() + 1]);
}

static pip_task_t *random_domain(struct wanderer *self)
{
	unsigned n = blt_random(&self->random) % NDOMAINS;

	if (n < NSCHEDULERS)
		return blt_handle((int)n);
	if (n == NSCHEDULERS)
		return blt_handle(PIP_PIPID_ROOT);
	return blt_handle(NSCHEDULERS +
			  (int)(blt_random(&self->random) % NULPS));
}

static void note(struct wanderer *self, enum pip_table_counter what)
{
	self->tally.counters[what]++;
}

static void step_yield(struct wanderer *self)
{
	int error;

	note(self, PIP_COUNT_YIELDS);
	pause_running(self);
	error = pip_yield(PIP_YIELD_USER);
	go_on_running(self);
	CHECK(error == 0 || error == EINTR);
	if (error == EINTR)
		note(self, PIP_COUNT_SWITCHES);
}

static void step_yield_to(struct wanderer *self)
{
	pip_task_t *to = random_domain(self);
	int error;

	note(self, PIP_COUNT_YIELDS);
	pause_running(self);
	error = pip_yield_to(to);
	go_on_running(self);
	CHECK(error == EPERM || error == EINTR ||
	      (error == 0 && to == pip_task_self()));
	if (error == EINTR)
		note(self, PIP_COUNT_SWITCHES);
}

static void step_suspend(struct wanderer *self)
{
	pip_task_queue_t *queue =
		&self->shared->queues[blt_random(&self->random) % NQUEUES];
	int sent_to;

	note(self, PIP_COUNT_SUSPENDS);
	note(self, PIP_COUNT_SWITCHES);
	pause_running(self);
	CHECK_ERROR(pip_suspend_and_enqueue(queue, NULL, NULL), 0);
	go_on_running(self);
	sent_to = atomic_exchange(&self->shared->ulps[self->index].sent_to,
				  NOT_SENT);
	if (sent_to != NOT_SENT)
		CHECK_INT(blt_domain(), sent_to);
	check_place(self);
}

/* From one of the queues to a domain, which may have ended. */
static void resume_one(struct shared *shared, uint64_t *random,
		       pip_task_t *sched)
{
	pip_task_queue_t *queue = &shared->queues[blt_random(random) % NQUEUES];
	pip_task_t *task;
	int pipid, domain, error;

	if (blt_random(random) % 2) {
		error = pip_dequeue_and_resume(queue, sched);
		CHECK(error == 0 || error == ENOENT || error == EBUSY);
		return;
	}
	pip_task_queue_lock(queue);
	task = pip_task_queue_dequeue(queue);
	pip_task_queue_unlock(queue);
	if (task == NULL)
		return;
	CHECK_ERROR(pip_get_task_pipid(task, &pipid), 0);
	CHECK_ERROR(pip_get_task_pipid(sched, &domain), 0);
	shared->ulps[pipid - NSCHEDULERS].sent_to = domain;
	error = pip_resume(task, sched);
	if (error == 0)
		return;
	CHECK_ERROR(error, EBUSY);
	shared->ulps[pipid - NSCHEDULERS].sent_to = NOT_SENT;
	pip_task_queue_lock(queue);
	pip_task_queue_enqueue(queue, task);
	pip_task_queue_unlock(queue);
}

static void step_couple(struct wanderer *self)
{
	bool is_home = blt_domain() == blt_pipid();
	int error;

	if (!is_home) {
		note(self, PIP_COUNT_COUPLES);
		note(self, PIP_COUNT_SWITCHES);
	}
	pause_running(self);
	error = pip_couple();
	go_on_running(self);
	CHECK_ERROR(error, is_home ? EBUSY : 0);
	CHECK_INT(gettid(), self->tid);
	check_place(self);
}

static void step_decouple(struct wanderer *self)
{
	pip_task_t *sched = random_domain(self), *domain = NULL;
	bool is_home = blt_domain() == blt_pipid();
	int error;

	pause_running(self);
	error = pip_decouple(sched);
	go_on_running(self);
	if (!is_home || sched == pip_task_self())
		CHECK_ERROR(error, EPERM);
	else
		CHECK(error == 0 || error == EBUSY);
	check_place(self);
	if (error != 0)
		return;
	note(self, PIP_COUNT_DECOUPLES);
	note(self, PIP_COUNT_SWITCHES);
	CHECK_ERROR(pip_get_sched_domain(&domain), 0);
	CHECK_PTR(domain, sched);
}

static void step_lock(struct wanderer *self)
{
	struct shared *shared = self->shared;
	long before;

	pause_running(self);
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	go_on_running(self);
	before = shared->guarded;
	if (blt_random(&self->random) % 4 == 0)
		step_yield(self);
	CHECK_INT(shared->guarded, before);
	shared->guarded = before + 1;
	shared->locked++;
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
}

static void take_step(struct wanderer *self)
{
	unsigned dice = blt_random(&self->random) % 100;

	if (dice < 40)
		step_yield(self);
	else if (dice < 50)
		step_yield_to(self);
	else if (dice < 60)
		step_suspend(self);
	else if (dice < 70)
		resume_one(self->shared, &self->random, random_domain(self));
	else if (dice < 78)
		step_couple(self);
	else if (dice < 90)
		step_decouple(self);
	else
		step_lock(self);
}

/* What has been counted for us are the steps that we took; but a mutex's
 * suspensions and whom we resumed are not known beforehand. */
static void check_counters(struct wanderer *self,
			   const struct pip_table_entry *entry,
			   const struct tally *before)
{
	static const enum pip_table_counter exact[] = {
		PIP_COUNT_YIELDS, PIP_COUNT_COUPLES, PIP_COUNT_DECOUPLES,
	};
	const uint64_t *tally = self->tally.counters;
	uint64_t by_mutex;

	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		CHECK_INT(blt_counter(entry, exact[i]) -
				  before->counters[exact[i]],
			  tally[exact[i]]);
	by_mutex = blt_counter(entry, PIP_COUNT_SUSPENDS) -
		   before->counters[PIP_COUNT_SUSPENDS] -
		   tally[PIP_COUNT_SUSPENDS];
	CHECK(by_mutex <= blt_counter(entry, PIP_COUNT_LOCK_WAITS));
	CHECK_INT(blt_counter(entry, PIP_COUNT_SWITCHES) -
			  before->counters[PIP_COUNT_SWITCHES],
		  tally[PIP_COUNT_SWITCHES] + by_mutex);
}

static int play_ulp(int argc, char **argv)
{
	struct wanderer self = { .shared = role_shared() };
	struct shared *shared = self.shared;
	const struct pip_table_entry *entry;
	struct tally before;

	(void)argc;
	self.index = atoi(argv[1]);
	entry = blt_entry(blt_pipid());
	self.tid = entry->tid;
	self.random = shared->seed * 7919 + (uint64_t)self.index + 1;
	memcpy(before.counters, entry->counters, sizeof(before.counters));
	go_on_running(&self);
	while (!shared->stop) {
		take_step(&self);
		shared->steps++;
		shared->ulps[self.index].steps++;
	}
	check_counters(&self, entry, &before);
	pause_running(&self);
	shared->ended++;
	return check_failures != 0 ? 1 : 64 + self.index;
}

static int play_scheduler(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	shared->tids[blt_pipid() + 1] = gettid();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	return check_finish();
}

/* Every suspension was followed by one resumption, whoever did it. */
static void check_resumes(const struct shared *shared)
{
	uint64_t suspends = 0, resumes, steps = 0;

	resumes = blt_counter(blt_entry(PIP_PIPID_ROOT), PIP_COUNT_RESUMES);
	for (int i = 0; i < NTASKS; i++) {
		const struct pip_table_entry *entry = blt_entry(i);

		suspends += blt_counter(entry, PIP_COUNT_SUSPENDS);
		resumes += blt_counter(entry, PIP_COUNT_RESUMES);
	}
	for (int i = 0; i < NULPS; i++)
		steps += (uint64_t)shared->ulps[i].steps;
	CHECK_INT(resumes, suspends);
	CHECK_INT(shared->steps, steps);
	CHECK_INT(shared->guarded, shared->locked);
	CHECK(shared->steps > 1000);
}

static void spawn_all(struct shared *shared)
{
	static const uint32_t policies[] = { PIP_SYNC_AUTO, PIP_SYNC_BLOCKING,
					     PIP_SYNC_YIELD };
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	for (int i = 0; i < NSCHEDULERS; i++) {
		int pipid = i;

		CHECK_ERROR(blt_spawn(&pipid, policies[i], NULL, "scheduler",
				      NULL), 0);
	}
	BLT_EVENTUALLY(blt_count(&shared->parked) == NSCHEDULERS);
	for (int i = 0; i < NULPS; i++) {
		int pipid = NSCHEDULERS + i;
		char index[12];

		snprintf(index, sizeof(index), "%d", i);
		shared->ulps[i].sent_to = NOT_SENT;
		CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE |
				      (i % 2 ? PIP_SYNC_BLOCKING : 0), &queue,
				      "ulp", index, NULL), 0);
		shared->tids[pipid + 1] = blt_entry(pipid)->tid;
	}
	for (int i = 0; i < NULPS; i++)
		CHECK_ERROR(pip_dequeue_and_resume(&queue,
						   blt_handle(i % NSCHEDULERS)),
			    0);
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	long seconds = self_number("PIP_TEST_SECONDS", 8);
	time_t end;
	uint64_t random;

	(void)argc, (void)argv;
	shared.seed = (uint64_t)self_number("PIP_TEST_SEED", 20231);
	random = shared.seed;
	if (seconds > CHECK_WATCHDOG_SECONDS / 2)
		alarm((unsigned)seconds + CHECK_WATCHDOG_SECONDS);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	shared.tids[0] = gettid();
	CHECK_ERROR(pip_task_queue_init(&shared.parked, NULL), 0);
	CHECK_ERROR(pip_mutex_init(&shared.mutex), 0);
	for (int i = 0; i < NQUEUES; i++)
		CHECK_ERROR(pip_task_queue_init(&shared.queues[i], NULL), 0);
	spawn_all(&shared);
	end = check_now() + seconds;
	while (shared.ended < NULPS) {
		if (check_now() >= end && shared.steps > 1000)
			shared.stop = true;
		/* The root's domain never ends. */
		resume_one(&shared, &random, pip_task_self());
		pip_yield(PIP_YIELD_DEFAULT);
	}
	CHECK_INT(blt_resume_all(&shared.parked, NULL), NSCHEDULERS);
	for (int i = 0; i < NTASKS; i++)
		CHECK_STATUS(blt_join(i), EXITED(i < NSCHEDULERS ?
						 0 : 64 + i - NSCHEDULERS));
	check_resumes(&shared);
	CHECK_ERROR(pip_mutex_fin(&shared.mutex), 0);
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "scheduler", play_scheduler },
				     { "ulp", play_ulp },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
