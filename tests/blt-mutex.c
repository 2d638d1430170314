/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mutexes among ULPs of one and of several domains, coupled tasks, the root and
 * plain threads: one holds it at a time, and nobody waits for ever.  Within one
 * domain it is handed over in the order in which it was asked for.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

#define NSCHEDULERS 3
#define NULPS 8
#define NTASKS (NSCHEDULERS + NULPS)

struct shared {
	_Atomic bool thread_has_ended;
	pip_task_queue_t parked;
	pip_mutex_t mutex;
	_Atomic int holders;
	long guarded, times; /* by the mutex; of each participant */
	long yields;         /* one of how many times to yield while locked */
	char order[NULPS + 1];
	int norder;
};

static struct shared *shared;

static void participate(void)
{
	for (long i = 0; i < shared->times; i++) {
		long before;

		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		CHECK_INT(shared->holders++, 0);
		before = shared->guarded;
		if (i % shared->yields == 0)
			pip_yield(PIP_YIELD_DEFAULT);
		CHECK_INT(shared->guarded, before);
		shared->guarded = before + 1;
		CHECK_INT(--shared->holders, 0);
		CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
		if (i % 7 == 0)
			pip_yield(PIP_YIELD_DEFAULT);
	}
}

#include "blt-participants.h"

static int play_task(int argc, char **argv)
{
	(void)argc;
	shared = role_shared();
	if (strcmp(argv[1], "order") == 0) {
		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		shared->order[shared->norder++] =
			(char)('0' + blt_pipid() - NSCHEDULERS);
		CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
		return check_finish();
	}
	participate_as(argv[1]);
	return check_finish();
}

static void prepare(long times, long yields)
{
	shared->times = times;
	shared->yields = yields;
	shared->guarded = 0;
	CHECK_ERROR(pip_mutex_init(&shared->mutex), 0);
}

static void finish(int n, int participants)
{
	for (int i = 0; i < n; i++)
		CHECK_STATUS(blt_join(NSCHEDULERS + i), EXITED(0));
	CHECK_INT(shared->guarded, shared->times * participants);
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), 0);
}

static void check_one_domain(long times, long yields)
{
	prepare(times, yields);
	for (int i = 0; i < NULPS; i++)
		spawn_ulp(NSCHEDULERS + i, 0, pip_task_self(), "ulp");
	participate();
	finish(NULPS, NULPS + 1);
}

static void check_mixed(uint32_t policy, long times, long yields)
{
	prepare(times, yields);
	participate_mixed(policy);
	finish(NULPS, NULPS + NULPS / 4 + 2);
}

/* In a queue while the root holds it; unlocked, it is theirs in that order,
 * and not the root's again before. */
static void check_order(void)
{
	const struct pip_table_entry *entry;

	prepare(0, 1);
	memset(shared->order, 0, sizeof(shared->order));
	shared->norder = 0;
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	for (int i = 0; i < NULPS; i++) {
		/* Not in the order of their PIPIDs. */
		int pipid = NSCHEDULERS + i * 3 % NULPS;

		spawn_ulp(pipid, 0, pip_task_self(), "order");
		blt_run_others(NTASKS);
		entry = blt_entry(pipid);
		CHECK_INT(blt_state(entry), PIP_BLT_SUSPENDED);
		CHECK_INT(entry->blt_waits_on, (uint64_t)&shared->mutex);
		CHECK_INT(blt_counter(entry, PIP_COUNT_LOCK_WAITS), 1);
	}
	CHECK_STR(shared->order, "");
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), EBUSY);
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
	/* It has been handed over already. */
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), EBUSY);
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	CHECK_STR(shared->order, "03614725");
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), EPERM);
	finish(NULPS, 0);
}

/* Another one may unlock it. */
static void *unlock(void *mutex)
{
	CHECK_ERROR(pip_mutex_unlock(mutex), 0);
	return NULL;
}

static void check_foreign_unlock(void)
{
	pthread_t thread;

	CHECK_ERROR(pip_mutex_init(&shared->mutex), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		NEED(pthread_create(&thread, NULL, unlock, &shared->mutex) ==
		     0);
		CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
		CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
		NEED(pthread_join(thread, NULL) == 0);
	}
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	start_schedulers();
	check_order();
	check_foreign_unlock();
	check_one_domain(20000, 3);
	check_mixed(PIP_SYNC_AUTO, 2000, 5);
	check_mixed(PIP_SYNC_BLOCKING, 2000, 5);
	check_mixed(PIP_SYNC_YIELD, 1000, 1000);
	check_mixed(PIP_SYNC_BUSYWAIT, 100, 1000);
	CHECK_INT(blt_resume_all(&shared->parked, NULL), NSCHEDULERS);
	for (int i = 0; i < NSCHEDULERS; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "task", play_task },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
