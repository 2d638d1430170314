/* SPDX-License-Identifier: BSD-2-Clause */
/* pip_export(), pip_import(), the aux pointer and what a spawn hands over. */
#include "role.h"
#include "self.h"

#define NTASKS 4
#define API (PIP_VERSION_MAJOR)

static int private_variable = 1;

struct shared {
	_Atomic int exported; /* a task has exported */
	_Atomic int leave;
};

static void check_errors(void)
{
	void *imported = &imported;

	CHECK_ERROR(pip_import(PIP_PIPID_ANY, &imported), EINVAL);
	CHECK_ERROR(pip_import(PIP_PIPID_NULL, &imported), EINVAL);
	CHECK_ERROR(pip_import(NTASKS, &imported), ERANGE);
	CHECK_ERROR(pip_import(2147483647, &imported), ERANGE);
	CHECK_ERROR(pip_import(-1, &imported), API == 2 ? ERANGE : EINVAL);
	CHECK_ERROR(pip_import(-123, &imported), API == 2 ? ERANGE : EINVAL);
	CHECK_PTR(imported, &imported);
	CHECK_ERROR(pip_import(0, NULL), 0);
}

/* Of nobody yet, or not yet: NULL. */
static void check_nothing_exported(int pipid)
{
	void *imported = &imported;

	CHECK_ERROR(pip_import(pipid, &imported), 0);
	CHECK_PTR(imported, NULL);
}

static void check_exporting_twice(void *first, void *second)
{
	void *imported = NULL;

#if API == 2
	CHECK_ERROR(pip_export(NULL), EINVAL);
#else
	CHECK_ERROR(pip_export(NULL), 0);
	check_nothing_exported(PIP_PIPID_MYSELF);
#endif
	CHECK_ERROR(pip_export(first), 0);
	CHECK_ERROR(pip_import(PIP_PIPID_MYSELF, &imported), 0);
	CHECK_PTR(imported, first);
#if API == 2
	CHECK_ERROR(pip_export(second), EBUSY);
	CHECK_ERROR(pip_export(NULL), EINVAL); /* judged first */
	second = first;
#else
	CHECK_ERROR(pip_export(second), 0);
#endif
	CHECK_ERROR(pip_import(PIP_PIPID_SELF, &imported), 0);
	CHECK_PTR(imported, second);
}

static void check_aux(void *initial)
{
	void *aux = &aux;

	CHECK_ERROR(pip_get_aux(&aux), 0);
	CHECK_PTR(aux, initial);
	CHECK_ERROR(pip_get_aux(NULL), 0);
	CHECK_ERROR(pip_set_aux(&private_variable), 0);
	CHECK_ERROR(pip_get_aux(&aux), 0);
	CHECK_PTR(aux, &private_variable);
	CHECK_ERROR(pip_set_aux(NULL), 0);
	CHECK_ERROR(pip_get_aux(&aux), 0);
	CHECK_PTR(aux, NULL);
}

/* What an ended task exported. */
static void check_dead(int pipid, int *variable)
{
	void *imported = NULL;

#if API == 2
	CHECK_ERROR(pip_import(pipid, &imported), ESRCH);
	(void)variable;
#else
	/* Its memory is still there. */
	CHECK_ERROR(pip_import(pipid, &imported), 0);
	CHECK_PTR(imported, variable);
	if (imported != NULL)
		CHECK_INT(*(int *)imported, 22);
#endif
}

static void check_task_exports(struct shared *shared)
{
	int pipid = PIP_PIPID_ANY, status = -1;
	void *imported = NULL;

	CHECK_ERROR(role_spawn(&pipid, "export", NULL), 0);
	CHECK_EVENTUALLY(shared->exported);
	CHECK_ERROR(pip_import(pipid, &imported), 0);
	CHECK_OR_STOP(imported != NULL);
	CHECK(imported != &private_variable);
	CHECK_INT(*(int *)imported, 21);
	*(int *)imported = 22;
	shared->leave = 1;
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	check_dead(pipid, imported);

	/* A new life knows nothing of the old one. */
	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	check_nothing_exported(pipid);
	NEED(self_kill(pipid, SIGKILL) == 0);
	CHECK_ERROR(pip_wait(pipid, NULL), 0);
}

/* aux, exp and arg reach the task that they were meant for. */
static void check_handed_over(void)
{
	static char aux[] = "aux";
	char *argv[] = { role_path, (char *)"given", NULL, NULL, NULL };
	char aux_text[32], exp_text[32];
	pip_spawn_program_t program;
	int status = -1;

	snprintf(aux_text, sizeof(aux_text), "%p", (void *)aux);
	argv[2] = aux_text;
	argv[3] = exp_text;

	snprintf(exp_text, sizeof(exp_text), "%p", (void *)&private_variable);
	pip_spawn_from_main(&program, NULL, argv, NULL, &private_variable,
			    aux);
	CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, NULL),
		    0);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(0));

	/* exp NULL: the root's. */
	snprintf(exp_text, sizeof(exp_text), "%p", (void *)0x1000);
	pip_spawn_from_main(&program, NULL, argv, NULL, NULL, aux);
	CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, NULL),
		    0);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(0));
}

static int play_root(int argc, char **argv)
{
	static struct shared shared, other;
	int ntasks = NTASKS;
	void *exp = (void *)0x1000;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_init(NULL, &ntasks, &exp, 0), 0);
	check_errors();
	check_nothing_exported(PIP_PIPID_ROOT);
	check_nothing_exported(PIP_PIPID_MYSELF);
	check_nothing_exported(0); /* never spawned */
	check_aux(NULL);
	check_exporting_twice(&other, &shared);
#if API == 2
	CHECK_ERROR(pip_fin(), 0);
	CHECK_ERROR(pip_init(NULL, &ntasks, &exp, 0), 0);
	CHECK_ERROR(pip_export(&shared), 0);
#endif
	check_task_exports(&shared);
	check_handed_over();
	return role_finish();
}

static int play_export(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	check_errors();
	check_nothing_exported(PIP_PIPID_MYSELF);
	check_aux(NULL);
	private_variable = 21;
#if API == 3
	CHECK_ERROR(pip_export(shared), 0);
#endif
	CHECK_ERROR(pip_export(&private_variable), 0);
	shared->exported = 1;
	CHECK_EVENTUALLY(shared->leave);
	CHECK_INT(private_variable, 22);
	return check_finish();
}

static int play_given(int argc, char **argv)
{
	void *aux = NULL, *exp = NULL;
	char text[32];

	(void)argc;
	CHECK_ERROR(pip_get_aux(&aux), 0);
	snprintf(text, sizeof(text), "%p", aux);
	CHECK_STR(text, argv[1]);
	CHECK_STR(aux, "aux");
	CHECK_ERROR(pip_init(NULL, NULL, &exp, 0), 0);
	snprintf(text, sizeof(text), "%p", exp);
	CHECK_STR(text, argv[2]);
	check_aux(aux);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "export", play_export },
	{ "given", play_given },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
