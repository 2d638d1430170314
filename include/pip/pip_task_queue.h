/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of a pip_task_queue_t, which are inline.  Include pip.h.
 *
 * All of them take whatever begins with a queue.  None but init and fin locks
 * by itself: the caller does, around enqueue, dequeue, isempty and count.
 */
#ifndef PIP_TASK_QUEUE_H
#define PIP_TASK_QUEUE_H

#define PIP_QUEUE_METHOD_(queue, name) \
	((queue)->methods != NULL ? (queue)->methods->name : NULL)

/*
 * Make a queue.  methods NULL: a list with a spin lock.
 * Errors: EINVAL queue is NULL; or what methods->init returns.
 */
static inline int pip_task_queue_init_(pip_task_queue_t *queue,
				       pip_task_queue_methods_t *methods)
{
	if (queue == NULL)
		return EINVAL;
	queue->methods = methods;
	PIP_TASKQ_INIT(&queue->queue);
	pip_spin_init(&queue->lock);
	queue->length = 0;
	if (methods != NULL && methods->init != NULL)
		return methods->init(queue);
	return 0;
}

/* True when it is locked now; EINVAL queue is NULL. */
static inline int pip_task_queue_trylock_(pip_task_queue_t *queue)
{
	if (queue == NULL)
		return EINVAL;
	if (PIP_QUEUE_METHOD_(queue, trylock) != NULL)
		return queue->methods->trylock(queue);
	return pip_spin_trylock(&queue->lock);
}

static inline void pip_task_queue_lock_(pip_task_queue_t *queue)
{
	if (PIP_QUEUE_METHOD_(queue, lock) != NULL)
		queue->methods->lock(queue);
	else
		pip_spin_lock(&queue->lock);
}

static inline void pip_task_queue_unlock_(pip_task_queue_t *queue)
{
	if (PIP_QUEUE_METHOD_(queue, unlock) != NULL)
		queue->methods->unlock(queue);
	else
		pip_spin_unlock(&queue->lock);
}

static inline int pip_task_queue_isempty_(pip_task_queue_t *queue)
{
	if (PIP_QUEUE_METHOD_(queue, isempty) != NULL)
		return queue->methods->isempty(queue);
	return PIP_TASKQ_ISEMPTY(&queue->queue);
}

/* How many are in it.  EINVAL queue or np is NULL. */
static inline int pip_task_queue_count_(pip_task_queue_t *queue, int *np)
{
	if (queue == NULL || np == NULL)
		return EINVAL;
	if (PIP_QUEUE_METHOD_(queue, count) != NULL)
		return queue->methods->count(queue, np);
	*np = (int)queue->length;
	return 0;
}

/* At the end. */
static inline void pip_task_queue_enqueue_(pip_task_queue_t *queue,
					   pip_task_t *task)
{
	if (PIP_QUEUE_METHOD_(queue, enqueue) != NULL) {
		queue->methods->enqueue(queue, task);
		return;
	}
	PIP_TASKQ_ENQ_LAST(&queue->queue, task);
	queue->length = queue->length + 1;
}

/* The first; NULL when it is empty. */
static inline pip_task_t *pip_task_queue_dequeue_(pip_task_queue_t *queue)
{
	pip_task_t *task;

	if (PIP_QUEUE_METHOD_(queue, dequeue) != NULL)
		return queue->methods->dequeue(queue);
	if (PIP_TASKQ_ISEMPTY(&queue->queue))
		return NULL;
	task = queue->queue.next;
	PIP_TASKQ_DEQ(task);
	queue->length = queue->length - 1;
	return task;
}

/* One line per task, "TAG:INDEX WHO". */
static inline void pip_task_queue_describe_(pip_task_queue_t *queue,
					    const char *tag, FILE *file)
{
	pip_task_t *task;
	char who[64];
	int i = 0;

	if (PIP_QUEUE_METHOD_(queue, describe) != NULL) {
		queue->methods->describe(queue, file);
		return;
	}
	if (PIP_TASKQ_ISEMPTY(&queue->queue))
		fprintf(file, "%s: (empty)\n", tag != NULL ? tag : "");
	PIP_TASKQ_FOREACH(&queue->queue, task) {
		pip_task_str(who, sizeof(who), task);
		fprintf(file, "%s:[%d] %s\n", tag != NULL ? tag : "", i++, who);
	}
}

/* End its use.  EINVAL queue is NULL; EBUSY it is not empty. */
static inline int pip_task_queue_fin_(pip_task_queue_t *queue)
{
	if (queue == NULL)
		return EINVAL;
	if (PIP_QUEUE_METHOD_(queue, fin) != NULL)
		return queue->methods->fin(queue);
	return PIP_TASKQ_ISEMPTY(&queue->queue) ? 0 : EBUSY;
}

#define pip_task_queue_init(Q, M) \
	pip_task_queue_init_((pip_task_queue_t *)(Q), (M))
#define pip_task_queue_trylock(Q) \
	pip_task_queue_trylock_((pip_task_queue_t *)(Q))
#define pip_task_queue_lock(Q) pip_task_queue_lock_((pip_task_queue_t *)(Q))
#define pip_task_queue_unlock(Q) \
	pip_task_queue_unlock_((pip_task_queue_t *)(Q))
#define pip_task_queue_isempty(Q) \
	pip_task_queue_isempty_((pip_task_queue_t *)(Q))
#define pip_task_queue_count(Q, N) \
	pip_task_queue_count_((pip_task_queue_t *)(Q), (N))
#define pip_task_queue_enqueue(Q, T) \
	pip_task_queue_enqueue_((pip_task_queue_t *)(Q), (T))
#define pip_task_queue_dequeue(Q) \
	pip_task_queue_dequeue_((pip_task_queue_t *)(Q))
#define pip_task_queue_fin(Q) pip_task_queue_fin_((pip_task_queue_t *)(Q))

/* The original takes (queue, tag, file); its manual says (queue, file). */
#define PIP_DESCRIBE_2_(Q, F) \
	pip_task_queue_describe_((pip_task_queue_t *)(Q), NULL, (F))
#define PIP_DESCRIBE_3_(Q, T, F) \
	pip_task_queue_describe_((pip_task_queue_t *)(Q), (T), (F))
#define PIP_PICK_4_(a, b, c, d, ...) d
#define pip_task_queue_describe(...)                                     \
	PIP_PICK_4_(__VA_ARGS__, PIP_DESCRIBE_3_, PIP_DESCRIBE_2_,       \
		    too_few_arguments, )                                 \
	(__VA_ARGS__)

#endif /* PIP_TASK_QUEUE_H */
