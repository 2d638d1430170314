/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program for PiP 2, root and task, that does not compile for version 3: it
 * uses constants, layouts and prototypes that only version 2 has.
 */
#include <pip/pip.h>
#include <stdlib.h>
#include <sys/wait.h>

#if PIP_VERSION_MAJOR != 2 || PIP_VERSION_MINOR != 4 || PIP_VERSION_SUBMINOR != 1
#error "not compiled for version 2.4.1"
#endif
#ifndef PIP_HAVE_LDPIP
#error "PIP_HAVE_LDPIP is missing"
#endif

_Static_assert(sizeof(pip_spawn_program_t) == 64, "version 2 has no exp");
_Static_assert(offsetof(pip_spawn_program_t, aux) == 40, "aux follows arg");
_Static_assert(PIP_MODE_PROCESS == 0x0500, "the modes of version 2");
_Static_assert(PIP_STACK_SIZE == 16 << 20, "the stack of version 2");

static int (*const init)(int *, int *, void **, int) = pip_init;
static int (*const spawn)(char *, char **, char **, int, int *, pip_spawnhook_t,
			  pip_spawnhook_t, void *) = pip_spawn;

static sem_t semaphore; /* pip.h of version 2 includes semaphore.h */

static int fail(const char *what, int error)
{
	printf("%s: %s\n", what, strerror(error));
	return EXIT_FAILURE;
}

static int be_task(int pipid)
{
	void *aux = NULL;
	sem_t *root_semaphore;
	int error = pip_get_aux(&aux);

	if (error != 0)
		return fail("pip_get_aux", error);
	root_semaphore = aux;
	sem_post(root_semaphore);
	return 40 + pipid;
}

static int be_root(char **argv)
{
	pip_spawn_program_t program;
	int pipid = PIP_PIPID_ANY, status, error;

	sem_init(&semaphore, 1, 0);
	pip_spawn_from_main(&program, argv[0], argv, NULL, &semaphore);
	error = pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
	if (error != 0)
		return fail("pip_task_spawn", error);
	sem_wait(&semaphore);
	error = pip_wait(pipid, &status);
	if (error != 0)
		return fail("pip_wait", error);
	/* Version 2 alone refuses to export twice, or nothing. */
	if (pip_export(NULL) != EINVAL || pip_export(&semaphore) != 0 ||
	    pip_export(&semaphore) != EBUSY)
		return fail("pip_export", EINVAL);
	printf("version 2 task %d: %d\n", pipid, WEXITSTATUS(status));
	return pip_fin();
}

int main(int argc, char **argv)
{
	int pipid, ntasks = 2, error;
	void *exp = NULL;

	(void)argc;
	(void)spawn;
	error = init(&pipid, &ntasks, &exp, PIP_MODE_PROCESS_PRELOAD);
	if (error != 0)
		return fail("pip_init", error);
	return pipid == PIP_PIPID_ROOT ? be_root(argv) : be_task(pipid);
}
