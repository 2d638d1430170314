/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A handler of SIGCHLD that waits for tasks, while the root does the same: each
 * task is collected once, by one of them, and neither waits for the other.
 */
#include "role.h"
#include "self.h"

#define NTASKS 8
#define ROUNDS 300

static volatile sig_atomic_t by_handler;

static void collect(int sig)
{
	int saved = errno, status;

	(void)sig;
	while (pip_trywait_any(NULL, &status) == 0)
		by_handler++;
	errno = saved;
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	usleep((useconds_t)atoi(argv[1]));
	return 0;
}

/* Tasks that end at about the same time. */
static void spawn_all(unsigned *random)
{
	for (int i = 0; i < NTASKS; i++) {
		char microseconds[16];
		int pipid = PIP_PIPID_ANY;

		*random = *random * 1103515245 + 12345;
		snprintf(microseconds, sizeof(microseconds), "%u",
			 (*random >> 8) % 300);
		CHECK_ERROR(role_spawn(&pipid, "task", microseconds, NULL), 0);
	}
}

static int play_mode(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = collect,
				    .sa_flags = SA_RESTART };
	int ntasks = NTASKS + 1, by_root = 0, status, error;
	unsigned random = 1;

	(void)argc;
	check_start();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, atoi(argv[1])), 0);
	NEED(sigaction(SIGCHLD, &action, NULL) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		spawn_all(&random);
		for (int i = 0; round % 2 == 0 && i < NTASKS; i++) {
			error = pip_wait(i, &status);
			CHECK(error == 0 || error == ECHILD);
			by_root += error == 0;
		}
		while ((error = pip_wait_any(NULL, &status)) == 0)
			by_root++;
		CHECK_ERROR(error, ECHILD);
	}
	check_say("%s: the root got %d, its handler %d", pip_get_mode_str(),
		  by_root, (int)by_handler);
	CHECK_INT(by_root + by_handler, ROUNDS * NTASKS);
	CHECK_INT(self_table()->ended_total, ROUNDS * NTASKS);
	return role_finish();
}

static int play_test(int argc, char **argv)
{
	char mode[16];

	(void)argc, (void)argv;
	unsetenv("PIP_MODE");
	snprintf(mode, sizeof(mode), "%d", PIP_MODE_PROCESS);
	CHECK_STATUS(role_join(role_exec("mode", mode, NULL)), EXITED(0));
	snprintf(mode, sizeof(mode), "%d", PIP_MODE_PTHREAD);
	CHECK_STATUS(role_join(role_exec("mode", mode, NULL)), EXITED(0));
	return check_finish();
}

static const struct role roles[] = { { "test", play_test },
				     { "mode", play_mode },
				     { "task", play_task },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
