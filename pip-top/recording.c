// SPDX-License-Identifier: BSD-2-Clause
/* Read a recording; what is in it was not necessarily written by pip-top. */
#include <config.h>

#include "recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAMS_MAX 100000
#define CPUS_MAX 65536
#define ENTRIES_MAX 65536 /* as the observer library has it */
#define FRAMES_MAX 100000000

/* FNV-1a, Fowler, Noll and Vo (draft-eastlake-fnv). */
uint64_t recording_sum(const void *bytes, size_t size)
{
	const unsigned char *p = bytes, *end = p + size;
	uint64_t sum = 0xcbf29ce484222325u;

	while (p < end)
		sum = (sum ^ *p++) * 0x100000001b3u;
	return sum;
}

const char *recorded_program_path(const struct recorded_task *task)
{
	return task->text + task->fixed.command_size;
}

static bool read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = pread(fd, (char *)buffer + used, size - used,
				  (off_t)(offset + used));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		used += (size_t)n;
	}
	return true;
}

static void recording_cut(struct recording *recording, size_t frame,
			  uint64_t offset, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void recording_cut(struct recording *recording, size_t frame,
			  uint64_t offset, const char *format, ...)
{
	va_list list;
	int n;

	n = snprintf(recording->problem, sizeof(recording->problem),
		     "sample %zu, byte %" PRIu64 ": ", frame + 1, offset);
	va_start(list, format);
	vsnprintf(recording->problem + n,
		  sizeof(recording->problem) - (size_t)n, format, list);
	va_end(list);
	if (recording->count > frame)
		recording->count = frame;
}

/* --- One frame ----------------------------------------------------------- */

const void *recording_take(struct recording_bytes *bytes, uint64_t size)
{
	const char *at = bytes->at;

	if (size > (uint64_t)(bytes->end - at))
		return NULL;
	bytes->at += size;
	return at;
}

static void program_clear(struct recorded_program *program)
{
	size_t i;

	for (i = 0; i < program->count; i++)
		free(program->task[i].text);
	free(program->task);
	free(program->owner);
	recording_free_extras(program);
	memset(program, 0, sizeof(*program));
}

static bool task_take(struct recording_bytes *bytes,
		      const struct recording_program *head,
		      struct recorded_task *task)
{
	const char *text;
	uint64_t size;

	task->text = NULL;
	if ((size_t)(bytes->end - bytes->at) < sizeof(task->fixed))
		return false;
	memcpy(&task->fixed, bytes->at, sizeof(task->fixed));
	size = (uint64_t)task->fixed.command_size + task->fixed.program_size;
	if (task->fixed.slot >= head->nentries || !task->fixed.command_size ||
	    !task->fixed.program_size ||
	    task->fixed.command_size > RECORDING_TEXT_MAX ||
	    task->fixed.program_size > RECORDING_TEXT_MAX ||
	    task->fixed.size < sizeof(task->fixed) + size ||
	    task->fixed.size % 8 ||
	    !recording_take(bytes, task->fixed.size))
		return false;
	text = bytes->at - task->fixed.size + sizeof(task->fixed);
	if (text[task->fixed.command_size - 1] || text[size - 1])
		return false;
	task->text = malloc(size);
	if (!task->text)
		return false;
	memcpy(task->text, text, size);
	return true;
}

static bool slots_have(const uint32_t *slot, uint32_t count, uint32_t wanted)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (slot[middle] == wanted)
			return true;
		if (slot[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool task_append(struct recorded_program *program,
			const struct recorded_task *task)
{
	size_t n = program->count;

	if (n == program->head.ntasks ||
	    (n && program->task[n - 1].fixed.slot >= task->fixed.slot))
		return false;
	program->task[program->count++] = *task;
	return true;
}

/* Old ones that stay, and changed ones, in the order of their slots. */
static bool tasks_merge(struct recorded_program *to,
			struct recorded_program *from, const uint32_t *removed,
			struct recording_bytes *bytes)
{
	const struct recording_program *head = &to->head;
	struct recorded_task task;
	size_t old = 0;
	uint32_t i;

	for (i = 0; i <= head->nchanged; i++) {
		uint64_t until = UINT64_MAX;

		if (i < head->nchanged) {
			if (!task_take(bytes, head, &task))
				return false;
			until = task.fixed.slot;
		}
		for (; from && old < from->count &&
		       from->task[old].fixed.slot <= until; old++) {
			struct recorded_task *one = &from->task[old];

			if (one->fixed.slot == until ||
			    slots_have(removed, head->nremoved,
				       one->fixed.slot))
				continue;
			if (!task_append(to, one))
				break;
			one->text = NULL; /* moved */
		}
		if (i < head->nchanged && !task_append(to, &task)) {
			free(task.text);
			return false;
		}
	}
	return to->count == head->ntasks && !(from && old < from->count);
}

static bool owners_take(struct recorded_program *to,
			struct recorded_program *from, struct recording_bytes *bytes)
{
	size_t size = to->head.nowners * sizeof(struct recording_owner);
	const void *owners = recording_take(bytes, size);

	if (!owners)
		return false;
	if (!to->head.nowners && from) {
		to->owner = from->owner;
		to->nowners = from->nowners;
		from->owner = NULL;
		from->nowners = 0;
		return true;
	}
	to->owner = malloc(size + 1);
	if (!to->owner)
		return false;
	memcpy(to->owner, owners, size);
	to->nowners = to->head.nowners;
	return true;
}

/* Each only once: what is in it is moved. */
static struct recorded_program *program_find(struct recording *recording,
					     uint64_t inode)
{
	size_t i;

	for (i = 0; i < recording->nprograms; i++)
		if (recording->program[i].head.inode == inode &&
		    !recording->program[i].taken) {
			recording->program[i].taken = true;
			return &recording->program[i];
		}
	return NULL;
}

static bool program_take(struct recording *recording, bool key,
			 struct recording_bytes *bytes, struct recorded_program *to)
{
	struct recorded_program *from = NULL;
	const struct recording_program *head;
	const uint32_t *removed;

	head = recording_take(bytes, sizeof(*head));
	if (!head)
		return false;
	to->head = *head;
	to->head.user[sizeof(to->head.user) - 1] = '\0';
	if (head->nentries > ENTRIES_MAX || head->ntasks > head->nentries ||
	    head->nchanged > head->ntasks ||
	    head->nremoved > head->nentries ||
	    head->nowners > 2 * ENTRIES_MAX)
		return false;
	removed = recording_take(bytes, ((uint64_t)head->nremoved + 1) / 2 * 8);
	if (!removed)
		return false;
	if (!key)
		from = program_find(recording, head->inode);
	to->task = calloc(head->ntasks + 1u, sizeof(*to->task));
	return to->task && tasks_merge(to, from, removed, bytes) &&
	       owners_take(to, from, bytes) &&
	       recording_take_extras(to, from, bytes);
}

static void recording_forget(struct recording *recording)
{
	size_t i;

	for (i = 0; i < recording->nprograms; i++)
		program_clear(&recording->program[i]);
	free(recording->program);
	free(recording->cpu);
	recording->program = NULL;
	recording->cpu = NULL;
	recording->nprograms = 0;
	recording->at = recording->count;
}

/* What the frame says takes the place of the state, or nothing does. */
static bool frame_apply(struct recording *recording,
			const struct recording_frame *head,
			struct recording_bytes *bytes)
{
	size_t cpus = ((size_t)head->ncpus + 1) * sizeof(struct recording_cpu);
	struct recorded_program *list;
	const void *cpu;
	uint32_t i;

	if (head->ncpus > CPUS_MAX || head->nprograms > PROGRAMS_MAX)
		return false;
	cpu = recording_take(bytes, cpus);
	list = cpu ? calloc(head->nprograms + 1u, sizeof(*list)) : NULL;
	if (!list)
		return false;
	for (i = 0; i < head->nprograms; i++)
		if (!program_take(recording, head->flags & RECORDING_KEY,
				  bytes, &list[i]))
			break;
	if (i < head->nprograms || bytes->at != bytes->end) {
		for (i = 0; i < head->nprograms; i++)
			program_clear(&list[i]);
		free(list);
		return false;
	}
	recording_forget(recording);
	recording->program = list;
	recording->nprograms = head->nprograms;
	recording->cpu = malloc(cpus);
	if (recording->cpu)
		memcpy(recording->cpu, cpu, cpus);
	return recording->cpu != NULL;
}

static bool frame_read(struct recording *recording, size_t i)
{
	const struct recorded_frame *frame = &recording->frame[i];
	size_t size = frame->head.size - sizeof(frame->head);
	char *payload = malloc(size + 1);
	struct recording_bytes bytes = { payload, payload + size };
	bool good = false;

	if (payload && read_at(recording->fd, frame->offset +
			       sizeof(frame->head), payload, size))
		good = frame_apply(recording, &frame->head, &bytes);
	free(payload);
	if (!good) {
		recording_forget(recording);
		recording_cut(recording, i, frame->offset,
			      "its contents contradict each other");
		recording->at = recording->count;
	} else {
		recording->at = i;
	}
	return good;
}

bool recording_seek(struct recording *recording, size_t to)
{
	size_t from = to;

	if (to >= recording->count)
		return false;
	if (recording->at == to)
		return true;
	while (from && !(recording->frame[from].head.flags & RECORDING_KEY))
		from--;
	if (recording->at < recording->count && recording->at >= from &&
	    recording->at < to)
		from = recording->at + 1;
	for (; from <= to; from++)
		if (!frame_read(recording, from))
			return false;
	return true;
}

/* --- The whole file ------------------------------------------------------ */

/* True: there may be another one behind it. */
static bool index_add(struct recording *recording, uint64_t offset,
		      uint64_t file_size)
{
	const size_t unchecked = offsetof(struct recording_frame, boottime);
	struct recording_frame head;
	struct recorded_frame *more;
	size_t n = recording->count;
	uint64_t sum;
	char *bytes;

	if (file_size - offset < sizeof(head) ||
	    !read_at(recording->fd, offset, &head, sizeof(head))) {
		recording_cut(recording, n, offset, "the file ends in it");
		return false;
	}
	if (head.magic != RECORDING_FRAME_MAGIC ||
	    head.size < sizeof(head) || head.size % 8 ||
	    head.size > RECORDING_FRAME_MAX) {
		recording_cut(recording, n, offset, "it is damaged");
		return false;
	}
	if (head.size > file_size - offset) {
		recording_cut(recording, n, offset, "the file ends in it");
		return false;
	}
	bytes = malloc(head.size);
	if (!bytes || !read_at(recording->fd, offset, bytes, head.size)) {
		free(bytes);
		recording_cut(recording, n, offset, "it cannot be read");
		return false;
	}
	sum = recording_sum(bytes + unchecked, head.size - unchecked);
	free(bytes);
	if (sum != head.checksum) {
		recording_cut(recording, n, offset,
			      "its checksum is wrong");
		return false;
	}
	if (n == 0 && !(head.flags & RECORDING_KEY)) {
		recording_cut(recording, n, offset, "it is no key frame");
		return false;
	}
	if (n == FRAMES_MAX)
		return false;
	if (n % 256 == 0) {
		more = reallocarray(recording->frame, n + 256, sizeof(*more));
		if (!more)
			return false;
		recording->frame = more;
	}
	recording->frame[n].offset = offset;
	recording->frame[n].head = head;
	recording->count++;
	return true;
}

static int header_check(const struct recording_header *header, char *text,
			size_t size)
{
	if (memcmp(header->magic, RECORDING_MAGIC, 8) != 0) {
		snprintf(text, size, "is no recording of pip-top");
		return EBADMSG;
	}
	if (header->byte_order != RECORDING_BYTE_ORDER) {
		snprintf(text, size, "was written on a machine of another byte "
			 "order");
		return EPROTONOSUPPORT;
	}
	if (header->version_major != RECORDING_VERSION_MAJOR) {
		snprintf(text, size, "has version %u.%u, this program reads "
			 "%u.x", header->version_major, header->version_minor,
			 RECORDING_VERSION_MAJOR);
		return EPROTONOSUPPORT;
	}
	if (header->header_size != sizeof(struct recording_header) ||
	    header->frame_size != sizeof(struct recording_frame) ||
	    header->program_size != sizeof(struct recording_program) ||
	    header->task_size != sizeof(struct recording_task)) {
		snprintf(text, size, "has a damaged header");
		return EBADMSG;
	}
	return 0;
}

int recording_open(struct recording *recording, const char *path, char *text,
		   size_t size)
{
	struct stat status;
	uint64_t offset;
	int error = 0;

	memset(recording, 0, sizeof(*recording));
	/* Opening a pipe would wait for its writer. */
	recording->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (recording->fd < 0 || fstat(recording->fd, &status) != 0)
		error = errno;
	if (error)
		snprintf(text, size, "%s", strerror(error));
	else if (!S_ISREG(status.st_mode)) {
		snprintf(text, size, "is no file");
		error = EINVAL;
	} else if (!read_at(recording->fd, 0, &recording->header,
			    sizeof(recording->header))) {
		snprintf(text, size, "is no recording of pip-top");
		error = EBADMSG;
	} else {
		error = header_check(&recording->header, text, size);
	}
	if (error) {
		recording_close(recording);
		return error;
	}
	recording->header.writer[sizeof(recording->header.writer) - 1] = '\0';
	for (offset = sizeof(recording->header);
	     offset < (uint64_t)status.st_size;
	     offset += recording->frame[recording->count - 1].head.size)
		if (!index_add(recording, offset, (uint64_t)status.st_size))
			break;
	recording->at = recording->count;
	if (!recording->count) {
		snprintf(text, size, "has no sample%s%s",
			 *recording->problem ? ": " : "", recording->problem);
		recording_close(recording);
		return ENODATA;
	}
	return 0;
}

void recording_close(struct recording *recording)
{
	recording_forget(recording);
	free(recording->frame);
	if (recording->fd >= 0)
		close(recording->fd);
	memset(recording, 0, sizeof(*recording));
	recording->fd = -1;
}
