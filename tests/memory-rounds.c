/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spawning and waiting for ever takes no memory: after many rounds of a program
 * that allocates and touches 1 MiB, the resident set, the page tables and the
 * number of mappings are what they were after 200.
 *
 * PIP_TEST_ROUNDS: how many rounds.  20,000 is what is promised, but that takes
 * more than a minute on a busy machine of two cores: without it, 4,000.
 */
#include "role.h"
#include "self.h"

#define ROUNDS_DEFAULT 4000
#define ROUNDS_FIRST 200
#define NTASKS 4

/* The root's own heap may grow by some pages, not by rounds. */
#define RSS_TOLERANCE_KIB 512
#define MAPS_TOLERANCE 4

static void run_rounds(long rounds)
{
	int status = -1;

	for (long i = 0; i < rounds; i++) {
		int pipid = (int)(i % NTASKS);

		if (role_spawn(&pipid, "task", NULL) != 0 ||
		    pip_wait(pipid, &status) != 0 || status != EXITED(5)) {
			check_fail("round %ld: status 0x%x", i, status);
			exit(1);
		}
	}
}

struct figures {
	long maps, rss, tables, fds;
};

static struct figures take_figures(long rounds)
{
	struct figures figures = {
		.maps = self_count_maps(),
		.rss = self_rss_kib(),
		.tables = self_status("VmPTE"),
		.fds = self_count_fds(),
	};

	check_say("after %6ld rounds: %ld mappings, %ld KiB resident, "
		  "%ld KiB of page tables, %ld descriptors",
		  rounds, figures.maps, figures.rss, figures.tables,
		  figures.fds);
	return figures;
}

static int play_root(int argc, char **argv)
{
	long rounds = self_number("PIP_TEST_ROUNDS", ROUNDS_DEFAULT);
	struct figures first, last;

	(void)argc, (void)argv;
	role_init(NTASKS);
	run_rounds(ROUNDS_FIRST);
	take_figures(ROUNDS_FIRST);
	first = take_figures(ROUNDS_FIRST);
	run_rounds(rounds - ROUNDS_FIRST);
	last = take_figures(rounds);
	CHECK(last.maps <= first.maps + MAPS_TOLERANCE);
	CHECK(last.rss <= first.rss + RSS_TOLERANCE_KIB);
	CHECK(last.tables <= first.tables + RSS_TOLERANCE_KIB);
	CHECK_INT(last.fds, first.fds);
	CHECK_INT(self_table()->spawned_total, rounds);
	CHECK_INT(self_table()->ended_total, rounds);
	CHECK_INT(self_entry(NTASKS - 1)->generation, rounds / NTASKS);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	char *block = malloc(1 << 20);

	(void)argc, (void)argv;
	if (block == NULL)
		return 1;
	memset(block, 1, 1 << 20);
	return block[(1 << 20) - 1] == 1 ? 5 : 1;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
