// SPDX-License-Identifier: BSD-2-Clause
/*
 * Write a recording of programs that never were, always the same one, for tests
 * that compare what pip-top makes of it:
 *
 *	top-recording-make FILE demo	two programs, 13 tasks, 30 samples
 *	top-recording-make FILE many N	one program of N tasks, 3 samples
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../pip-top/top.h"
#include "../pip-top/recording.h"

#define BEGIN 1700000000000000000u /* 2023-11-14 22:13:20 UTC, ns */
#define SECOND 1000000000u
#define MIB (1u << 20)

static struct top_sample sample;

void pips_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	exit(99);
}

/* Nothing is measured: what is recorded is set. */
int memory_measure(struct top_program *program)
{
	(void)program;
	return 0;
}

static struct top_program *make_program(pid_t pid, uint64_t inode,
					uint32_t mode, const char *user,
					uint32_t ntasks)
{
	struct top_program *program = calloc(1, sizeof(*program));

	if (!program)
		pips_fail("out of memory\n");
	program->inode = inode;
	program->root = calloc(1, sizeof(*program->root));
	program->task = calloc(ntasks + 1u, sizeof(*program->task));
	program->observed.task = calloc(ntasks + 1u,
					sizeof(*program->observed.task));
	program->owner = calloc(ntasks + 4u, sizeof(*program->owner));
	if (!program->root || !program->task || !program->observed.task ||
	    !program->owner)
		pips_fail("out of memory\n");
	program->root->pid = program->root->reader = pid;
	program->root->alive = true;
	program->root->header.mode = mode;
	program->root->header.nentries = ntasks + 1;
	snprintf(program->user_name, sizeof(program->user_name), "%s", user);
	program->count = ntasks + 1;
	return program;
}

static struct observer_task *make_task(struct top_program *program,
				       uint32_t slot, pid_t pid, char state,
				       const char *command, const char *path)
{
	struct observer_task *task = &program->observed.task[slot];
	bool thread = program->root->header.mode == PIP_TABLE_MODE_THREAD;

	task->slot = slot;
	task->pipid = slot ? (int32_t)slot - 1 : OBSERVER_PIPID_ROOT;
	task->pid = thread ? program->root->pid : pid;
	task->tid = pid;
	task->facts.state = state;
	task->facts.threads = 1;
	task->facts.scheduling = true;
	task->facts.started_ns = BEGIN % 100000 + slot * 1000;
	task->rss = task->facts.rss = (2 + slot % 7) * MIB;
	task->entry.state = PIP_STATE_RUNNING;
	task->entry.generation = 1;
	task->entry.mode = program->root->header.mode;
	task->entry.pid = task->pid;
	task->entry.tid = task->tid;
	task->entry.parent_pipid = OBSERVER_PIPID_ROOT;
	task->entry.blt_pipid = task->pipid;
	snprintf(task->entry.program, sizeof(task->entry.program), "%s", path);
	program->task[slot] = (struct top_task){
		.program = program, .task = task, .slot = slot,
		.generation = 1, .rss = task->rss,
		.command = strdup(command),
	};
	return task;
}

static void set_context(struct observer_task *task, uint32_t state,
			int32_t domain, pid_t kthread)
{
	task->entry.blt_state = state;
	task->entry.blt_domain = domain;
	task->entry.blt_kthread = kthread;
	task->entry.blt_waits_on = state == PIP_BLT_SUSPENDED ?
				   0x7f1200345000u : 0;
}

/* A thread that is not its task's first. */
static void add_thread(struct top_program *program, uint32_t slot, pid_t tid,
		       char state, const char *name)
{
	struct observer_task *made = &program->made.task[program->nthreads];
	const struct observer_thread is = {
		.slot = slot, .pid = program->observed.task[slot].pid,
		.tid = tid, .facts = { .state = state, .scheduling = true },
	};

	pips_make_thread(made, program->root, &program->observed.task[slot],
			 &is);
	program->thread[program->nthreads++] = (struct top_task){
		.program = program, .task = made, .slot = slot,
		.generation = 1, .kind = PIPS_THREAD, .rss = -1,
		.command = strdup(name),
	};
}

static void make_threads(struct top_program *program, size_t most)
{
	program->thread = calloc(most, sizeof(*program->thread));
	program->made.task = calloc(most, sizeof(*program->made.task));
	if (!program->thread || !program->made.task)
		pips_fail("out of memory\n");
}

/* A root, two tasks that schedule, and eight ULPs on their kernel threads. */
static struct top_program *make_simulation(void)
{
	struct top_program *program = make_program(
		4711, 1001, PIP_TABLE_MODE_PROCESS_PRELOAD, "alice", 10);
	char command[64];
	uint32_t slot;

	make_task(program, 0, 4711, 'S', "simulation --steps 100000",
		  "/usr/bin/simulation");
	for (slot = 1; slot <= 10; slot++) {
		snprintf(command, sizeof(command), slot <= 2 ?
			 "solver --domain %u" : "particles --part %u",
			 (unsigned)slot - (slot <= 2 ? 1 : 3));
		make_task(program, slot, 4711 + (pid_t)slot,
			  slot <= 2 ? 'R' : 'S', command, slot <= 2 ?
			  "/usr/bin/solver" : "/usr/bin/particles");
	}
	program->observed.task[0].facts.threads = 2;
	set_context(&program->observed.task[1], PIP_BLT_READY, 0, 4712);
	set_context(&program->observed.task[2], PIP_BLT_READY, 1, 4713);
	for (slot = 3; slot <= 10; slot++)
		set_context(&program->observed.task[slot], PIP_BLT_READY,
			    (int32_t)slot % 2, 4712 + (pid_t)slot % 2);
	program->observed.task[9].entry.parent_pipid = 0;
	program->observed.task[10].entry.parent_pipid = 0;
	program->observed.task[10].facts.threads = 2;
	make_threads(program, 3);
	add_thread(program, 0, 4800, 'S', "simulation");
	add_thread(program, 2, 4801, 'R', "read-ahead");
	add_thread(program, 10, 4802, 'S', "log \xe2\x86\x92 disk");
	return program;
}

static struct top_program *make_archive(void)
{
	struct top_program *program = make_program(
		5900, 1002, PIP_TABLE_MODE_THREAD, "bob", 3);

	make_task(program, 0, 5900, 'S', "pip-exec -n 3 archive gr\xc3\xbc\xc3"
		  "\x9f" "e", "/usr/bin/pip-exec");
	make_task(program, 1, 5901, 'D', "archive gr\xc3\xbc\xc3\x9f" "e",
		  "/usr/bin/archive");
	make_task(program, 2, 5902, 'S', "archive gr\xc3\xbc\xc3\x9f" "e",
		  "/usr/bin/archive");
	make_task(program, 3, 5903, 'T', "archive gr\xc3\xbc\xc3\x9f" "e",
		  "/usr/bin/archive");
	program->switches.problem = SWITCHES_OFF;
	return program;
}

static void set_owners(struct top_program *program)
{
	struct recording_owner *owner = program->owner;
	size_t i, n = 0;

	program->total_rss = program->outside_rss = 0;
	for (i = 0; i < program->count; i++) {
		uint64_t rss = (uint64_t)program->observed.task[i].rss;

		owner[n++] = (struct recording_owner){
			.owner = i ? OBSERVER_OWNER_TASK : OBSERVER_OWNER_ROOT,
			.pipid = program->observed.task[i].pipid,
			.mappings = 22 + i % 3, .mapped = rss * 3,
			.resident = rss, .files = rss / 2,
		};
		program->total_rss += rss;
		if (i == 0)
			program->outside_rss = rss;
	}
	owner[n++] = (struct recording_owner){
		.owner = OBSERVER_OWNER_RUNTIME, .pipid = OBSERVER_PIPID_ROOT,
		.mappings = 2, .mapped = 5 * MIB, .resident = MIB / 4,
		.shared = MIB / 4,
	};
	program->total_rss += MIB / 4;
	program->nowners = n;
}

/* What goes on in a second: it rises and falls with the time. */
static void pass_second(struct top_program *program, unsigned second)
{
	static const uint32_t contexts[8] = {
		PIP_BLT_READY, PIP_BLT_DECOUPLED, PIP_BLT_SUSPENDED,
		PIP_BLT_READY, PIP_BLT_DECOUPLED, PIP_BLT_READY,
		PIP_BLT_READY, PIP_BLT_SUSPENDED,
	};
	size_t i;

	for (i = 0; i < program->count; i++) {
		struct observer_task *task = &program->observed.task[i];
		uint64_t busy = (second * 7 + i * 5) % 23;
		uint64_t *counters = task->entry.counters;
		uint64_t switches;

		if (task->facts.state == 'T' || program->count > 100)
			continue;
		task->facts.run_ns += busy * 17 * 1000000;
		task->facts.user_ns = task->facts.run_ns;
		task->facts.wait_ns += busy * 1000000;
		task->facts.switches += busy * 3 + 1;
		task->facts.faults += busy / 9;
		task->facts.cpu = (uint32_t)(i + second) % 4;
		if (!task->entry.blt_kthread)
			continue;
		switches = busy * 31250;
		counters[PIP_COUNT_SWITCHES] += switches;
		counters[PIP_COUNT_YIELDS] += switches;
		counters[PIP_COUNT_COUPLES] += busy;
		counters[PIP_COUNT_DECOUPLES] += busy;
		if (i < 3)
			continue;
		/* One of each domain runs, one waits for somebody. */
		set_context(task, contexts[(second + i) % 8],
			    task->entry.blt_domain, task->entry.blt_kthread);
	}
}

/* Threads work as well, and the two that schedule have switched. */
static void pass_second_of_threads(struct top_program *program,
				   unsigned second)
{
	size_t i;

	for (i = 0; i < program->nthreads; i++) {
		struct top_task *thread = &program->thread[i];
		uint64_t busy = (second * 5 + i * 7) % 19;

		thread->measured = second != 0;
		thread->cpu = (double)busy * 1.1;
		thread->wait = (double)busy / 10;
		thread->kernel_switches = (double)busy * 2;
		thread->counts.cpu_ns += busy * 11 * 1000000;
	}
}

#define SWITCHES 40

static void set_switches(struct top_program *program, unsigned second)
{
	uint64_t now = 1000 * SECOND + second * (uint64_t)SECOND;
	struct top_switches *switches = &program->switches;
	unsigned ring, i;

	switches_free(switches);
	switches->nrings = 2;
	switches->ring = calloc(2, sizeof(*switches->ring));
	if (!switches->ring)
		pips_fail("out of memory\n");
	for (ring = 0; ring < 2; ring++) {
		struct top_ring *to = &switches->ring[ring];

		to->ring = ring + 1;
		to->tid = 4712 + (pid_t)ring;
		to->at = calloc(SWITCHES, sizeof(*to->at));
		if (!to->at)
			pips_fail("out of memory\n");
		for (i = 0; i < SWITCHES; i++)
			to->at[to->count++] = (struct recording_switch){
				.when = now - (SWITCHES - i) * 50000u -
					i % (ring + 2) * 9000u,
				.from = (int32_t)((i + ring) % 4 * 2 + ring),
				.to = (int32_t)((i + ring + 1) % 4 * 2 + ring),
			};
		to->first = to->at[0].when;
		to->last = to->at[SWITCHES - 1].when;
	}
}

static void pass_cpus(unsigned second)
{
	unsigned i;

	sample.all_cpus.user_percent = sample.all_cpus.system_percent = 0;
	for (i = 0; i < sample.ncpus; i++) {
		sample.cpu[i].user_percent = (second * 7 + i * 30) % 80;
		sample.cpu[i].system_percent = (second + i * 5) % 15;
		sample.all_cpus.user_percent += sample.cpu[i].user_percent /
						sample.ncpus;
		sample.all_cpus.system_percent +=
			sample.cpu[i].system_percent / sample.ncpus;
	}
}

static void make_many(uint32_t ntasks)
{
	struct top_program *program = make_program(
		100000, 2001, PIP_TABLE_MODE_PROCESS_PRELOAD, "carol", ntasks);
	char command[64];
	uint32_t slot;

	make_task(program, 0, 100000, 'S', "many", "/usr/bin/many");
	for (slot = 1; slot <= ntasks; slot++) {
		snprintf(command, sizeof(command), "one-of-many %u",
			 (unsigned)slot - 1);
		make_task(program, slot, 100000 + (pid_t)slot, 'S', command,
			  "/usr/bin/one-of-many");
	}
	sample.program[sample.nprograms++] = program;
}

int main(int argc, char **argv)
{
	struct top_program *list[2];
	struct top_record *record;
	unsigned second, samples = 30;
	size_t i;

	if (argc < 3 || record_open(argv[1], &record))
		return 2;
	sample.program = list;
	sample.ncpus = 4;
	if (strcmp(argv[2], "many") == 0 && argc == 4) {
		samples = 3;
		make_many((uint32_t)strtoul(argv[3], NULL, 10));
	} else {
		list[sample.nprograms++] = make_simulation();
		list[sample.nprograms++] = make_archive();
	}
	for (second = 0; second < samples; second++) {
		sample.taken = 1000 * SECOND + second * (uint64_t)SECOND;
		sample.realtime = BEGIN + second * (uint64_t)SECOND;
		sample.user_switches = 1e6 + second % 11 * 250000;
		sample.kernel_switches = 500 + second % 7 * 80;
		pass_cpus(second);
		for (i = 0; i < sample.nprograms; i++) {
			pass_second(sample.program[i], second);
			pass_second_of_threads(sample.program[i], second);
			if (sample.program[i]->nthreads)
				set_switches(sample.program[i], second);
			set_owners(sample.program[i]);
		}
		/* The second program has ended in the last ones. */
		if (second == 25 && sample.nprograms == 2)
			sample.nprograms = 1;
		if (record_add(record, &sample))
			return 99;
	}
	return record_close(record) ? 99 : 0;
}
