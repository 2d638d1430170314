// SPDX-License-Identifier: BSD-2-Clause
/*
 * The threads that tasks have besides their first, which are leaves of the
 * tree.  They are looked at while somebody wants them, and as often as their
 * number allows.
 */
#include <config.h>

#include "top.h"

#include <stdlib.h>
#include <string.h>

static void threads_drop(struct top_task *thread, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(thread[i].command);
	free(thread);
}

void threads_free(struct top_program *program)
{
	threads_drop(program->thread, program->nthreads);
	observer_free_tasks(&program->made);
	program->thread = NULL;
	program->nthreads = 0;
	program->threads_taken = 0;
}

static void thread_count(struct top_task *thread)
{
	const struct observer_facts *facts = &thread->task->facts;

	thread->counts.cpu_ns = facts->scheduling ? facts->run_ns :
				facts->user_ns + facts->system_ns;
	thread->counts.wait_ns = facts->wait_ns;
	thread->counts.kernel_switches = facts->switches;
	thread->counts.faults = facts->faults;
}

static void thread_measure(struct top_task *thread, const struct top_task *old,
			   double seconds)
{
	const struct top_counts *now = &thread->counts, *then = &old->counts;

	thread->cpu = task_rate(now->cpu_ns, then->cpu_ns, seconds) / 1e7;
	thread->wait = task_rate(now->wait_ns, then->wait_ns, seconds) / 1e7;
	thread->kernel_switches = task_rate(now->kernel_switches,
					    then->kernel_switches, seconds);
	thread->faults = task_rate(now->faults, then->faults, seconds);
	thread->measured = true;
}

static void thread_fill(struct top_program *program, struct top_task *thread,
			const struct observer_task *made,
			const struct observer_thread *from,
			const struct top_task *owner)
{
	size_t size = 4 * strlen(from->name) + 2;

	thread->program = program;
	thread->task = made;
	thread->slot = from->slot;
	thread->generation = owner->generation;
	thread->kind = PIPS_THREAD;
	thread->rss = -1;
	thread->command = malloc(size);
	if (!thread->command)
		pips_fail("out of memory");
	if (!observer_escape_text(thread->command, size, from->name,
				  strlen(from->name)))
		strcpy(thread->command, "-");
	thread_count(thread);
}

/* Both lists are by slot and TID.  What was there before it begins a thread
 * that has the same number. */
static void threads_inherit(struct top_program *program,
			    const struct top_task *old, size_t nold,
			    double seconds)
{
	size_t i, o = 0;

	for (i = 0; i < program->nthreads; i++) {
		struct top_task *thread = &program->thread[i];

		while (o < nold && (old[o].slot < thread->slot ||
				    (old[o].slot == thread->slot &&
				     old[o].task->tid < thread->task->tid)))
			o++;
		if (o == nold || old[o].slot != thread->slot ||
		    old[o].generation != thread->generation ||
		    old[o].task->tid != thread->task->tid ||
		    old[o].task->facts.started_ns !=
		    thread->task->facts.started_ns)
			continue;
		thread->tagged = old[o].tagged;
		if (seconds > 0)
			thread_measure(thread, &old[o], seconds);
	}
}

static void program_take_threads(struct top_program *program, uint64_t now,
				 const struct observer_threads *threads)
{
	struct top_task *old = program->thread;
	struct observer_tasks before = program->made;
	size_t nold = program->nthreads, i, n = 0;

	program->thread = calloc(threads->count + 1, sizeof(*old));
	program->made = (struct observer_tasks){
		.task = calloc(threads->count + 1, sizeof(*before.task)),
		.capacity = threads->count + 1,
	};
	if (!program->thread || !program->made.task)
		pips_fail("out of memory");
	for (i = 0; i < threads->count; i++) {
		const struct observer_thread *from = &threads->thread[i];
		const struct top_task *owner = sample_find_slot(program,
								from->slot);

		if (!owner)
			continue;
		pips_make_thread(&program->made.task[n], program->root,
				 owner->task, from);
		n++;
	}
	program->made.count = n;
	observer_read_scheduling(program->root, &program->made);
	for (i = n = 0; i < threads->count; i++) {
		const struct observer_thread *from = &threads->thread[i];
		const struct top_task *owner = sample_find_slot(program,
								from->slot);

		if (!owner)
			continue;
		thread_fill(program, &program->thread[n],
			    &program->made.task[n], from, owner);
		n++;
	}
	program->nthreads = n;
	threads_inherit(program, old, nold, program->threads_taken ?
			(double)(now - program->threads_taken) / 1e9 : 0);
	program->threads_taken = now;
	threads_drop(old, nold);
	observer_free_tasks(&before);
}

/* A task that has ended takes its threads with it at once. */
static void threads_leave(struct top_program *program)
{
	size_t i, n = 0;

	for (i = 0; i < program->nthreads; i++) {
		struct top_task *thread = &program->thread[i];
		const struct top_task *owner = sample_find_slot(program,
								thread->slot);

		if (owner && owner->generation == thread->generation &&
		    !owner->task->gone && !owner->task->executed)
			program->thread[n++] = *thread;
		else
			free(thread->command);
	}
	program->nthreads = n;
}

void threads_take(struct top_sample *sample)
{
	struct observer_threads threads = { 0 };
	size_t i;

	for (i = 0; i < sample->nprograms; i++) {
		struct top_program *program = sample->program[i];
		uint64_t before = sample_cpu_clock();

		if (!sample->threads_wanted && !sample->record) {
			threads_free(program);
			continue;
		}
		if (!budget_allows(&program->threads, sample->taken)) {
			threads_leave(program);
			continue;
		}
		if (observer_read_threads(program->root, &program->observed,
					  &threads))
			threads.count = 0;
		program_take_threads(program, sample->taken, &threads);
		budget_spend(&program->threads, sample->taken, before);
	}
	observer_free_threads(&threads);
}

/* Whoever wants them does not wait for the next sample. */
void threads_want(struct top_sample *sample, bool wanted)
{
	bool before = sample->threads_wanted;

	sample->threads_wanted = wanted;
	if (wanted && !before && sample->taken && !sample->replay)
		threads_take(sample);
}

/* The next look at them is the next sample's, whatever it costs. */
void threads_forget_age(struct top_sample *sample)
{
	size_t i;

	for (i = 0; i < sample->nprograms; i++)
		sample->program[i]->threads = (struct top_budget){ 0 };
}
