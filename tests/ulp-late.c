/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first context of all that leaves its kernel thread comes to the root,
 * which has been waiting in the kernel since before: it is run all the same.
 */
#include "role.h"

#define LATE_NS (300l * 1000 * 1000)

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

static int play_root(int argc, char **argv)
{
	int status = -1;
	void *address;

	(void)argc, (void)argv;
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
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
