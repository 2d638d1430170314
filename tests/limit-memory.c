/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RLIMIT_AS or vm.max_map_count is reached: ENOMEM, a message with the limit's
 * name and value, nothing half-made, and spawning works again when there is
 * room.  The limits are reached by what the root maps, in steps, so that a spawn
 * fails at every stage of it in turn.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#include "capture.h"
#include "self.h"
#include "role.h"

#define NTASKS 4
#define PAGE 4096ul

static int pipid_of_next; /* the slot that the next spawn takes */

/* One spawn under a limit; what fails is undone. */
static int try(void)
{
	int pipid = pipid_of_next, status = -1;
	int error = role_spawn(&pipid, "nothing", NULL);

	/* Also when it is the loader, in the task, that ran out of it. */
	if (error != 0) {
		CHECK_ERROR(error, ENOMEM);
		CHECK_ERROR(pip_wait(pipid_of_next, &status), ECHILD);
		return error;
	}
	/* It runs, and may still fail by itself. */
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	return 0;
}

struct range {
	unsigned long low, high;
	int count; /* mappings in it */
};

static void count_in_range(const struct self_map *map, void *arg)
{
	struct range *range = arg;

	range->count += map->start < range->high && map->end > range->low;
}

static void check_window_is_empty(void)
{
	const struct pip_table_header *table = self_table();
	unsigned long low = table->window_base +
			    (unsigned long)pipid_of_next * table->window_size;
	struct range range = { low, low + table->window_size, 0 };

	self_for_each_map(count_in_range, &range);
	CHECK_INT(range.count, 0);
	CHECK_INT(self_entry(pipid_of_next)->state, PIP_STATE_FREE);
}

/* Give the last task's memory back, so that it does not count. */
static void empty_window(void)
{
	struct rlimit before, nothing;

	NEED(getrlimit(RLIMIT_AS, &before) == 0);
	nothing = before;
	nothing.rlim_cur = PAGE;
	setenv("PIP_QUIET", "", 1);
	NEED(setrlimit(RLIMIT_AS, &nothing) == 0);
	CHECK_ERROR(try(), ENOMEM);
	NEED(setrlimit(RLIMIT_AS, &before) == 0);
	unsetenv("PIP_QUIET");
	check_window_is_empty();
}

static long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long number = -1;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%ld", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

/* What RLIMIT_AS counts, in bytes. */
static size_t address_space(void)
{
	return (size_t)self_status("VmSize") << 10;
}

static void check_rlimit_as(void)
{
	struct rlimit before, limit;
	int failed = 0, worked = 0;
	char value[32];
	const char *text = "";
	int fds = self_count_fds();

	CHECK_ERROR(try(), 0);
	NEED(getrlimit(RLIMIT_AS, &before) == 0);
	limit = before;
	/* From nothing at all to more than enough. */
	for (size_t room = 0; room < 48u << 20;
	     room += room < 8 << 20 ? 1 << 20 : 256 << 10) {
		int error;

		empty_window();
		limit.rlim_cur = address_space() + room;
		NEED(setrlimit(RLIMIT_AS, &limit) == 0);
		setenv("PIP_QUIET", "", 1);
		error = try();
		unsetenv("PIP_QUIET");
		NEED(setrlimit(RLIMIT_AS, &before) == 0);
		failed += error != 0;
		worked += error == 0;
		if (error != 0)
			check_window_is_empty();
		CHECK_INT(self_count_fds(), fds);
	}
	check_say("RLIMIT_AS: %d spawns failed, %d worked", failed, worked);
	CHECK(failed > 0 && worked > 0);
	/* What is said. */
	empty_window();
	limit.rlim_cur = address_space() + (1 << 20);
	NEED(setrlimit(RLIMIT_AS, &limit) == 0);
	capture_begin();
	CHECK_ERROR(try(), ENOMEM);
	text = capture_end();
	NEED(setrlimit(RLIMIT_AS, &before) == 0);
	snprintf(value, sizeof(value), "%lu", (unsigned long)limit.rlim_cur);
	CHECK_CONTAINS(text, "RLIMIT_AS");
	CHECK_CONTAINS(text, value);
	CHECK_CONTAINS(text, "ulimit -v");
	CHECK_ERROR(try(), 0);
	CHECK_STATUS(self_entry(pipid_of_next)->wait_status, EXITED(0));
}

/* Mappings of one page each, every other one unmapped: none can be merged. */
static char *fillers;
static size_t nfillers;

static void make_fillers(long n)
{
	size_t size = (size_t)n * 2 * PAGE;

	fillers = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	NEED(fillers != MAP_FAILED);
	nfillers = (size_t)n;
	/* A mapping of another protection splits what is there in three. */
	for (size_t i = 0; i < nfillers; i++)
		NEED(mprotect(fillers + 2 * i * PAGE, PAGE, PROT_READ) == 0);
}

/* Two mappings less each. */
static void remove_fillers(size_t n)
{
	while (n-- > 0 && nfillers > 0) {
		nfillers--;
		NEED(munmap(fillers + 2 * nfillers * PAGE, 2 * PAGE) == 0);
	}
}

static void check_max_map_count(void)
{
	long max = read_number("/proc/sys/vm/max_map_count");
	char value[32];
	const char *text;
	int failed = 0, worked = 0, fds = self_count_fds();
	long maps;

	if (max <= 0 || max > 2000000) {
		check_say("vm.max_map_count is %ld: not tested", max);
		return;
	}
	CHECK_ERROR(try(), 0);
	empty_window();
	maps = self_count_maps();
	/* As close as it gets, leaving a few for the C library. */
	make_fillers((max - maps - 6) / 2);
	capture_begin();
	CHECK_ERROR(try(), ENOMEM);
	text = capture_end();
	snprintf(value, sizeof(value), "%ld", max);
	CHECK_CONTAINS(text, "vm.max_map_count");
	CHECK_CONTAINS(text, value);
	CHECK_CONTAINS(text, "sysctl");
	check_window_is_empty();
	CHECK_INT(self_count_fds(), fds);
	/* More and more room. */
	setenv("PIP_QUIET", "", 1);
	for (int step = 0; step < 20; step++) {
		int error = try();

		failed += error != 0;
		worked += error == 0;
		if (error != 0 && step % 8 == 0)
			check_window_is_empty();
		remove_fillers(2);
		if (error == 0)
			empty_window();
	}
	unsetenv("PIP_QUIET");
	CHECK_INT(self_count_fds(), fds);
	check_say("vm.max_map_count: %d spawns failed, %d worked", failed,
		  worked);
	CHECK(failed > 0 && worked > 0);
	NEED(munmap(fillers, 2 * nfillers * PAGE) == 0);
	CHECK_ERROR(try(), 0);
	CHECK_STATUS(self_entry(pipid_of_next)->wait_status, EXITED(0));
	empty_window();
	CHECK(self_count_maps() <= maps + 4);
}

static int play_root(int argc, char **argv)
{
	int neighbour = 1, status = -1;

	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(role_spawn(&neighbour, "busy", NULL), 0);
	check_rlimit_as();
	check_max_map_count();
	/* The neighbour has noticed nothing. */
	NEED(self_kill(neighbour, SIGTERM) == 0);
	CHECK_ERROR(pip_wait(neighbour, &status), 0);
	CHECK_STATUS(status, KILLED(SIGTERM));
	return role_finish();
}

/* Uses memory that it has, all the time. */
static int play_busy(int argc, char **argv)
{
	static unsigned char block[1 << 16];

	(void)argc, (void)argv;
	for (unsigned round = 0;; round++) {
		memset(block, (int)round & 0xff, sizeof(block));
		check_sleep_ms(1);
		for (size_t i = 0; i < sizeof(block); i += 64)
			if (block[i] != (round & 0xff))
				abort();
	}
	return 0;
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "busy", play_busy },
	{ "nothing", play_nothing },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
