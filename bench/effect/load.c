// SPDX-License-Identifier: BSD-2-Clause
/*
 * The process that does a built-in workload.  It says "ready" on its stdout
 * and waits for a byte on stdin; does the work; says "done EVENTS NS RECORDED
 * CPU_NS"; and waits for another byte.
 */
#include "await.h"
#include "load.h"

#include <errno.h>
#include <inttypes.h>
#include <pip/pip_recorder.h>
#include <pip/pip_table.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t begun, cpu_begun, recorded_before;
static const struct pip_recorder_header *recorder;

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* All events so far, also those that have been overwritten since. */
static uint64_t count_records(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; recorder != NULL && i < 2 * recorder->nkernel; i++) {
		const struct pip_ring *ring =
			(const void *)((const char *)recorder +
				       recorder->header_size +
				       (size_t)i * recorder->ring_size);

		sum += __atomic_load_n(&ring->head, __ATOMIC_RELAXED);
	}
	return sum;
}

static void say(const char *text)
{
	size_t length = strlen(text);

	if (write(STDOUT_FILENO, text, length) != (ssize_t)length)
		_exit(3);
}

static void wait_byte(void)
{
	if (!await_byte(STDIN_FILENO)) /* pip-probe-effect is gone */
		_exit(3);
}

void load_begin(void)
{
	recorder = await_find_mapping("/memfd:" PIP_RECORDER_NAME);
	say("ready\n");
	wait_byte();
	if (!await_recorder())
		_exit(3);
	load_lttng_wait();
	recorded_before = count_records();
	cpu_begun = read_clock(CLOCK_PROCESS_CPUTIME_ID);
	begun = read_clock(CLOCK_MONOTONIC);
}

void load_end(uint64_t done)
{
	uint64_t took = read_clock(CLOCK_MONOTONIC) - begun;
	uint64_t cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu_begun;
	char line[128];

	snprintf(line, sizeof(line), "done %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64 "\n", done, took,
		 count_records() - recorded_before, cpu);
	say(line);
	wait_byte();
}

int load_main(int argc, char **argv)
{
	const struct effect_workload *workload = effect_workloads;

	if (argc != 3) {
		fprintf(stderr, "%s: not a command\n", argv[0]);
		return 3;
	}
	for (; workload->name != NULL; workload++)
		if (strcmp(workload->name, argv[1]) == 0 &&
		    workload->play != NULL) {
			if (!workload->tasks && load_lttng_open() != 0)
				return 3;
			return workload->play(strtoull(argv[2], NULL, 10));
		}
	return 3;
}
