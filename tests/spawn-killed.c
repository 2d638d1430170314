/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task is killed while it spawns others: whatever it leaves half done, the
 * root goes on spawning, waiting and finishing.
 */
#include <stdint.h>

#include "role.h"

#define NTASKS 16
#define ROUNDS 40

static int play_spawner(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (;;) {
		int pipid = PIP_PIPID_ANY;

		pip_export((void *)(intptr_t)getpid());
		/* When all slots are taken, the root will kill us. */
		(void)role_spawn(&pipid, "nothing", NULL);
	}
	return 0;
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

/* The spawner's PID, once it has begun to spawn. */
static pid_t pid_of(int pipid)
{
	void *exported = NULL;

	CHECK_EVENTUALLY(pip_import(pipid, &exported) == 0 && exported != NULL);
	CHECK_OR_STOP((intptr_t)exported > 1); /* 0 is the process group */
	return (pid_t)(intptr_t)exported;
}

static void kill_in_spawn(int round)
{
	int spawner = 0, pipid = PIP_PIPID_ANY, status = -1, error;
	pid_t pid;

	CHECK_ERROR(role_spawn(&spawner, "spawner", NULL), 0);
	pid = pid_of(spawner);
	/* Some part of a spawn or other: loading takes most of its time. */
	usleep((useconds_t)(round * 97 % 2000));
	NEED(kill(pid, SIGKILL) == 0);
	/* Not even waited for: a zombie must not hold up the others. */
	if (round % 2 != 0) {
		CHECK_ERROR(pip_wait(spawner, &status), 0);
		CHECK_STATUS(status, KILLED(SIGKILL));
	}
	/* There is room for one as soon as one has ended. */
	do
		pip_trywait_any(NULL, NULL);
	while ((error = role_spawn(&pipid, "nothing", NULL)) == EAGAIN);
	CHECK_ERROR(error, 0);
	while (pip_wait_any(NULL, NULL) == 0)
		;
}

static int play_root(int argc, char **argv)
{
	int ntasks = NTASKS;

	(void)argc, (void)argv;
	/* What the killed leave behind complains. */
	setenv("PIP_QUIET", "1", 1);
	for (int round = 0; round < ROUNDS; round++) {
		CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
		kill_in_spawn(round);
		CHECK_ERROR(pip_fin(), 0);
	}
	return check_finish();
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "root", play_root },
		{ "spawner", play_spawner },
		{ "nothing", play_nothing },
		{ NULL, NULL },
	};

	return role_main(argc, argv, roles);
}
