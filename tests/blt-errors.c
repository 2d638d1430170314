/* SPDX-License-Identifier: BSD-2-Clause */
/* What the functions of pip_blt.h refuse, with which error, and in which
 * order. */
#include <pthread.h>
#include <stdbool.h>

#include "blt-check.h"

#define NTASKS 6

struct shared {
	pip_task_queue_t parked, queue;
	pip_task_t *ended; /* handle of a task that has ended */
	pip_task_t *other; /* of one that lives */
};

static struct shared *shared;

/* --- Not initialised ------------------------------------------------------- */

static void check_uninitialised(void)
{
	char *argv[] = { role_path, NULL };
	pip_spawn_program_t program;
	pip_task_queue_t queue;
	pip_task_t node, *task = NULL;
	pip_barrier_t barrier;
	pip_mutex_t mutex;
	int n = 1;

	memset(&node, 0, sizeof(node));
	memset(&barrier, 0, sizeof(barrier));
	memset(&mutex, 0, sizeof(mutex));
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	pip_spawn_from_main(&program, role_path, argv, NULL, NULL, NULL);
	CHECK_ERROR(pip_blt_spawn(NULL, 0, 0, NULL, NULL, NULL, NULL), EINVAL);
	CHECK_ERROR(pip_blt_spawn(&program, 0, 0, NULL, NULL, NULL, NULL),
		    EPERM);
	CHECK_ERROR(pip_blt_spawn(&program, 0, 0xffffffff, NULL, NULL, NULL,
				  NULL), EPERM);
	CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), EPERM);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), EPERM);
	CHECK_ERROR(pip_yield(PIP_YIELD_SYSTEM), EPERM);
	CHECK_ERROR(pip_yield_to(NULL), EPERM);
	CHECK_ERROR(pip_yield_to(&node), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue(&queue, NULL, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue(NULL, NULL, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue_nolock(&queue, NULL, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue_nolock(NULL, NULL, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume(NULL, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_nolock(&queue, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_nolock(NULL, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_N(&queue, NULL, &n), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_N(NULL, NULL, NULL), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_N_nolock(&queue, NULL, &n), EPERM);
	CHECK_ERROR(pip_dequeue_and_resume_N_nolock(NULL, NULL, NULL), EPERM);
	CHECK_ERROR(pip_couple(), EPERM);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	CHECK_ERROR(pip_decouple(&node), EPERM);
	CHECK_PTR(pip_task_self(), NULL);
	CHECK_ERROR(pip_get_task_pipid(NULL, &n), EPERM);
	CHECK_ERROR(pip_get_task_by_pipid(0, &task), EPERM);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ROOT, &task), EPERM);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ANY, &task), EPERM);
	CHECK_ERROR(pip_get_sched_domain(&task), EPERM);
	CHECK_ERROR(pip_count_runnable_tasks(&n), EPERM);
	CHECK_ERROR(pip_enqueue_runnable_N(&queue, &n), EPERM);
	CHECK_ERROR(pip_enqueue_runnable_N(NULL, NULL), EPERM);
	CHECK_ERROR(pip_resume(&node, NULL), EPERM);
	CHECK_ERROR(pip_resume(NULL, NULL), EPERM);
	CHECK_ERROR(pip_set_syncflag(0), EPERM);
	CHECK_ERROR(pip_set_syncflag(0x10), EPERM);
	CHECK_ERROR(pip_barrier_init(&barrier, 0), EPERM);
	CHECK_ERROR(pip_barrier_init(NULL, 1), EPERM);
	CHECK_ERROR(pip_barrier_wait(&barrier), EPERM);
	CHECK_ERROR(pip_barrier_fin(&barrier), EPERM);
	CHECK_ERROR(pip_mutex_init(&mutex), EPERM);
	CHECK_ERROR(pip_mutex_init(NULL), EPERM);
	CHECK_ERROR(pip_mutex_lock(&mutex), EPERM);
	CHECK_ERROR(pip_mutex_unlock(&mutex), EPERM);
	CHECK_ERROR(pip_mutex_fin(&mutex), EPERM);
	CHECK_INT(n, 1);
	CHECK_PTR(task, NULL);
}

/* --- pip_init() ------------------------------------------------------------ */

static int try_init(const char *sync, uint32_t opts)
{
	int error;

	if (sync != NULL)
		NEED(setenv(PIP_ENV_SYNC, sync, 1) == 0);
	else
		NEED(unsetenv(PIP_ENV_SYNC) == 0);
	error = pip_init(NULL, NULL, NULL, opts);
	if (error == 0)
		CHECK_ERROR(pip_fin(), 0);
	CHECK(pip_task_self() == NULL);
	NEED(unsetenv(PIP_ENV_SYNC) == 0);
	return error;
}

static void check_init(void)
{
	static const char *const good[] = {
		PIP_ENV_SYNC_AUTO, PIP_ENV_SYNC_BUSY, PIP_ENV_SYNC_BUSYWAIT,
		PIP_ENV_SYNC_YIELD, PIP_ENV_SYNC_BLOCK, PIP_ENV_SYNC_BLOCKING,
		"", "Auto", "BLOCKING",
	};
	static const char *const bad[] = { "sleep", "auto ", "busy wait", "0" };

	for (uint32_t opts = 0; opts <= PIP_SYNC_MASK; opts++)
		CHECK_ERROR(try_init(NULL, opts),
			    __builtin_popcount(opts) > 1 ? EINVAL : 0);
	CHECK_ERROR(try_init(NULL, 0x10), EINVAL);
	CHECK_ERROR(try_init(NULL, PIP_TASK_INACTIVE | 1 << 18), EINVAL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_ERROR(try_init(good[i], 0), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_ERROR(try_init(bad[i], 0), EINVAL);
		/* Then it is not asked. */
		CHECK_ERROR(try_init(bad[i], PIP_SYNC_YIELD), 0);
	}
}

/* --- Spawning -------------------------------------------------------------- */

static int try_spawn(uint32_t opts)
{
	int pipid = PIP_PIPID_ANY, error;
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	error = blt_spawn(&pipid, opts, &queue, "nothing", NULL);
	if (error != 0) {
		CHECK_INT(pipid, PIP_PIPID_ANY);
		return error;
	}
	CHECK_INT(blt_count(&queue), (opts & PIP_TASK_INACTIVE) != 0);
	blt_resume_all(&queue, NULL);
	CHECK_STATUS(blt_join(pipid), EXITED(17));
	return error;
}

static void check_spawn(void)
{
	char *argv[] = { role_path, NULL }, *empty[] = { NULL };
	pip_spawn_program_t program;

	for (uint32_t task = 0; task <= PIP_TASK_MASK; task += 0x1000)
		for (uint32_t sync = 0; sync <= PIP_SYNC_MASK; sync++)
			CHECK_ERROR(try_spawn(task | sync),
				    __builtin_popcount(sync) > 1 ||
						    task == PIP_TASK_MASK ?
					    EINVAL : 0);
	CHECK_ERROR(try_spawn(0x10), EINVAL);
	CHECK_ERROR(try_spawn(0x80000000), EINVAL);
	CHECK_ERROR(pip_blt_spawn(NULL, 0, 0xffffffff, NULL, NULL, NULL, NULL),
		    EINVAL);
	pip_spawn_from_main(&program, role_path, argv, NULL, NULL, NULL);
	program.argv = NULL;
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, NULL,
				  NULL, NULL), EINVAL);
	program.argv = empty;
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, NULL,
				  NULL, NULL), EINVAL);
	/* As pip_task_spawn(). */
	program.argv = argv;
	program.prog = (char *)"/no/such/program";
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS,
				  PIP_TASK_INACTIVE, NULL, NULL, NULL, NULL),
		    ENOENT);
	program.prog = role_path;
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_CORENO_MAX + 1,
				  PIP_TASK_INACTIVE, NULL, NULL, NULL, NULL),
		    EINVAL);
	program.prog = NULL;
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, NULL,
				  NULL, NULL), EINVAL);
}

/* Nobody resumes it and nothing holds it: the handle does. */
static void check_spawn_without_queue(void)
{
	char *argv[] = { role_path, (char *)"nothing", NULL };
	pip_spawn_program_t program;
	pip_task_t *task = NULL;
	int pipid = 2;

	pip_spawn_from_main(&program, role_path, argv, NULL, NULL, NULL);
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS,
				  PIP_TASK_INACTIVE, &pipid, &task, NULL, NULL),
		    0);
	CHECK_INT(pipid, 2);
	CHECK_PTR(task, blt_handle(2));
	CHECK_ERROR(pip_resume(task, pip_task_self()), 0);
	CHECK_ERROR(pip_resume(task, pip_task_self()), EPERM);
	CHECK_STATUS(blt_join(2), EXITED(17));
}

/* --- Queues, in whatever context ------------------------------------------- */

static void check_queue_functions(void)
{
	pip_task_queue_t queue;
	pip_task_t node;
	int n = -7;

	CHECK_ERROR(pip_task_queue_init(NULL, NULL), EINVAL);
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(pip_task_queue_trylock(NULL), EINVAL);
	CHECK_ERROR(pip_task_queue_count(NULL, &n), EINVAL);
	CHECK_ERROR(pip_task_queue_count(&queue, NULL), EINVAL);
	CHECK_INT(n, -7);
	CHECK_ERROR(pip_task_queue_fin(NULL), EINVAL);
	CHECK(pip_task_queue_trylock(&queue));
	CHECK(!pip_task_queue_trylock(&queue));
	pip_task_queue_unlock(&queue);
	CHECK(pip_task_queue_isempty(&queue));
	CHECK_PTR(pip_task_queue_dequeue(&queue), NULL);
	CHECK_ERROR(pip_task_queue_count(&queue, &n), 0);
	CHECK_INT(n, 0);
	pip_task_queue_enqueue(&queue, &node);
	CHECK(!pip_task_queue_isempty(&queue));
	CHECK_ERROR(pip_task_queue_fin(&queue), EBUSY);
	CHECK_PTR(pip_task_queue_dequeue(&queue), &node);
	CHECK_ERROR(pip_task_queue_fin(&queue), 0);
}

static void check_resume(void)
{
	pip_task_queue_t queue;
	int n;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(NULL, NULL), EINVAL);
	CHECK_ERROR(pip_dequeue_and_resume_nolock(NULL, NULL), EINVAL);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, NULL), ENOENT);
	CHECK_ERROR(pip_dequeue_and_resume_nolock(&queue, NULL), ENOENT);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, shared->ended), ENOENT);
	/* It is unlocked after an error. */
	CHECK(pip_task_queue_trylock(&queue));
	pip_task_queue_unlock(&queue);
	for (n = -100; n < PIP_TASK_ALL; n += 33) {
		int m = n;

		CHECK_ERROR(pip_dequeue_and_resume_N(&queue, NULL, &m), EINVAL);
		CHECK_ERROR(pip_dequeue_and_resume_N_nolock(&queue, NULL, &m),
			    EINVAL);
		CHECK_ERROR(pip_enqueue_runnable_N(&queue, &m), EINVAL);
		CHECK_INT(m, n);
	}
	CHECK_ERROR(pip_dequeue_and_resume_N(&queue, NULL, NULL), EINVAL);
	CHECK_ERROR(pip_dequeue_and_resume_N_nolock(&queue, NULL, NULL),
		    EINVAL);
	CHECK_ERROR(pip_enqueue_runnable_N(&queue, NULL), EINVAL);
	n = 1;
	CHECK_ERROR(pip_dequeue_and_resume_N(NULL, NULL, &n), EINVAL);
	CHECK_ERROR(pip_dequeue_and_resume_N_nolock(NULL, NULL, &n), EINVAL);
	CHECK_ERROR(pip_enqueue_runnable_N(NULL, &n), EINVAL);
	CHECK_INT(n, 1);
	for (n = PIP_TASK_ALL; n < 5; n++) {
		int m = n;

		CHECK_ERROR(pip_dequeue_and_resume_N(&queue, NULL, &m), 0);
		CHECK_INT(m, 0);
		m = n;
		CHECK_ERROR(pip_dequeue_and_resume_N_nolock(&queue, NULL, &m),
			    0);
		CHECK_INT(m, 0);
	}
	CHECK_ERROR(pip_resume(NULL, NULL), EINVAL);
	CHECK_ERROR(pip_resume(pip_task_self(), NULL), EPERM);
	CHECK_ERROR(pip_resume(shared->ended, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue(NULL, NULL, NULL), EINVAL);
	CHECK_ERROR(pip_suspend_and_enqueue_nolock(NULL, NULL, NULL), EINVAL);
}

static void check_handles(void)
{
	pip_task_t *task = NULL;
	int n = -7, self = blt_pipid();

	CHECK_ERROR(pip_get_task_pipid(NULL, &n), EINVAL);
	CHECK_ERROR(pip_get_task_pipid(NULL, NULL), EINVAL);
	CHECK_ERROR(pip_get_task_pipid(pip_task_self(), NULL), 0);
	CHECK_ERROR(pip_get_task_pipid(pip_task_self(), &n), 0);
	CHECK_INT(n, self);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_MYSELF, NULL), 0);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_MYSELF, &task), 0);
	CHECK_PTR(task, pip_task_self());
	CHECK_ERROR(pip_get_task_by_pipid(self, &task), 0);
	CHECK_PTR(task, pip_task_self());
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ROOT, &task), 0);
	CHECK_ERROR(pip_get_task_pipid(task, &n), 0);
	CHECK_INT(n, PIP_PIPID_ROOT);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ANY, &task), EINVAL);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_NULL, &task), EINVAL);
	CHECK_ERROR(pip_get_task_by_pipid(-123, &task), EINVAL);
	CHECK_ERROR(pip_get_task_by_pipid(NTASKS, &task), ERANGE);
	CHECK_ERROR(pip_get_task_by_pipid(INT_MAX, &task), ERANGE);
	CHECK_ERROR(pip_get_sched_domain(NULL), 0);
	CHECK_ERROR(pip_count_runnable_tasks(NULL), 0);
	CHECK_ERROR(pip_set_syncflag(0x10), EINVAL);
	CHECK_ERROR(pip_set_syncflag(PIP_SYNC_MASK), EINVAL);
	CHECK_ERROR(pip_set_syncflag(PIP_SYNC_AUTO | PIP_SYNC_YIELD), EINVAL);
	CHECK_ERROR(pip_set_syncflag(PIP_TASK_INACTIVE), EINVAL);
	CHECK_ERROR(pip_set_syncflag(PIP_SYNC_YIELD), 0);
	CHECK_ERROR(pip_set_syncflag(0), 0);
}

static void check_objects(void)
{
	pip_barrier_t barrier;
	pip_mutex_t mutex;

	CHECK_ERROR(pip_barrier_init(NULL, 1), EINVAL);
	CHECK_ERROR(pip_barrier_init(&barrier, 0), EINVAL);
	CHECK_ERROR(pip_barrier_init(&barrier, -1), EINVAL);
	CHECK_ERROR(pip_barrier_init(&barrier, 1), 0);
	CHECK_ERROR(pip_barrier_wait(&barrier), 0);
	CHECK_ERROR(pip_barrier_fin(&barrier), 0);
	CHECK_ERROR(pip_mutex_init(NULL), EINVAL);
	CHECK_ERROR(pip_mutex_init(&mutex), 0);
	CHECK_ERROR(pip_mutex_unlock(&mutex), EPERM);
	CHECK_ERROR(pip_mutex_lock(&mutex), 0);
	CHECK_ERROR(pip_mutex_fin(&mutex), EBUSY);
	CHECK_ERROR(pip_mutex_unlock(&mutex), 0);
	CHECK_ERROR(pip_mutex_unlock(&mutex), EPERM);
	CHECK_ERROR(pip_mutex_fin(&mutex), 0);
}

/* --- Coupling -------------------------------------------------------------- */

/* At home, where it has always been. */
static void check_coupled(void)
{
	CHECK_ERROR(pip_couple(), EBUSY);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	CHECK_ERROR(pip_decouple(pip_task_self()), EPERM);
	CHECK_ERROR(pip_decouple(shared->ended), EBUSY);
	/* Nothing has happened. */
	CHECK_PTR(blt_handle(blt_domain()), pip_task_self());
	CHECK_ERROR(pip_couple(), EBUSY);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
}

static void check_yield_to(void)
{
	CHECK_ERROR(pip_yield_to(pip_task_self()), 0);
	CHECK_ERROR(pip_yield_to(shared->ended), EPERM);
	CHECK_ERROR(pip_yield_to(shared->other), EPERM);
}

/* --- Another thread -------------------------------------------------------- */

static void *check_thread(void *arg)
{
	pip_task_queue_t queue;
	pip_task_t *task;
	int n = 1;

	(void)arg;
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
	CHECK_ERROR(pip_yield_to(NULL), 0);
	CHECK_ERROR(pip_yield_to(shared->other), EPERM);
	CHECK_ERROR(pip_couple(), EPERM);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	CHECK_ERROR(pip_decouple(shared->other), EPERM);
	CHECK_ERROR(pip_decouple(pip_task_self()), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue(&queue, NULL, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue(NULL, NULL, NULL), EPERM);
	CHECK_ERROR(pip_suspend_and_enqueue_nolock(&queue, NULL, NULL), EPERM);
	CHECK_ERROR(pip_get_sched_domain(&task), EPERM);
	CHECK_ERROR(pip_count_runnable_tasks(&n), EPERM);
	CHECK_ERROR(pip_enqueue_runnable_N(&queue, &n), EPERM);
	CHECK_ERROR(pip_set_syncflag(PIP_SYNC_AUTO), EPERM);
	CHECK_INT(blt_count(&queue), 0);
	/* What changes no context of its own works. */
	CHECK(pip_task_self() != NULL);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, NULL), ENOENT);
	CHECK_ERROR(pip_resume(pip_task_self(), NULL), EPERM);
	return NULL;
}

static void check_in_thread(void)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, check_thread, NULL) == 0);
	NEED(pthread_join(thread, NULL) == 0);
}

/* --- Roles ----------------------------------------------------------------- */

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 17;
}

static int play_parked(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	return check_finish();
}

static void check_anywhere(void)
{
	check_queue_functions();
	check_resume();
	check_handles();
	check_objects();
	check_yield_to();
	check_in_thread();
}

/* A ULP of the root's domain. */
static int play_ulp(int argc, char **argv)
{
	pip_task_t *root = blt_handle(PIP_PIPID_ROOT);

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_INT(blt_domain(), PIP_PIPID_ROOT);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	CHECK_ERROR(pip_decouple(root), EPERM);
	CHECK_ERROR(pip_decouple(shared->other), EPERM);
	CHECK_ERROR(pip_decouple(pip_task_self()), EPERM);
	check_anywhere();
	CHECK_ERROR(pip_couple(), 0);
	CHECK_ERROR(pip_couple(), EBUSY);
	CHECK_ERROR(pip_decouple(pip_task_self()), EPERM);
	CHECK_ERROR(pip_decouple(shared->ended), EBUSY);
	CHECK_INT(blt_domain(), blt_pipid());
	CHECK_ERROR(pip_yield_to(root), EPERM); /* another domain's */
	check_in_thread();
	CHECK_ERROR(pip_decouple(NULL), 0);
	CHECK_INT(blt_domain(), PIP_PIPID_ROOT);
	CHECK_ERROR(pip_decouple(NULL), EPERM);
	/* Resumed elsewhere, that is where NULL leads to then. */
	return check_finish() != 0 ? 1 : 18;
}

static int play_active(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	check_coupled();
	check_anywhere();
	return check_finish() != 0 ? 1 : 19;
}

/* EBUSY leaves the task on the queue; others can still resume it. */
static void check_resume_busy(void)
{
	pip_task_queue_t queue;
	int pipid = PIP_PIPID_ANY, n = PIP_TASK_ALL;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "nothing",
			      NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, shared->ended), EBUSY);
	CHECK_INT(blt_count(&queue), 1);
	CHECK_ERROR(pip_dequeue_and_resume_N(&queue, shared->ended, &n), EBUSY);
	CHECK_INT(n, 0);
	CHECK_INT(blt_count(&queue), 1);
	CHECK_ERROR(pip_task_queue_fin(&queue), EBUSY);
	pip_task_queue_lock(&queue);
	CHECK_PTR(pip_task_queue_dequeue(&queue), blt_handle(pipid));
	pip_task_queue_unlock(&queue);
	CHECK_ERROR(pip_resume(blt_handle(pipid), shared->ended), EBUSY);
	CHECK_ERROR(pip_yield_to(blt_handle(pipid)), EPERM); /* suspended */
	CHECK_ERROR(pip_resume(blt_handle(pipid), pip_task_self()), 0);
	CHECK_STATUS(blt_join(pipid), EXITED(17));
}

static void check_ulp(void)
{
	pip_task_queue_t queue;
	int pipid = PIP_PIPID_ANY;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "ulp", NULL),
		    0);
	CHECK_INT(blt_resume_all(&queue, pip_task_self()), 1);
	CHECK_STATUS(blt_join(pipid), EXITED(18));
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;
	int ntasks = NTASKS, pipid = PIP_PIPID_ANY, other = PIP_PIPID_ANY;

	(void)argc, (void)argv;
	shared = &memory;
	check_uninitialised();
	check_init();
	check_uninitialised(); /* after pip_fin(), too */
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_SYNC_BLOCKING), 0);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, 0, NULL, "nothing", NULL), 0);
	shared->ended = blt_handle(pipid);
	CHECK_STATUS(blt_join(pipid), EXITED(17));
	check_spawn();
	CHECK_ERROR(pip_yield_to(NULL), 0);
	check_coupled();
	CHECK_ERROR(blt_spawn(&other, 0, NULL, "parked", NULL), 0);
	/* The lowest is used first: ended is other's now. */
	shared->other = blt_handle(other);
	shared->ended = blt_handle(NTASKS - 1);
	CHECK_EVENTUALLY(blt_count(&shared->parked) == 1);
	check_spawn_without_queue();
	check_anywhere();
	check_resume_busy();
	check_ulp();
	pipid = PIP_PIPID_ANY;
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_ACTIVE, NULL, "active", NULL),
		    0);
	CHECK_STATUS(blt_join(pipid), EXITED(19));
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(other), EXITED(0));
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "nothing", play_nothing },
				     { "parked", play_parked },
				     { "ulp", play_ulp },
				     { "active", play_active },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
