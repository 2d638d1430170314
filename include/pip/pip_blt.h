/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bi-level threads (BLT) and user-level processes (ULP): version 3's tasks
 * whose execution can leave their own kernel thread and come back.
 *
 * Every task, and the root, has a kernel thread and a user context.  Coupled,
 * the context runs on the task's own kernel thread, and system calls are the
 * task's.  Decoupled, it is a ULP in the scheduling domain of another task:
 * that one's kernel thread runs it, among the other contexts of its domain,
 * one at a time; they change places where they call pip_yield() or wait for
 * something.  Variables, heap, errno and thread-local variables are the task's
 * own in either case.  What the kernel knows of a process (PID, descriptors,
 * working directory, signal mask) is that of whoever runs the context, so a
 * ULP calls pip_couple() before it makes system calls that matter.
 *
 * A handle (pip_task_t *) stands for a task, and as "sched" for its scheduling
 * domain: the contexts that its kernel thread runs.
 *
 * Only a task's first thread, the one that runs main() or the start function,
 * is a BLT; in the root it is the thread that called pip_init().  To its other
 * threads the functions below that change contexts answer EPERM.
 *
 * Source: the interface of the original PiP library, version 3.1.  Names with
 * a trailing underscore are the symbols behind the macros, which accept
 * objects that begin with a queue, a barrier or a mutex.
 */
#ifndef PIP_BLT_H
#define PIP_BLT_H

#include "pip_machdep.h"

/*
 * What a kernel thread does while it has no context to run, in the opts of
 * pip_init() (for the root, and for tasks spawned without) and of
 * pip_blt_spawn(): spin for a while and then sleep (auto), spin, spin and call
 * sched_yield(2) each time, spin for a few microseconds at most and then sleep
 * (blocking; see pip_blt(7)).  Without any, the environment
 * variable PIP_SYNC of the root decides, and without that it is auto.
 */
#define PIP_SYNC_AUTO 0x0001U
#define PIP_SYNC_BUSYWAIT 0x0002U
#define PIP_SYNC_YIELD 0x0004U
#define PIP_SYNC_BLOCKING 0x0008U
#define PIP_SYNC_MASK 0x000FU

/* Values of the environment variable PIP_SYNC. */
#define PIP_ENV_SYNC "PIP_SYNC"
#define PIP_ENV_SYNC_AUTO "auto"
#define PIP_ENV_SYNC_BUSY "busy"
#define PIP_ENV_SYNC_BUSYWAIT "busywait"
#define PIP_ENV_SYNC_YIELD "yield"
#define PIP_ENV_SYNC_BLOCK "block"
#define PIP_ENV_SYNC_BLOCKING "blocking"

/* How a BLT starts, in the opts of pip_blt_spawn(). */
#define PIP_TASK_INACTIVE 0x01000U
#define PIP_TASK_ACTIVE 0x02000U
#define PIP_TASK_MASK 0x03000U

#define PIP_TASK_ALL (-1)

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* A handle.  While its task is suspended, the two pointers belong to the queue
 * that it is on. */
typedef struct pip_task {
	struct pip_task *next;
	struct pip_task *prev;
} pip_task_t;

typedef pip_task_t pip_list_t;

/* Lists of handles: L, P and Q are pointers to a list's head. */
#define PIP_TASKQ_NEXT(L) ((L)->next)
#define PIP_TASKQ_PREV(L) ((L)->prev)
#define PIP_TASKQ_PREV_NEXT(L) ((L)->prev->next)
#define PIP_TASKQ_NEXT_PREV(L) ((L)->next->prev)
#define PIP_TASKQ_INIT(L) \
	((void)((L)->next = (L)->prev = (pip_task_t *)(L)))
#define PIP_TASKQ_ISEMPTY(L) \
	((L)->next == (pip_task_t *)(L) && (L)->prev == (pip_task_t *)(L))
#define PIP_TASKQ_ENQ_FIRST(L, E)                         \
	do {                                              \
		pip_task_t *pip_head_ = (pip_task_t *)(L); \
		pip_task_t *pip_item_ = (pip_task_t *)(E); \
		pip_item_->next = pip_head_->next;        \
		pip_item_->prev = pip_head_;              \
		pip_head_->next->prev = pip_item_;        \
		pip_head_->next = pip_item_;              \
	} while (0)
#define PIP_TASKQ_ENQ_LAST(L, E)                          \
	do {                                              \
		pip_task_t *pip_head_ = (pip_task_t *)(L); \
		pip_task_t *pip_item_ = (pip_task_t *)(E); \
		pip_item_->next = pip_head_;              \
		pip_item_->prev = pip_head_->prev;        \
		pip_head_->prev->next = pip_item_;        \
		pip_head_->prev = pip_item_;              \
	} while (0)
/* Take one off its list, whichever that is. */
#define PIP_TASKQ_DEQ(E)                                   \
	do {                                               \
		pip_task_t *pip_item_ = (pip_task_t *)(E); \
		pip_item_->next->prev = pip_item_->prev;   \
		pip_item_->prev->next = pip_item_->next;   \
		PIP_TASKQ_INIT(pip_item_);                 \
	} while (0)
/* Put all of Q behind what is in P; Q is empty afterwards. */
#define PIP_TASKQ_APPEND(P, Q)                                   \
	do {                                                     \
		pip_task_t *pip_to_ = (pip_task_t *)(P);         \
		pip_task_t *pip_from_ = (pip_task_t *)(Q);       \
		if (!PIP_TASKQ_ISEMPTY(pip_from_)) {             \
			pip_from_->next->prev = pip_to_->prev;   \
			pip_to_->prev->next = pip_from_->next;   \
			pip_from_->prev->next = pip_to_;         \
			pip_to_->prev = pip_from_->prev;         \
			PIP_TASKQ_INIT(pip_from_);               \
		}                                                \
	} while (0)
/* P becomes what Q was, and Q empty. */
#define PIP_TASKQ_MOVE(P, Q)            \
	do {                            \
		PIP_TASKQ_INIT(P);      \
		PIP_TASKQ_APPEND(P, Q); \
	} while (0)
#define PIP_TASKQ_FOREACH(L, E)                                      \
	for ((E) = (L)->next; (pip_task_t *)(E) != (pip_task_t *)(L); \
	     (E) = (E)->next)
/* As above, for a body that takes E off the list; N is a second variable. */
#define PIP_TASKQ_FOREACH_SAFE(L, E, N)               \
	for ((E) = (L)->next, (N) = (E)->next;        \
	     (pip_task_t *)(E) != (pip_task_t *)(L);  \
	     (E) = (N), (N) = (E)->next)

#define PIP_LIST_INIT(L) PIP_TASKQ_INIT(L)
#define PIP_LIST_ISEMPTY(L) PIP_TASKQ_ISEMPTY(L)
#define PIP_LIST_ADD(L, E) PIP_TASKQ_ENQ_LAST(L, E)
#define PIP_LIST_DEL(E) PIP_TASKQ_DEQ(E)
#define PIP_LIST_FOREACH(L, E) PIP_TASKQ_FOREACH(L, E)
#define PIP_LIST_FOREACH_SAFE(L, E, N) PIP_TASKQ_FOREACH_SAFE(L, E, N)
#define PIP_LIST_MOVE(P, Q) PIP_TASKQ_MOVE(P, Q)

struct pip_task_queue_methods;

/* A queue of suspended tasks.  The methods, if any, say what a queue is;
 * without, it is a list with a spin lock.  aux is the program's. */
typedef struct pip_task_queue {
	volatile pip_task_t queue;
	struct pip_task_queue_methods *methods;
	pip_spinlock_t lock;
	volatile uint32_t length;
	void *aux;
} pip_task_queue_t;

/* A program's own queue; each gets the queue as its first argument.  What is
 * NULL is done as in a queue without methods. */
typedef int (*pip_task_queue_init_t)(void *queue);
typedef void (*pip_task_queue_lock_t)(void *queue);
typedef int (*pip_task_queue_trylock_t)(void *queue); /* true: locked */
typedef void (*pip_task_queue_unlock_t)(void *queue);
typedef int (*pip_task_queue_isempty_t)(void *queue);
typedef int (*pip_task_queue_count_t)(void *queue, int *np);
typedef void (*pip_task_queue_enqueue_t)(void *queue, pip_task_t *task);
typedef pip_task_t *(*pip_task_queue_dequeue_t)(void *queue);
typedef int (*pip_task_queue_fin_t)(void *queue);
typedef void (*pip_task_queue_describe_t)(void *queue, FILE *file);

typedef struct pip_task_queue_methods {
	pip_task_queue_init_t init;
	pip_task_queue_lock_t lock;
	pip_task_queue_trylock_t trylock;
	pip_task_queue_unlock_t unlock;
	pip_task_queue_isempty_t isempty;
	pip_task_queue_count_t count;
	pip_task_queue_enqueue_t enqueue;
	pip_task_queue_dequeue_t dequeue;
	pip_task_queue_fin_t fin;
	pip_task_queue_describe_t describe;
} pip_task_queue_methods_t;

/* Whoever waits is suspended on the queue. */
typedef struct pip_barrier {
	pip_atomic_t count_init;
	pip_atomic_t count;
	pip_task_queue_t queue;
} pip_barrier_t;

typedef struct pip_mutex {
	pip_atomic_t count;
	pip_task_queue_t queue;
} pip_mutex_t;

/* Structures that begin with one of them; N becomes the name of the structure
 * and of the type, and so does N with _t; B are further members. */
#define PIP_QUEUE_TYPEDEF(N, B)             \
	typedef struct N {                  \
		pip_task_queue_t pip_queue; \
		B;                          \
	} N, N##_t
#define PIP_MUTEX_TYPEDEF(N, B)        \
	typedef struct N {             \
		pip_mutex_t pip_mutex; \
		B;                     \
	} N, N##_t
#define PIP_BARRIER_TYPEDEF(N, B)          \
	typedef struct N {                 \
		pip_barrier_t pip_barrier; \
		B;                         \
	} N, N##_t
/* As the original spells it. */
#define PIP_BARTIER_TYPEDEF(N, B) PIP_BARRIER_TYPEDEF(N, B)

/* Called after a task has been put on a queue. */
typedef void (*pip_enqueue_callback_t)(void *arg);
#define PIP_CB_UNLOCK_AFTER_ENQUEUE ((pip_enqueue_callback_t)1)

/*
 * Spawn a BLT.  Root, or a task.
 *
 * progp, coreno, *pipidp, hookp: as pip_task_spawn().  opts: one PIP_SYNC_*
 * and one PIP_TASK_*, or none of either.
 * PIP_TASK_INACTIVE: the program is loaded and its constructors run, but
 * before main() or the start function it is suspended, and put on queue (which
 * is locked for it; NULL: on none).  Resuming it starts it, as a ULP of the
 * domain that it is resumed in, or coupled if that is its own.
 * PIP_TASK_ACTIVE, or none: it starts at once, coupled; all tasks that are on
 * queue are taken off it and resumed in its domain, before it can end.
 * *bltp (bltp may be NULL): its handle.
 *
 * Errors: as pip_task_spawn(), and EINVAL two of PIP_SYNC_* or of PIP_TASK_*
 * are in opts, or progp has neither a start function nor argv[0]; ENOTSUP it
 * should be INACTIVE, or take those on queue, but libpip cannot be in it (a
 * program of musl, or static).  EBUSY, but the task exists: it has ended in its
 * constructors, and those on queue are still there.
 */
int pip_blt_spawn_(pip_spawn_program_t *progp, uint32_t coreno, uint32_t opts,
		   int *pipidp, pip_task_t **bltp, pip_task_queue_t *queue,
		   pip_spawn_hook_t *hookp);
#define pip_blt_spawn(P, C, O, I, B, Q, H) \
	pip_blt_spawn_((P), (C), (O), (I), (B), (pip_task_queue_t *)(Q), (H))

/*
 * Run the next context of the domain.  That task must be a runnable one of the
 * caller's domain; NULL means pip_yield(PIP_YIELD_DEFAULT).
 * Returns EINTR when others have run meanwhile, and 0 when there was none to
 * run, or task is the caller.  Errors: EPERM not initialised, or task is not
 * runnable in this domain.
 */
int pip_yield_to(pip_task_t *task);

/*
 * Suspend the caller: put it on a queue, call callback(arg) (NULL: nothing;
 * PIP_CB_UNLOCK_AFTER_ENQUEUE: unlock the queue), and run others until it is
 * resumed.  The queue is locked and unlocked around the enqueueing; the
 * _nolock form leaves that to the caller, who has locked it, and whose callback
 * unlocks it.  The callback runs in the caller's context.
 * Errors: EPERM not initialised, or not a task's first thread; EINVAL queue is
 * NULL; ENOMEM.
 */
int pip_suspend_and_enqueue_(pip_task_queue_t *queue,
			     pip_enqueue_callback_t callback, void *arg);
int pip_suspend_and_enqueue_nolock_(pip_task_queue_t *queue,
				    pip_enqueue_callback_t callback, void *arg);
#define pip_suspend_and_enqueue(Q, C, A) \
	pip_suspend_and_enqueue_((pip_task_queue_t *)(Q), (C), (A))
#define pip_suspend_and_enqueue_nolock(Q, C, A) \
	pip_suspend_and_enqueue_nolock_((pip_task_queue_t *)(Q), (C), (A))

/*
 * Resume the first task of a queue, in the domain of sched, or with NULL in
 * the one in which it was suspended.  The _nolock forms leave locking to the
 * caller.  What was killed meanwhile is dropped.
 * Errors: EPERM not initialised; EINVAL queue is NULL; ENOENT it is empty;
 * EBUSY sched has ended, or cannot schedule: the task is on the queue again,
 * at its end.
 * _N: up to *np tasks (PIP_TASK_ALL: all that are there now); *np becomes how
 * many were.  An empty queue is no error.  EINVAL: np is NULL, *np < -1.
 */
int pip_dequeue_and_resume_(pip_task_queue_t *queue, pip_task_t *sched);
int pip_dequeue_and_resume_nolock_(pip_task_queue_t *queue, pip_task_t *sched);
int pip_dequeue_and_resume_N_(pip_task_queue_t *queue, pip_task_t *sched,
			      int *np);
int pip_dequeue_and_resume_N_nolock_(pip_task_queue_t *queue,
				     pip_task_t *sched, int *np);
#define pip_dequeue_and_resume(Q, S) \
	pip_dequeue_and_resume_((pip_task_queue_t *)(Q), (S))
#define pip_dequeue_and_resume_nolock(Q, S) \
	pip_dequeue_and_resume_nolock_((pip_task_queue_t *)(Q), (S))
#define pip_dequeue_and_resume_N(Q, S, N) \
	pip_dequeue_and_resume_N_((pip_task_queue_t *)(Q), (S), (N))
#define pip_dequeue_and_resume_N_nolock(Q, S, N) \
	pip_dequeue_and_resume_N_nolock_((pip_task_queue_t *)(Q), (S), (N))

/*
 * Go back to the own kernel thread: system calls are the task's own from here.
 * Errors: EPERM not initialised, or not a task's first thread; EBUSY already
 * coupled.
 */
int pip_couple(void);

/*
 * Leave the own kernel thread and become a ULP in the domain of sched, NULL:
 * in the one before the last pip_couple().  What is being done with the
 * descriptors and signals of the own process stays there.
 * Errors: EPERM not initialised, not a task's first thread, not coupled, sched
 * is the caller, or NULL and there was none before; EBUSY sched has ended, or
 * cannot schedule; ENOMEM.
 */
int pip_decouple(pip_task_t *sched);

/* The caller's handle; NULL when not initialised. */
pip_task_t *pip_task_self(void);

/* The PIPID of a handle; pipidp may be NULL.  EPERM not initialised; EINVAL
 * task is NULL. */
int pip_get_task_pipid(pip_task_t *task, int *pipidp);

/* The handle of a PIPID; PIP_PIPID_ROOT and _MYSELF are accepted.  Errors:
 * EPERM, EINVAL, ERANGE as pip_import(). */
int pip_get_task_by_pipid(int pipid, pip_task_t **taskp);

/* The handle of the task whose kernel thread runs the caller; domainp may be
 * NULL.  EPERM not initialised, or not a task's first thread. */
int pip_get_sched_domain(pip_task_t **domainp);

/* How many contexts of the caller's domain could run, the caller among them.
 * np may be NULL.  EPERM as above. */
int pip_count_runnable_tasks(int *np);

/* Suspend up to *np runnable tasks of the caller's domain, not the caller, and
 * put them on a queue (PIP_TASK_ALL: all); *np becomes how many were.  EPERM as
 * above; EINVAL queue or np is NULL, *np < -1. */
int pip_enqueue_runnable_N(pip_task_queue_t *queue, int *np);

/* Resume a suspended task that is on no queue any more.  Errors: EPERM not
 * initialised, or task is not suspended; EINVAL task is NULL; EBUSY sched has
 * ended, or cannot schedule. */
int pip_resume(pip_task_t *task, pip_task_t *sched);

/* How the caller's kernel thread waits from now on, one PIP_SYNC_*, 0 for what
 * the root has.  EPERM not initialised; EINVAL. */
int pip_set_syncflag(uint32_t flag);

/* Write who a task is into buffer, "-" for NULL.  Returns the length, at most
 * size - 1. */
int pip_task_str(char *buffer, size_t size, pip_task_t *task);

/* The tasks of a list, as pip_task_str() calls them, as far as size goes. */
void pip_task_queue_brief(pip_task_t *head, char *buffer, size_t size);

/*
 * A barrier for n participants, any mix of the root and tasks in whatever
 * domains.  Who waits is suspended, and resumed where it was; a thread of a
 * task other than its first waits in the kernel.
 * wait: 0, when n have called it; the barrier can be used again at once.
 * Errors: EPERM not initialised; init: EINVAL n < 1; fin: EBUSY somebody waits.
 */
int pip_barrier_init_(pip_barrier_t *barrier, int n);
int pip_barrier_wait_(pip_barrier_t *barrier);
int pip_barrier_fin_(pip_barrier_t *barrier);
#define pip_barrier_init(B, N) pip_barrier_init_((pip_barrier_t *)(B), (N))
#define pip_barrier_wait(B) pip_barrier_wait_((pip_barrier_t *)(B))
#define pip_barrier_fin(B) pip_barrier_fin_((pip_barrier_t *)(B))

/*
 * A mutex for the root and tasks.  Who must wait is suspended; unlocking hands
 * it to the first that waits.  It has no owner: another one may unlock it.
 * Errors: EPERM not initialised, or (unlock) it is not locked; fin: EBUSY it
 * is locked.
 */
int pip_mutex_init_(pip_mutex_t *mutex);
int pip_mutex_lock_(pip_mutex_t *mutex);
int pip_mutex_unlock_(pip_mutex_t *mutex);
int pip_mutex_fin_(pip_mutex_t *mutex);
#define pip_mutex_init(M) pip_mutex_init_((pip_mutex_t *)(M))
#define pip_mutex_lock(M) pip_mutex_lock_((pip_mutex_t *)(M))
#define pip_mutex_unlock(M) pip_mutex_unlock_((pip_mutex_t *)(M))
#define pip_mutex_fin(M) pip_mutex_fin_((pip_mutex_t *)(M))

#pragma GCC visibility pop

#include "pip_task_queue.h"

#ifdef __cplusplus
}
#endif

#endif /* PIP_BLT_H */
