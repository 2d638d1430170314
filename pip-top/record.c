// SPDX-License-Identifier: BSD-2-Clause
/*
 * Write a recording: of each sample the tasks that have changed.  A task that
 * sleeps costs a comparison.
 */
#include <config.h>

#include "top.h"
#include "recording.h"
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A program as the frame before has it: its tasks, one behind the other. */
struct record_program {
	uint64_t inode;
	struct buffer tasks, owners;
	struct record_extras extras;
};

struct top_record {
	int fd;
	uint64_t frames;
	struct buffer frame;
	struct record_program *program;
	size_t nprograms;
};

/* --- A task -------------------------------------------------------------- */

static size_t text_size(const char *text)
{
	size_t size = strlen(text) + 1;

	return size > RECORDING_TEXT_MAX ? RECORDING_TEXT_MAX : size;
}

static void text_append(struct buffer *to, const char *text)
{
	size_t size = text_size(text);
	char *at = buffer_add(to, size);

	memcpy(at, text, size - 1);
}

static void task_set_facts(struct recording_task *fixed,
			   const struct observer_facts *facts)
{
	fixed->error = facts->error;
	if (facts->scheduling)
		fixed->flags |= RECORDING_SCHEDULING;
	fixed->kernel_state = (unsigned char)facts->state;
	fixed->threads = facts->threads;
	fixed->cpu = facts->cpu;
	fixed->user_ns = facts->user_ns;
	fixed->system_ns = facts->system_ns;
	fixed->started_ns = facts->started_ns;
	fixed->faults = facts->faults;
	fixed->run_ns = facts->run_ns;
	fixed->wait_ns = facts->wait_ns;
	fixed->switches = facts->switches;
}

static void task_set_entry(struct recording_task *fixed,
			   const struct pip_table_entry *entry)
{
	fixed->state = entry->state;
	fixed->mode = entry->mode;
	fixed->parent_pipid = entry->parent_pipid;
	fixed->table_flags = entry->flags;
	fixed->blt_state = entry->blt_state;
	fixed->blt_kthread = entry->blt_kthread;
	fixed->blt_domain = entry->blt_domain;
	fixed->blt_idle = entry->blt_idle;
	fixed->blt_waits_on = entry->blt_waits_on;
	memcpy(fixed->counters, entry->counters, sizeof(fixed->counters));
}

static void task_append(struct buffer *to, const struct top_task *task)
{
	const struct observer_task *from = task->task;
	const char *path = from->torn ? "" : from->entry.program;
	size_t start = to->size, texts = text_size(task->command) +
					 text_size(path);
	struct recording_task fixed = {
		.slot = task->slot, .pid = from->pid, .tid = from->tid,
		.flags = (from->torn ? RECORDING_TORN : 0) |
			 (from->gone ? RECORDING_GONE : 0) |
			 (from->executed ? RECORDING_EXECUTED : 0),
		.generation = task->generation, .rss = task->rss,
		.command_size = (uint32_t)text_size(task->command),
		.program_size = (uint32_t)text_size(path),
		.size = (uint32_t)((sizeof(fixed) + texts + 7) & ~7ul),
	};

	if (!from->torn)
		task_set_entry(&fixed, &from->entry);
	task_set_facts(&fixed, &from->facts);
	buffer_append(to, &fixed, sizeof(fixed));
	text_append(to, task->command);
	text_append(to, path);
	buffer_add(to, start + fixed.size - to->size);
}

/* --- A program ----------------------------------------------------------- */

static const struct recording_task *task_at(const struct buffer *tasks,
					    size_t at)
{
	return at < tasks->size ?
	       (const struct recording_task *)(tasks->bytes + at) : NULL;
}

/* What of now is not in old, behind the slots that are in old only. */
static void tasks_append_changes(struct buffer *frame, size_t head,
				 const struct buffer *old,
				 const struct buffer *now)
{
	const struct recording_task *a, *b;
	struct recording_program *program;
	size_t i, j;

	for (i = j = 0; (a = task_at(old, i)); i += a->size) {
		while ((b = task_at(now, j)) && b->slot < a->slot)
			j += b->size;
		if (b && b->slot == a->slot)
			continue;
		buffer_append(frame, &a->slot, sizeof(a->slot));
		program = (void *)(frame->bytes + head);
		program->nremoved++;
	}
	if (frame->size % 8)
		buffer_add(frame, 8 - frame->size % 8);
	for (i = j = 0; (b = task_at(now, j)); j += b->size) {
		while ((a = task_at(old, i)) && a->slot < b->slot)
			i += a->size;
		if (a && a->slot == b->slot && a->size == b->size &&
		    memcmp(a, b, a->size) == 0)
			continue;
		buffer_append(frame, b, b->size);
		program = (void *)(frame->bytes + head);
		program->nchanged++;
	}
}

static void owners_append(struct buffer *frame, size_t head,
			  const struct top_program *program,
			  struct buffer *before, bool key)
{
	struct recording_program *written;
	size_t size = program->nowners * sizeof(*program->owner);

	if (!key && before->size == size &&
	    (!size || memcmp(before->bytes, program->owner, size) == 0))
		return;
	before->size = 0;
	if (!size)
		return;
	buffer_append(before, program->owner, size);
	buffer_append(frame, program->owner, size);
	written = (void *)(frame->bytes + head);
	written->nowners = (uint32_t)program->nowners;
}

static void program_append(struct buffer *frame,
			   const struct top_program *program,
			   struct record_program *before, bool key)
{
	const struct pip_table_header *table = &program->root->header;
	struct recording_program *head;
	struct buffer now = { 0 };
	size_t at = frame->size, size, i;

	head = buffer_add(frame, sizeof(*head));
	head->inode = program->inode;
	head->pid = program->root->pid;
	head->reader = program->root->reader;
	head->alive = program->root->alive;
	head->mode = table->mode;
	head->nentries = table->nentries;
	head->ntasks = (uint32_t)program->count;
	head->total_rss = program->total_rss;
	head->outside_rss = program->outside_rss;
	memcpy(head->user, program->user_name,
	       strnlen(program->user_name, sizeof(head->user) - 1));
	for (i = 0; i < program->count; i++)
		task_append(&now, &program->task[i]);
	if (key)
		before->tasks.size = 0;
	tasks_append_changes(frame, at, &before->tasks, &now);
	owners_append(frame, at, program, &before->owners, key);
	size = frame->size;
	record_append_extras(frame, program, &before->extras, key);
	head = (void *)(frame->bytes + at);
	head->extra_size = (uint32_t)(frame->size - size);
	free(before->tasks.bytes);
	before->tasks = now;
}

/* --- A frame ------------------------------------------------------------- */

static void program_forget(struct record_program *program)
{
	free(program->tasks.bytes);
	free(program->owners.bytes);
	record_forget_extras(&program->extras);
}

/* The programs of before in the order of the sample's, new ones empty. */
static void record_match(struct top_record *record,
			 const struct top_sample *sample)
{
	struct record_program *list = calloc(sample->nprograms + 1,
					     sizeof(*list));
	size_t i, j;

	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < sample->nprograms; i++) {
		list[i].inode = sample->program[i]->inode;
		for (j = 0; j < record->nprograms; j++)
			if (record->program[j].inode == list[i].inode) {
				list[i] = record->program[j];
				memset(&record->program[j], 0,
				       sizeof(record->program[j]));
				break;
			}
	}
	for (j = 0; j < record->nprograms; j++)
		program_forget(&record->program[j]);
	free(record->program);
	record->program = list;
	record->nprograms = sample->nprograms;
}

static void cpus_append(struct buffer *frame, const struct top_sample *sample)
{
	struct recording_cpu cpu;
	unsigned i;

	for (i = 0; i <= sample->ncpus; i++) {
		const struct top_cpu *from = i ? &sample->cpu[i - 1] :
						 &sample->all_cpus;

		cpu.user_percent = (float)from->user_percent;
		cpu.system_percent = (float)from->system_percent;
		buffer_append(frame, &cpu, sizeof(cpu));
	}
}

static int record_write(const struct top_record *record, const void *bytes,
			size_t size)
{
	const char *p = bytes;

	while (size) {
		ssize_t n = write(record->fd, p, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : ENOSPC;
		p += n;
		size -= (size_t)n;
	}
	return 0;
}

int record_add(struct top_record *record, const struct top_sample *sample)
{
	const size_t unchecked = offsetof(struct recording_frame, boottime);
	bool key = record->frames++ % RECORDING_KEY_EVERY == 0;
	struct buffer *frame = &record->frame;
	struct recording_frame *head;
	size_t i;

	record_match(record, sample);
	frame->size = 0;
	head = buffer_add(frame, sizeof(*head));
	head->magic = RECORDING_FRAME_MAGIC;
	head->boottime = sample->taken;
	head->realtime = sample->realtime;
	head->flags = key ? RECORDING_KEY : 0;
	head->nprograms = (uint32_t)sample->nprograms;
	head->ncpus = sample->ncpus;
	head->user_switches = sample->user_switches;
	head->kernel_switches = sample->kernel_switches;
	cpus_append(frame, sample);
	for (i = 0; i < sample->nprograms; i++)
		program_append(frame, sample->program[i], &record->program[i],
			       key);
	if (frame->size > RECORDING_FRAME_MAX)
		return EFBIG;
	head = (void *)frame->bytes;
	head->size = (uint32_t)frame->size;
	head->checksum = recording_sum(frame->bytes + unchecked,
				       frame->size - unchecked);
	return record_write(record, frame->bytes, frame->size);
}

int record_open(const char *path, struct top_record **recordp)
{
	struct recording_header header = {
		.magic = RECORDING_MAGIC, .byte_order = RECORDING_BYTE_ORDER,
		.version_major = RECORDING_VERSION_MAJOR,
		.version_minor = RECORDING_VERSION_MINOR,
		.header_size = sizeof(struct recording_header),
		.frame_size = sizeof(struct recording_frame),
		.program_size = sizeof(struct recording_program),
		.task_size = sizeof(struct recording_task),
		.writer = "pip-top " PACKAGE_VERSION,
	};
	struct top_record *record = calloc(1, sizeof(*record));
	struct timespec now;
	int error;

	if (!record)
		return ENOMEM;
	/* Command lines can be secrets. */
	record->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			  0600);
	if (record->fd < 0) {
		error = errno;
		free(record);
		return error;
	}
	clock_gettime(CLOCK_REALTIME, &now);
	header.created = (uint64_t)now.tv_sec * 1000000000u +
			 (uint64_t)now.tv_nsec;
	error = record_write(record, &header, sizeof(header));
	if (error) {
		record_close(record);
		return error;
	}
	*recordp = record;
	return 0;
}

int record_close(struct top_record *record)
{
	int error = close(record->fd) != 0 ? errno : 0;
	size_t i;

	for (i = 0; i < record->nprograms; i++)
		program_forget(&record->program[i]);
	free(record->program);
	free(record->frame.bytes);
	free(record);
	return error;
}
