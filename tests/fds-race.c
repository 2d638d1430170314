/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Other threads of the root open and close close-on-exec descriptors all the
 * time: no task ever gets one.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "role.h"
#include "self.h"

#define NTHREADS 3
#define ROUNDS 400

static _Atomic int stop;

static void *open_and_close(void *arg)
{
	int fds[8];

	(void)arg;
	while (!stop) {
		for (int i = 0; i < 8; i += 2)
			if (i % 4)
				NEED(pipe2(fds + i, O_CLOEXEC) == 0);
			else
				NEED(socketpair(AF_UNIX,
						SOCK_STREAM | SOCK_CLOEXEC, 0,
						fds + i) == 0);
		for (int i = 0; i < 8; i++)
			close(fds[i]);
	}
	return NULL;
}

static int play_root(int argc, char **argv)
{
	pthread_t threads[NTHREADS];
	char text[16];
	int status = -1;

	(void)argc, (void)argv;
	role_init(4);
	/* What is inherited is known before the storm. */
	snprintf(text, sizeof(text), "%d", self_count_fds() - 2); /* the table, /proc/self/mem */
	CHECK_STATUS(role_run("task", text, NULL), EXITED(0));
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_create(&threads[i], NULL, open_and_close, NULL) ==
		     0);
	for (int i = 0; i < ROUNDS && check_failures == 0; i++) {
		CHECK_ERROR(role_spawn(NULL, "task", text, NULL), 0);
		CHECK_ERROR(role_spawn(NULL, "task", text, NULL), 0);
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	stop = 1;
	for (int i = 0; i < NTHREADS; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc;
	CHECK_INT(self_count_fds(), atoi(argv[1]));
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
