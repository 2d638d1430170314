// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "observer-fixture.h"

#define STACK_SIZE 65536

void (*fixture_before_tasks)(void);

void fixture_fail(const char *what)
{
	fprintf(stderr, "fixture: %s: %s\n", what, strerror(errno));
	exit(99);
}

uint64_t fixture_window_address(unsigned task)
{
	return FIXTURE_WINDOW_BASE + (uint64_t)task * FIXTURE_WINDOW_SIZE;
}

struct pip_table_entry *fixture_entry(struct fixture *fixture, unsigned slot)
{
	return (struct pip_table_entry *)((char *)(fixture->table + 1) +
					  slot * sizeof(struct pip_table_entry));
}

static uint64_t fixture_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fixture_make(struct fixture *fixture, unsigned ntasks, int seals)
{
	size_t size = sizeof(struct pip_table_header) +
		      (ntasks + 1) * sizeof(struct pip_table_entry);

	memset(fixture, 0, sizeof(*fixture));
	fixture->ntasks = ntasks;
	fixture->size = (size + 4095) & ~(size_t)4095;
	fixture->memfd = memfd_create(PIP_TABLE_NAME,
				      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fixture->memfd < 0 ||
	    ftruncate(fixture->memfd, (off_t)fixture->size) != 0 ||
	    (seals && fcntl(fixture->memfd, F_ADD_SEALS, seals) != 0))
		fixture_fail("memfd");
	fixture->table = mmap((void *)(FIXTURE_WINDOW_BASE - 0x100000),
			      fixture->size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_FIXED_NOREPLACE, fixture->memfd,
			      0);
	if (fixture->table == MAP_FAILED)
		fixture_fail("mmap");
	fixture_fill(fixture);
}

static void fixture_fill_task(struct fixture *fixture, unsigned task)
{
	struct pip_table_entry *entry = fixture_entry(fixture, task + 1);
	uint64_t window = fixture_window_address(task);
	int length;

	entry->state = PIP_STATE_RUNNING;
	entry->generation = 1;
	entry->pipid = (int32_t)task;
	entry->pid = entry->tid = fixture->task[task];
	entry->mode = PIP_TABLE_MODE_PROCESS_PRELOAD;
	entry->spawned = fixture_clock();
	entry->parent_pipid = -748;
	entry->load_bias = window + 0x10000;
	entry->r_debug = window + offsetof(struct fixture_window, debug);
	entry->argc = 3;
	entry->argv = window + offsetof(struct fixture_window, argv);
	entry->stack_low = window + 0x800000;
	entry->stack_high = window + 0x900000;
	entry->window_low = window;
	entry->window_high = window + FIXTURE_WINDOW_SIZE;
	strcpy(entry->program, "/fixture/program");
	length = snprintf(entry->command, sizeof(entry->command),
			  "fixture-task%c%u", 0, task);
	entry->command[length + 1] = '\0';
}

void fixture_fill(struct fixture *fixture)
{
	struct pip_table_header *table = fixture->table;
	struct pip_table_entry *entry;
	unsigned i;

	memset(table, 0, fixture->size);
	memcpy(table->magic, PIP_TABLE_MAGIC, sizeof(table->magic));
	table->byte_order = PIP_TABLE_BYTE_ORDER;
	table->version_major = PIP_TABLE_VERSION_MAJOR;
	table->version_minor = PIP_TABLE_VERSION_MINOR;
	table->header_size = sizeof(*table);
	table->entry_size = sizeof(struct pip_table_entry);
	table->nentries = table->nused = fixture->ntasks + 1;
	table->table_size = fixture->size;
	table->table_address = (uintptr_t)table;
	table->root_pid = fixture->root;
	table->mode = PIP_TABLE_MODE_PROCESS_PRELOAD;
	table->window_base = FIXTURE_WINDOW_BASE;
	table->window_size = FIXTURE_WINDOW_SIZE;
	table->created = fixture_clock();
	table->memfd = fixture->memfd;
	strcpy(table->runtime, "fixture 1.0");

	entry = fixture_entry(fixture, 0);
	entry->state = PIP_STATE_RUNNING;
	entry->flags = PIP_TASK_FLAG_ROOT;
	entry->pipid = -748;
	entry->pid = entry->tid = fixture->root;
	entry->mode = table->mode;
	strcpy(entry->program, "/fixture/root");
	strcpy(entry->command, "fixture-root");
	for (i = 0; i < fixture->ntasks; i++)
		fixture_fill_task(fixture, i);
}

/* In the root: make task's memory. */
static void fixture_build_window(unsigned task)
{
	uint64_t address = fixture_window_address(task);
	struct fixture_window *window;
	unsigned i;

	window = mmap((void *)address, FIXTURE_WINDOW_SIZE,
		      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		      MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if ((uintptr_t)window != address)
		fixture_fail("window");
	madvise(window, FIXTURE_WINDOW_SIZE, MADV_NOHUGEPAGE);
	/* Every other page, so that each is a region of its own. */
	for (i = 0; i < 3 * (task + 1); i++)
		((char *)window)[i * 8192] = 0;
	/* A page that was only read is the shared page of zeros: not its. */
	(void)((volatile char *)window)[FIXTURE_WINDOW_SIZE / 2];
	window->debug.version = 1;
	window->debug.map = (uintptr_t)&window->map[0];
	for (i = 0; i < FIXTURE_MODULES; i++) {
		struct fixture_map *map = &window->map[i];

		map->bias = address + 0x10000 * (i + 1);
		map->name = (uintptr_t)window->name[i];
		map->dynamic = map->bias + 0x100;
		if (i > 0) {
			map->previous = (uintptr_t)&window->map[i - 1];
			snprintf(window->name[i], sizeof(window->name[i]),
				 "/fixture/lib-%u-%u.so", task, i);
		}
		if (i + 1 < FIXTURE_MODULES)
			map->next = (uintptr_t)&window->map[i + 1];
	}
	strcpy(window->argument[0], "fixture-task");
	snprintf(window->argument[1], sizeof(window->argument[1]), "%u", task);
	for (i = 0; i < 3; i++)
		window->argv[i] = (uintptr_t)window->argument[i];
}

/* Of the task: it has no thread pointer of its own, so it makes no calls. */
static int fixture_task_main(void *argument)
{
	const struct fixture *fixture = argument;

	if (!fixture->keep_tasks)
		syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		syscall(SYS_pause);
	return 0;
}

static void fixture_root_main(struct fixture *fixture, int control, int report)
{
	char byte;
	unsigned i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fixture_before_tasks)
		fixture_before_tasks();
	for (i = 0; i < fixture->ntasks; i++)
		fixture_build_window(i);
	for (i = 0; i < fixture->ntasks; i++) {
		char *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (stack == MAP_FAILED)
			fixture_fail("stack");
		fixture->task[i] = clone(fixture_task_main, stack + STACK_SIZE,
					 CLONE_VM | SIGCHLD, fixture);
		if (fixture->task[i] < 0)
			fixture_fail("clone");
	}
	if (write(report, fixture->task, sizeof(fixture->task)) < 0)
		fixture_fail("report");
	close(report);
	while (read(control, &byte, 1) > 0)
		;
	for (i = 0; i < fixture->ntasks; i++)
		kill(fixture->task[i], SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
	_exit(0);
}

void fixture_start(struct fixture *fixture, bool keep_fd)
{
	int control[2], report[2];

	if (pipe2(control, O_CLOEXEC) || pipe2(report, O_CLOEXEC))
		fixture_fail("pipe");
	fixture->root = fork();
	if (fixture->root < 0)
		fixture_fail("fork");
	if (fixture->root == 0) {
		close(control[1]);
		close(report[0]);
		if (!keep_fd)
			close(fixture->memfd);
		fixture_root_main(fixture, control[0], report[1]);
	}
	close(control[0]);
	close(report[1]);
	if (read(report[0], fixture->task, sizeof(fixture->task)) !=
	    (ssize_t)sizeof(fixture->task)) {
		int status;

		/* It may have skipped what this machine can't do. */
		if (waitpid(fixture->root, &status, 0) == fixture->root &&
		    WIFEXITED(status) && WEXITSTATUS(status) == 77)
			exit(77);
		fixture_fail("start");
	}
	close(report[0]);
	fixture->control = control[1];
	/* Ours is not a copy of the root: it may not look like one. */
	fixture_fill(fixture);
}

void fixture_unmap(struct fixture *fixture)
{
	munmap(fixture->table, fixture->size);
	fixture->table = NULL;
}

void fixture_poke(struct fixture *fixture, uint64_t address, uint64_t value)
{
	struct iovec local = { &value, sizeof(value) };
	struct iovec remote = { (void *)(uintptr_t)address, sizeof(value) };

	if (process_vm_writev(fixture->root, &local, 1, &remote, 1, 0) !=
	    (ssize_t)sizeof(value))
		fixture_fail("poke");
}

void fixture_end(struct fixture *fixture)
{
	close(fixture->control);
	waitpid(fixture->root, NULL, 0);
	if (fixture->table)
		fixture_unmap(fixture);
	close(fixture->memfd);
}
