// SPDX-License-Identifier: BSD-2-Clause
/*
 * A pipe ping-pong: two tasks hand a byte to each other, there and back, on one
 * CPU, so that each event is two context switches of the kernel and one or two
 * wakeups.
 */
#include <config.h>

#include "load.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_SYS_SDT_H
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#else
#define STAP_PROBE1(provider, name, argument) ((void)(argument))
#endif

static bool put(int fd, unsigned char byte)
{
	ssize_t n;

	do
		n = write(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static bool get(int fd, unsigned char wanted)
{
	unsigned char byte;
	ssize_t n;

	do
		n = read(fd, &byte, 1);
	while (n < 0 && errno == EINTR);
	return n == 1 && byte == wanted;
}

/* Whoever is alone must not wait for ever. */
static void close_others(const struct load_shared *shared, int pipid)
{
	close(shared->pipes[0][pipid == 0 ? 0 : 1]);
	close(shared->pipes[1][pipid == 0 ? 1 : 0]);
}

int load_pingpong_task(struct load_shared *shared, int pipid)
{
	int in = shared->pipes[pipid == 0 ? 1 : 0][0];
	int out = shared->pipes[pipid == 0 ? 0 : 1][1];
	uint64_t done = 0;

	close_others(shared, pipid);
	pip_barrier_wait(&shared->barrier);
	if (pipid == 0)
		load_begin();
	for (uint64_t i = 0; i < shared->events; i++) {
		unsigned char byte = (unsigned char)i;

		if (pipid != 0) {
			done += get(in, byte) && put(out, (unsigned char)~byte);
			continue;
		}
		done += put(out, byte) && get(in, (unsigned char)~byte);
		STAP_PROBE1(pip_effect, pingpong, byte);
		load_mark(i);
	}
	if (pipid == 0)
		load_end(done);
	return done == shared->events ? 0 : 3;
}

/* Tasks inherit it. */
static int stay_on_this_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return errno;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? errno : 0;
}

int load_play_pingpong(uint64_t events)
{
	static struct load_shared shared;
	int error = load_start(&shared, WORK_PINGPONG, events);

	for (int i = 0; i < 2 && error == 0; i++)
		if (pipe(shared.pipes[i]) < 0)
			error = errno;
	if (error == 0)
		error = stay_on_this_cpu();
	for (int i = 0; i < 2 && error == 0; i++)
		error = load_spawn(i, PIP_TASK_ACTIVE, NULL);
	if (error != 0)
		return load_fail("pingpong", error);
	shared.spawned = 1;
	for (int i = 0; i < 2; i++) {
		close(shared.pipes[i][0]);
		close(shared.pipes[i][1]);
	}
	load_sleep_until_end(0);
	return load_wait_all(2);
}
