/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a kernel thread waits while it has nothing to run: each policy, asked for
 * in each way.  Those that sleep use no CPU, those that spin do, and with none
 * of them a wake-up is lost.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

#define HANDOVERS 100003
/* On a machine without a free core for each who spins, fewer must do, however
 * long these take. */
#define SECONDS_MAX 3
#define HANDOVERS_MIN 101

enum { WALKER, SCHEDULER, NTASKS };

struct shared {
	pip_task_queue_t parked;
	uint32_t flag; /* for pip_set_syncflag(), 0: do not call it */
	_Atomic long handovers;
	bool walk;
};

static struct shared *shared;

static const struct policy {
	uint32_t flag;
	const char *names[2];
	bool sleeps;
} policies[] = {
	{ PIP_SYNC_AUTO, { "auto", "AUTO" }, true },
	{ PIP_SYNC_BUSYWAIT, { "busy", "busywait" }, false },
	{ PIP_SYNC_YIELD, { "yield", "Yield" }, false },
	{ PIP_SYNC_BLOCKING, { "block", "blocking" }, true },
};
#define NPOLICIES (sizeof(policies) / sizeof(policies[0]))

/* How the policy is asked for. */
enum way { BY_SPAWN, BY_INIT, BY_ENVIRONMENT, BY_CALL, NWAYS };

static void park(void)
{
	if (shared->flag != 0)
		CHECK_ERROR(pip_set_syncflag(shared->flag), 0);
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	park();
	return check_finish();
}

/* Back and forth between its own kernel thread and the scheduler's. */
static int play_walker(int argc, char **argv)
{
	time_t end;
	long n = 0;

	(void)argc, (void)argv;
	shared = role_shared();
	park();
	end = check_now() + SECONDS_MAX;
	while (shared->walk && n < HANDOVERS &&
	       (n < HANDOVERS_MIN || n % 256 != 0 || check_now() < end)) {
		CHECK_ERROR(n % 2 == 0 ?
				    pip_decouple(blt_handle(SCHEDULER)) :
				    pip_couple(), 0);
		shared->handovers = ++n;
	}
	if (n > 0) {
		const struct pip_table_entry *entry = blt_entry(WALKER);

		CHECK_INT(blt_counter(entry, PIP_COUNT_DECOUPLES), (n + 1) / 2);
		CHECK_INT(blt_counter(entry, PIP_COUNT_COUPLES), n / 2);
		CHECK(n % 2 == 0 || n == HANDOVERS ||
		      blt_domain() == SCHEDULER);
	}
	return check_finish();
}

static long long cpu_ns(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	NEED(clock_getcpuclockid(pid, &clock) == 0);
	NEED(clock_gettime(clock, &time) == 0);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static uint32_t idle(const struct pip_table_entry *entry)
{
	return __atomic_load_n(&entry->blt_idle, __ATOMIC_ACQUIRE);
}

/* A kernel thread whose context is suspended. */
static void check_idle(int pipid, const struct policy *policy)
{
	const struct pip_table_entry *entry = blt_entry(pipid);
	long long before;

	CHECK_EVENTUALLY(idle(entry) == (policy->sleeps ?
						 PIP_BLT_IDLE_ASLEEP :
						 PIP_BLT_IDLE_SPINNING));
	/* It says so just before it sleeps. */
	check_sleep_ms(2);
	before = cpu_ns(entry->pid);
	if (policy->sleeps) {
		check_sleep_ms(40);
		/* It wakes up to look, once in many seconds. */
		CHECK(cpu_ns(entry->pid) - before < 10 * 1000 * 1000);
		CHECK_INT(idle(entry), PIP_BLT_IDLE_ASLEEP);
	} else {
		CHECK_EVENTUALLY(cpu_ns(entry->pid) - before >
				 10 * 1000 * 1000);
		CHECK_INT(idle(entry), PIP_BLT_IDLE_SPINNING);
	}
}

static void init(const struct policy *policy, enum way way, int n)
{
	int ntasks = NTASKS;

	if (way == BY_ENVIRONMENT)
		NEED(setenv(PIP_ENV_SYNC, policy->names[n % 2], 1) == 0);
	else /* not what is asked for in another way */
		NEED(setenv(PIP_ENV_SYNC, policy->sleeps ? "busy" : "blocking",
			    1) == 0);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL,
			     way == BY_INIT ? policy->flag : 0), 0);
	NEED(unsetenv(PIP_ENV_SYNC) == 0);
	shared->flag = way == BY_CALL ? policy->flag : 0;
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
}

static void start(int pipid, const char *role, uint32_t opts)
{
	int before = blt_count(&shared->parked);

	CHECK_ERROR(blt_spawn(&pipid, opts, NULL, role, NULL), 0);
	CHECK_EVENTUALLY(blt_count(&shared->parked) == before + 1);
}

/* Of the two, the walker walks; whether for long, the last argument says. */
static void check_policy(const struct policy *policy, enum way way, int n,
			 bool walk)
{
	uint32_t opts = way == BY_SPAWN ? policy->flag : 0;

	init(policy, way, n);
	shared->walk = walk;
	shared->handovers = 0;
	start(WALKER, "walker", opts);
	check_idle(WALKER, policy);
	start(SCHEDULER, "scheduler", opts);
	/* The first in the queue. */
	CHECK_ERROR(pip_dequeue_and_resume(&shared->parked, NULL), 0);
	CHECK_STATUS(blt_join(WALKER), EXITED(0));
	if (walk) {
		if (shared->handovers != HANDOVERS)
			check_say("%s: time for only %ld hand-overs",
				  policy->names[0], (long)shared->handovers);
		CHECK(shared->handovers >= HANDOVERS_MIN);
	}
	check_idle(SCHEDULER, policy);
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(0));
	CHECK_ERROR(pip_fin(), 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	for (size_t i = 0; i < NPOLICIES; i++)
		for (int way = 0; way < NWAYS; way++)
			check_policy(&policies[i], (enum way)way, way,
				     way == BY_SPAWN);
	/* And the other spelling. */
	for (size_t i = 0; i < NPOLICIES; i++)
		check_policy(&policies[i], BY_ENVIRONMENT, 1, false);
	CHECK(check_is_childless());
	return check_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "walker", play_walker },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
