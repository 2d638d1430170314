/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Task queues: the built-in one, a program's own methods, structures that begin
 * with a queue, list macros, callbacks, and what is printed.
 */
#include <stdbool.h>

#include "blt-check.h"

#define NULPS 5
#define LOG_MAX 256

/* A stack, last in first out, that writes down which method was called. */
PIP_QUEUE_TYPEDEF(logged, char log[LOG_MAX]; int used; int held;
		  pip_task_t *tasks[NULPS]; int n; int secret);
PIP_MUTEX_TYPEDEF(named_mutex, const char *name);
PIP_BARRIER_TYPEDEF(named_barrier, const char *name);
PIP_BARTIER_TYPEDEF(other_barrier, int number; char text[8]);

_Static_assert(offsetof(struct logged, pip_queue) == 0, "");
_Static_assert(offsetof(named_mutex, pip_mutex) == 0, "");
_Static_assert(offsetof(named_barrier_t, pip_barrier) == 0, "");
_Static_assert(offsetof(other_barrier, number) == sizeof(pip_barrier_t), "");
_Static_assert(sizeof(pip_task_t) == 16, "the original's");
_Static_assert(sizeof(pip_task_queue_t) == 40, "the original's");
_Static_assert(sizeof(pip_mutex_t) == 48, "the original's");
_Static_assert(sizeof(pip_barrier_t) == 56, "the original's");
_Static_assert(sizeof(pip_task_queue_methods_t) == 10 * sizeof(void *), "");

struct shared {
	pip_task_queue_t plain;
	logged queue;
	pip_task_queue_methods_t methods;
	named_mutex mutex;
	named_barrier barrier;
	char order[NULPS + 1]; /* who came to an end, in order */
	_Atomic int norder, called;
	void *called_with;
};

static struct shared *shared;

/* --- The program's own methods: all of them in the root's code -------------- */

static void log_call(logged *queue, char method)
{
	if (queue->used < LOG_MAX - 1)
		queue->log[queue->used++] = method;
	queue->log[queue->used] = '\0';
}

static int method_init(void *arg)
{
	logged *queue = arg;

	queue->used = queue->held = queue->n = 0;
	log_call(queue, 'i');
	return queue->secret;
}

static void method_lock(void *arg)
{
	log_call(arg, 'L');
	CHECK_INT(((logged *)arg)->held++, 0);
}

static int method_trylock(void *arg)
{
	log_call(arg, 'T');
	if (((logged *)arg)->held != 0)
		return 0;
	((logged *)arg)->held = 1;
	return 1;
}

static void method_unlock(void *arg)
{
	log_call(arg, 'U');
	CHECK_INT(--((logged *)arg)->held, 0);
}

static int method_isempty(void *arg)
{
	log_call(arg, 'm');
	return ((logged *)arg)->n == 0;
}

static int method_count(void *arg, int *np)
{
	log_call(arg, 'c');
	CHECK_INT(((logged *)arg)->held, 1);
	*np = ((logged *)arg)->n;
	return 0;
}

static void method_enqueue(void *arg, pip_task_t *task)
{
	logged *queue = arg;

	log_call(queue, 'E');
	CHECK_INT(queue->held, 1);
	CHECK_OR_STOP(queue->n < NULPS);
	queue->tasks[queue->n++] = task;
}

static pip_task_t *method_dequeue(void *arg)
{
	logged *queue = arg;

	log_call(queue, 'D');
	CHECK_INT(queue->held, 1);
	return queue->n > 0 ? queue->tasks[--queue->n] : NULL;
}

static int method_fin(void *arg)
{
	log_call(arg, 'f');
	return ((logged *)arg)->n == 0 ? 0 : EBUSY;
}

static void method_describe(void *arg, FILE *file)
{
	log_call(arg, 'd');
	fprintf(file, "%d in a stack\n", ((logged *)arg)->n);
}

static const pip_task_queue_methods_t all_methods = {
	method_init,  method_lock,    method_trylock, method_unlock,
	method_isempty, method_count, method_enqueue, method_dequeue,
	method_fin,   method_describe,
};

/* What has been called since the last time. */
#define CHECK_LOG(queue, expected)                \
	do {                                      \
		CHECK_STR((queue)->log, expected); \
		(queue)->used = 0;                \
		(queue)->log[0] = '\0';           \
	} while (0)

/* --- List macros ------------------------------------------------------------ */

static void check_list(pip_list_t *list, pip_task_t *nodes, const char *order)
{
	pip_task_t *node;
	size_t n = 0;

	PIP_LIST_FOREACH(list, node)
		CHECK_INT(node - nodes, order[n] != '\0' ? order[n++] - '0' :
							   -1);
	CHECK_INT(n, strlen(order));
	for (node = PIP_TASKQ_PREV(list); node != list;
	     node = PIP_TASKQ_PREV(node))
		CHECK_INT(node - nodes, n > 0 ? order[--n] - '0' : -1);
	CHECK_INT(PIP_LIST_ISEMPTY(list), order[0] == '\0');
	CHECK_PTR(PIP_TASKQ_PREV_NEXT(list), list);
	CHECK_PTR(PIP_TASKQ_NEXT_PREV(list), list);
}

static void check_lists(void)
{
	pip_task_t nodes[6], *node, *next;
	pip_list_t a, b;

	PIP_LIST_INIT(&a);
	PIP_TASKQ_INIT(&b);
	check_list(&a, nodes, "");
	PIP_LIST_ADD(&a, &nodes[0]);
	check_list(&a, nodes, "0");
	PIP_TASKQ_ENQ_FIRST(&a, &nodes[1]);
	PIP_TASKQ_ENQ_LAST(&a, &nodes[2]);
	check_list(&a, nodes, "102");
	PIP_LIST_DEL(&nodes[0]);
	check_list(&a, nodes, "12");
	CHECK(PIP_TASKQ_ISEMPTY(&nodes[0]));
	PIP_TASKQ_APPEND(&a, &b); /* an empty one changes nothing */
	check_list(&a, nodes, "12");
	PIP_LIST_ADD(&b, &nodes[3]);
	PIP_LIST_ADD(&b, &nodes[4]);
	PIP_TASKQ_APPEND(&a, &b);
	check_list(&a, nodes, "1234");
	check_list(&b, nodes, "");
	PIP_TASKQ_APPEND(&b, &a); /* to an empty one */
	check_list(&b, nodes, "1234");
	check_list(&a, nodes, "");
	PIP_LIST_ADD(&a, &nodes[0]);
	PIP_LIST_MOVE(&a, &b); /* what a was is forgotten */
	check_list(&a, nodes, "1234");
	check_list(&b, nodes, "");
	PIP_TASKQ_MOVE(&a, &b);
	check_list(&a, nodes, "");
	PIP_LIST_ADD(&a, &nodes[5]);
	PIP_LIST_ADD(&a, &nodes[0]);
	PIP_LIST_ADD(&a, &nodes[1]);
	PIP_LIST_FOREACH_SAFE(&a, node, next)
		if (node != &nodes[0]) {
			PIP_LIST_DEL(node);
			PIP_TASKQ_ENQ_LAST(&b, node);
		}
	check_list(&a, nodes, "0");
	check_list(&b, nodes, "51");
}

/* --- ULPs ------------------------------------------------------------------- */

static void callback(void *arg)
{
	CHECK(arg == shared);
	shared->called++;
	shared->called_with = arg;
}

/* With the lock, which the caller holds. */
static void callback_unlocks(void *arg)
{
	shared->called++;
	pip_task_queue_unlock((pip_task_queue_t *)arg);
}

static void suspend(const char *how, void *queue)
{
	if (strcmp(how, "simple") == 0) {
		CHECK_ERROR(pip_suspend_and_enqueue(queue, NULL, NULL), 0);
	} else if (strcmp(how, "callback") == 0) {
		CHECK_ERROR(pip_suspend_and_enqueue(queue, callback, shared),
			    0);
	} else if (strcmp(how, "unlock") == 0) {
		CHECK_ERROR(pip_suspend_and_enqueue(
				    queue, PIP_CB_UNLOCK_AFTER_ENQUEUE, NULL),
			    0);
	} else if (strcmp(how, "nolock") == 0) {
		pip_task_queue_lock(queue);
		CHECK_ERROR(pip_suspend_and_enqueue_nolock(
				    queue, callback_unlocks, queue), 0);
	} else {
		pip_task_queue_lock(queue);
		CHECK_ERROR(pip_suspend_and_enqueue_nolock(
				    queue, PIP_CB_UNLOCK_AFTER_ENQUEUE, NULL),
			    0);
	}
}

static int play_ulp(int argc, char **argv)
{
	shared = role_shared();
	if (strcmp(argv[1], "plain") == 0)
		suspend(argv[2], &shared->plain);
	else if (strcmp(argv[1], "own") == 0)
		suspend(argv[2], &shared->queue);
	(void)argc;
	shared->order[shared->norder++] = (char)('0' + blt_pipid());
	return check_finish();
}

static void start(const char *which, const char *how)
{
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	memset(shared->order, 0, sizeof(shared->order));
	shared->norder = shared->called = 0;
	for (int i = 0; i < NULPS; i++) {
		int pipid = i;

		CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "ulp",
				      which, how, NULL), 0);
	}
	CHECK_INT(blt_resume_all(&queue, pip_task_self()), NULPS);
}

static void finish(const char *order)
{
	for (int i = 0; i < NULPS; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	CHECK_STR(shared->order, order);
}

/* Let all ULPs run until they are suspended. */
static void run_ulps(void)
{
	blt_run_others(NULPS);
}

static void check_plain(const char *how, int called)
{
	start("plain", how);
	run_ulps();
	CHECK_INT(shared->called, called);
	/* In the order in which they were suspended. */
	CHECK(pip_task_queue_trylock(&shared->plain));
	for (int i = 0; i < NULPS; i++) {
		pip_task_t *task = pip_task_queue_dequeue(&shared->plain);

		CHECK_PTR(task, blt_handle(i));
		pip_task_queue_enqueue(&shared->plain, task);
	}
	pip_task_queue_unlock(&shared->plain);
	CHECK_INT(blt_resume_all(&shared->plain, NULL), NULPS);
	finish("01234");
}

/* Some, one, with the lock held, and more than there are. */
static void check_parts(void)
{
	int n = 2;

	start("plain", "simple");
	run_ulps();
	CHECK_ERROR(pip_dequeue_and_resume_N(&shared->plain, NULL, &n), 0);
	CHECK_INT(n, 2);
	run_ulps();
	CHECK_STR(shared->order, "01");
	CHECK_INT(blt_count(&shared->plain), 3);
	n = 0;
	CHECK_ERROR(pip_dequeue_and_resume_N(&shared->plain, NULL, &n), 0);
	CHECK_INT(n, 0);
	pip_task_queue_lock(&shared->plain);
	CHECK_ERROR(pip_dequeue_and_resume_nolock(&shared->plain, NULL), 0);
	run_ulps();
	CHECK_STR(shared->order, "012");
	n = 100;
	CHECK_ERROR(pip_dequeue_and_resume_N_nolock(&shared->plain, NULL, &n),
		    0);
	CHECK_INT(n, 2);
	CHECK(!pip_task_queue_trylock(&shared->plain));
	pip_task_queue_unlock(&shared->plain);
	finish("01234");
}

static void check_own_functions(logged *queue)
{
	FILE *file;
	char text[64] = "";
	int n = -1;

	queue->secret = ERANGE;
	CHECK_ERROR(pip_task_queue_init(queue, &shared->methods), ERANGE);
	CHECK_LOG(queue, "i");
	queue->secret = 0;
	CHECK_ERROR(pip_task_queue_init(queue, &shared->methods), 0);
	CHECK_INT(pip_task_queue_trylock(queue), 1);
	CHECK_INT(pip_task_queue_trylock(queue), 0);
	CHECK_ERROR(pip_task_queue_count(queue, &n), 0);
	CHECK_INT(n, 0);
	pip_task_queue_unlock(queue);
	CHECK_INT(pip_task_queue_isempty(queue), 1);
	CHECK_ERROR(pip_task_queue_fin(queue), 0);
	file = fmemopen(text, sizeof(text), "w");
	NEED(file != NULL);
	pip_task_queue_describe(&queue->pip_queue, "tag", file);
	fclose(file);
	CHECK_STR(text, "0 in a stack\n");
	CHECK_LOG(queue, "iTTcUmfd");
}

static void check_own(const char *how, const char *each, int called)
{
	logged *queue = &shared->queue;
	char log[64] = "";

	CHECK_ERROR(pip_task_queue_init(queue, &shared->methods), 0);
	queue->used = 0;
	start("own", how);
	run_ulps();
	for (int i = 0; i < NULPS; i++)
		strcat(log, each);
	CHECK_LOG(queue, log);
	CHECK_INT(shared->called, called);
	CHECK_INT(queue->n, NULPS);
	CHECK_ERROR(pip_dequeue_and_resume(queue, NULL), 0);
	CHECK_LOG(queue, "LDU");
	CHECK_INT(blt_resume_all(&queue->pip_queue, NULL), NULPS - 1);
	CHECK_LOG(queue, "LcDDDDU");
	finish("43210");
}

/* A method that is NULL is done as in a built-in queue. */
static void check_own_partly(void)
{
	static const char log[] = "LULULULULU";
	logged *queue = &shared->queue;
	pip_task_queue_methods_t methods = { .lock = method_lock,
					     .unlock = method_unlock };

	queue->used = queue->held = 0;
	shared->methods = methods;
	CHECK_ERROR(pip_task_queue_init(queue, &shared->methods), 0);
	start("own", "simple");
	run_ulps();
	CHECK_LOG(queue, log);
	CHECK_INT(blt_resume_all(&queue->pip_queue, NULL), NULPS);
	CHECK_LOG(queue, "LU");
	finish("01234");
	shared->methods = all_methods;
}

/* The runnable ones of the own domain are taken off, and put back. */
static void check_enqueue_runnable(void)
{
	int n = 2;

	start("none", "");
	CHECK_ERROR(pip_count_runnable_tasks(&n), 0);
	CHECK_INT(n, NULPS + 1);
	n = 2;
	CHECK_ERROR(pip_enqueue_runnable_N(&shared->plain, &n), 0);
	CHECK_INT(n, 2);
	n = PIP_TASK_ALL;
	CHECK_ERROR(pip_enqueue_runnable_N(&shared->plain, &n), 0);
	CHECK_INT(n, NULPS - 2);
	CHECK_ERROR(pip_enqueue_runnable_N(&shared->plain, &n), 0);
	CHECK_INT(n, 0);
	CHECK_ERROR(pip_count_runnable_tasks(&n), 0);
	CHECK_INT(n, 1);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
	CHECK_INT(blt_resume_all(&shared->plain, NULL), NULPS);
	finish("01234");
}

/* --- What is printed -------------------------------------------------------- */

static void check_strings(void)
{
	char text[64], small[4], one[1] = "x";
	pip_task_t *self = pip_task_self();

	CHECK_INT(pip_task_str(text, sizeof(text), NULL), 1);
	CHECK_STR(text, "-");
	CHECK_INT(pip_task_str(text, sizeof(text), self), 10);
	CHECK_STR(text, "R(coupled)");
	CHECK_INT(pip_task_str(small, sizeof(small), self), 3);
	CHECK_STR(small, "R(c");
	CHECK_INT(pip_task_str(one, sizeof(one), self), 0);
	CHECK_STR(one, "");
	CHECK_INT(pip_task_str(one, 0, self), 0);
}

static void check_describe(void)
{
	static const char expected[] = "queue:[0] T0(suspended)\n"
				       "queue:[1] T1(suspended)\n"
				       "queue:[2] T2(suspended)\n"
				       "queue:[3] T3(suspended)\n"
				       "queue:[4] T4(suspended)\n";
	char text[512] = "", brief[128], small[32];
	FILE *file;

	start("plain", "simple");
	run_ulps();
	file = fmemopen(text, sizeof(text), "w");
	NEED(file != NULL);
	pip_task_queue_describe(&shared->plain, "queue", file);
	fflush(file);
	CHECK_STR(text, expected);
	rewind(file);
	pip_task_queue_describe(&shared->plain, file); /* as in the manual */
	fclose(file);
	CHECK(strncmp(text, ":[0] T0(suspended)\n", 19) == 0);
	pip_task_queue_brief((pip_task_t *)&shared->plain.queue, brief,
			     sizeof(brief));
	CHECK_STR(brief, "T0(suspended) T1(suspended) T2(suspended) "
			 "T3(suspended) T4(suspended)");
	memset(small, 'x', sizeof(small));
	pip_task_queue_brief((pip_task_t *)&shared->plain.queue, small,
			     sizeof(small) - 1);
	CHECK_STR(small, "T0(suspended) T1(suspended) T2");
	CHECK_INT(small[sizeof(small) - 1], 'x');
	CHECK_INT(blt_resume_all(&shared->plain, NULL), NULPS);
	pip_task_str(text, sizeof(text), blt_handle(3));
	CHECK_STR(text, "T3(ready)");
	finish("01234");
	file = fmemopen(text, sizeof(text), "w");
	NEED(file != NULL);
	pip_task_queue_describe(&shared->plain, "queue", file);
	fclose(file);
	CHECK_STR(text, "queue: (empty)\n");
	pip_task_queue_brief((pip_task_t *)&shared->plain.queue, brief,
			     sizeof(brief));
	CHECK_STR(brief, "");
}

static void check_extended(void)
{
	CHECK_ERROR(pip_mutex_init(&shared->mutex), 0);
	CHECK_ERROR(pip_mutex_lock(&shared->mutex), 0);
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), EBUSY);
	CHECK_ERROR(pip_mutex_unlock(&shared->mutex), 0);
	CHECK_ERROR(pip_mutex_fin(&shared->mutex), 0);
	CHECK_ERROR(pip_barrier_init(&shared->barrier, 1), 0);
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	CHECK_ERROR(pip_barrier_fin(&shared->barrier), 0);
	CHECK_STR(shared->mutex.name, "m");
	CHECK_STR(shared->barrier.name, "b");
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	shared->methods = all_methods;
	shared->mutex.name = "m";
	shared->barrier.name = "b";
	role_init(NULPS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->plain, NULL), 0);
	check_lists();
	check_strings();
	check_extended();
	check_plain("simple", 0);
	check_plain("callback", NULPS);
	check_plain("unlock", 0);
	check_plain("nolock", NULPS);
	check_plain("nolock, unlock", 0);
	check_parts();
	check_own_functions(&shared->queue);
	check_own("simple", "LEU", 0);
	check_own("callback", "LEU", NULPS);
	check_own("unlock", "LEU", 0);
	check_own("nolock", "LEU", NULPS);
	check_own("nolock, unlock", "LEU", 0);
	check_own_partly();
	check_enqueue_runnable();
	check_describe();
	CHECK_ERROR(pip_task_queue_fin(&shared->plain), 0);
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ulp", play_ulp },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
