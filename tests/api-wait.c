/* SPDX-License-Identifier: BSD-2-Clause */
/* The errors of the wait family, and who may call it. */
#include "role.h"
#include "self.h"

#define NTASKS 4

static void check_both(int pipid, int expected)
{
	int status = 4711;

	CHECK_ERROR(pip_wait(pipid, &status), expected);
	CHECK_ERROR(pip_trywait(pipid, &status), expected);
	CHECK_ERROR(pip_wait(pipid, NULL), expected);
	CHECK_INT(status, 4711);
}

static void check_errors(void)
{
	int pipid = 4711, status = 4711;

	check_both(PIP_PIPID_ROOT, EDEADLK);
	check_both(PIP_PIPID_MYSELF, EDEADLK);
	check_both(PIP_PIPID_ANY, EINVAL);
	check_both(PIP_PIPID_NULL, EINVAL);
	check_both(-1, ERANGE);
	check_both(-123, ERANGE);
	check_both(-2147483647 - 1, ERANGE);
	check_both(NTASKS, ERANGE);
	check_both(2147483647, ERANGE);
	for (int i = 0; i < NTASKS; i++)
		check_both(i, ECHILD);
	CHECK_ERROR(pip_wait_any(&pipid, &status), ECHILD);
	CHECK_ERROR(pip_trywait_any(&pipid, &status), ECHILD);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
	CHECK_INT(pipid, 4711);
	CHECK_INT(status, 4711);
}

static void check_task_may_not(void)
{
	int pipid = 4711, status = 4711;

	check_both(0, EPERM);
	check_both(PIP_PIPID_ROOT, EPERM);
	check_both(PIP_PIPID_MYSELF, EPERM);
	check_both(-1, EPERM);
	check_both(NTASKS, EPERM);
	CHECK_ERROR(pip_wait_any(&pipid, &status), EPERM);
	CHECK_ERROR(pip_trywait_any(&pipid, &status), EPERM);
	CHECK_INT(pipid, 4711);
	CHECK_INT(status, 4711);
}

static int play_root(int argc, char **argv)
{
	int pipid = PIP_PIPID_ANY, other = -1, status = 0, error;

	(void)argc, (void)argv;
	role_init(NTASKS);
	check_errors();

	/* "Not yet" is ECHILD as well. */
	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	CHECK_ERROR(pip_trywait(pipid, &status), ECHILD);
	CHECK_ERROR(pip_trywait_any(&other, &status), ECHILD);
	CHECK_INT(other, -1);
	NEED(self_kill(pipid, SIGUSR1) == 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(SIGUSR1));
	check_errors();

	/* Each form collects, and a task is collected once. */
	CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
	CHECK_ERROR(pip_wait_any(&other, &status), 0);
	CHECK_INT(other, pipid);
	CHECK_STATUS(status, EXITED(0));
	check_errors();

	CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
	while ((error = pip_trywait(pipid, &status)) == ECHILD)
		check_sleep_ms(1);
	CHECK_ERROR(error, 0);
	CHECK_STATUS(status, EXITED(0));
	check_errors();

	CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
	other = -1;
	while ((error = pip_trywait_any(&other, &status)) == ECHILD)
		check_sleep_ms(1);
	CHECK_ERROR(error, 0);
	CHECK_INT(other, pipid);
	CHECK_STATUS(status, EXITED(0));
	check_errors();

	/* Nobody has to want to know. */
	CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, NULL), 0);
	CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
	check_errors();
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	check_task_may_not();
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
