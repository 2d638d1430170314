/* SPDX-License-Identifier: BSD-2-Clause */
/* Before pip_init() and after pip_fin() everything answers EPERM. */
#include "role.h"

static int never_called(void *arg)
{
	(void)arg;
	return 0;
}

static void check_all_refuse(void)
{
	char *argv[] = { role_path, (char *)"none", NULL };
	pip_spawn_program_t program, empty;
	void *pointer = &program;
	int number = 4711;

	CHECK_INT(pip_is_initialized(), 0);
	CHECK_INT(pip_isa_root(), 0);
	CHECK_INT(pip_isa_task(), 0);
	CHECK_PTR(pip_get_mode_str(), NULL);

	CHECK_ERROR(pip_fin(), EPERM);
	CHECK_ERROR(pip_get_pipid(&number), EPERM);
	CHECK_ERROR(pip_get_pipid(NULL), EPERM);
	CHECK_ERROR(pip_get_ntasks(&number), EPERM);
	CHECK_ERROR(pip_get_ntasks(NULL), EPERM);
	CHECK_ERROR(pip_get_mode(&number), EPERM);
	CHECK_ERROR(pip_get_mode(NULL), EPERM);
	CHECK_INT(number, 4711);

	CHECK_ERROR(pip_export(&number), EPERM);
	CHECK_ERROR(pip_export(NULL), EPERM);
	CHECK_ERROR(pip_import(0, &pointer), EPERM);
	CHECK_ERROR(pip_import(PIP_PIPID_ROOT, &pointer), EPERM);
	CHECK_ERROR(pip_import(PIP_PIPID_NULL, NULL), EPERM);
	CHECK_ERROR(pip_set_aux(&number), EPERM);
	CHECK_ERROR(pip_get_aux(&pointer), EPERM);
	CHECK_ERROR(pip_get_aux(NULL), EPERM);
	CHECK_PTR(pointer, &program);

	number = PIP_PIPID_ANY;
	CHECK_ERROR(pip_wait(0, &number), EPERM);
	CHECK_ERROR(pip_wait(PIP_PIPID_ROOT, NULL), EPERM);
	CHECK_ERROR(pip_wait(-1, NULL), EPERM);
	CHECK_ERROR(pip_trywait(0, &number), EPERM);
	CHECK_ERROR(pip_wait_any(&number, NULL), EPERM);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), EPERM);

	/* No program is EINVAL even now; a program that is wrong is not. */
	CHECK_ERROR(pip_task_spawn(NULL, PIP_CPUCORE_ASIS, 0, NULL, NULL),
		    EINVAL);
	pip_spawn_from_main(&program, NULL, argv, NULL, NULL);
	CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &number,
				   NULL),
		    EPERM);
	memset(&empty, 0, sizeof(empty));
	CHECK_ERROR(pip_task_spawn(&empty, 0x77000000, 0, NULL, NULL), EPERM);
	CHECK_ERROR(pip_spawn(role_path, argv, NULL, PIP_CPUCORE_ASIS, &number,
			      never_called, never_called, NULL),
		    EPERM);
	CHECK_ERROR(pip_spawn(NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL),
		    EPERM);
	CHECK_INT(number, PIP_PIPID_ANY);
}

/* errno belongs to the program. */
static void check_errno_is_left_alone(void)
{
	errno = 4242;
	CHECK_ERROR(pip_get_pipid(NULL), EPERM);
	CHECK_INT(errno, 4242);
}

static int play_root(int argc, char **argv)
{
	pid_t pid;

	(void)argc, (void)argv;
	check_all_refuse();
	check_errno_is_left_alone();
	/* pip_exit() is exit(3). */
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		pip_exit(42);
	CHECK_STATUS(role_join(pid), EXITED(42));

	role_init(2);
	CHECK(pip_is_initialized() != 0);
	CHECK_ERROR(pip_fin(), 0);
	check_all_refuse();

	/* As often as wanted. */
	for (int i = 0; i < 100; i++) {
		role_init(300);
		CHECK_ERROR(pip_fin(), 0);
	}
	CHECK(check_is_childless());
	return check_finish();
}

static int play_none(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 1;
}

static const struct role roles[] = {
	{ "root", play_root }, { "none", play_none }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
