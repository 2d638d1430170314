/* SPDX-License-Identifier: BSD-2-Clause */
/* Suspending on queues, resuming from them, and questions about handles. */
#include <errno.h>
#include <stdio.h>

#include "blt_ring.h"
#include "root.h"

static int suspend(pip_task_queue_t *queue, pip_enqueue_callback_t callback,
		   void *arg, bool lock)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel;
	int error;

	if (blt == NULL)
		return EPERM;
	if (queue == NULL)
		return EINVAL;
	kernel = blt_domain(blt);
	error = blt_prepare_suspend(blt);
	if (error != 0)
		return error;
	if (lock)
		pip_task_queue_lock(queue);
	blt_begin_suspend(blt, queue);
	pip_task_queue_enqueue(queue, blt_handle(blt));
	if (callback == PIP_CB_UNLOCK_AFTER_ENQUEUE)
		pip_task_queue_unlock(queue);
	else if (callback != NULL)
		callback(arg);
	if (lock && callback != PIP_CB_UNLOCK_AFTER_ENQUEUE)
		pip_task_queue_unlock(queue);
	return blt_leave(kernel, blt);
}

int pip_suspend_and_enqueue_(pip_task_queue_t *queue,
			     pip_enqueue_callback_t callback, void *arg)
{
	return suspend(queue, callback, arg, true);
}

int pip_suspend_and_enqueue_nolock_(pip_task_queue_t *queue,
				    pip_enqueue_callback_t callback, void *arg)
{
	return suspend(queue, callback, arg, false);
}

static struct blt_kernel *domain_of(pip_task_t *sched)
{
	return sched != NULL ? &blt_slot(blt_of_handle(sched))->kernel : NULL;
}

/* Resume one of a locked queue that is not dead.  ENOENT, EBUSY. */
static int resume_next(pip_task_queue_t *queue, pip_task_t *sched)
{
	pip_task_t *task;
	int error;

	do {
		task = pip_task_queue_dequeue(queue);
		if (task == NULL)
			return ENOENT;
		error = blt_make_ready(blt_of_handle(task), domain_of(sched));
	} while (error == ESRCH);
	if (error != 0)
		pip_task_queue_enqueue(queue, task);
	return error;
}

int pip_dequeue_and_resume_nolock_(pip_task_queue_t *queue, pip_task_t *sched)
{
	if (pip_self == NULL)
		return EPERM;
	return queue == NULL ? EINVAL : resume_next(queue, sched);
}

int pip_dequeue_and_resume_(pip_task_queue_t *queue, pip_task_t *sched)
{
	int error;

	if (pip_self == NULL)
		return EPERM;
	if (queue == NULL)
		return EINVAL;
	pip_task_queue_lock(queue);
	error = resume_next(queue, sched);
	pip_task_queue_unlock(queue);
	return error;
}

/* How many of n, or of what is there. */
static int limit(pip_task_queue_t *queue, int n)
{
	int length = 0;

	(void)pip_task_queue_count(queue, &length);
	return n == PIP_TASK_ALL || n > length ? length : n;
}

static int check_n(const pip_task_queue_t *queue, const int *np)
{
	if (pip_self == NULL)
		return EPERM;
	return queue == NULL || np == NULL || *np < PIP_TASK_ALL ? EINVAL : 0;
}

int pip_dequeue_and_resume_N_nolock_(pip_task_queue_t *queue,
				     pip_task_t *sched, int *np)
{
	int error = check_n(queue, np), n, done;

	if (error != 0)
		return error;
	n = limit(queue, *np);
	for (done = 0; done < n && error == 0; done += error == 0)
		error = resume_next(queue, sched);
	*np = done;
	return error == ENOENT ? 0 : error;
}

int pip_dequeue_and_resume_N_(pip_task_queue_t *queue, pip_task_t *sched,
			      int *np)
{
	int error = check_n(queue, np);

	if (error != 0)
		return error;
	pip_task_queue_lock(queue);
	error = pip_dequeue_and_resume_N_nolock_(queue, sched, np);
	pip_task_queue_unlock(queue);
	return error;
}

int pip_resume(pip_task_t *task, pip_task_t *sched)
{
	if (pip_self == NULL)
		return EPERM;
	if (task == NULL)
		return EINVAL;
	if (atomic_load(&blt_of_handle(task)->state) != PIP_BLT_SUSPENDED)
		return EPERM;
	return blt_make_ready(blt_of_handle(task), domain_of(sched));
}

/* Killed, and not yet dropped from the ring. */
static bool is_dead(struct blt *blt)
{
	return atomic_load(&blt_slot(blt)->blt.dead) != 0;
}

int pip_count_runnable_tasks(int *np)
{
	struct blt *blt = blt_current();
	int n = 1;

	if (blt == NULL)
		return EPERM;
	blt_kernel_take_in(blt_domain(blt), blt);
	for (struct blt *next = blt_next(blt); next != blt;
	     next = blt_next(next))
		n += !is_dead(next);
	if (np != NULL)
		*np = n;
	return 0;
}

int pip_enqueue_runnable_N(pip_task_queue_t *queue, int *np)
{
	struct blt *blt = blt_current(), *next;
	int n, done = 0;

	if (blt == NULL)
		return EPERM;
	if (check_n(queue, np) != 0)
		return EINVAL;
	blt_kernel_take_in(blt_domain(blt), blt);
	n = *np;
	pip_task_queue_lock(queue);
	while (!blt_is_alone(blt) && (n < 0 || done < n)) {
		next = blt_next(blt);
		blt_begin_suspend(next, queue);
		/* It has left long since. */
		atomic_store_explicit(&blt_slot(next)->blt.on_cpu, 0,
				      memory_order_relaxed);
		pip_task_queue_enqueue(queue, blt_handle(next));
		done++;
	}
	pip_task_queue_unlock(queue);
	*np = done;
	return 0;
}

pip_task_t *pip_task_self(void)
{
	return pip_self != NULL ? blt_handle(blt_of_slot(pip_self)) : NULL;
}

int pip_get_task_pipid(pip_task_t *task, int *pipidp)
{
	if (pip_self == NULL)
		return EPERM;
	if (task == NULL)
		return EINVAL;
	if (pipidp != NULL)
		*pipidp = blt_slot(blt_of_handle(task))->pipid;
	return 0;
}

int pip_get_task_by_pipid(int pipid, pip_task_t **taskp)
{
	struct pip_slot *slot;
	int error = slot_check_pipid(pipid, 3, &slot);

	if (error == 0 && taskp != NULL)
		*taskp = blt_handle(blt_of_slot(slot));
	return error;
}

int pip_get_sched_domain(pip_task_t **domainp)
{
	struct blt *blt = blt_current();

	if (blt == NULL)
		return EPERM;
	if (domainp != NULL)
		*domainp = blt_handle(blt_domain(blt)->own);
	return 0;
}

int pip_set_syncflag(uint32_t flag)
{
	struct blt *blt = blt_current();
	uint32_t policy;

	if (blt == NULL)
		return EPERM;
	if ((flag & ~PIP_SYNC_MASK) != 0 ||
	    blt_policy(flag, pip_self->root->policy, &policy) != 0)
		return EINVAL;
	pip_self->kernel.policy = policy;
	return 0;
}

int pip_task_str(char *buffer, size_t size, pip_task_t *task)
{
	static const char *const states[] = { "coupled", "decoupled", "ready",
					      "suspended" };
	struct pip_slot *slot;
	uint32_t state;
	int n;

	if (task == NULL) {
		n = snprintf(buffer, size, "-");
	} else {
		slot = blt_slot(blt_of_handle(task));
		state = slot->entry->blt_state;
		if (slot_is_root(slot))
			n = snprintf(buffer, size, "R(%s)",
				     states[state & 3]);
		else
			n = snprintf(buffer, size, "T%d(%s)", slot->pipid,
				     states[state & 3]);
	}
	return n < 0 ? 0 : (size_t)n < size ? n : size == 0 ? 0 : (int)size - 1;
}

void pip_task_queue_brief(pip_task_t *head, char *buffer, size_t size)
{
	size_t used = 0;
	pip_task_t *task;

	if (size == 0)
		return;
	buffer[0] = '\0';
	PIP_TASKQ_FOREACH(head, task) {
		if (used + 2 >= size)
			break;
		if (used != 0)
			buffer[used++] = ' ';
		used += (size_t)pip_task_str(buffer + used, size - used, task);
	}
}
