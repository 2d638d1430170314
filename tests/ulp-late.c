/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first context of all that leaves its kernel thread.  It comes to the
 * root, which has been waiting in the kernel since before: it is run all the
 * same.  Or it is to come to a task that has ended: that is refused; but not
 * if it is given to it at its spawn.
 */
#include "role.h"
#include "self.h"

#define LATE_NS (300l * 1000 * 1000)
#define CROWD 80

static int play_late(int argc, char **argv)
{
	static int value;
	pip_task_t *root;

	(void)argc, (void)argv;
	nanosleep(&(struct timespec){ 0, LATE_NS }, NULL);
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ROOT, &root), 0);
	CHECK_ERROR(pip_decouple(root), 0);
	CHECK_ERROR(pip_named_export(&value, "late"), 0);
	CHECK_ERROR(pip_couple(), 0);
	return check_finish() == 0 ? 7 : 1;
}

static void begin(void)
{
	int pipid = 0;

	role_init(1);
	CHECK_ERROR(role_spawn(&pipid, "late", NULL), 0);
}

static void check_any(void)
{
	int pipid = -1, status = -1;

	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, 0);
	CHECK_STATUS(status, EXITED(7));
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 7;
}

static void check_ended(void)
{
	char *arguments[] = { role_path, (char *)"nothing", NULL };
	pip_spawn_program_t program;
	pip_task_queue_t queue;
	siginfo_t info = { 0 };
	pip_task_t *ended;
	int pipid = 0;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	pip_spawn_from_main(&program, role_path, arguments, NULL, NULL, NULL);
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, &ended,
				  NULL, NULL), 0);
	pipid = 1;
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS,
				  PIP_TASK_INACTIVE, &pipid, NULL, &queue,
				  NULL), 0);
	NEED(waitid(P_PID, (id_t)self_entry(0)->pid, &info,
		    WEXITED | WNOWAIT) == 0);
	CHECK_ERROR(pip_dequeue_and_resume(&queue, ended), EBUSY);
	/* It is on the queue again, and can go elsewhere. */
	CHECK_ERROR(pip_dequeue_and_resume(&queue, NULL), 0);
	for (pipid = 0; pipid < 2; pipid++) {
		int status = -1;

		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(7));
	}
}

/* Ends with the PIPID of who runs it. */
static int play_who(int argc, char **argv)
{
	pip_task_t *domain;
	int pipid = -1;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_sched_domain(&domain), 0);
	CHECK_ERROR(pip_get_task_pipid(domain, &pipid), 0);
	return pipid;
}

static void spawn_blt(const char *role, uint32_t opts, int pipid,
		      pip_task_queue_t *queue)
{
	char *arguments[] = { role_path, (char *)role, NULL };
	pip_spawn_program_t program;

	pip_spawn_from_main(&program, role_path, arguments, NULL, NULL, NULL);
	CHECK_ERROR(pip_blt_spawn(&program, PIP_CPUCORE_ASIS, opts, &pipid,
				  NULL, queue, NULL), 0);
}

/* A scheduler that ends at once still runs those that it was given. */
static void check_short(void)
{
	pip_task_queue_t queue;
	int status;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	spawn_blt("who", PIP_TASK_INACTIVE, 0, &queue);
	spawn_blt("who", PIP_TASK_INACTIVE, 1, &queue);
	spawn_blt("nothing", PIP_TASK_ACTIVE, 7, &queue);
	CHECK_ERROR(pip_task_queue_fin(&queue), 0);
	for (int i = 0; i < 3; i++) {
		status = -1;
		CHECK_ERROR(pip_wait(i < 2 ? i : 7, &status), 0);
		CHECK_STATUS(status, EXITED(7));
	}
}

/* One of many, who ends when the late one has run in the root. */
static int play_waiting(int argc, char **argv)
{
	void *address;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_named_import(0, &address, "late"), 0);
	return check_finish() == 0 ? 7 : 1;
}

/* More than a root can sleep on at once: it would notice an end only. */
static void check_crowd(void)
{
	int status, pipid;

	role_init(1 + CROWD);
	spawn_blt("late", PIP_TASK_ACTIVE, 0, NULL);
	for (pipid = 1; pipid <= CROWD; pipid++)
		CHECK_ERROR(role_spawn(&pipid, "waiting", NULL), 0);
	for (int i = 0; i <= CROWD; i++) {
		status = -1;
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(7));
	}
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	CHECK_ERROR(pip_fin(), 0);
}

static int play_root(int argc, char **argv)
{
	int status = -1;
	void *address;

	(void)argc, (void)argv;
	role_init(2);
	check_ended();
	CHECK_ERROR(pip_fin(), 0);
	for (int i = 0; i < 20; i++) {
		role_init(8);
		check_short();
		CHECK_ERROR(pip_fin(), 0);
	}

	check_crowd();

	begin();
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, EXITED(7));
	CHECK_ERROR(pip_fin(), 0);

	begin();
	check_any();
	CHECK_ERROR(pip_fin(), 0);

	begin();
	CHECK_ERROR(pip_named_import(0, &address, "late"), 0);
	check_any();
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "late", play_late },
				     { "nothing", play_nothing },
				     { "waiting", play_waiting },
				     { "who", play_who },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
