/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PiP calls that block suspend the context, not its kernel thread: while one
 * waits for a task or for a name, the others of its domain go on.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "blt-check.h"

enum { WITNESS, IMPORTER, EXPORTER, SPAWNER, SCHEDULER, CHILD, NTASKS = 10 };

struct shared {
	pip_task_queue_t parked;
	_Atomic long steps; /* of the witness */
	_Atomic bool stop, export_now, end_now, imported;
	int exported;
};

static struct shared *shared;

static int play_witness(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	while (!shared->stop) {
		shared->steps++;
		pip_yield(PIP_YIELD_DEFAULT);
	}
	return check_finish() != 0 ? 1 : 31;
}

/* Waits for a name that the exporter exports when it is told to. */
static int play_importer(int argc, char **argv)
{
	int domain = blt_domain();
	void *value = NULL;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_named_import(EXPORTER, &value, "name %d", 7), 0);
	CHECK_PTR(value, &shared->exported);
	CHECK_INT(blt_domain(), domain);
	shared->imported = true;
	/* The exporter ends without this one. */
	CHECK_ERROR(pip_named_import(EXPORTER, &value, "never"), ECANCELED);
	CHECK_INT(blt_domain(), domain);
	return check_finish() != 0 ? 1 : 32;
}

static int play_exporter(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	while (!shared->export_now)
		check_sleep_ms(1);
	CHECK_ERROR(pip_named_export(&shared->exported, "name 7"), 0);
	while (!shared->end_now)
		check_sleep_ms(1);
	return check_finish() != 0 ? 1 : 33;
}

static int play_child(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	while (!shared->end_now)
		check_sleep_ms(1);
	return 34;
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	return check_finish() != 0 ? 1 : 35;
}

static void start(int pipid, pip_task_t *sched, const char *role)
{
	pip_task_queue_t queue;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE | PIP_SYNC_BLOCKING,
			      &queue, role, NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, sched), 0);
}

static void start_active(int pipid, const char *role)
{
	CHECK_ERROR(blt_spawn(&pipid, PIP_SYNC_BLOCKING, NULL, role, NULL), 0);
}

static void prepare(void)
{
	shared->stop = shared->export_now = shared->end_now = false;
	shared->imported = false;
	shared->steps = 0;
}

/* The witness goes on, though its domain's other context waits. */
static void check_witness_goes_on(void)
{
	long steps = shared->steps;

	BLT_EVENTUALLY(shared->steps > steps + 100);
}

/* A ULP waits for a name, in the domain where the witness is. */
static void check_import(pip_task_t *sched)
{
	prepare();
	start_active(EXPORTER, "exporter");
	start(IMPORTER, sched, "importer");
	start(WITNESS, sched, "witness");
	check_witness_goes_on();
	BLT_EVENTUALLY(blt_state(blt_entry(IMPORTER)) == PIP_BLT_SUSPENDED);
	check_witness_goes_on();
	CHECK(!shared->imported);
	shared->export_now = true;
	BLT_EVENTUALLY(shared->imported);
	check_witness_goes_on();
	shared->end_now = true;
	CHECK_STATUS(blt_join(EXPORTER), EXITED(33));
	CHECK_STATUS(blt_join(IMPORTER), EXITED(32));
	check_witness_goes_on();
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(31));
}

/* The witness makes it end; another context is needed for that. */
static int play_ender(int argc, char **argv)
{
	(void)argc;
	shared = role_shared();
	for (int i = 0; i < 1000; i++)
		pip_yield(PIP_YIELD_DEFAULT);
	if (strcmp(argv[1], "export") == 0)
		shared->export_now = true;
	else
		shared->end_now = true;
	return check_finish() != 0 ? 1 : 36;
}

static void start_ender(const char *what)
{
	pip_task_queue_t queue;
	int pipid = WITNESS;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "ender", what,
			      NULL), 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, pip_task_self()), 0);
}

/* The root itself waits, and only the ULP that it schedules can end that. */
static void check_root_waits(void)
{
	void *value = NULL;
	int status = -1, pipid = -1;
	bool seen[NTASKS] = { false };

	prepare();
	start_active(CHILD, "child");
	start_ender("end");
	CHECK_STATUS(blt_join(CHILD), EXITED(34));
	CHECK_STATUS(blt_join(WITNESS), EXITED(36));

	prepare();
	start_active(CHILD, "child");
	start_ender("end");
	for (int i = 0; i < 2; i++) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_OR_STOP(pipid == CHILD || pipid == WITNESS);
		CHECK_STATUS(status, EXITED(pipid == CHILD ? 34 : 36));
		CHECK(!seen[pipid]);
		seen[pipid] = true;
	}
	CHECK_ERROR(pip_wait_any(&pipid, &status), ECHILD);

	prepare();
	start_active(EXPORTER, "exporter");
	start_ender("export");
	CHECK_ERROR(pip_named_import(EXPORTER, &value, "name 7"), 0);
	CHECK_PTR(value, &shared->exported);
	shared->end_now = true;
	CHECK_STATUS(blt_join(EXPORTER), EXITED(33));
	CHECK_STATUS(blt_join(WITNESS), EXITED(36));
}

/* Those that do not block do not give way. */
static void check_try(void)
{
	void *value;
	int status;

	prepare();
	start_active(EXPORTER, "exporter");
	start(WITNESS, pip_task_self(), "witness");
	BLT_EVENTUALLY(shared->steps > 10);
	for (int i = 0; i < 10; i++) {
		long steps = shared->steps;

		CHECK_ERROR(pip_trywait(EXPORTER, &status), ECHILD);
		CHECK_ERROR(pip_trywait_any(NULL, &status), ECHILD);
		CHECK_ERROR(pip_named_tryimport(EXPORTER, &value, "name 7"),
			    EAGAIN);
		CHECK_INT(shared->steps, steps);
	}
	shared->export_now = shared->end_now = shared->stop = true;
	CHECK_STATUS(blt_join(EXPORTER), EXITED(33));
	CHECK_STATUS(blt_join(WITNESS), EXITED(31));
}

/* A ULP spawns a task and waits for it: its own child, though it runs on the
 * root's kernel thread; the witness beside it goes on. */
static int play_spawner(int argc, char **argv)
{
	int domain = blt_domain(), pipid = CHILD, status = -1, error;
	long steps;

	(void)argc, (void)argv;
	shared = role_shared();
	steps = shared->steps;
	CHECK_ERROR(role_spawn(&pipid, "child", NULL), 0);
	CHECK_INT(blt_domain(), domain);
	shared->export_now = true; /* the root may end the child */
	error = pip_wait(CHILD, &status);
	/* Version 3.1 has only the root wait. */
	if (error != EPERM)
		CHECK_ERROR(error, 0);
	if (error == 0) {
		CHECK_STATUS(status, EXITED(34));
		CHECK(shared->steps > steps);
	}
	CHECK_INT(blt_domain(), domain);
	return check_finish() != 0 ? 1 : error == 0 ? 37 : 38;
}

static void check_ulp_waits(void)
{
	int status;

	prepare();
	start(SPAWNER, pip_task_self(), "spawner");
	start(WITNESS, pip_task_self(), "witness");
	BLT_EVENTUALLY(shared->export_now);
	check_witness_goes_on();
	shared->end_now = true;
	status = blt_join(SPAWNER);
	if (status == EXITED(38))
		CHECK_STATUS(blt_join(CHILD), EXITED(34));
	else
		CHECK_STATUS(status, EXITED(37));
	shared->stop = true;
	CHECK_STATUS(blt_join(WITNESS), EXITED(31));
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;

	(void)argc, (void)argv;
	shared = &memory;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	check_root_waits();
	check_try();
	check_import(pip_task_self());
	check_ulp_waits();
	start_active(SCHEDULER, "scheduler");
	BLT_EVENTUALLY(blt_count(&shared->parked) == 1);
	check_import(blt_handle(SCHEDULER));
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(35));
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "witness", play_witness },
				     { "importer", play_importer },
				     { "exporter", play_exporter },
				     { "child", play_child },
				     { "ender", play_ender },
				     { "spawner", play_spawner },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
