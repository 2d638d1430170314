/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that spawn tasks: they are the root's children like all, which waits
 * for them; also when the spawning task is killed in the middle of it.
 */
#include "role.h"
#include "self.h"

#define NTASKS 64

static struct shared {
	_Atomic int ran;
	_Atomic int spawning;
} shared;

/* Each spawns two, down to the leaves. */
static void check_tree(void)
{
	int status, n = 0, error;

	shared.ran = 0;
	CHECK_ERROR(role_spawn(NULL, "node", "5", NULL), 0);
	while ((error = pip_wait_any(NULL, &status)) == 0) {
		CHECK_STATUS(status, EXITED(4));
		n++;
	}
	CHECK_ERROR(error, ECHILD);
	CHECK_INT(n, 63);
	CHECK_INT(shared.ran, 63);
}

/* Who spawned what is in the table. */
static void check_parent(void)
{
	int pipid = 7, status;

	CHECK_ERROR(role_spawn(&pipid, "node", "1", NULL), 0);
	for (int i = 0; i < 3; i++)
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_INT(self_entry(7)->parent_pipid, PIP_PIPID_ROOT);
	CHECK_INT(self_entry(0)->parent_pipid, 7);
	CHECK_INT(self_entry(7)->counters[PIP_COUNT_SPAWNS], 2);
}

/* Spawners that are killed while they spawn, and what they leave half-done. */
static void check_killed_spawners(void)
{
	unsigned delay = 1;

	for (int round = 0; round < 60; round++) {
		int pipid = 0, status = -1, error;

		shared.spawning = 0;
		CHECK_ERROR(role_spawn(&pipid, "spawner", NULL), 0);
		CHECK_EVENTUALLY(shared.spawning);
		delay = delay * 1103515245 + 12345;
		for (unsigned i = 0; i < (delay >> 8) % 200000; i++)
			__asm__ volatile("pause");
		NEED(self_kill(0, SIGKILL) == 0);
		CHECK_ERROR(pip_wait(0, &status), 0);
		CHECK_STATUS(status, KILLED(SIGKILL));
		/* The root can go on, and collects all that was spawned. */
		pipid = NTASKS - 1;
		/* On a busy machine the spawner may have come as far as that. */
		if (pip_wait(pipid, &status) == 0)
			CHECK_STATUS(status, EXITED(4));
		CHECK_ERROR(role_spawn(&pipid, "leaf", NULL), 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(4));
		while ((error = pip_wait_any(NULL, &status)) == 0)
			;
		CHECK_ERROR(error, ECHILD);
	}
}

/* A spawn that fails in a task leaves no zombie with the root. */
static void check_failed(void)
{
	int status = -1;

	CHECK_ERROR(role_spawn(NULL, "failing", NULL), 0);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_wait_any(NULL, &status), ECHILD);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	setenv("PIP_QUIET", "", 1);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	check_parent();
	for (int i = 0; i < 5; i++)
		check_tree();
	check_failed();
	check_killed_spawners();
	check_tree();
	return role_finish();
}

static int play_node(int argc, char **argv)
{
	struct shared *root = role_shared();
	int depth = atoi(argv[1]);
	char text[16];

	(void)argc;
	root->ran++;
	snprintf(text, sizeof(text), "%d", depth - 1);
	for (int i = 0; depth > 0 && i < 2; i++)
		CHECK_ERROR(role_spawn(NULL, "node", text, NULL), 0);
	/* It may wait for its own, but leaves them to the root here. */
	if (depth == 0)
		CHECK_ERROR(pip_wait_any(NULL, NULL), EPERM);
	/* None is a child of ours. */
	CHECK(check_is_childless());
	return check_finish() ? 1 : 4;
}

static int play_spawner(int argc, char **argv)
{
	struct shared *root = role_shared();

	(void)argc, (void)argv;
	root->spawning = 1;
	for (;;) {
		int error = role_spawn(NULL, "leaf", NULL);

		if (error == EAGAIN)
			check_sleep_ms(1);
		else
			CHECK_ERROR(error, 0);
	}
	return 0;
}

static int play_failing(int argc, char **argv)
{
	char *args[] = { role_path, NULL };
	pip_spawn_program_t program;

	(void)argc, (void)argv;
	for (int i = 0; i < 5; i++) {
		CHECK_ERROR(pip_spawn((char *)"/nonexistent", args, NULL,
				      PIP_CPUCORE_ASIS, NULL, NULL, NULL,
				      NULL),
			    ENOENT);
		pip_spawn_from_func(&program, role_path, (char *)"no_such",
				    NULL, NULL, NULL);
		CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL,
					   NULL),
			    ENOEXEC);
	}
	return check_finish();
}

static int play_leaf(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 4;
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "node", play_node },
	{ "spawner", play_spawner },
	{ "failing", play_failing },
	{ "leaf", play_leaf },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
