/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip_yield(): the fast path.
 *
 * Each of a thousand ULPs has its own copy of this code and of its variables,
 * so what counts are the cache lines, pages and branches of one switch.  (With
 * the root's copy for all, pages are saved, but the last jump, which then goes
 * to a thousand places, is mispredicted: 26 instead of 20 ns with 8 ULPs.)
 */
#include <errno.h>
#include <sched.h>

#include "arch.h"
#include "blt_ring.h"
#include "probe.h"
#include "record.h"
#include "table.h"

/* Who naps gets a turn after so many yields of one of the others. */
#define YIELDS_PER_NAP 1024

typedef int (*yield_function)(int flag);

static int yield_system(int flag)
{
	if (flag != PIP_YIELD_USER)
		sched_yield();
	return 0;
}

/* The next one's turn; blt stays runnable. */
static inline __attribute__((always_inline)) int
change_places(struct blt_kernel *kernel, struct blt *blt, struct blt *next)
{
	kernel->cursor = next;
	blt_set_state(blt, PIP_BLT_READY);
	blt_set_running(next, kernel);
	return arch_switch(&blt->stack_pointer, &next->stack_pointer,
			   next->thread_pointer, &kernel->ignored);
}

/* A function of its own, so that pip_yield() saves no registers for it. */
static __attribute__((noinline)) int
change_places_recorded(struct blt_kernel *kernel, struct blt *blt,
		       struct blt *next)
{
	probe_switch(kernel, blt->pipid, next->pipid);
	return change_places(kernel, blt, next);
}

static inline uint64_t count(struct blt *blt, enum pip_table_counter what)
{
	struct pip_table_entry *entry =
		(void *)((char *)blt -
			 offsetof(struct pip_table_entry, blt_state));
	uint64_t *counter = &entry->counters[what];
	uint64_t value = __atomic_load_n(counter, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(counter, value, __ATOMIC_RELAXED);
	return value;
}

/* There is mail, or somebody naps, or the next one is dead. */
static __attribute__((noinline)) int
yield_carefully(struct blt_kernel *kernel, struct blt *blt, int flag)
{
	struct blt *next;

	blt_kernel_take_in(kernel, blt);
	if (kernel->nappers != NULL)
		blt_kernel_end_naps(kernel);
	kernel->cursor = blt_next(blt);
	next = blt_kernel_pick(kernel, blt);
	if (next == blt)
		return yield_system(flag);
	count(blt, PIP_COUNT_SWITCHES);
	return change_places_recorded(kernel, blt, next);
}

/* timestamp: of the recorder's event, if it is on. */
static inline __attribute__((always_inline)) int
yield(struct blt_kernel *kernel, struct blt *blt, int flag, bool recorded,
      uint64_t timestamp)
{
	struct blt *next = blt_next(blt);
	uint64_t number;

	if (__builtin_expect(count(blt, PIP_COUNT_YIELDS) % YIELDS_PER_NAP ==
				     0, 0) ||
	    __builtin_expect(atomic_load_explicit(&kernel->inbox,
						  memory_order_relaxed) != NULL,
			     0))
		return yield_carefully(kernel, blt, flag);
	if (next == blt)
		return yield_system(flag);
	/* A dead one is marked in its state, blt_bury(). */
	if (__builtin_expect(atomic_load_explicit(&next->state,
						  memory_order_relaxed) !=
				     PIP_BLT_READY, 0))
		return yield_carefully(kernel, blt, flag);
	count(blt, PIP_COUNT_SWITCHES);
	probe_switch_unrecorded(kernel, blt->pipid, next->pipid);
	if (recorded && kernel->ring != NULL &&
	    record_take_number(kernel->ring, true, &number))
		record_write(kernel->ring, number, timestamp, PIP_EVENT_SWITCH,
			     blt->pipid, next->pipid, 0);
	return change_places(kernel, blt, next);
}

/*
 * The same with the recorder on.  A switch of the thread pointer lets the CPU
 * finish everything first, so the counter, which takes longest, is read first
 * of all, and the rest meanwhile.
 */
static __attribute__((noinline, section(".text.hot"))) int
yield_recorded(struct blt *blt, int flag)
{
	uint64_t timestamp = arch_timestamp();

	return yield(blt_kernel_of(blt_own_root, blt->domain), blt, flag, true,
		     timestamp);
}

/* Aligned so that arch_switch(), which follows, is on the same page. */
__attribute__((section(".text.hot"), aligned(1024))) int pip_yield(int flag)
{
	struct blt *blt = blt_own;

	if (__builtin_expect(blt == NULL, 0))
		return EPERM;
	if (flag == PIP_YIELD_SYSTEM ||
	    __builtin_expect(blt->thread_pointer != arch_read_thread_pointer(), 0))
		return yield_system(flag);
	if (recorder_is_on())
		return yield_recorded(blt, flag);
	return yield(blt_kernel_of(blt_own_root, blt->domain), blt, flag, false,
		     0);
}

int pip_yield_to(pip_task_t *task)
{
	struct blt *blt = blt_current(), *next = blt_of_handle(task);
	struct blt_kernel *kernel;

	if (task == NULL)
		return pip_yield(PIP_YIELD_DEFAULT);
	if (blt == NULL)
		return EPERM;
	count(blt, PIP_COUNT_YIELDS);
	if (next == blt)
		return 0;
	kernel = blt_domain(blt);
	blt_kernel_take_in(kernel, blt);
	/* Its domain is no answer: others may be moving it. */
	if (!blt_is_on_ring(next, kernel) ||
	    atomic_load(&next->state) != PIP_BLT_READY)
		return EPERM;
	count(blt, PIP_COUNT_SWITCHES);
	return change_places_recorded(kernel, blt, next);
}
