/* SPDX-License-Identifier: BSD-2-Clause */
/* Spawning BLTs. */
#include <errno.h>

#include "futex.h"
#include "reap.h"
#include "spawn.h"

#define LOOK_NS (2l * 1000 * 1000)

/* Its constructors run first.  False: it has ended in them. */
static bool wait_until_suspended(struct pip_slot *slot)
{
	uint32_t loaded;

	blt_begin_naps();
	while ((loaded = atomic_load(&slot->loaded)) != LOADED_SUSPENDED) {
		/* A before hook may have ended it, too. */
		if (loaded == LOADED_REFUSED || reap_has_ended(slot))
			return false;
		if (!blt_nap_instead(&slot->loaded))
			futex_wait(&slot->loaded, loaded, LOOK_NS);
	}
	return true;
}

static int check(const pip_spawn_program_t *program, uint32_t opts)
{
	if ((opts & ~(PIP_SYNC_MASK | PIP_TASK_MASK)) != 0 ||
	    __builtin_popcount(opts & PIP_SYNC_MASK) > 1 ||
	    __builtin_popcount(opts & PIP_TASK_MASK) > 1)
		return EINVAL;
	if (program->funcname == NULL &&
	    (program->argv == NULL || program->argv[0] == NULL))
		return EINVAL;
	return 0;
}

/*
 * Start a task that waits before main, and after it, in its domain, all that
 * are on the queue.  They belong to that domain before it starts, so it cannot
 * end without them; if it is killed, they go home.
 */
static void start_with(struct pip_slot *slot, pip_task_queue_t *queue)
{
	pip_task_t waiters, *task;

	PIP_TASKQ_INIT(&waiters);
	pip_task_queue_lock(queue);
	while ((task = pip_task_queue_dequeue(queue)) != NULL) {
		blt_set_domain(blt_of_handle(task), &slot->kernel);
		PIP_TASKQ_ENQ_LAST(&waiters, task);
	}
	pip_task_queue_unlock(queue);
	blt_make_ready(blt_of_slot(slot), NULL);
	while (!PIP_TASKQ_ISEMPTY(&waiters)) {
		task = waiters.next;
		PIP_TASKQ_DEQ(task);
		blt_make_ready(blt_of_handle(task), NULL);
	}
}

static bool is_empty(pip_task_queue_t *queue)
{
	bool empty;

	pip_task_queue_lock(queue);
	empty = pip_task_queue_isempty(queue);
	pip_task_queue_unlock(queue);
	return empty;
}

int pip_blt_spawn_(pip_spawn_program_t *progp, uint32_t coreno, uint32_t opts,
		   int *pipidp, pip_task_t **bltp, pip_task_queue_t *queue,
		   pip_spawn_hook_t *hookp)
{
	bool inactive = (opts & PIP_TASK_MASK) == PIP_TASK_INACTIVE;
	struct spawn_request request = {
		.program = progp,
		.coreno = coreno,
		.pipid = pipidp != NULL ? *pipidp : PIP_PIPID_ANY,
		.hook = hookp,
		.api = 3,
		.policy = opts & PIP_SYNC_MASK,
		.inactive = inactive || queue != NULL,
	};
	pip_task_t *task;
	int error;

	if (progp == NULL)
		return EINVAL;
	if (pip_self == NULL)
		return EPERM;
	error = check(progp, opts);
	if (error != 0)
		return error;
	atomic_store(&pip_self->root->expects_ulps, true);
	request.exp = progp->exp;
	request.aux = progp->aux;
	error = spawn_checked(&request, pipidp);
	if (error != 0)
		return error;
	task = blt_handle(blt_of_slot(request.slot));
	if (bltp != NULL)
		*bltp = task;
	if (!request.inactive)
		return 0;
	if (!wait_until_suspended(request.slot))
		return inactive || is_empty(queue) ? 0 : EBUSY;
	if (!inactive) {
		start_with(request.slot, queue);
	} else if (queue != NULL) {
		pip_task_queue_lock(queue);
		blt_of_slot(request.slot)->waits_on = (uint64_t)queue;
		pip_task_queue_enqueue(queue, task);
		pip_task_queue_unlock(queue);
	}
	return 0;
}
