/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip_spawn_from_main(), pip_spawn_from_func() and pip_spawn_hook(): what they
 * fill in, with either version's list of arguments, and the layouts that
 * programs of the original were compiled with.
 */
#include <stddef.h>

#include "role.h"

#if PIP_VERSION_MAJOR == 2
_Static_assert(sizeof(pip_spawn_program_t) == 64, "layout of version 2");
_Static_assert(offsetof(pip_spawn_program_t, aux) == 40, "");
_Static_assert(offsetof(pip_spawn_program_t, reserved) == 48, "");
#define EXP(program) ((program).reserved[0])
#else
_Static_assert(sizeof(pip_spawn_program_t) == 72, "layout of version 3");
_Static_assert(offsetof(pip_spawn_program_t, exp) == 40, "");
_Static_assert(offsetof(pip_spawn_program_t, aux) == 48, "");
_Static_assert(offsetof(pip_spawn_program_t, reserved) == 56, "");
#define EXP(program) ((program).exp)
#endif
_Static_assert(offsetof(pip_spawn_program_t, prog) == 0, "");
_Static_assert(offsetof(pip_spawn_program_t, argv) == 8, "");
_Static_assert(offsetof(pip_spawn_program_t, envv) == 16, "");
_Static_assert(offsetof(pip_spawn_program_t, funcname) == 24, "");
_Static_assert(offsetof(pip_spawn_program_t, arg) == 32, "");
_Static_assert(sizeof(pip_spawn_hook_t) == 64, "");
_Static_assert(offsetof(pip_spawn_hook_t, hookarg) == 16, "");
_Static_assert(sizeof(pip_id_t) == sizeof(void *), "");
_Static_assert(PIP_PIPID_ROOT == -748 && PIP_PIPID_MYSELF == -749 &&
	       PIP_PIPID_ANY == -750 && PIP_PIPID_NULL == -751, "");
_Static_assert(PIP_CPUCORE_ASIS == 0x01000000 &&
	       PIP_CPUCORE_ABS == 0x02000000, "");

static char prog[] = "prog", func[] = "func";
static char *argv_given[] = { (char *)"argv0", NULL };
static char *envv_given[] = { (char *)"A=1", NULL };
static int arg, exp_given, aux;

static void check_main(const pip_spawn_program_t *p, const char *program,
		       char **envv, void *exp)
{
	CHECK_PTR(p->prog, program);
	CHECK_PTR(p->argv, argv_given);
	CHECK_PTR(p->envv, envv);
	CHECK_PTR(p->funcname, NULL);
	CHECK_PTR(p->arg, NULL);
	CHECK_PTR(EXP(*p), exp);
	CHECK_PTR(p->aux, &aux);
	CHECK_PTR(p->reserved[1], NULL);
}

static void check_func(const pip_spawn_program_t *p, const char *program,
		       char **envv, void *exp)
{
	CHECK_PTR(p->prog, program);
	CHECK_PTR(p->argv, NULL);
	CHECK_PTR(p->envv, envv);
	CHECK_PTR(p->funcname, func);
	CHECK_PTR(p->arg, &arg);
	CHECK_PTR(EXP(*p), exp);
	CHECK_PTR(p->aux, &aux);
	CHECK_PTR(p->reserved[1], NULL);
}

static int hook(void *hookarg)
{
	(void)hookarg;
	return 0;
}

static int play_root(int argc, char **argv)
{
	pip_spawn_program_t p;
	pip_spawn_hook_t h;

	(void)argc, (void)argv;
	memset(&p, 0xaa, sizeof(p));
	pip_spawn_from_main(&p, prog, argv_given, envv_given, &aux);
	check_main(&p, prog, envv_given, NULL);
	memset(&p, 0xaa, sizeof(p));
	pip_spawn_from_main(&p, prog, argv_given, envv_given, &exp_given, &aux);
	check_main(&p, prog, envv_given, &exp_given);
	pip_spawn_from_main(&p, NULL, argv_given, NULL, &aux);
	check_main(&p, argv_given[0], environ, NULL);
	pip_spawn_from_main(&p, NULL, argv_given, NULL, NULL, &aux);
	check_main(&p, argv_given[0], environ, NULL);
	pip_spawn_from_main(&p, NULL, NULL, NULL, &aux);
	CHECK_PTR(p.prog, NULL);

	memset(&p, 0xaa, sizeof(p));
	pip_spawn_from_func(&p, prog, func, &arg, envv_given, &aux);
	check_func(&p, prog, envv_given, NULL);
	memset(&p, 0xaa, sizeof(p));
	pip_spawn_from_func(&p, prog, func, &arg, envv_given, &exp_given, &aux);
	check_func(&p, prog, envv_given, &exp_given);
	pip_spawn_from_func(&p, NULL, func, &arg, NULL, &aux);
	check_func(&p, NULL, environ, NULL);

	/* A hook's reserved words are left alone. */
	memset(&h, 0xaa, sizeof(h));
	pip_spawn_hook(&h, hook, NULL, &arg);
	CHECK(h.before == hook && h.after == NULL && h.hookarg == &arg);
	CHECK_PTR(h.reserved[0], (void *)0xaaaaaaaaaaaaaaaa);

	/* argv and environ reach the task. */
	role_init(2);
	pip_spawn_from_main(&p, role_path,
			    ((char *[]){ (char *)"some name", (char *)"task",
					 (char *)"", (char *)"a b", NULL }),
			    envv_given, NULL);
	CHECK_ERROR(pip_task_spawn(&p, PIP_CPUCORE_ASIS, 0, NULL, NULL), 0);
	CHECK_ERROR(pip_wait(0, &argc), 0);
	CHECK_STATUS(argc, EXITED(0));
	/* No arguments: the program's name alone. */
	pip_spawn_from_func(&p, role_path, (char *)"start_here", &arg, NULL,
			    &aux);
	CHECK_ERROR(pip_task_spawn(&p, PIP_CPUCORE_ASIS, 0, NULL, NULL), 0);
	CHECK_ERROR(pip_wait(0, &argc), 0);
	CHECK_STATUS(argc, EXITED(33));
	return role_finish();
}

__attribute__((noinline, used)) int start_here(void *given);
int start_here(void *given)
{
	void *got_aux = NULL;

	CHECK(given != NULL && given != &arg);
	CHECK_ERROR(pip_get_aux(&got_aux), 0);
	CHECK(got_aux != NULL && got_aux != &aux);
	/* Both are the root's variables. */
	CHECK_INT((char *)got_aux - (char *)given,
		  (char *)&aux - (char *)&arg);
	return check_finish() ? 1 : 33;
}

static const struct role roles[] = {
	{ "root", play_root }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[0], "some name") == 0) {
		CHECK_STR(argv[1], "task");
		CHECK_STR(argv[2], "");
		CHECK_STR(argv[3], "a b");
		CHECK_PTR(argv[4], NULL);
		CHECK(environ[0] != NULL && environ[1] == NULL);
		CHECK_STR(getenv("A"), "1");
		CHECK_STR(program_invocation_name, "some name");
		return check_finish();
	}
	return role_main(argc, argv, roles);
}
