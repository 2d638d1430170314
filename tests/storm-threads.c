/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several threads of the root spawn and wait at the same time, tasks that end
 * at once: every status is right, every PIPID comes back, nothing is left.
 */
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTHREADS 4
#define NTASKS 16
#define ROUNDS 400

static _Atomic int next_code;

static void *spawn_and_wait(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS; i++) {
		int code = next_code++ & 0xff, pipid = PIP_PIPID_ANY;
		int status = -1, error;
		char text[8];

		snprintf(text, sizeof(text), "%d", code);
		CHECK_ERROR(role_spawn(&pipid, "code", text, NULL), 0);
		error = pip_wait(pipid, &status);
		CHECK_ERROR(error, 0);
		if (error == 0)
			CHECK_STATUS(status, EXITED(code));
	}
	return NULL;
}

/* Two at a time per thread, some with the wrong name, some killed. */
static void *spawn_mixture(void *arg)
{
	(void)arg;
	for (int i = 0; i < ROUNDS / 4; i++) {
		int first = PIP_PIPID_ANY, second = PIP_PIPID_ANY, status = -1;

		CHECK_ERROR(role_spawn(&first, "code", "3", NULL), 0);
		CHECK_ERROR(pip_spawn((char *)"/nonexistent",
				      (char *[]){ role_path, NULL }, NULL,
				      PIP_CPUCORE_ASIS, NULL, NULL, NULL,
				      NULL),
			    ENOENT);
		CHECK_ERROR(role_spawn(&second, "sleep", NULL), 0);
		CHECK(first != second);
		NEED(self_kill(second, SIGKILL) == 0);
		CHECK_ERROR(pip_wait(second, &status), 0);
		CHECK_STATUS(status, KILLED(SIGKILL));
		CHECK_ERROR(pip_wait(first, &status), 0);
		CHECK_STATUS(status, EXITED(3));
	}
	return NULL;
}

static void run(void *(*body)(void *))
{
	pthread_t threads[NTHREADS];

	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_create(&threads[i], NULL, body, NULL) == 0);
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
}

static int play_root(int argc, char **argv)
{
	int fds;

	(void)argc, (void)argv;
	setenv("PIP_QUIET", "", 1);
	role_init(NTASKS);
	CHECK_STATUS(role_run("code", "0", NULL), EXITED(0));
	fds = self_count_fds();
	run(spawn_and_wait);
	CHECK_INT(self_table()->spawned_total, NTHREADS * ROUNDS + 1);
	CHECK_INT(self_table()->ended_total, NTHREADS * ROUNDS + 1);
	run(spawn_mixture);
	CHECK_INT(self_table()->spawned_total, self_table()->ended_total);
	CHECK_INT(self_count_fds(), fds);
	return role_finish();
}

static int play_code(int argc, char **argv)
{
	(void)argc;
	return atoi(argv[1]);
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "code", play_code },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
