/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Version 3's mutex.  Free and wanted by nobody, it takes one atomic operation
 * for a lock and an unlock.
 *
 * Who unlocks stores 0 and then looks whether somebody waits; who wants it says
 * so and then looks whether it is 0.  Both need their store to be seen before
 * their load, and a barrier costs as much as an atomic operation.  So those who
 * have to wait issue it for everybody, by membarrier(2): it reaches whatever
 * runs in this address space.  They need not if the holder is in their own
 * domain: then it does not run now, and before it does, it will have been
 * switched to, or moved, after they said that they wait.
 */
#include <errno.h>
#include <linux/membarrier.h>

#include "arch.h"
#include "blt_ring.h"
#include "futex.h"
#include "probe.h"

/*
 * pip_mutex_t.count is 0 or who holds it: a context's address, or 1, a thread
 * that is none; its low half is the futex on which those sleep.  queue.aux is
 * what follows.
 */
#define HOLDER_THREAD 1
struct wanted {
	_Atomic uint32_t contexts; /* 1 = the queue is not empty */
	_Atomic uint32_t threads;  /* how many sleep */
};

static struct wanted *wanted_of(pip_mutex_t *mutex)
{
	return (struct wanted *)&mutex->queue.aux;
}

/* Nobody waits. */
static bool is_unwanted(pip_mutex_t *mutex)
{
	uint64_t both;

	__atomic_load((uint64_t *)&mutex->queue.aux, &both, __ATOMIC_RELAXED);
	return both == 0;
}

static bool take(pip_mutex_t *mutex, const struct blt *blt)
{
	intptr_t holder = blt != NULL ? (intptr_t)blt : HOLDER_THREAD;
	intptr_t nobody = 0;

	return __atomic_compare_exchange_n(&mutex->count, &nobody, holder,
					   false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

int pip_mutex_init_(pip_mutex_t *mutex)
{
	if (pip_self == NULL)
		return EPERM;
	if (mutex == NULL)
		return EINVAL;
	mutex->count = 0;
	mutex->queue.aux = NULL;
	return pip_task_queue_init(&mutex->queue, NULL);
}

/* With the lock, and after saying that one waits: take it after all? */
static bool take_late(pip_mutex_t *mutex, const struct blt *blt)
{
	intptr_t holder = __atomic_load_n(&mutex->count, __ATOMIC_RELAXED);
	bool is_near = blt != NULL && holder != 0 && holder != HOLDER_THREAD &&
		       ((const struct blt *)holder)->domain == blt->domain;

	if (blt_own_root->has_membarrier && !is_near)
		arch_syscall3(SYS_membarrier,
			      MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
	return take(mutex, blt);
}

/* A thread that cannot be suspended. */
static int lock_in_kernel(pip_mutex_t *mutex)
{
	struct wanted *wanted = wanted_of(mutex);
	bool done = false;

	while (!done) {
		uint32_t holder;

		pip_task_queue_lock(&mutex->queue);
		atomic_fetch_add(&wanted->threads, 1);
		done = take_late(mutex, NULL);
		holder = (uint32_t)mutex->count;
		pip_spin_unlock(&mutex->queue.lock);
		if (!done && holder != 0)
			futex_wait((_Atomic uint32_t *)&mutex->count, holder,
				   0);
		atomic_fetch_sub(&wanted->threads, 1);
	}
	return 0;
}

static int wait_for_lock(pip_mutex_t *mutex)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel;
	int error;

	if (blt == NULL)
		return lock_in_kernel(mutex);
	kernel = blt_domain(blt);
	error = blt_prepare_suspend(blt);
	if (error != 0)
		return error;
	pip_task_queue_lock(&mutex->queue);
	atomic_store(&wanted_of(mutex)->contexts, 1);
	if (take_late(mutex, blt)) {
		if (pip_task_queue_isempty(&mutex->queue))
			atomic_store(&wanted_of(mutex)->contexts, 0);
		pip_spin_unlock(&mutex->queue.lock);
		return 0;
	}
	blt_begin_suspend(blt, mutex);
	pip_task_queue_enqueue(&mutex->queue, blt_handle(blt));
	pip_spin_unlock(&mutex->queue.lock);
	return blt_leave(kernel, blt); /* until it is ours */
}

static __attribute__((noinline)) int lock_slowly(pip_mutex_t *mutex)
{
	int error;

	if (pip_self == NULL)
		return EPERM;
	slot_count(pip_self, PIP_COUNT_LOCK_WAITS);
	probe_mutex_begin(pip_self->pipid, mutex);
	error = wait_for_lock(mutex);
	probe_mutex_end(pip_self->pipid, mutex);
	return error;
}

int pip_mutex_lock_(pip_mutex_t *mutex)
{
	struct blt *blt = blt_current();

	if (__builtin_expect(blt != NULL && take(mutex, blt), 1))
		return 0;
	return lock_slowly(mutex);
}

/* Whoever was killed while it waited gets nothing. */
static pip_task_t *first_alive(pip_mutex_t *mutex)
{
	pip_task_t *task;

	while ((task = pip_task_queue_dequeue(&mutex->queue)) != NULL &&
	       atomic_load(&blt_slot(blt_of_handle(task))->blt.dead))
		blt_make_ready(blt_of_handle(task), NULL); /* drops it */
	return task;
}

/* It is free, and somebody waits.  Others may take it before. */
static __attribute__((noinline)) int hand_over(pip_mutex_t *mutex)
{
	struct wanted *wanted = wanted_of(mutex);
	pip_task_t *next = NULL;

	pip_task_queue_lock(&mutex->queue);
	if (mutex->count == 0 && (next = first_alive(mutex)) != NULL &&
	    !take(mutex, blt_of_handle(next))) {
		/* Its unlock finds the queue as it was. */
		PIP_TASKQ_ENQ_FIRST(&mutex->queue.queue, next);
		mutex->queue.length = mutex->queue.length + 1;
		next = NULL;
	}
	if (pip_task_queue_isempty(&mutex->queue))
		atomic_store(&wanted->contexts, 0);
	pip_spin_unlock(&mutex->queue.lock);
	if (next != NULL)
		blt_make_ready(blt_of_handle(next), NULL);
	else if (atomic_load(&wanted->threads) != 0)
		futex_wake((_Atomic uint32_t *)&mutex->count, 1);
	return 0;
}

int pip_mutex_unlock_(pip_mutex_t *mutex)
{
	if (__builtin_expect(blt_own == NULL || mutex->count == 0, 0))
		return EPERM;
	if (__builtin_expect(mutex->count == (intptr_t)blt_current() &&
				     blt_own_root->has_membarrier,
			     1))
		__atomic_store_n(&mutex->count, 0, __ATOMIC_RELEASE);
	else /* another one's, or a thread's */
		__atomic_store_n(&mutex->count, 0, __ATOMIC_SEQ_CST);
	__asm__ volatile("" ::: "memory");
	if (__builtin_expect(is_unwanted(mutex), 1))
		return 0;
	return hand_over(mutex);
}

int pip_mutex_fin_(pip_mutex_t *mutex)
{
	if (pip_self == NULL)
		return EPERM;
	return mutex->count == 0 ? 0 : EBUSY;
}
