/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the task table shows of a context at every moment: state, kernel thread,
 * domain, what it waits for, and the registers of one that does not run.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

enum { ULP, SCHEDULER, NTASKS };

struct shared {
	pip_task_queue_t parked, queue;
	pip_mutex_t mutex;
	pip_barrier_t barrier;
	_Atomic int stage;
	_Atomic bool go, unparked;
	uint64_t text_low, text_high; /* the ULP's program */
	uint64_t canary_at;           /* of its frame */
};

static struct shared *shared;

extern const char __executable_start, etext;

/* Tell the root, and go on when it says so; without giving way. */
static void stop_at(int stage)
{
	shared->go = false;
	shared->stage = stage;
	while (!shared->go)
		;
}

static int play_ulp(int argc, char **argv)
{
	volatile uint64_t canary = 0xfeedfacecafef00d;

	(void)argc, (void)argv;
	shared = role_shared();
	shared->text_low = (uint64_t)&__executable_start;
	shared->text_high = (uint64_t)&etext;
	shared->canary_at = (uint64_t)&canary;
	shared->stage = 1;
	/* In the root's domain: it looks whenever this one gives way. */
	pip_yield(PIP_YIELD_USER);
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->queue, NULL, NULL), 0);
	shared->stage = 2;
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
	shared->stage = 3;
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	shared->stage = 4;
	CHECK_ERROR(pip_couple(), 0);
	stop_at(5);
	CHECK_ERROR(pip_decouple(blt_handle(SCHEDULER)), 0);
	stop_at(6);
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->queue, NULL, NULL), 0);
	CHECK(canary == 0xfeedfacecafef00d);
	return check_finish();
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	/* So the ULP has left. */
	shared->unparked = true;
	return check_finish();
}

static uint32_t idle(int pipid)
{
	return __atomic_load_n(&blt_entry(pipid)->blt_idle, __ATOMIC_ACQUIRE);
}

static void check_state(enum pip_table_blt_state state, int domain,
			const volatile void *waits_on)
{
	const struct pip_table_entry *entry = blt_entry(ULP);

	CHECK_INT(blt_state(entry), state);
	CHECK_INT(entry->blt_domain, domain);
	CHECK_INT(entry->blt_kthread, blt_entry(domain)->tid);
	CHECK_INT(entry->blt_waits_on, (uint64_t)waits_on);
	CHECK_INT(entry->blt_fs, entry->fs_base);
}

/*
 * Unwind as the CFI at blt_pc says (switch.S): 8 bytes of control words, six
 * registers, and the return address; rbp is the sixth.  The caller is in
 * libpip; the program's own frame is further up.
 */
static void check_registers(const struct pip_table_entry *entry)
{
	const uint64_t *sp = (const uint64_t *)entry->blt_sp;
	bool in_program = false;

	CHECK_OR_STOP(entry->blt_sp >= entry->stack_low &&
		      entry->blt_sp + 64 <= entry->stack_high);
	CHECK_INT((uint32_t)sp[0] & 0xffc0, 0x1f80);
	CHECK_INT(sp[0] >> 32 & 0xffff, 0x037f);
	/* Everything of a task lies in its window. */
	CHECK(entry->blt_pc >= entry->window_low &&
	      entry->blt_pc < entry->window_high);
	CHECK(sp[7] >= entry->window_low && sp[7] < entry->window_high);
	CHECK((sp[7] & ~0xffful) != 0 && sp[7] != entry->blt_pc);
	CHECK(shared->canary_at > entry->blt_sp &&
	      shared->canary_at < entry->stack_high);
	CHECK(*(const uint64_t *)shared->canary_at == 0xfeedfacecafef00d);
	/* The frames up to there return to the program. */
	for (uint64_t at = entry->blt_sp; at < shared->canary_at; at += 8) {
		uint64_t word = *(const uint64_t *)at;

		in_program = in_program || (word >= shared->text_low &&
					    word < shared->text_high);
	}
	CHECK(in_program);
}

/* Let the ULP of this domain run until it is there. */
static void run_until(int stage, enum pip_table_blt_state state)
{
	BLT_EVENTUALLY(shared->stage == stage &&
		       blt_state(blt_entry(ULP)) == state);
}

static void start(void)
{
	pip_task_queue_t queue;
	int pipid = SCHEDULER;

	CHECK_ERROR(blt_spawn(&pipid, PIP_SYNC_BLOCKING, NULL, "scheduler",
			      NULL), 0);
	BLT_EVENTUALLY(idle(SCHEDULER) == PIP_BLT_IDLE_ASLEEP);
	CHECK_INT(blt_state(blt_entry(SCHEDULER)), PIP_BLT_SUSPENDED);
	CHECK_INT(blt_entry(SCHEDULER)->blt_waits_on,
		  (uint64_t)&shared->parked);
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	pipid = ULP;
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE | PIP_SYNC_BLOCKING,
			      &queue, "ulp", NULL), 0);
	/* Not started yet: in its own domain, on that queue. */
	check_state(PIP_BLT_SUSPENDED, ULP, &queue);
	CHECK_EVENTUALLY(idle(ULP) == PIP_BLT_IDLE_ASLEEP);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, pip_task_self()), 0);
	check_state(PIP_BLT_READY, PIP_PIPID_ROOT, NULL);
}

static void check_in_own_domain(void)
{
	const struct pip_table_entry *entry = blt_entry(ULP);

	/* It has yielded. */
	run_until(1, PIP_BLT_READY);
	check_state(PIP_BLT_READY, PIP_PIPID_ROOT, NULL);
	check_registers(entry);
	CHECK_INT(blt_state(blt_entry(PIP_PIPID_ROOT)), PIP_BLT_COUPLED);
	CHECK_INT(idle(PIP_PIPID_ROOT), PIP_BLT_IDLE_NOT);
	CHECK_INT(idle(ULP), PIP_BLT_IDLE_ASLEEP);
	run_until(1, PIP_BLT_SUSPENDED);
	check_state(PIP_BLT_SUSPENDED, PIP_PIPID_ROOT, &shared->queue);
	check_registers(entry);
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	CHECK_INT(blt_resume_all(&shared->queue, NULL), 1);
	check_state(PIP_BLT_READY, PIP_PIPID_ROOT, NULL);
	run_until(2, PIP_BLT_SUSPENDED);
	check_state(PIP_BLT_SUSPENDED, PIP_PIPID_ROOT, &shared->mutex);
	check_registers(entry);
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
	run_until(3, PIP_BLT_SUSPENDED);
	check_state(PIP_BLT_SUSPENDED, PIP_PIPID_ROOT, &shared->barrier);
	check_registers(entry);
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
}

static void check_elsewhere(void)
{
	const struct pip_table_entry *entry = blt_entry(ULP);

	run_until(5, PIP_BLT_COUPLED);
	check_state(PIP_BLT_COUPLED, ULP, NULL);
	CHECK_INT(idle(ULP), PIP_BLT_IDLE_NOT);
	shared->go = true;
	run_until(6, PIP_BLT_DECOUPLED);
	check_state(PIP_BLT_DECOUPLED, SCHEDULER, NULL);
	CHECK_INT(idle(SCHEDULER), PIP_BLT_IDLE_NOT);
	CHECK_INT(blt_state(blt_entry(SCHEDULER)), PIP_BLT_SUSPENDED);
	BLT_EVENTUALLY(idle(ULP) == PIP_BLT_IDLE_ASLEEP);
	/* What is runnable there waits for its turn. */
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_INT(blt_state(blt_entry(SCHEDULER)), PIP_BLT_READY);
	shared->go = true;
	run_until(6, PIP_BLT_SUSPENDED);
	check_state(PIP_BLT_SUSPENDED, SCHEDULER, &shared->queue);
	BLT_EVENTUALLY(shared->unparked);
	check_registers(entry);
	CHECK_INT(blt_resume_all(&shared->queue, NULL), 1);
}

/* What has been counted, of a walk that is the same each time. */
static void check_counters(void)
{
	static const struct {
		enum pip_table_counter counter;
		uint64_t value;
	} expected[] = {
		{ PIP_COUNT_YIELDS, 1 },
		{ PIP_COUNT_COUPLES, 2 }, /* at its end, too */
		{ PIP_COUNT_DECOUPLES, 1 },
		/* Before main, queue, mutex, barrier, queue. */
		{ PIP_COUNT_SUSPENDS, 5 },
		{ PIP_COUNT_SWITCHES, 9 }, /* the sum of these */
		{ PIP_COUNT_RESUMES, 0 },
		{ PIP_COUNT_BARRIER_WAITS, 1 },
		{ PIP_COUNT_LOCK_WAITS, 1 },
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++)
		if (blt_counter(blt_entry(ULP), expected[i].counter) !=
		    expected[i].value)
			check_fail("counter %d is %lu, not %lu",
				   (int)expected[i].counter,
				   (unsigned long)blt_counter(
					   blt_entry(ULP), expected[i].counter),
				   (unsigned long)expected[i].value);
	/* Start, parked, queue, mutex, barrier, queue. */
	CHECK_INT(blt_counter(blt_entry(PIP_PIPID_ROOT), PIP_COUNT_RESUMES), 6);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;
	int ntasks = NTASKS;

	(void)argc, (void)argv;
	shared = &memory;
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_SYNC_BLOCKING), 0);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->queue, NULL), 0);
	CHECK_ERROR(pip_mutex_init(&shared->mutex), 0);
	CHECK_ERROR(pip_barrier_init(&shared->barrier, 2), 0);
	start();
	check_in_own_domain();
	check_elsewhere();
	CHECK_STATUS(blt_join(ULP), EXITED(0));
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(0));
	check_counters();
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ulp", play_ulp },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
