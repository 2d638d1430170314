// SPDX-License-Identifier: BSD-2-Clause
/*
 * The observer library on a program made by hand (observer-fixture.h), whose
 * table, memory and behaviour the test knows to the byte.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <observer/observer.h>

#include "observer-check.h"
#include "observer-fixture.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW)
#define NTASKS 5

/* What one look sees of a fixture; the rest of the machine is left out. */
struct look {
	struct observer *observer;
	struct observer_root *root; /* NULL: not found */
	struct observer_tasks tasks;
	size_t roots; /* of this fixture: 1 at most */
};

/* Other tests have programs of their own at the same time. */
static bool is_of(const struct fixture *fixture,
		  const struct observer_root *root)
{
	unsigned i;

	if (root->pid == fixture->root || root->reader == fixture->root)
		return true;
	for (i = 0; i < fixture->ntasks; i++)
		if (root->reader == fixture->task[i])
			return true;
	return false;
}

static void look_open(struct look *look, const struct fixture *fixture)
{
	struct observer_root *root;
	size_t i;

	memset(look, 0, sizeof(*look));
	if (observer_open(&look->observer) || observer_scan(look->observer, 0))
		fixture_fail("observer");
	for (i = 0; (root = observer_get_root(look->observer, i)); i++) {
		if (!is_of(fixture, root))
			continue;
		look->root = root;
		look->roots++;
	}
	if (!look->root)
		return;
	check(observer_read_tasks(look->root, &look->tasks) == 0, "tasks");
	observer_read_facts(look->root, &look->tasks);
	check(observer_read_memory(look->root, &look->tasks) == 0, "memory");
}

static void look_close(struct look *look)
{
	observer_free_tasks(&look->tasks);
	observer_close(look->observer);
}

static void check_arguments(struct look *look, const struct observer_task *task,
			    bool full)
{
	char expected[32], *text;
	size_t size, length;
	bool cut;

	length = (size_t)snprintf(expected, sizeof(expected),
				  "fixture-task%c%d%c", 0, (int)task->pipid,
				  0) + 1;
	check(observer_read_arguments(look->root, task, full, &text, &size,
				      &cut) == 0, "arguments");
	check(size == length && memcmp(text, expected, length) == 0 && !cut,
	      "PIPID %d: %zu bytes '%s'", (int)task->pipid, size, text);
	free(text);
}

static void check_modules(struct look *look, const struct observer_task *task)
{
	struct observer_modules modules = { 0 };
	size_t i;

	check(observer_read_modules(look->root, task, &modules) == 0,
	      "PIPID %d: modules", (int)task->pipid);
	check(modules.count == FIXTURE_MODULES && !modules.incomplete,
	      "PIPID %d: %zu modules", (int)task->pipid, modules.count);
	for (i = 0; i < modules.count; i++) {
		const struct observer_module *module = &modules.module[i];
		char name[64] = "/fixture/program";

		if (i)
			snprintf(name, sizeof(name), "/fixture/lib-%d-%zu.so",
				 (int)task->pipid, i);
		check(strcmp(module->path, name) == 0, "'%s' is not '%s'",
		      module->path, name);
		check(module->bias == fixture_window_address(
				(unsigned)task->pipid) + 0x10000 * (i + 1),
		      "%s: bias %#llx", name, (unsigned long long)module->bias);
		check(module->kind == (i ? OBSERVER_MODULE_LIBRARY :
					   OBSERVER_MODULE_PROGRAM),
		      "%s: kind %d", name, (int)module->kind);
	}
	observer_free_modules(&modules);
}

/* All that a healthy program shows. */
static void check_healthy(struct look *look, const struct fixture *fixture)
{
	size_t i;

	check(look->roots == 1, "%zu roots", look->roots);
	if (!look->root)
		return;
	check(look->root->pid == fixture->root && look->root->alive, "root");
	check(look->tasks.count == NTASKS + 1, "%zu tasks", look->tasks.count);
	for (i = 1; i < look->tasks.count; i++) {
		const struct observer_task *task = &look->tasks.task[i];

		check(task->pipid == (int32_t)i - 1, "PIPID %d",
		      (int)task->pipid);
		check(task->pid == fixture->task[i - 1], "PID %d",
		      (int)task->pid);
		check(!task->torn && !task->gone && !task->executed, "flags");
		check(!task->facts.error && task->facts.ppid == fixture->root,
		      "facts: error %d, parent %d", task->facts.error,
		      (int)task->facts.ppid);
		check(task->rss == (int64_t)(i * 3 * 4096), "rss %lld",
		      (long long)task->rss);
		check_arguments(look, task, false);
		check_arguments(look, task, true);
		check_modules(look, task);
		check(observer_find_task(&look->tasks, task->pid) == task,
		      "find");
	}
}

/* However its bytes have to be had. */
static void test_healthy(int seals, bool keep_fd)
{
	struct fixture fixture;
	struct look look;

	fixture_make(&fixture, NTASKS, seals);
	fixture_start(&fixture, keep_fd);
	look_open(&look, &fixture);
	check_healthy(&look, &fixture);
	look_close(&look);
	fixture_end(&fixture);
}

/* By the PID of the root, of a task, of somebody else. */
static void test_scan_pid(void)
{
	struct observer *observer;
	struct fixture fixture;
	pid_t pids[] = { 0, 0 };
	size_t i;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	pids[0] = fixture.root;
	pids[1] = fixture.task[3];
	if (observer_open(&observer))
		fixture_fail("observer");
	for (i = 0; i < 2; i++) {
		check(observer_scan(observer, pids[i]) == 0, "scan");
		check(observer_get_root(observer, 0) &&
		      observer_get_root(observer, 0)->pid == fixture.root &&
		      !observer_get_root(observer, 1), "by PID %zu", i);
	}
	/* This process has the table mapped, too, but is neither. */
	check(observer_scan(observer, getpid()) == 0 &&
	      !observer_get_root(observer, 0), "somebody else");
	check(observer_scan(observer, 0x7ffffff0) == ESRCH, "no such PID");
	observer_close(observer);
	fixture_end(&fixture);
}

/* A writer that died in the middle leaves an odd sequence number. */
static void test_torn(void)
{
	struct fixture fixture;
	struct look look;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	fixture_entry(&fixture, 2)->seq = 77;
	look_open(&look, &fixture);
	check(look.tasks.torn == 1, "%zu torn", look.tasks.torn);
	check(look.tasks.count == NTASKS + 1 && look.tasks.task[2].torn &&
	      look.tasks.task[2].pid == 0, "torn entry");
	look_close(&look);
	fixture_entry(&fixture, 2)->seq = 78;
	look_open(&look, &fixture);
	check_healthy(&look, &fixture);
	look_close(&look);
	fixture_end(&fixture);
}

/* Counts that are too large, text without an end. */
static void test_limits(void)
{
	struct pip_table_entry *entry;
	struct fixture fixture;
	struct look look;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	fixture.table->nused = 0xffffffff;
	look_open(&look, &fixture);
	check_healthy(&look, &fixture);
	look_close(&look);
	fixture.table->nused = 0;
	look_open(&look, &fixture);
	check(look.tasks.count == 1, "%zu tasks", look.tasks.count);
	look_close(&look);
	fixture.table->nused = NTASKS + 1;

	entry = fixture_entry(&fixture, 1);
	memset((char *)entry + offsetof(struct pip_table_entry, program), 'x',
	       sizeof(*entry) - offsetof(struct pip_table_entry, program));
	look_open(&look, &fixture);
	entry = &look.tasks.task[1].entry;
	check(strlen(entry->program) == PIP_TABLE_PROGRAM_MAX - 1 &&
	      strlen(entry->command) == PIP_TABLE_COMMAND_MAX - 1 &&
	      strlen(entry->func) == PIP_TABLE_FUNC_MAX - 1, "text");
	look_close(&look);
	fixture_end(&fixture);
}

/* A table that is cut off between two looks must not be touched there. */
static void test_truncated(void)
{
	struct fixture fixture;
	struct look look;

	fixture_make(&fixture, NTASKS, 0);
	fixture_start(&fixture, true);
	look_open(&look, &fixture);
	check_healthy(&look, &fixture);
	if (ftruncate(fixture.memfd, 0) != 0)
		fixture_fail("ftruncate");
	check(observer_read_tasks(look.root, &look.tasks) == EBADMSG,
	      "truncated");
	look_close(&look);
	fixture_end(&fixture);
}

/* States that come from the table or from what is missing in /proc. */
static void test_states(void)
{
	struct observer_task *task;
	struct fixture fixture;
	struct look look;
	pid_t stranger;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	stranger = fork();
	if (stranger == 0) {
		fixture_unmap(&fixture);
		for (;;)
			pause();
	}
	fixture_entry(&fixture, 1)->state = PIP_STATE_FREE;
	fixture_entry(&fixture, 2)->state = PIP_STATE_ENDED;
	fixture_entry(&fixture, 3)->pid = 0x7ffffff0;
	/* It exists, but it is not what the table says it is. */
	fixture_entry(&fixture, 4)->pid = stranger;
	fixture_entry(&fixture, 4)->tid = stranger;
	fixture_entry(&fixture, 4)->spawned = 1;
	look_open(&look, &fixture);
	check(look.tasks.count == NTASKS, "%zu tasks", look.tasks.count);
	task = observer_find_slot(&look.tasks, 1);
	check(!task, "free slot listed");
	task = observer_find_slot(&look.tasks, 2);
	check(task && task->facts.error && !task->gone, "ended");
	task = observer_find_slot(&look.tasks, 3);
	check(task && task->gone, "not there");
	task = observer_find_slot(&look.tasks, 4);
	check(task && task->gone, "another process");
	task = observer_find_slot(&look.tasks, 5);
	check(task && !task->gone && !task->facts.error, "healthy");
	look_close(&look);
	kill(stranger, SIGKILL);
	waitpid(stranger, NULL, 0);
	fixture_end(&fixture);
}

/* One table can't hide another program by naming its root a task. */
static void test_two_roots(void)
{
	struct fixture first, second;
	struct observer_root *root;
	struct look look;
	size_t i, found = 0;

	fixture_make(&first, NTASKS, SEALS);
	fixture_start(&first, true);
	/* The second fixture's table is to be mapped where the first's is. */
	fixture_unmap(&first);
	fixture_make(&second, NTASKS, SEALS);
	fixture_start(&second, true);
	fixture_entry(&second, 1)->pid = first.root;
	fixture_entry(&second, 2)->pid = first.task[0];
	look_open(&look, &second);
	for (i = 0; (root = observer_get_root(look.observer, i)); i++)
		found += root->pid == first.root || root->pid == second.root;
	check(found == 2, "%zu of two roots found", found);
	check(look.root && look.root->pid == second.root, "second root");
	look_close(&look);
	fixture_end(&second);
	fixture_end(&first);
}

/* Link maps that go in circles, nowhere, or never end. */
static void test_bad_modules(void)
{
	struct observer_modules modules = { 0 };
	struct fixture fixture;
	struct look look;
	uint64_t window;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	window = fixture_window_address(0);
	/* The last link map of task 0 leads back to its second. */
	fixture_poke(&fixture, window + offsetof(struct fixture_window,
						 map[FIXTURE_MODULES - 1].next),
		     window + offsetof(struct fixture_window, map[1]));
	/* Task 1's leads into nowhere, task 2's name does. */
	window = fixture_window_address(1);
	fixture_poke(&fixture, window + offsetof(struct fixture_window,
						 map[1].next), 0xdead0000);
	window = fixture_window_address(2);
	fixture_poke(&fixture, window + offsetof(struct fixture_window,
						 map[2].name), 0xdead0000);
	fixture_entry(&fixture, 4)->r_debug = 0xdead0000;
	look_open(&look, &fixture);
	check(observer_read_modules(look.root, &look.tasks.task[1],
				    &modules) == 0 &&
	      modules.count == FIXTURE_MODULES && modules.incomplete,
	      "cycle: %zu", modules.count);
	check(observer_read_modules(look.root, &look.tasks.task[2],
				    &modules) == 0 &&
	      modules.count == 2 && modules.incomplete, "bad pointer: %zu",
	      modules.count);
	check(observer_read_modules(look.root, &look.tasks.task[3],
				    &modules) == 0 &&
	      modules.count == FIXTURE_MODULES && modules.incomplete &&
	      !*modules.module[2].path, "bad name: %zu", modules.count);
	check(observer_read_modules(look.root, &look.tasks.task[4],
				    &modules) == EBADMSG, "bad r_debug");
	observer_free_modules(&modules);
	look_close(&look);
	fixture_end(&fixture);
}

/* The root dies; its tasks, kept, are still a program. */
static void test_orphans(void)
{
	struct fixture fixture;
	struct look look;
	unsigned i;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture.keep_tasks = true;
	fixture_start(&fixture, true);
	kill(fixture.root, SIGKILL);
	waitpid(fixture.root, NULL, 0);
	look_open(&look, &fixture);
	check(look.roots == 1, "%zu roots", look.roots);
	if (look.root) {
		check(!look.root->alive && look.root->pid == 0, "root");
		check(look.tasks.count == NTASKS + 1, "tasks");
		check(look.tasks.task[0].gone, "root's state");
		for (i = 1; i < look.tasks.count; i++) {
			check(!look.tasks.task[i].gone, "task %u", i);
			check_modules(&look, &look.tasks.task[i]);
		}
	}
	look_close(&look);
	for (i = 0; i < NTASKS; i++)
		kill(fixture.task[i], SIGKILL);
	fixture_end(&fixture);
}

/* Versions and damage are told from one another. */
static void test_problems(void)
{
	const struct observer_problem *problem;
	struct fixture fixture;
	struct stat status;
	struct look look;
	size_t i;

	fixture_make(&fixture, NTASKS, SEALS);
	fixture_start(&fixture, true);
	if (fstat(fixture.memfd, &status) != 0)
		fixture_fail("fstat");
	for (i = 0; i < 3; i++) {
		static const int errors[] = { EPROTONOSUPPORT, EBADMSG, 0 };
		size_t k, times = 0;
		int error = 0;

		fixture.table->version_major = i == 0 ? 2 : 1;
		fixture.table->nentries = i == 1 ? 1 << 30 : NTASKS + 1;
		look_open(&look, &fixture);
		for (k = 0; (problem = observer_get_problem(look.observer, k));
		     k++)
			if (problem->table_inode == status.st_ino) {
				error = problem->error;
				times++;
			}
		check(times == (errors[i] != 0), "told %zu times", times);
		check(error == errors[i], "case %zu: %s", i, strerror(error));
		check(!look.root == (errors[i] != 0), "case %zu: listed", i);
		look_close(&look);
	}
	/* A program that called pip_fin() is no PiP program any more. */
	fixture.table->finished = 1;
	look_open(&look, &fixture);
	check(!look.root, "finished");
	look_close(&look);
	fixture_end(&fixture);
}

int main(void)
{
	test_healthy(SEALS, true);
	test_healthy(SEALS, false);
	test_healthy(0, true);
	test_scan_pid();
	test_torn();
	test_limits();
	test_truncated();
	test_states();
	test_two_roots();
	test_bad_modules();
	test_orphans();
	test_problems();
	return check_failures ? 1 : 0;
}
