/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 3's barrier.  Who waits is suspended on the barrier's queue; the last
 * to arrive resumes all of them where they were.  A thread that is no context
 * sleeps on the number of the round, which is kept in the queue's aux.
 */
#include <errno.h>
#include <limits.h>

#include "blt_ring.h"
#include "futex.h"
#include "probe.h"

#define ROUND_HAS_SLEEPERS 1u

static _Atomic uint32_t *round_of(pip_barrier_t *barrier)
{
	return (_Atomic uint32_t *)&barrier->queue.aux;
}

int pip_barrier_init_(pip_barrier_t *barrier, int n)
{
	if (pip_self == NULL)
		return EPERM;
	if (barrier == NULL || n < 1)
		return EINVAL;
	barrier->count_init = barrier->count = n;
	barrier->queue.aux = NULL;
	return pip_task_queue_init(&barrier->queue, NULL);
}

/* With the lock, which it releases: let everybody go. */
static __attribute__((noinline)) int release(pip_barrier_t *barrier)
{
	pip_task_t waiters, *task, *next;
	uint32_t round = atomic_load(round_of(barrier));

	PIP_TASKQ_MOVE(&waiters, &barrier->queue.queue);
	barrier->queue.length = 0;
	barrier->count = barrier->count_init;
	atomic_store(round_of(barrier), (round & ~ROUND_HAS_SLEEPERS) + 2);
	pip_spin_unlock(&barrier->queue.lock);
	if (round & ROUND_HAS_SLEEPERS)
		futex_wake(round_of(barrier), INT_MAX);
	/* A resumed one may come back and wait again: its links change. */
	for (task = waiters.next; task != &waiters; task = next) {
		next = task->next;
		/* Its domain cannot have ended while it was in it. */
		blt_make_ready(blt_of_handle(task), NULL);
	}
	return 0;
}

/* With the lock, which it releases: a thread that cannot be suspended. */
static int sleep_until_over(pip_barrier_t *barrier)
{
	uint32_t round = atomic_fetch_or(round_of(barrier),
					 ROUND_HAS_SLEEPERS) |
			 ROUND_HAS_SLEEPERS;

	pip_spin_unlock(&barrier->queue.lock);
	while (atomic_load(round_of(barrier)) == round)
		futex_wait(round_of(barrier), round, 0);
	return 0;
}

static inline int wait_for_all(pip_barrier_t *barrier)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel;
	int error;

	if (barrier->count_init == 1)
		return 0;
	error = blt != NULL ? blt_prepare_suspend(blt) : 0;
	if (error != 0)
		return error;
	pip_task_queue_lock(&barrier->queue);
	if (--barrier->count == 0)
		return release(barrier);
	if (blt == NULL)
		return sleep_until_over(barrier);
	kernel = blt_domain(blt);
	blt_begin_suspend(blt, barrier);
	pip_task_queue_enqueue(&barrier->queue, blt_handle(blt));
	pip_spin_unlock(&barrier->queue.lock);
	return blt_leave(kernel, blt);
}

int pip_barrier_wait_(pip_barrier_t *barrier)
{
	int error;

	if (pip_self == NULL)
		return EPERM;
	slot_count(pip_self, PIP_COUNT_BARRIER_WAITS);
	probe_barrier_begin(pip_self->pipid, barrier);
	error = wait_for_all(barrier);
	probe_barrier_end(pip_self->pipid, barrier);
	return error;
}

int pip_barrier_fin_(pip_barrier_t *barrier)
{
	if (pip_self == NULL)
		return EPERM;
	return barrier->count == barrier->count_init ? 0 : EBUSY;
}
