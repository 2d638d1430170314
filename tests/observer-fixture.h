/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PiP program made by hand, without libpip: a task table that the test can
 * write to at will, and processes that share it.  In it, task N (slot N + 1)
 *
 * - has 3 * (N + 1) pages resident in its window,
 * - has FIXTURE_MODULES link maps: the program, then "/fixture/lib-N-I.so",
 * - was called as "fixture-task", "N", "".
 */
#ifndef OBSERVER_FIXTURE_H
#define OBSERVER_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <pip/pip_table.h>

#define FIXTURE_WINDOW_BASE 0x240000000000u
#define FIXTURE_WINDOW_SIZE 0x1000000u
#define FIXTURE_TASKS_MAX 64
#define FIXTURE_MODULES 4

struct fixture {
	struct pip_table_header *table;
	size_t size;  /* bytes */
	int memfd;
	int control;  /* the processes end when this is closed */
	pid_t root;   /* child of the test */
	pid_t task[FIXTURE_TASKS_MAX]; /* children of the root */
	unsigned ntasks;
	bool keep_tasks; /* when the root dies; set before the start */
};

/* What lies at the start of a task's window, in the shape of <link.h>. */
struct fixture_debug {
	int32_t version, pad1;
	uint64_t map, brk;
	int32_t state, pad2;
	uint64_t loader;
};

struct fixture_map {
	uint64_t bias, name, dynamic, next, previous;
};

struct fixture_window {
	struct fixture_debug debug;
	struct fixture_map map[FIXTURE_MODULES];
	char name[FIXTURE_MODULES][64];
	uint64_t argv[4];
	char argument[3][16];
};

/* Seals as for fcntl(F_ADD_SEALS); 0 leaves the memfd unsealed. */
void fixture_make(struct fixture *fixture, unsigned ntasks, int seals);

/* Write the entries of a healthy program. */
void fixture_fill(struct fixture *fixture);

struct pip_table_entry *fixture_entry(struct fixture *fixture, unsigned slot);

/* Start the root and, sharing its memory, the tasks; keep_fd: as libpip. */
void fixture_start(struct fixture *fixture, bool keep_fd);

/* Unmap the table from the test itself; the program keeps it. */
void fixture_unmap(struct fixture *fixture);

/* Store a word in the program's memory. */
void fixture_poke(struct fixture *fixture, uint64_t address, uint64_t value);

/* Called in the root before it makes tasks, if set. */
extern void (*fixture_before_tasks)(void);

/* Let all end, and reap them. */
void fixture_end(struct fixture *fixture);

/* Where task N's struct fixture_window is, in its processes. */
uint64_t fixture_window_address(unsigned task);

/* End the test program: the framework, not what it tests, is at fault. */
_Noreturn void fixture_fail(const char *what);

#endif /* OBSERVER_FIXTURE_H */
