/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder's modes, exact when many threads write: which events are
 * kept, and how many are not; its switch and the values of PIP_TRACE; names;
 * its clock; and roots for which there is no memory.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "recorder-check.h"

#define THREADS 4
#define RECORDS 4096
#define NAMES 200

static uint32_t pip_mode;

static int start(const char *trace, int ntasks)
{
	NEED(trace != NULL ? setenv(PIP_ENV_TRACE, trace, 1) == 0 :
			     unsetenv(PIP_ENV_TRACE) == 0);
	return pip_init(NULL, &ntasks, NULL, pip_mode);
}

static void mark_pairs(uint64_t from, uint64_t n)
{
	for (uint64_t i = from; i < from + n; i++)
		recorder_mark_pair(i);
}

static void *mark_in_thread(void *arg)
{
	mark_pairs((uint64_t)arg, MARKS);
	return NULL;
}

static void mark_in_threads(void)
{
	pthread_t threads[THREADS];

	for (uint64_t i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, mark_in_thread,
				    (void *)(i * MARKS)) == 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static void check_pairs(const struct recorder_ring *ring)
{
	for (uint64_t i = 0; i < ring->count; i++)
		if (!recorder_is_pair(&ring->records[i])) {
			check_fail("record %llu is torn",
				   (unsigned long long)i);
			return;
		}
}

/* Ring 0 is this thread's, ring nkernel that of the others. */
static void check_overwrite(void)
{
	struct recorder_view view;
	struct recorder_ring own, others;
	uint64_t before;

	CHECK_ERROR(start("Overwrite:4000", 2), 0);
	recorder_open_own(&view);
	CHECK_INT(view.header.nrecords, RECORDS);
	CHECK_OR_STOP(recorder_read(&view, 0, &own));
	CHECK_INT(own.lost, 0);
	before = own.ring.head;
	free(own.records);
	mark_pairs(0, MARKS);
	mark_in_threads();
	CHECK_OR_STOP(recorder_read(&view, 0, &own));
	CHECK_OR_STOP(recorder_read(&view, view.header.nkernel, &others));
	CHECK_INT(own.ring.head, before + MARKS);
	CHECK_INT(own.count, RECORDS);
	CHECK_INT(own.lost, before + MARKS - RECORDS);
	for (uint64_t i = 0; i < own.count; i++)
		if (own.records[i].argument != MARKS - RECORDS + i) {
			check_fail("not the newest are kept");
			break;
		}
	CHECK_INT(others.ring.head, THREADS * MARKS);
	CHECK_INT(others.count + others.lost, THREADS * MARKS);
	CHECK_INT(others.ring.stopped + own.ring.stopped, 0);
	CHECK_INT(own.ring.tid, getpid());
	CHECK_INT(others.ring.tid, 0);
	check_pairs(&own);
	check_pairs(&others);
	free(own.records);
	free(others.records);
	CHECK_ERROR(pip_fin(), 0);
}

static void check_stop(void)
{
	struct recorder_view view;
	struct recorder_ring own, others;
	uint64_t before;

	CHECK_ERROR(start("stop:4096", 2), 0);
	recorder_open_own(&view);
	CHECK_OR_STOP(recorder_read(&view, 0, &own));
	before = own.ring.head;
	free(own.records);
	mark_pairs(0, MARKS);
	mark_in_threads();
	CHECK_OR_STOP(recorder_read(&view, 0, &own));
	CHECK_OR_STOP(recorder_read(&view, view.header.nkernel, &others));
	CHECK_INT(own.ring.head, RECORDS);
	CHECK_INT(own.count, RECORDS);
	CHECK_INT(own.ring.stopped, before + MARKS - RECORDS);
	for (uint64_t i = before; i < own.count; i++)
		if (own.records[i].argument != i - before) {
			check_fail("not the oldest are kept");
			break;
		}
	/* However many take the last place at the same moment. */
	CHECK_INT(others.ring.head, RECORDS);
	CHECK_INT(others.count, RECORDS);
	CHECK_INT(others.ring.stopped, THREADS * MARKS - RECORDS);
	check_pairs(&others);
	free(own.records);
	free(others.records);
	/* What is full is overwritten when it is told to be. */
	CHECK_ERROR(pip_trace_start(PIP_TRACE_OVERWRITE), 0);
	mark_pairs(0, 11);
	CHECK_OR_STOP(recorder_read(&view, 0, &own));
	CHECK_INT(own.ring.head, RECORDS + 11);
	CHECK_INT(own.lost, 11);
	free(own.records);
	CHECK_ERROR(pip_fin(), 0);
}

static _Atomic bool go;

static void *race(void *arg)
{
	while (!go)
		;
	mark_pairs(0, 20);
	return arg;
}

/* Many rounds, since only one event of each is the last that has a place. */
static void check_last_place(void)
{
	for (int round = 0; round < 211; round++) {
		struct recorder_view view;
		struct recorder_ring ring;
		pthread_t threads[THREADS];

		go = false;
		CHECK_ERROR(start("stop:16", 2), 0);
		recorder_open_own(&view);
		for (int i = 0; i < THREADS; i++)
			NEED(pthread_create(&threads[i], NULL, race, NULL) ==
			     0);
		go = true;
		for (int i = 0; i < THREADS; i++)
			pthread_join(threads[i], NULL);
		CHECK_OR_STOP(recorder_read(&view, view.header.nkernel, &ring));
		CHECK_INT(ring.ring.head, 16);
		CHECK_INT(ring.count, 16);
		CHECK_INT(ring.ring.stopped, THREADS * 20 - 16);
		check_pairs(&ring);
		free(ring.records);
		CHECK_ERROR(pip_fin(), 0);
	}
}

static void check_switch(void)
{
	struct recorder_view view;
	uint64_t lost, stopped, total;

	CHECK_ERROR(pip_trace_start(PIP_TRACE_STOP), EPERM);
	CHECK_ERROR(pip_trace_stop(), EPERM);
	mark_pairs(0, 5); /* nothing, and no crash */
	CHECK_ERROR(start(NULL, 2), 0);
	recorder_open_own(&view);
	CHECK_INT(view.header.nrecords, PIP_RECORDER_RECORDS);
	CHECK_INT(self_table()->recorder, PIP_RECORDER_OFF);
	mark_pairs(0, MARKS);
	CHECK_INT(recorder_total(&view, &lost, &stopped), 0);
	CHECK_ERROR(pip_trace_start(0), EINVAL);
	CHECK_ERROR(pip_trace_start(3), EINVAL);
	CHECK_ERROR(pip_trace_start(-1), EINVAL);
	CHECK_INT(self_table()->recorder, PIP_RECORDER_OFF);
	CHECK_ERROR(pip_trace_start(PIP_TRACE_OVERWRITE), 0);
	CHECK_INT(self_table()->recorder, PIP_RECORDER_OVERWRITE);
	pip_trace_begin(1, 2);
	pip_trace_counter(3, ~0ull);
	pip_trace_end(1, 2);
	pip_trace_mark(UINT32_MAX, 0);
	CHECK_ERROR(pip_trace_stop(), 0);
	mark_pairs(0, MARKS);
	total = recorder_total(&view, &lost, &stopped);
	CHECK_INT(total, 4);
	CHECK_INT(recorder_count(&view, PIP_EVENT_BEGIN, PIP_PIPID_ROOT, 1), 1);
	CHECK_INT(recorder_count(&view, PIP_EVENT_END, PIP_PIPID_ROOT, 1), 1);
	CHECK_INT(recorder_count(&view, PIP_EVENT_COUNTER, PIP_PIPID_ROOT, 3),
		  1);
	CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, PIP_PIPID_ROOT,
				 (int32_t)UINT32_MAX), 1);
	CHECK_ERROR(pip_fin(), 0);
	CHECK_ERROR(pip_trace_stop(), EPERM);
	mark_pairs(0, 5);
}

static void check_values(void)
{
	static const struct {
		const char *text;
		int error;
		uint32_t mode, nrecords;
	} values[] = {
		{ "", 0, PIP_RECORDER_OFF, 4096 },
		{ "off", 0, PIP_RECORDER_OFF, 4096 },
		{ "off:100", 0, PIP_RECORDER_OFF, 128 },
		{ "overwrite", 0, PIP_RECORDER_OVERWRITE, 4096 },
		{ "OVERWRITE:1", 0, PIP_RECORDER_OVERWRITE, 16 },
		{ "stop", 0, PIP_RECORDER_STOP, 4096 },
		{ "Stop:17", 0, PIP_RECORDER_STOP, 32 },
		{ "stop:1048576", 0, PIP_RECORDER_STOP, 1048576 },
		{ "stop:1048577", EINVAL, 0, 0 },
		{ "stop:0", EINVAL, 0, 0 },
		{ "stop:", EINVAL, 0, 0 },
		{ "stop:-1", EINVAL, 0, 0 },
		{ "stop:+5", EINVAL, 0, 0 },
		{ "stop: 5", EINVAL, 0, 0 },
		{ "stop:5k", EINVAL, 0, 0 },
		{ "stop:99999999999999999999999", EINVAL, 0, 0 },
		{ "stop:-18446744073709551000", EINVAL, 0, 0 },
		{ "stops", EINVAL, 0, 0 },
		{ "on", EINVAL, 0, 0 },
		{ ":16", EINVAL, 0, 0 },
		{ "over", EINVAL, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct recorder_view view;
		int error = start(values[i].text, 2);

		if (error != values[i].error)
			check_fail("PIP_TRACE='%s': %s", values[i].text,
				   check_errno_name(error));
		if (error != 0)
			continue;
		recorder_open_own(&view);
		CHECK_INT(self_table()->recorder, values[i].mode);
		CHECK_INT(view.header.nrecords, values[i].nrecords);
		CHECK_ERROR(pip_fin(), 0);
	}
}

static int play_names(int argc, char **argv)
{
	uint32_t *ids = role_shared(), id;
	char name[32];

	(void)argc;
	for (int i = 0; i < NAMES; i++) {
		int n = (i * 7 + atoi(argv[1]) * 31) % NAMES;
		uint32_t none = UINT32_MAX;

		snprintf(name, sizeof(name), "event %d", n);
		CHECK_ERROR(pip_trace_register(name, &id), 0);
		if (!__atomic_compare_exchange_n(&ids[n], &none, id, false,
						 __ATOMIC_SEQ_CST,
						 __ATOMIC_SEQ_CST))
			CHECK_INT(id, none);
	}
	return check_finish();
}

static void check_names(void)
{
	static uint32_t ids[NAMES];
	struct recorder_view view;
	char name[64], number[16];
	uint32_t id = 7, again;

	CHECK_ERROR(pip_trace_register("a", &id), EPERM);
	CHECK_ERROR(start(NULL, 8), 0);
	memset(ids, 0xff, sizeof(ids));
	CHECK_ERROR(pip_export(ids), 0);
	for (int i = 0; i < 8; i++) {
		snprintf(number, sizeof(number), "%d", i);
		CHECK_ERROR(role_spawn(&i, "names", number, NULL), 0);
	}
	for (int i = 0; i < 8; i++) {
		int status;

		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	recorder_open_own(&view);
	CHECK_INT(view.header.names, NAMES);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "event %d", i);
		CHECK_OR_STOP(ids[i] < NAMES);
		CHECK_STR(view.header.name[ids[i]], name);
	}
	CHECK_ERROR(pip_trace_register(NULL, &id), EINVAL);
	CHECK_ERROR(pip_trace_register("", &id), EINVAL);
	CHECK_ERROR(pip_trace_register("a", NULL), EINVAL);
	memset(name, 'x', 56);
	name[56] = '\0';
	CHECK_ERROR(pip_trace_register(name, &id), EINVAL);
	name[55] = '\0';
	CHECK_ERROR(pip_trace_register(name, &id), 0);
	CHECK_INT(id, NAMES);
	CHECK_ERROR(pip_trace_register(name, &again), 0);
	CHECK_INT(again, id);
	for (int i = NAMES + 1; i < PIP_RECORDER_NAMES; i++) {
		snprintf(name, sizeof(name), "%d", i);
		CHECK_ERROR(pip_trace_register(name, &id), 0);
		CHECK_INT(id, i);
	}
	CHECK_ERROR(pip_trace_register("one more", &id), ENOSPC);
	CHECK_ERROR(pip_trace_register("event 0", &id), 0);
	CHECK_INT(id, ids[0]);
	CHECK_ERROR(pip_fin(), 0);
}

static uint64_t boottime(void)
{
	struct timespec now;

	NEED(clock_gettime(CLOCK_BOOTTIME, &now) == 0);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t convert(const struct pip_recorder_header *header, uint64_t t)
{
	__int128 ticks = (__int128)t - header->first.timestamp;

	return (uint64_t)(header->first.ns +
			  ticks * (int64_t)(header->last.ns -
					    header->first.ns) /
				  (int64_t)(header->last.timestamp -
					    header->first.timestamp));
}

/* A timestamp lies between two looks at the clock. */
static void check_clock(void)
{
	enum { TOLERANCE = 2000000, LOOKS = 101 };
	uint64_t before[LOOKS], after[LOOKS], last = 0;
	struct recorder_view view;
	struct recorder_ring ring;

	CHECK_ERROR(start("overwrite", 2), 0);
	recorder_open_own(&view);
	CHECK(view.header.last.ns >= view.header.first.ns + 1000000);
	CHECK_ERROR(pip_trace_stop(), 0);
	CHECK_ERROR(pip_trace_start(PIP_TRACE_OVERWRITE), 0);
	CHECK_OR_STOP(recorder_read(&view, 0, &ring));
	const uint64_t skip = ring.count;
	free(ring.records);
	for (int i = 0; i < LOOKS; i++) {
		before[i] = boottime();
		pip_trace_mark(1, (uint64_t)i);
		after[i] = boottime();
		check_sleep_ms(1);
	}
	CHECK_ERROR(pip_trace_stop(), 0);
	recorder_open_own(&view);
	CHECK_INT(view.header.pair_writes % 2, 0);
	CHECK_OR_STOP(recorder_read(&view, 0, &ring));
	CHECK_INT(ring.count, skip + LOOKS);
	for (int i = 0; i < LOOKS; i++) {
		uint64_t ns = convert(&view.header,
				      ring.records[skip + (uint64_t)i].timestamp);

		CHECK(ns >= last);
		CHECK(ns + TOLERANCE >= before[i]);
		CHECK(ns <= after[i] + TOLERANCE);
		last = ns;
	}
	free(ring.records);
	CHECK_ERROR(pip_fin(), 0);
}

/* In a process of its own: limits cannot be raised again by everybody. */
static void check_limit(int resource, rlim_t value)
{
	pid_t pid = fork();
	int status;

	NEED(pid >= 0);
	if (pid == 0) {
		struct rlimit limit = { value, value };
		uint32_t id;

		check_failures = 0;
		NEED(setrlimit(resource, &limit) == 0);
		CHECK_ERROR(start(NULL, 300), 0);
		CHECK_INT(self_table()->recorder_address, 0);
		CHECK_INT(self_table()->recorder_size, 0);
		CHECK_ERROR(pip_trace_start(PIP_TRACE_STOP), EPERM);
		CHECK_ERROR(pip_trace_stop(), EPERM);
		CHECK_ERROR(pip_trace_register("a", &id), EPERM);
		mark_pairs(0, MARKS);
		CHECK_STATUS(role_run("exit", NULL), EXITED(5));
		CHECK_ERROR(pip_fin(), 0);
		/* Here it says so, and goes on as well. */
		CHECK_ERROR(start("stop:1000000", 300), 0);
		CHECK_INT(self_table()->recorder, PIP_RECORDER_OFF);
		CHECK_ERROR(pip_fin(), 0);
		_exit(check_finish());
	}
	status = role_join(pid);
	CHECK_STATUS(status, EXITED(0));
}

static int play_exit(int argc, char **argv)
{
	(void)argc, (void)argv;
	recorder_mark_pair(1);
	return 5;
}

static int play_root(int argc, char **argv)
{
	static const uint32_t modes[] = { PIP_MODE_PROCESS, PIP_MODE_PTHREAD };

	(void)argc, (void)argv;
	unsetenv(PIP_ENV_MODE);
	for (int i = 0; i < 2; i++) {
		pip_mode = modes[i];
		check_overwrite();
		check_stop();
		check_last_place();
		check_switch();
		check_names();
		check_clock();
	}
	check_values();
	pip_mode = PIP_MODE_PROCESS;
	check_limit(RLIMIT_FSIZE, 8 << 20);
	CHECK(check_is_childless());
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "names", play_names },
	{ "exit", play_exit },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
