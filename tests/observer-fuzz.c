// SPDX-License-Identifier: BSD-2-Clause
/*
 * The observer library on tables, link maps and arguments that hold anything:
 * it must come back, with whatever result, and must not touch memory that is
 * not its own (built with the sanitizers where the compiler has them).
 *
 *	observer-fuzz [ROUNDS [SEED]]
 */
#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <observer/observer.h>

#include "observer-check.h"
#include "observer-fixture.h"

#define NTASKS 6
#define ROUNDS 4000

static uint64_t random_state;

/* xorshift64* (Vigna 2016): a round can be repeated from its seed. */
static uint64_t random_next(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1du;
}

static uint64_t random_below(uint64_t limit)
{
	return random_next() % limit;
}

/* Values that are near what code compares with, besides any. */
static uint64_t random_value(const struct fixture *fixture)
{
	static const uint64_t edges[] = {
		0, 1, 2, 63, 64, 255, 256, 1023, 1024, 4095, 4096, 65535, 65536,
		0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
		0x7fffffffffff, 0x7fffffffffffffff, 0x8000000000000000,
		0xfffffffffffff000, 0xffffffffffffffff,
	};

	switch (random_below(6)) {
	case 0:
		return random_next();
	case 1:
		return fixture->root;
	case 2: /* somewhere in a window */
		return FIXTURE_WINDOW_BASE +
		       random_below(FIXTURE_WINDOW_SIZE * NTASKS);
	case 3: /* what is mapped there */
		return fixture_window_address((unsigned)random_below(NTASKS)) +
		       random_below(sizeof(struct fixture_window));
	default:
		return edges[random_below(sizeof(edges) / sizeof(edges[0]))] +
		       random_below(3) - 1;
	}
}

static void mutate_at(struct fixture *fixture, size_t offset, size_t size)
{
	uint64_t value = random_value(fixture);

	if (offset + size <= fixture->size)
		memcpy((char *)fixture->table + offset, &value, size);
}

static void mutate_text(struct fixture *fixture)
{
	const size_t start = offsetof(struct pip_table_entry, program);
	char *text = (char *)fixture_entry(fixture, (unsigned)random_below(
						   NTASKS + 1)) + start;
	size_t i, length = random_below(sizeof(struct pip_table_entry) - start);

	for (i = 0; i < length; i++)
		text[i] = (char)(random_below(8) ? random_next() : 0);
}

static void mutate(struct fixture *fixture)
{
	static const size_t sizes[] = { 1, 2, 4, 8 };
	size_t size = sizes[random_below(4)], offset;

	switch (random_below(8)) {
	case 0: /* the header */
		offset = random_below(sizeof(struct pip_table_header));
		mutate_at(fixture, offset & ~(size - 1), size);
		break;
	case 1: /* anywhere */
		mutate_at(fixture, random_below(fixture->size), size);
		break;
	case 2:
		mutate_text(fixture);
		break;
	case 3: /* the program's memory */
		fixture_poke(fixture, fixture_window_address(
				(unsigned)random_below(NTASKS)) +
				(random_below(sizeof(struct fixture_window)) &
				 ~(uint64_t)7), random_value(fixture));
		break;
	default: /* a field of an entry */
		offset = sizeof(struct pip_table_header) +
			 random_below(NTASKS + 1) *
				 sizeof(struct pip_table_entry) +
			 (random_below(384) & ~(size - 1));
		mutate_at(fixture, offset, size);
	}
}

/* Keep the header such that what lies behind it is looked at, too. */
static void repair(struct fixture *fixture)
{
	struct pip_table_header *table = fixture->table;

	memcpy(table->magic, PIP_TABLE_MAGIC, sizeof(table->magic));
	table->byte_order = PIP_TABLE_BYTE_ORDER;
	table->version_major = PIP_TABLE_VERSION_MAJOR;
	table->header_size = sizeof(*table);
	table->entry_size = sizeof(struct pip_table_entry);
	table->nentries = NTASKS + 1;
	table->table_size = fixture->size;
	table->root_pid = fixture->root;
	table->created = 1;
	table->finished = 0;
}

struct outcome {
	unsigned roots, tasks, torn, problems, modules;
};

static void use_text(const char *text, size_t length)
{
	static char out[1 << 16];
	size_t i, n = observer_escape_text(out, sizeof(out), text, length);

	for (i = 0; i < n; i++)
		check((unsigned char)out[i] >= 0x20 && out[i] != 0x7f,
		      "byte %#x escaped to a control character", out[i]);
	check(strlen(out) == n, "length %zu, not %zu", strlen(out), n);
	observer_copy_utf8(out, sizeof(out), text, length);
}

static void look_at_task(struct observer_root *root,
			 const struct observer_task *task,
			 struct outcome *outcome)
{
	struct observer_modules modules = { 0 };
	char *text;
	size_t size, i;
	bool cut;

	if (observer_read_arguments(root, task, true, &text, &size, &cut) ==
	    0) {
		check(text[size] == '\0' && (!size || !text[size - 1]),
		      "arguments end");
		use_text(text, size);
		free(text);
	}
	use_text(task->entry.program, strlen(task->entry.program));
	use_text(task->entry.func, strlen(task->entry.func));
	if (observer_read_modules(root, task, &modules) == 0)
		for (i = 0; i < modules.count; i++)
			use_text(modules.module[i].path,
				 strlen(modules.module[i].path));
	outcome->modules += modules.count;
	observer_free_modules(&modules);
}

static void look(const struct fixture *fixture, struct outcome *outcome)
{
	struct observer_tasks tasks = { 0 };
	struct observer *observer;
	struct observer_root *root;
	size_t i, k;

	if (observer_open(&observer))
		fixture_fail("observer");
	if (observer_scan(observer, fixture->root) != 0)
		check(false, "scan");
	for (i = 0; (root = observer_get_root(observer, i)); i++) {
		if (observer_read_tasks(root, &tasks) != 0)
			continue;
		outcome->roots++;
		outcome->tasks += tasks.count;
		outcome->torn += tasks.torn;
		observer_read_facts(root, &tasks);
		if (observer_read_memory(root, &tasks) != 0)
			check(!tasks.memory_known, "memory known");
		for (k = 0; k < tasks.count; k++)
			look_at_task(root, &tasks.task[k], outcome);
	}
	for (i = 0; observer_get_problem(observer, i); i++)
		outcome->problems++;
	observer_free_tasks(&tasks);
	observer_close(observer);
}

/* A process that changes the table while it is read, and its size. */
static pid_t start_writer(struct fixture *fixture)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (;;) {
		mutate(fixture);
		if (random_below(4) == 0)
			repair(fixture);
		if (random_below(64) == 0) {
			/* Nothing of it may be touched meanwhile. */
			(void)!ftruncate(fixture->memfd, 300);
			(void)!ftruncate(fixture->memfd,
					 (off_t)fixture->size);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned i, rounds = argc > 1 ? (unsigned)atoi(argv[1]) : ROUNDS;
	struct outcome outcome = { 0 };
	struct fixture fixture;
	pid_t writer;

	random_state = argc > 2 ? strtoull(argv[2], NULL, 0) : 23;
	/* Unsealed: this one may be truncated, so it must not be mapped. */
	fixture_make(&fixture, NTASKS, 0);
	fixture_start(&fixture, true);
	for (i = 0; i < rounds && !check_failures; i++) {
		unsigned n = 1 + (unsigned)random_below(12);

		if (i % 16 == 0)
			fixture_fill(&fixture);
		while (n--)
			mutate(&fixture);
		if (i % 8 < 6)
			repair(&fixture);
		look(&fixture, &outcome);
	}
	printf("%u rounds: %u tables read, %u refused; %u tasks, %u torn; "
	       "%u modules\n", i, outcome.roots, outcome.problems,
	       outcome.tasks, outcome.torn, outcome.modules);
	check(outcome.roots > rounds / 4 && outcome.problems > rounds / 100,
	      "the mutations are too weak or too strong");
	writer = start_writer(&fixture);
	for (i = 0; i < rounds / 4 && !check_failures; i++)
		look(&fixture, &outcome);
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	fixture_end(&fixture);
	return check_failures ? 1 : 0;
}
