// SPDX-License-Identifier: BSD-2-Clause
/*
 * A sample: all tasks of all programs at one moment, and the rates since the
 * sample before.
 *
 * Looking for programs and walking over page tables cost more than all else.
 * Each is done again only when the time since then is BUDGET times what it
 * cost, so that pip-top stays cheap however many tasks there are.
 */
#include <config.h>

#include "top.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BUDGET 400 /* a quarter of a percent of a CPU */

uint64_t sample_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t sample_cpu_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Forced: something is known to have changed, so it may cost ten times more. */
bool budget_allows(const struct top_budget *budget, uint64_t now)
{
	return now >= (budget->forced ? budget->soon : budget->next);
}

void budget_spend(struct top_budget *budget, uint64_t now, uint64_t before)
{
	uint64_t cost = sample_cpu_clock() - before;

	budget->forced = false;
	budget->soon = now + cost * (BUDGET / 10);
	budget->next = now + cost * BUDGET;
}

int sample_open(struct top_sample *sample, pid_t pid)
{
	sample->pid = pid;
	return observer_open(&sample->observer);
}

void sample_free_program(struct top_program *program)
{
	size_t i;

	for (i = 0; i < program->count; i++)
		free(program->task[i].command);
	free(program->task);
	observer_free_tasks(&program->observed);
	observer_free_tasks(&program->before);
	threads_free(program);
	switches_free(&program->switches);
	free(program->owner);
	free(program->own_root);
	free(program);
}

void sample_close(struct top_sample *sample)
{
	size_t i;

	for (i = 0; i < sample->nprograms; i++)
		sample_free_program(sample->program[i]);
	free(sample->program);
	if (sample->record)
		sample->record_error = record_close(sample->record);
	if (sample->replay)
		replay_close(sample);
	if (sample->observer)
		observer_close(sample->observer);
}

static void program_set_user(struct top_sample *sample,
			     struct top_program *program)
{
	struct passwd *password;

	if (!observer_get_user(sample->observer, program->root->reader,
			       &program->user))
		return;
	password = getpwuid(program->user);
	if (password)
		snprintf(program->user_name, sizeof(program->user_name), "%s",
			 password->pw_name);
	else
		snprintf(program->user_name, sizeof(program->user_name), "%u",
			 (unsigned)program->user);
}

static struct top_program *sample_find_program(struct top_sample *sample,
					       uint64_t inode)
{
	size_t i;

	for (i = 0; i < sample->nprograms; i++)
		if (sample->program[i]->inode == inode)
			return sample->program[i];
	return NULL;
}

/* Take the programs that a scan has found, and drop those that it has not. */
static void sample_match_programs(struct top_sample *sample)
{
	struct top_program **list, *program;
	struct observer_root *root;
	size_t count = 0, i;

	while (observer_get_root(sample->observer, count))
		count++;
	list = calloc(count + 1, sizeof(struct top_program *));
	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < sample->nprograms; i++)
		sample->program[i]->seen = false;
	for (i = 0; i < count; i++) {
		root = observer_get_root(sample->observer, i);
		program = sample_find_program(sample, root->table_inode);
		if (!program || program->seen) {
			program = calloc(1, sizeof(*program));
			if (!program)
				pips_fail("out of memory");
			program->inode = root->table_inode;
		}
		program->seen = true;
		program->root = root;
		if (!program->user_name[0])
			program_set_user(sample, program);
		lost_remember(sample, program);
		list[i] = program;
	}
	for (i = 0; i < sample->nprograms; i++) {
		if (sample->program[i]->seen)
			continue;
		lost_add(sample, sample->program[i]);
		sample_free_program(sample->program[i]);
	}
	free(sample->program);
	sample->program = list;
	sample->nprograms = count;
	lost_check(sample);
}

static void sample_scan(struct top_sample *sample, uint64_t now)
{
	uint64_t before = sample_cpu_clock();
	int error = observer_scan(sample->observer, sample->pid);
	const struct observer_problem *problem;

	sample->error[0] = '\0';
	problem = observer_get_problem(sample->observer, 0);
	if (error == EACCES || error == EPERM)
		snprintf(sample->error, sizeof(sample->error),
			 "process %d: you may not look into it",
			 (int)sample->pid);
	else if (error)
		snprintf(sample->error, sizeof(sample->error), "%s",
			 error == ESRCH ? "that process has ended" :
			 strerror(error));
	else if (problem)
		snprintf(sample->error, sizeof(sample->error), "%.159s",
			 problem->text);
	sample_match_programs(sample);
	budget_spend(&sample->scan, now, before);
}

struct pips_row sample_row(const struct top_task *task)
{
	return (struct pips_row){ .options = &top_pips_options,
				  .root = task->program->root,
				  .task = task->task, .now = sample_clock() };
}

/* CPU time, exact where the kernel counts it so. */
static uint64_t task_cpu_ns(const struct observer_task *task)
{
	const struct observer_facts *facts = &task->facts;

	if (!facts->error && facts->scheduling && facts->threads <= 1)
		return facts->run_ns;
	return pips_cpu_time(task);
}

static void task_count(const struct observer_task *task,
		       struct top_counts *counts)
{
	const uint64_t *counters = task->entry.counters;

	counts->cpu_ns = task_cpu_ns(task);
	counts->kernel_switches = task->facts.switches;
	counts->faults = task->facts.faults;
	counts->wait_ns = task->facts.wait_ns;
	if (task->torn)
		return;
	counts->user_switches = counters[PIP_COUNT_SWITCHES];
	counts->couples = counters[PIP_COUNT_COUPLES];
}

/* Events per second; a counter that went back is another process's. */
double task_rate(uint64_t now, uint64_t before, double seconds)
{
	return now < before ? 0 : (double)(now - before) / seconds;
}

static void task_measure(struct top_task *task, const struct top_task *old,
			 double seconds)
{
	const struct top_counts *now = &task->counts, *then = &old->counts;

	task->cpu = task_rate(now->cpu_ns, then->cpu_ns, seconds) / 1e7;
	task->wait = task_rate(now->wait_ns, then->wait_ns, seconds) / 1e7;
	task->user_switches = task_rate(now->user_switches,
					then->user_switches, seconds);
	task->kernel_switches = task_rate(now->kernel_switches,
					  then->kernel_switches, seconds);
	task->couples = task_rate(now->couples, then->couples, seconds);
	task->faults = task_rate(now->faults, then->faults, seconds);
	memmove(task->spark, old->spark + 1, sizeof(old->spark) -
					     sizeof(old->spark[0]));
	task->spark[TOP_SPARK - 1] =
		(float)(task->user_switches + task->kernel_switches);
	task->measured = true;
}

/* Of what the command line is made. */
static uint64_t task_command_version(const struct observer_task *task)
{
	return (uint64_t)task->entry.seq << 8 | (task->entry.state & 15) << 4 |
	       (unsigned)task->executed << 1 | task->torn;
}

static void task_fill(struct top_program *program, struct top_task *task,
		      struct top_task *old, const struct observer_task *from,
		      double seconds)
{
	memset(task, 0, sizeof(*task));
	task->program = program;
	task->task = from;
	task->slot = from->slot;
	task->generation = from->entry.generation;
	task->kind = pips_get_kind(from);
	task->rss = from->rss;
	task->command_version = task_command_version(from);
	task_count(from, &task->counts);
	if (old && (from->torn || old->generation == task->generation)) {
		task->generation = old->generation;
		task->tagged = old->tagged;
		task->collapsed = old->collapsed;
		if (task->rss < 0 && !program->memory_error)
			task->rss = old->rss;
		if (seconds > 0)
			task_measure(task, old, seconds);
		/* The root's may change without a trace in the table. */
		if (task->command_version == old->command_version) {
			task->command = old->command;
			old->command = NULL;
		}
	}
	if (!task->command && program->recorded) {
		task->command = replay_command(program, (size_t)(
			from - program->observed.task));
	} else if (!task->command) {
		struct pips_row row = sample_row(task);

		task->command = pips_command_line(&row);
	}
}

static bool task_is_shown(const struct observer_task *task)
{
	return task->slot == 0 || task->torn ||
	       task->entry.state != PIP_STATE_ENDED;
}

/* Both lists ascend by slot. */
void sample_fill_program(struct top_program *program, double seconds)
{
	struct top_task *list, *old = program->task;
	size_t i, n = 0, o = 0;

	list = calloc(program->observed.count + 1, sizeof(*list));
	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < program->observed.count; i++) {
		const struct observer_task *from = &program->observed.task[i];

		if (!task_is_shown(from))
			continue;
		while (o < program->count && old[o].slot < from->slot)
			o++;
		task_fill(program, &list[n],
			  o < program->count && old[o].slot == from->slot ?
			  &old[o] : NULL, from, seconds);
		n++;
	}
	for (i = 0; i < program->count; i++)
		free(old[i].command);
	free(old);
	program->task = list;
	program->count = n;
}

static void program_read(struct top_sample *sample,
			 struct top_program *program, double seconds)
{
	struct observer_tasks swap = program->observed;
	uint64_t before;

	program->observed = program->before;
	program->before = swap;
	if (observer_read_tasks(program->root, &program->observed)) {
		program->observed.count = 0;
		sample->scan.forced = true;
	}
	observer_update_facts(program->root, &program->observed,
			      &program->before);
	if (budget_allows(&program->memory, sample->taken)) {
		int error;

		before = sample_cpu_clock();
		error = observer_read_memory(program->root,
					     &program->observed);
		if (!error || error == EACCES || error == EPERM) {
			program->total_rss = program->observed.total_rss;
			program->outside_rss = program->observed.outside_rss;
			program->memory_error = error;
		}
		budget_spend(&program->memory, sample->taken, before);
	}
	sample_fill_program(program, seconds);
	/* Nobody of it is left, or its root died. */
	if (program->count == 0 ||
	    (program->root->alive && program->observed.task[0].facts.error))
		sample->scan.forced = true;
}

static void sample_count_state(struct top_sample *sample,
			       const struct top_task *task)
{
	static const struct {
		const char *name;
		size_t offset;
	} states[] = {
		{ "running", offsetof(struct top_sample, running) },
		{ "sleeping", offsetof(struct top_sample, sleeping) },
		{ "waiting", offsetof(struct top_sample, sleeping) },
		{ "blocked", offsetof(struct top_sample, sleeping) },
		{ "ready", offsetof(struct top_sample, ready) },
		{ "suspended", offsetof(struct top_sample, suspended) },
		{ "decoupled", offsetof(struct top_sample, decoupled) },
	};
	const char *state = column_state(task);
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].name, state) == 0) {
			++*(unsigned *)((char *)sample + states[i].offset);
			return;
		}
	sample->other++;
}

void sample_sum(struct top_sample *sample)
{
	size_t i, j;

	sample->running = sample->sleeping = sample->ready = 0;
	sample->suspended = sample->decoupled = sample->other = 0;
	sample->user_switches = sample->kernel_switches = 0;
	sample->couples = sample->faults = 0;
	sample->ntasks = 0;
	sample->memory_bytes = sample->outside_bytes = 0;
	for (i = 0; i < sample->nprograms; i++) {
		const struct top_program *program = sample->program[i];

		sample->memory_bytes += program->total_rss;
		sample->outside_bytes += program->outside_rss;
		for (j = 0; j < program->count; j++) {
			const struct top_task *task = &program->task[j];

			sample->user_switches += task->user_switches;
			sample->kernel_switches += task->kernel_switches;
			sample->couples += task->couples;
			sample->faults += task->faults;
			if (task->task->slot == 0)
				continue;
			sample->ntasks++;
			sample_count_state(sample, task);
		}
	}
	memmove(sample->history, sample->history + 1,
		sizeof(sample->history) - sizeof(sample->history[0]));
	sample->history[TOP_HISTORY - 1] = (float)(sample->user_switches +
						   sample->kernel_switches);
}

static uint64_t sample_read_realtime(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* When it cannot be written any more, the rest goes on. */
static void sample_write(struct top_sample *sample)
{
	size_t i;

	for (i = 0; i < sample->nprograms; i++) {
		struct top_program *program = sample->program[i];
		uint64_t before = sample_cpu_clock();

		if (budget_allows(&program->owners, sample->taken)) {
			if (memory_measure(program) != 0)
				program->nowners = 0;
			budget_spend(&program->owners, sample->taken, before);
		}
		before = sample_cpu_clock();
		if (budget_allows(&program->maps, sample->taken)) {
			switches_read(program, &program->switches);
			budget_spend(&program->maps, sample->taken, before);
		}
	}
	sample->record_error = record_add(sample->record, sample);
	if (!sample->record_error)
		return;
	(void)record_close(sample->record);
	sample->record = NULL;
}

void sample_take(struct top_sample *sample)
{
	uint64_t now = sample_clock(), before = sample_cpu_clock();
	double seconds = sample->taken ? (double)(now - sample->taken) / 1e9 :
					 0;
	size_t i;

	if (sample->replay) {
		replay_take(sample);
		sample->cost_ns = sample_cpu_clock() - before;
		return;
	}
	sample->taken = now;
	sample->realtime = sample_read_realtime();
	sample->seconds = seconds;
	if (budget_allows(&sample->scan, now))
		sample_scan(sample, now);
	for (i = 0; i < sample->nprograms; i++)
		program_read(sample, sample->program[i], seconds);
	threads_take(sample);
	sample_sum(sample);
	lost_describe(sample, sample->notice, sizeof(sample->notice));
	sample_read_cpus(sample);
	if (sample->record)
		sample_write(sample);
	sample->cost_ns = sample_cpu_clock() - before;
}

struct top_task *sample_find_slot(const struct top_program *program,
				  int64_t slot)
{
	size_t low = 0, high = program->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (program->task[middle].slot == slot)
			return &program->task[middle];
		if (program->task[middle].slot < slot)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

struct top_identity sample_identify(const struct top_task *task)
{
	return (struct top_identity){
		.inode = task->program->inode, .slot = task->slot,
		.generation = task->generation,
		.tid = task->kind == PIPS_THREAD ? task->task->tid : 0,
	};
}

struct top_task *sample_find(struct top_sample *sample,
			     const struct top_identity *identity)
{
	struct top_program *program = sample_find_program(sample,
							  identity->inode);
	struct top_task *list;
	size_t i, n;

	if (!program)
		return NULL;
	list = identity->tid ? program->thread : program->task;
	n = identity->tid ? program->nthreads : program->count;
	for (i = 0; i < n; i++)
		if (list[i].slot == identity->slot &&
		    (!identity->tid || list[i].task->tid == identity->tid))
			return list[i].generation == identity->generation ?
			       &list[i] : NULL;
	return NULL;
}
