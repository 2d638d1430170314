/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task that spawns and waits, again and again, leaves its zombies to the root.
 * They do not pile up, also if the root calls none of libpip's functions, and
 * whatever it does instead: it computes, is blocked in a system call, or lends
 * its kernel thread to another task.  It does not notice anything of it.
 */
#include <poll.h>
#include <pthread.h>

#include "role.h"
#include "zombies.h"

#define ROUNDS 550
/* There are 256 when the root is asked, and those until it runs. */
#define ZOMBIES_MAX 500
#define LOOK_EVERY 50

static struct shared {
	pid_t root_pid;
	pip_task_t *root;
	int pipe[2];
	_Atomic int most;
	_Atomic bool done, guest_runs;
} state;

static int play_spawner(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	for (int i = 1; i <= ROUNDS; i++) {
		int pipid = PIP_PIPID_ANY, status = -1;

		CHECK_ERROR(role_spawn(&pipid, "end", NULL), 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, EXITED(3));
		if (i % LOOK_EVERY == 0) {
			int zombies = count_zombies(shared->root_pid);

			if (zombies > shared->most)
				shared->most = zombies;
		}
	}
	shared->done = true;
	NEED(write(shared->pipe[1], "x", 1) == 1);
	return check_finish();
}

static int play_end(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 3;
}

static __thread int thread_local = 42;

static int play_guest(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	CHECK_ERROR(pip_decouple(shared->root), 0);
	shared->guest_runs = true;
	errno = EXFULL;
	while (!shared->done) {
		CHECK_INT(errno, EXFULL);
		CHECK_INT(thread_local, 42);
	}
	CHECK_ERROR(pip_couple(), 0);
	return check_finish();
}

/* --- What the root does meanwhile ---------------------------------------------- */

static void compute(void)
{
	errno = EXFULL;
	while (!state.done)
		CHECK_INT(errno, EXFULL);
}

static void read_pipe(void)
{
	char byte;

	CHECK_INT(read(state.pipe[0], &byte, 1), 1);
}

/* Any handler makes poll(2) return EINTR. */
static void poll_pipe(void)
{
	struct pollfd end = { .fd = state.pipe[0], .events = POLLIN };

	CHECK_INT(poll(&end, 1, -1), 1);
}

static void host(void)
{
	int guest = PIP_PIPID_ANY;

	CHECK_ERROR(role_spawn(&guest, "guest", NULL), 0);
	while (!state.done)
		(void)pip_yield(PIP_YIELD_DEFAULT);
	CHECK(state.guest_runs);
	CHECK_ERROR(pip_wait(guest, NULL), 0);
}

static void *in_thread(void *arg)
{
	((void (*)(void))arg)();
	return NULL;
}

/* With a thread that is blocked; the signal finds one of the two. */
static void join_thread(void)
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, in_thread, (void *)read_pipe) == 0);
	compute();
	NEED(pthread_join(thread, NULL) == 0);
}

static void check_while(void (*work)(void))
{
	int spawner = PIP_PIPID_ANY, status = -1;

	NEED(pipe(state.pipe) == 0);
	state.done = false;
	state.most = 0;
	CHECK_ERROR(role_spawn(&spawner, "spawner", NULL), 0);
	work();
	if (state.most > ZOMBIES_MAX)
		check_fail("%d zombies of %d tasks", state.most, ROUNDS);
	CHECK_ERROR(pip_wait(spawner, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_INT(count_zombies(state.root_pid), 0);
	close(state.pipe[0]);
	close(state.pipe[1]);
}

static int play_test(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(4);
	CHECK_ERROR(pip_export(&state), 0);
	state.root_pid = getpid();
	state.root = pip_task_self();
	check_while(compute);
	check_while(poll_pipe);
	check_while(host);
	check_while(join_thread);
	return role_finish();
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "spawner", play_spawner },
	{ "end", play_end },
	{ "guest", play_guest },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
