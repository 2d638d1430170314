/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 2's barrier: for any mix of the root, tasks and their threads, and
 * reusable at once.
 *
 * The last to arrive changes the number of the round, and that releases the
 * others.  It writes nothing of the object afterwards, and they only read, so
 * that the next round can begin before all have left this one.
 *
 * Who waits spins for a while, since a round among free cores takes a fraction
 * of a microsecond, and then sleeps on the round's number.  When long spinning
 * was in vain several times in a row, a core is missing or the participants
 * have unequal work: from then on waiters sleep almost at once, and only now
 * and then one tries whether it has become better.  (Without these trials it
 * never could: a round with sleepers takes as long as waking them does.)
 */
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>

#include "arch.h"
#include "futex.h"
#include "probe.h"

/*
 * As a version 2 program sees it (pip.h); the semaphores are not used.  Those
 * who wait look at the round, so it is in another cache line than the count,
 * which those who arrive write, wherever the object begins.
 */
struct barrier {
	int count_init;
	_Atomic uint32_t count;    /* how many have yet to arrive */
	_Atomic uint32_t vain;     /* long spins in vain since the last good
				    * one; VAIN_MAX: do without */
	_Atomic uint32_t waits;    /* short ones since the last trial */
	_Atomic uint32_t interval; /* how many there are between trials */
	uint32_t reserved[14];
	_Atomic uint32_t round; /* a futex; bit 0: somebody sleeps on it */
};
_Static_assert(sizeof(struct barrier) == 80, "ABI: pip_barrier_t");
_Static_assert(offsetof(struct barrier, round) >=
		       offsetof(struct barrier, count) + 64,
	       "no cache line of 64 bytes holds both");

/* The pause instruction takes 10 to 40 ns; a long spin must be longer than it
 * takes to wake a sleeper up. */
#define SPINS_LONG 4096
#define SPINS_SHORT 16
/* The first looks go without it, for a round that is all but over. */
#define SPINS_HOT 64
#define VAIN_MAX 8
#define INTERVAL_MIN 8
#define INTERVAL_MAX 1024

PIP_EXPORT int pip2_barrier_init(struct barrier *barrier, int n);
PIP_EXPORT int pip2_barrier_wait(struct barrier *barrier);
PIP_EXPORT int pip2_barrier_fin(struct barrier *barrier);

int pip2_barrier_init(struct barrier *barrier, int n)
{
	if (pip_self == NULL)
		return EPERM;
	if (n <= 0)
		return EINVAL;
	memset(barrier, 0, sizeof(*barrier));
	barrier->count_init = n;
	atomic_store(&barrier->count, (uint32_t)n);
	atomic_store(&barrier->interval, INTERVAL_MIN);
	/* With fewer cores than participants somebody does not run. */
	if (n > pip_self->root->ncores) {
		atomic_store(&barrier->vain, VAIN_MAX);
		atomic_store(&barrier->interval, 0);
	}
	return 0;
}

static bool is_over(struct barrier *barrier, uint32_t round)
{
	return (atomic_load_explicit(&barrier->round, memory_order_acquire) |
		1) != (round | 1);
}

/* How long to spin this time.  Participants race for these words; all that is
 * at stake is a trial more or less. */
static uint32_t choose_spins(struct barrier *barrier)
{
	uint32_t interval;

	if (atomic_load_explicit(&barrier->vain, memory_order_relaxed) <
	    VAIN_MAX)
		return SPINS_LONG;
	interval = atomic_load_explicit(&barrier->interval,
					memory_order_relaxed);
	if (interval == 0 ||
	    atomic_fetch_add_explicit(&barrier->waits, 1,
				      memory_order_relaxed) < interval)
		return SPINS_SHORT;
	atomic_store_explicit(&barrier->waits, 0, memory_order_relaxed);
	return SPINS_LONG;
}

static void learn(struct barrier *barrier, bool was_good)
{
	uint32_t vain = atomic_load_explicit(&barrier->vain,
					     memory_order_relaxed);
	uint32_t interval = atomic_load_explicit(&barrier->interval,
						 memory_order_relaxed);

	if (was_good && vain != 0) {
		atomic_store_explicit(&barrier->vain, 0, memory_order_relaxed);
		atomic_store_explicit(&barrier->interval, INTERVAL_MIN,
				      memory_order_relaxed);
	} else if (!was_good && vain < VAIN_MAX) {
		atomic_store_explicit(&barrier->vain, vain + 1,
				      memory_order_relaxed);
	} else if (!was_good && interval < INTERVAL_MAX) {
		atomic_store_explicit(&barrier->interval, interval * 2,
				      memory_order_relaxed);
	}
}

static void sleep_until_over(struct barrier *barrier, uint32_t round)
{
	while (!is_over(barrier, round)) {
		uint32_t awake = round & ~1u;

		if (atomic_compare_exchange_strong(&barrier->round, &awake,
						   round | 1) ||
		    awake == (round | 1))
			futex_wait(&barrier->round, round | 1, 0);
	}
}

static void wait_until_over(struct barrier *barrier, uint32_t round)
{
	uint32_t spins;

	for (uint32_t i = 0; i < SPINS_HOT; i++)
		if (is_over(barrier, round))
			return;
	spins = choose_spins(barrier);
	for (uint32_t i = 0; i < spins; i++) {
		arch_pause();
		if (is_over(barrier, round)) {
			if (spins == SPINS_LONG)
				learn(barrier, true);
			return;
		}
	}
	if (spins == SPINS_LONG)
		learn(barrier, false);
	sleep_until_over(barrier, round);
}

static inline void wait_for_all(struct barrier *barrier)
{
	uint32_t round = atomic_load_explicit(&barrier->round,
					      memory_order_acquire);

	if (atomic_fetch_sub(&barrier->count, 1) != 1) {
		wait_until_over(barrier, round);
		return;
	}
	atomic_store_explicit(&barrier->count, (uint32_t)barrier->count_init,
			      memory_order_relaxed);
	if (atomic_exchange(&barrier->round, (round & ~1u) + 2) & 1)
		futex_wake(&barrier->round, INT_MAX);
}

int pip2_barrier_wait(struct barrier *barrier)
{
	if (pip_self == NULL) {
		wait_for_all(barrier);
		return 0;
	}
	slot_count(pip_self, PIP_COUNT_BARRIER_WAITS);
	probe_barrier_begin(pip_self->pipid, barrier);
	wait_for_all(barrier);
	probe_barrier_end(pip_self->pipid, barrier);
	return 0;
}

int pip2_barrier_fin(struct barrier *barrier)
{
	if (pip_self == NULL)
		return EPERM;
	if (atomic_load(&barrier->count) != (uint32_t)barrier->count_init)
		return EBUSY;
	return 0;
}
