// SPDX-License-Identifier: BSD-2-Clause
/* A recording in the place of programs: its samples, one after the other. */
#include <config.h>

#include "top.h"
#include "recording.h"

#include <stdlib.h>
#include <string.h>

#define SPEED_LEAST (1.0 / 64)
#define SPEED_MOST 1024.0
#define PAUSE_MOST 10000000000u /* ns; the recorder may have been stopped */

struct top_replay {
	struct recording recording;
	size_t at;   /* the sample shown */
	bool begun;  /* at is one */
	double speed;
};

/*
 * Of the file comes text that was fit for a terminal when pip-top wrote it.
 * Backslashes are as they must be; everything else is looked at again.
 */
static char *text_clean(const char *text)
{
	const char *end = text + strlen(text), *next;
	size_t capacity = 4 * strlen(text) + 1, used = 0;
	char *clean = malloc(capacity);

	if (!clean)
		pips_fail("out of memory");
	for (; text < end; text = next) {
		next = text;
		observer_next_character(&next, end);
		if (*text == '\\')
			clean[used++] = '\\';
		else
			used += observer_escape_text(clean + used,
						     capacity - used, text,
						     (size_t)(next - text));
	}
	clean[used] = '\0';
	return clean;
}

static void task_set_facts(struct observer_facts *facts,
			   const struct recording_task *fixed)
{
	facts->error = fixed->error;
	facts->scheduling = fixed->flags & RECORDING_SCHEDULING;
	facts->state = (char)fixed->kernel_state;
	facts->threads = fixed->threads;
	facts->cpu = fixed->cpu;
	facts->user_ns = fixed->user_ns;
	facts->system_ns = fixed->system_ns;
	facts->started_ns = fixed->started_ns;
	facts->faults = fixed->faults;
	facts->run_ns = fixed->run_ns;
	facts->wait_ns = fixed->wait_ns;
	facts->switches = fixed->switches;
}

static void task_set_entry(struct pip_table_entry *entry,
			   const struct recorded_task *task)
{
	const struct recording_task *fixed = &task->fixed;

	/* Changes when the command does, see task_command_version(). */
	entry->seq = (uint32_t)recording_sum(task->text, fixed->command_size);
	entry->generation = fixed->generation;
	entry->pid = fixed->pid;
	entry->tid = fixed->tid;
	entry->state = fixed->state;
	entry->mode = fixed->mode;
	entry->parent_pipid = fixed->parent_pipid;
	entry->flags = fixed->table_flags;
	entry->blt_state = fixed->blt_state;
	entry->blt_kthread = fixed->blt_kthread;
	entry->blt_domain = fixed->blt_domain;
	entry->blt_idle = fixed->blt_idle;
	entry->blt_waits_on = fixed->blt_waits_on;
	memcpy(entry->counters, fixed->counters, sizeof(entry->counters));
	snprintf(entry->program, sizeof(entry->program), "%s",
		 recorded_program_path(task));
}

static void task_set(struct observer_task *task,
		     const struct recorded_task *from)
{
	memset(task, 0, sizeof(*task));
	task->slot = from->fixed.slot;
	task->pipid = task->slot ? (int32_t)task->slot - 1 :
				   OBSERVER_PIPID_ROOT;
	task->torn = from->fixed.flags & RECORDING_TORN;
	task->gone = from->fixed.flags & RECORDING_GONE;
	task->executed = from->fixed.flags & RECORDING_EXECUTED;
	task->pid = from->fixed.pid;
	task->tid = from->fixed.tid;
	task->rss = from->fixed.rss;
	task_set_facts(&task->facts, &from->fixed);
	task_set_entry(&task->entry, from);
}

/* The command of the i-th task that was observed; to be freed. */
char *replay_command(const struct top_program *program, size_t i)
{
	return text_clean(program->recorded->task[i].text);
}

static void thread_set(struct top_program *program, size_t i,
		       const struct recording_thread *from,
		       const struct top_task *owner)
{
	struct observer_task *made = &program->made.task[i];
	struct top_task *thread = &program->thread[i];
	struct observer_thread is = {
		.slot = from->slot, .pid = from->pid, .tid = from->tid,
		.facts = {
			.state = (char)from->kernel_state, .cpu = from->cpu,
			.started_ns = from->started_ns,
			.run_ns = from->cpu_ns, .user_ns = from->cpu_ns,
			.scheduling = from->flags & RECORDING_SCHEDULING,
		},
	};

	memset(made, 0, sizeof(*made));
	pips_make_thread(made, program->root, owner->task, &is);
	*thread = (struct top_task){
		.program = program, .task = made, .slot = from->slot,
		.generation = owner->generation, .kind = PIPS_THREAD,
		.measured = from->flags & RECORDING_MEASURED,
		.cpu = from->cpu_percent, .wait = from->wait_percent,
		.kernel_switches = from->kernel_switches,
		.faults = from->faults, .counts.cpu_ns = from->cpu_ns,
		.rss = -1, .command = text_clean(from->name),
	};
}

/* Who has no task is left out. */
static void program_set_threads(struct top_program *program,
				const struct recorded_program *from)
{
	const struct top_task *owner;
	size_t i, n = 0;

	threads_free(program);
	program->thread = calloc(from->nthreads + 1, sizeof(*program->thread));
	program->made.task = calloc(from->nthreads + 1,
				    sizeof(*program->made.task));
	if (!program->thread || !program->made.task)
		pips_fail("out of memory");
	for (i = 0; i < from->nthreads; i++) {
		owner = sample_find_slot(program, from->thread[i].slot);
		if (owner)
			thread_set(program, n++, &from->thread[i], owner);
	}
	program->nthreads = program->made.count = n;
}

static void program_set_switches(struct top_program *program,
				 const struct recorded_program *from)
{
	struct top_ring ring[RECORDING_RINGS_MAX];
	struct top_switches switches = { .problem = from->switches_problem,
					 .ring = ring };
	size_t i;

	for (i = 0; i < from->nrings && i < RECORDING_RINGS_MAX; i++) {
		const struct recorded_ring *one = &from->ring[i];

		ring[i] = (struct top_ring){
			.ring = one->head.ring, .tid = one->head.tid,
			.whole = one->head.flags & RECORDING_RING_WHOLE,
			.first = one->head.first, .last = one->head.last,
			.at = one->at, .count = one->head.count,
		};
	}
	switches.nrings = i;
	switches_free(&program->switches);
	program->switches = switches_copy(&switches);
}

static void program_set(struct top_program *program,
			const struct recorded_program *from, double seconds)
{
	struct observer_tasks *observed = &program->observed;
	char *user;
	size_t i;

	program->recorded = from;
	program->root->pid = from->head.pid;
	program->root->reader = from->head.reader;
	program->root->alive = from->head.alive;
	program->root->table_inode = from->head.inode;
	program->root->header.mode = from->head.mode;
	program->root->header.nentries = from->head.nentries;
	program->root->header.nused = from->head.nentries;
	program->total_rss = from->head.total_rss;
	program->outside_rss = from->head.outside_rss;
	user = text_clean(from->head.user);
	snprintf(program->user_name, sizeof(program->user_name), "%.32s",
		 user);
	free(user);
	program->nowners = from->nowners;
	free(program->owner);
	program->owner = calloc(from->nowners + 1, sizeof(*program->owner));
	if (from->count > observed->capacity) {
		free(observed->task);
		observed->task = calloc(from->count, sizeof(*observed->task));
		observed->capacity = observed->task ? from->count : 0;
	}
	if (!program->owner || from->count > observed->capacity)
		pips_fail("out of memory");
	if (from->nowners)
		memcpy(program->owner, from->owner,
		       from->nowners * sizeof(*program->owner));
	for (i = 0; i < from->count; i++)
		task_set(&observed->task[i], &from->task[i]);
	observed->count = from->count;
	sample_fill_program(program, seconds);
	program_set_threads(program, from);
	program_set_switches(program, from);
}

static struct top_program *program_take(struct top_sample *sample,
					uint64_t inode)
{
	struct top_program *program;
	size_t i;

	for (i = 0; i < sample->nprograms; i++)
		if (sample->program[i]->inode == inode &&
		    !sample->program[i]->seen) {
			sample->program[i]->seen = true;
			return sample->program[i];
		}
	program = calloc(1, sizeof(*program));
	if (!program)
		pips_fail("out of memory");
	program->inode = inode;
	program->root = program->own_root =
		calloc(1, sizeof(*program->own_root));
	if (!program->root)
		pips_fail("out of memory");
	return program;
}

static void sample_set_programs(struct top_sample *sample,
				const struct recording *recording,
				double seconds)
{
	struct top_program **list = calloc(recording->nprograms + 1,
					   sizeof(struct top_program *));
	size_t i, n = 0;

	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < sample->nprograms; i++)
		sample->program[i]->seen = false;
	for (i = 0; i < recording->nprograms; i++) {
		const struct recorded_program *from = &recording->program[i];

		if (sample->pid && from->head.pid != sample->pid)
			continue;
		list[n] = program_take(sample, from->head.inode);
		program_set(list[n++], from, seconds);
	}
	for (i = 0; i < sample->nprograms; i++)
		if (!sample->program[i]->seen)
			sample_free_program(sample->program[i]);
	free(sample->program);
	sample->program = list;
	sample->nprograms = n;
}

static void sample_set_cpus(struct top_sample *sample,
			    const struct recording *recording, uint32_t ncpus)
{
	uint32_t i;

	if (ncpus > TOP_CPUS_MAX)
		ncpus = TOP_CPUS_MAX;
	for (i = 0; i <= ncpus; i++) {
		struct top_cpu *cpu = i ? &sample->cpu[i - 1] :
					  &sample->all_cpus;
		const struct recording_cpu *from = &recording->cpu[i];

		/* A meter is drawn of them. */
		cpu->user_percent = from->user_percent >= 0 &&
				    from->user_percent <= 100 ?
				    (double)from->user_percent : 0;
		cpu->system_percent = from->system_percent >= 0 &&
				      from->system_percent <= 100 ?
				      (double)from->system_percent : 0;
	}
	sample->ncpus = ncpus;
}

static void sample_set_history(struct top_sample *sample,
			       const struct recording *recording, size_t at)
{
	size_t i;

	memset(sample->history, 0, sizeof(sample->history));
	for (i = 0; i < TOP_HISTORY && i <= at; i++) {
		const struct recording_frame *head =
			&recording->frame[at - i].head;
		double sum = head->user_switches + head->kernel_switches;

		sample->history[TOP_HISTORY - 1 - i] =
			sum > 0 && sum < 1e15 ? (float)sum : 0;
	}
}

/* before: the sample that rates are since, or at itself. */
static bool replay_show(struct top_sample *sample, size_t at, size_t before)
{
	struct recording *recording = &sample->replay->recording;
	const struct recording_frame *head, *then;
	double seconds;

	if (!recording_seek(recording, at))
		return false;
	head = &recording->frame[at].head;
	then = &recording->frame[before].head;
	seconds = head->boottime > then->boottime ?
		  (double)(head->boottime - then->boottime) / 1e9 : 0;
	sample->taken = head->boottime;
	sample->realtime = head->realtime;
	sample->seconds = seconds;
	sample_set_programs(sample, recording, seconds);
	sample_set_cpus(sample, recording, head->ncpus);
	sample_sum(sample);
	sample_set_history(sample, recording, at);
	return true;
}

/* To that sample, or to the last one; with the past that the charts show. */
void replay_go(struct top_sample *sample, size_t to)
{
	struct top_replay *replay = sample->replay;
	struct recording *recording = &replay->recording;
	size_t at, from;
	bool next;

	for (;;) {
		if (!recording->count)
			pips_fail("the recording: %s", recording->problem);
		if (to >= recording->count)
			to = recording->count - 1;
		next = replay->begun && replay->at + 1 == to;
		from = next ? to : to > TOP_SPARK ? to - TOP_SPARK : 0;
		for (at = from; at <= to; at++)
			if (!replay_show(sample, at,
					 next || at > from ? at - 1 : at))
				break;
		if (at > to)
			break;
		replay->begun = false; /* a shorter one now */
	}
	replay->at = to;
	replay->begun = true;
}

/* The next sample; the last one stays. */
void replay_take(struct top_sample *sample)
{
	struct top_replay *replay = sample->replay;

	if (!replay->begun)
		replay_go(sample, 0);
	else if (replay->at + 1 < replay->recording.count)
		replay_go(sample, replay->at + 1);
}

int replay_open(struct top_sample *sample, const char *path, char *problem,
		size_t size)
{
	struct top_replay *replay = calloc(1, sizeof(*replay));
	int error;

	if (!replay)
		pips_fail("out of memory");
	error = recording_open(&replay->recording, path, problem, size);
	if (error) {
		free(replay);
		return error;
	}
	replay->speed = 1;
	sample->replay = replay;
	return 0;
}

void replay_close(struct top_sample *sample)
{
	recording_close(&sample->replay->recording);
	free(sample->replay);
	sample->replay = NULL;
}

size_t replay_get_count(const struct top_sample *sample)
{
	return sample->replay->recording.count;
}

size_t replay_get_position(const struct top_sample *sample)
{
	return sample->replay->at;
}

bool replay_is_at_end(const struct top_sample *sample)
{
	return sample->replay->begun &&
	       sample->replay->at + 1 >= sample->replay->recording.count;
}

/* Why it ends before the file does; "": it does not. */
const char *replay_get_problem(const struct top_sample *sample)
{
	return sample->replay->recording.problem;
}

double replay_get_speed(const struct top_sample *sample)
{
	return sample->replay->speed;
}

void replay_scale_speed(struct top_sample *sample, double by)
{
	double speed = sample->replay->speed * by;

	if (speed >= SPEED_LEAST && speed <= SPEED_MOST)
		sample->replay->speed = speed;
}

/* ns until the next sample is to be shown. */
uint64_t replay_get_pause(const struct top_sample *sample)
{
	const struct top_replay *replay = sample->replay;
	const struct recorded_frame *frame = replay->recording.frame;
	uint64_t now, next;

	if (replay_is_at_end(sample))
		return PAUSE_MOST;
	now = frame[replay->at].head.boottime;
	next = frame[replay->at + 1].head.boottime;
	if (next <= now)
		return 0;
	next = (uint64_t)((double)(next - now) / replay->speed);
	return next > PAUSE_MOST ? PAUSE_MOST : next;
}

/* The first sample at or after that time, CLOCK_REALTIME ns. */
size_t replay_find_time(const struct top_sample *sample, uint64_t realtime)
{
	const struct recording *recording = &sample->replay->recording;
	size_t i;

	for (i = 0; i + 1 < recording->count; i++)
		if (recording->frame[i].head.realtime >= realtime)
			break;
	return i;
}
