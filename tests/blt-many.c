/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thousand ULPs on one kernel thread: spawned in batches, all of them take
 * turns, each a number of times of its own, and each ends with its own status.
 */
#include "blt-check.h"

#define NTASKS 1000
#define BATCH 100

struct shared {
	_Atomic int started, ended;
	long turns[NTASKS], switched[NTASKS];
};

/* The primes from 1009 on, one after the other, again and again: 1,000 ULPs
 * yield some 1.3 million times. */
static int prime(int pipid)
{
	int candidate = 1007, rank = pipid % 97 + 1;

	while (rank > 0) {
		int divisor = 3;

		candidate += 2;
		while (divisor * divisor <= candidate && candidate % divisor)
			divisor += 2;
		if (divisor * divisor > candidate)
			rank--;
	}
	return candidate;
}

static int status_of(int pipid)
{
	return 1 + pipid % 251;
}

static int play_ulp(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int pipid = blt_pipid(), n = prime(pipid);

	(void)argc, (void)argv;
	CHECK_INT(blt_domain(), PIP_PIPID_ROOT);
	shared->started++;
	for (int i = 0; i < n; i++) {
		int error = pip_yield(PIP_YIELD_USER);

		/* The last one may be alone while the root waits for it. */
		CHECK(error == EINTR || error == 0);
		shared->switched[pipid] += error == EINTR;
		shared->turns[pipid]++;
	}
	shared->ended++;
	return check_failures != 0 ? 0 : status_of(pipid);
}

static void spawn_batch(pip_task_queue_t *queue, int first)
{
	for (int i = first; i < first + BATCH; i++) {
		int pipid = i;

		CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE |
				      PIP_SYNC_BLOCKING, queue, "ulp", NULL),
			    0);
		/* Who has not left its kernel thread yet gets no turn. */
		CHECK_EVENTUALLY(__atomic_load_n(&blt_entry(i)->blt_idle,
						 __ATOMIC_ACQUIRE) ==
				 PIP_BLT_IDLE_ASLEEP);
	}
}

/* Half of them in the reverse order, the others as they come. */
static void wait_for_all(void)
{
	static char waited[NTASKS];
	int status = -1, pipid = -1;

	for (int i = NTASKS - 2; i >= 0; i -= 2) {
		CHECK_STATUS(blt_join(i), EXITED(status_of(i)));
		waited[i] = 1;
		CHECK_ERROR(pip_wait(i, &status), ECHILD);
	}
	for (int i = 1; i < NTASKS; i += 2) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_OR_STOP(pipid >= 0 && pipid < NTASKS);
		CHECK_STATUS(status, EXITED(status_of(pipid)));
		CHECK_INT(waited[pipid]++, 0);
	}
	CHECK_ERROR(pip_wait_any(&pipid, &status), ECHILD);
}

static void check_table(const struct shared *shared)
{
	for (int i = 0; i < NTASKS; i++) {
		const struct pip_table_entry *entry = blt_entry(i);

		CHECK_INT(shared->turns[i], prime(i));
		CHECK_INT(blt_counter(entry, PIP_COUNT_YIELDS), prime(i));
		/* Before main, each yield, and to go home. */
		CHECK_INT(blt_counter(entry, PIP_COUNT_SWITCHES),
			  shared->switched[i] + 2);
		CHECK(shared->switched[i] > 1000);
		CHECK_INT(blt_counter(entry, PIP_COUNT_SUSPENDS), 1);
		CHECK_INT(blt_counter(entry, PIP_COUNT_COUPLES), 1);
		CHECK_INT(entry->state, PIP_STATE_ENDED);
	}
	CHECK_INT(blt_counter(blt_entry(PIP_PIPID_ROOT), PIP_COUNT_RESUMES), NTASKS);
	CHECK_INT(blt_counter(blt_entry(PIP_PIPID_ROOT), PIP_COUNT_WAITS), NTASKS);
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	pip_task_queue_t queue;
	int n = 0;

	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	for (int first = 0; first < NTASKS; first += BATCH) {
		spawn_batch(&queue, first);
		CHECK_INT(blt_count(&queue), first + BATCH);
	}
	CHECK_INT(shared.started, 0);
	for (int i = BATCH; i <= NTASKS; i += BATCH) {
		n = BATCH;
		CHECK_ERROR(pip_dequeue_and_resume_N(&queue, pip_task_self(),
						     &n), 0);
		CHECK_INT(n, BATCH);
		CHECK_ERROR(pip_count_runnable_tasks(&n), 0);
		CHECK_INT(n, i + 1);
		/* Everybody's turn. */
		CHECK_ERROR(pip_yield(PIP_YIELD_USER), EINTR);
		CHECK_INT(shared.started, i);
	}
	CHECK_INT(shared.ended, 0);
	wait_for_all();
	CHECK_INT(shared.ended, NTASKS);
	check_table(&shared);
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ulp", play_ulp },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
