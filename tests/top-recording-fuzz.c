// SPDX-License-Identifier: BSD-2-Clause
/*
 * A recording comes back as it was written; one that is damaged anywhere is
 * read as far as it goes, and never further than it was whole.  Damage that a
 * checksum does not tell, because the file was made by somebody who knows how,
 * costs no more than the samples.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../pip-top/top.h"
#include "../pip-top/recording.h"

#include "observer-check.h"

#define NTASKS 9
#define NFRAMES 70 /* more than one key frame */

static char path[64];
static int memfd;

void pips_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	exit(99);
}

int memory_measure(struct top_program *program)
{
	(void)program;
	return 0;
}

/* What task `slot` has done in frame n; most do nothing in most. */
static uint64_t count_of(uint32_t slot, size_t n)
{
	return n / (slot + 1) * 1000 + slot;
}

static bool exists(uint32_t slot, size_t n)
{
	return slot == 0 || (n + slot * 3) % 20 < 15;
}

/* The root's threads: other ones every ten frames, sometimes none. */
static size_t count_threads(size_t n)
{
	return n / 10 % 4;
}

static void fill_threads(struct top_program *program, size_t n)
{
	static struct observer_task made[4];
	static struct top_task thread[4];
	size_t i;

	program->thread = thread;
	program->nthreads = count_threads(n);
	for (i = 0; i < program->nthreads; i++) {
		made[i].tid = 1000 + (pid_t)(n / 10 + i);
		thread[i] = (struct top_task){ .program = program,
			.task = &made[i], .kind = PIPS_THREAD,
			.cpu = (double)(n / 10), .command = (char *)"work" };
	}
}

/*
 * Ring 0 has three more switches in each frame, of which the last 300 are
 * known; ring 2 has something else every twenty frames.
 */
#define KNOWN 300

static struct recording_switch switch_of(uint64_t i)
{
	return (struct recording_switch){ .when = i * 10 + 10,
					  .from = (int32_t)(i % 9),
					  .to = (int32_t)((i + 1) % 9) };
}

static void fill_switches(struct top_switches *switches, size_t n)
{
	static struct recording_switch first[KNOWN], second;
	static struct top_ring ring[2] = {
		{ .ring = 0, .tid = 100, .at = first },
		{ .ring = 2, .tid = 102, .at = &second, .count = 1 },
	};
	uint64_t all = 3 * (uint64_t)n + 100, i;

	ring[0].count = all < KNOWN ? all : KNOWN;
	ring[0].whole = all <= KNOWN;
	for (i = 0; i < ring[0].count; i++)
		first[i] = switch_of(all - ring[0].count + i);
	ring[0].first = first[0].when;
	ring[0].last = first[ring[0].count - 1].when;
	second = switch_of(1000000 + n / 20);
	ring[1].first = ring[1].last = second.when;
	switches->ring = ring;
	switches->nrings = n < 5 ? 1 : 2;
}

static bool is_frame_switches(const struct recorded_program *program, size_t n)
{
	uint64_t all = 3 * (uint64_t)n + 100, i;
	uint64_t known = all < RECORDING_SWITCHES_MAX ? all :
			 RECORDING_SWITCHES_MAX;
	const struct recorded_ring *ring = program->ring;
	struct recording_switch one;

	if (program->nrings != (n < 5 ? 1 : 2) || program->switches_problem ||
	    ring[0].head.ring != 0 || ring[0].head.count != known)
		return false;
	for (i = 0; i < known; i++) {
		one = switch_of(all - known + i);
		if (memcmp(&ring[0].at[i], &one, sizeof(one)) != 0)
			return false;
	}
	/* It is whole, or says since when it is known. */
	if (ring[0].head.first != ring[0].at[0].when ||
	    ring[0].head.last != ring[0].at[known - 1].when ||
	    (all <= RECORDING_SWITCHES_MAX) !=
	    !!(ring[0].head.flags & RECORDING_RING_WHOLE))
		return false;
	one = switch_of(1000000 + n / 20);
	return n < 5 || (ring[1].head.ring == 2 &&
			 ring[1].head.count == 1 &&
			 memcmp(ring[1].at, &one, sizeof(one)) == 0);
}

static bool is_frame_threads(const struct recorded_program *program, size_t n)
{
	size_t i;

	if (program->nthreads != count_threads(n))
		return false;
	for (i = 0; i < program->nthreads; i++)
		if (program->thread[i].tid != 1000 + (pid_t)(n / 10 + i) ||
		    program->thread[i].cpu_percent != (double)(n / 10) ||
		    strcmp(program->thread[i].name, "work") != 0)
			return false;
	return true;
}

static void fill(struct top_program *program, struct observer_task *task,
		 size_t n)
{
	uint32_t slot;

	program->count = 0;
	for (slot = 0; slot <= NTASKS; slot++) {
		struct top_task *to = &program->task[program->count];

		if (!exists(slot, n))
			continue;
		memset(&task[slot], 0, sizeof(task[slot]));
		task[slot].slot = slot;
		task[slot].pid = task[slot].tid = 100 + (pid_t)slot;
		task[slot].entry.counters[0] = count_of(slot, n);
		strcpy(task[slot].entry.program, "/usr/bin/x");
		*to = (struct top_task){ .program = program,
					 .task = &task[slot], .slot = slot,
					 .generation = 1 };
		to->command = (char *)(slot % 2 ? "odd" : "even, and longer");
		program->count++;
	}
	program->owner[0].resident = n / 10;
	program->nowners = 1;
	fill_threads(program, n);
	fill_switches(&program->switches, n);
}

static void write_recording(void)
{
	static struct observer_task task[NTASKS + 1];
	static struct top_task list[NTASKS + 1];
	struct recording_owner owner = { .mappings = 1 };
	struct observer_root root = { .pid = 100, .reader = 100,
				      .header.nentries = NTASKS + 1 };
	struct top_program program = { .inode = 7, .root = &root,
				       .task = list, .owner = &owner };
	struct top_program *programs[1] = { &program };
	static struct top_sample sample;
	struct top_record *record;
	size_t n;

	if (record_open(path, &record))
		exit(99);
	sample.program = programs;
	sample.nprograms = 1;
	sample.ncpus = 2;
	for (n = 0; n < NFRAMES; n++) {
		fill(&program, task, n);
		sample.taken = n * 1000;
		if (record_add(record, &sample))
			exit(99);
	}
	if (record_close(record))
		exit(99);
}

/* Is the state after frame n that of frame n? */
static bool is_frame(const struct recording *recording, size_t n)
{
	const struct recorded_program *program = recording->program;
	size_t i = 0;
	uint32_t slot;

	if (recording->nprograms != 1 || program->nowners != 1 ||
	    program->owner[0].resident != n / 10)
		return false;
	for (slot = 0; slot <= NTASKS; slot++) {
		if (!exists(slot, n))
			continue;
		if (i == program->count ||
		    program->task[i].fixed.slot != slot ||
		    program->task[i].fixed.counters[0] != count_of(slot, n) ||
		    strcmp(program->task[i].text,
			   slot % 2 ? "odd" : "even, and longer") != 0 ||
		    strcmp(recorded_program_path(&program->task[i]),
			   "/usr/bin/x") != 0)
			return false;
		i++;
	}
	return i == program->count && is_frame_threads(program, n) &&
	       is_frame_switches(program, n);
}

static void test_whole(void)
{
	struct recording recording;
	char text[200];
	size_t i;

	check(recording_open(&recording, path, text, sizeof(text)) == 0,
	      "open: %s", text);
	check(recording.count == NFRAMES, "%zu frames", recording.count);
	check(!*recording.problem, "problem: %s", recording.problem);
	for (i = 0; i < NFRAMES; i++)
		check(recording_seek(&recording, i) && is_frame(&recording, i),
		      "forward: frame %zu", i);
	for (i = NFRAMES; i-- > 0;)
		check(recording_seek(&recording, i) && is_frame(&recording, i),
		      "backward: frame %zu", i);
	for (i = 0; i < 500; i++) {
		size_t to = i * 7919 % NFRAMES;

		check(recording_seek(&recording, to) &&
		      is_frame(&recording, to), "jump: frame %zu", to);
	}
	check(!recording_seek(&recording, NFRAMES), "beyond the end");
	recording_close(&recording);
}

/* With all of it that can be read: read it. */
static size_t read_all(bool exact)
{
	struct recording recording;
	char text[200];
	size_t i, count;

	if (recording_open(&recording, path, text, sizeof(text)))
		return 0;
	for (i = 0; i < recording.count; i++) {
		if (!recording_seek(&recording, i))
			break;
		if (exact)
			check(is_frame(&recording, i), "frame %zu is wrong",
			      i);
	}
	count = recording.count;
	recording_close(&recording);
	return count;
}

static size_t frame_at(const uint64_t *offset, uint64_t byte)
{
	size_t i;

	for (i = 0; i < NFRAMES && offset[i + 1] <= byte; i++)
		;
	return i;
}

static void test_cut(uint64_t size, const uint64_t *offset)
{
	uint64_t at;

	for (at = 0; at < size; at += at < 4096 ? 1 : 97) {
		size_t whole = at < offset[0] ? 0 : frame_at(offset, at), n;

		if (ftruncate(memfd, (off_t)at))
			exit(99);
		n = read_all(true);
		check(n == whole, "cut at %llu: %zu frames, not %zu",
		      (unsigned long long)at, n, whole);
		write_recording();
	}
}

static void test_flipped(uint64_t size, const uint64_t *offset)
{
	uint64_t at;

	for (at = 0; at < size; at += at < 2000 ? 1 : 61) {
		unsigned char byte, wrong;
		size_t n;

		if (pread(memfd, &byte, 1, (off_t)at) != 1)
			exit(99);
		wrong = byte ^ (unsigned char)(1 << at % 8);
		if (pwrite(memfd, &wrong, 1, (off_t)at) != 1)
			exit(99);
		n = read_all(true);
		/* The header has what is only told to people. */
		check(n == (at < offset[0] ? n : frame_at(offset, at)),
		      "byte %llu: %zu frames", (unsigned long long)at, n);
		if (pwrite(memfd, &byte, 1, (off_t)at) != 1)
			exit(99);
	}
}

/* Any bytes, with a checksum that is right. */
static void test_hostile(const uint64_t *offset)
{
	const size_t unchecked = offsetof(struct recording_frame, boottime);
	unsigned seed = 12345, round;

	for (round = 0; round < 6000; round++) {
		size_t frame = round % 7, size = offset[frame + 1] -
						  offset[frame], i;
		char *bytes = malloc(size), *before = malloc(size);
		struct recording_frame *head = (void *)bytes;

		if (!bytes || !before ||
		    pread(memfd, bytes, size, (off_t)offset[frame]) !=
		    (ssize_t)size)
			exit(99);
		memcpy(before, bytes, size);
		for (i = 0; i < 1 + round % 3; i++) {
			size_t at;

			seed = seed * 1103515245 + 12345;
			at = unchecked + (seed >> 8) % (size - unchecked);
			seed = seed * 1103515245 + 12345;
			bytes[at] = (char)(seed >> 12 & 1 ? seed >> 16 : 0xff);
		}
		head->checksum = recording_sum(bytes + unchecked,
					       size - unchecked);
		if (pwrite(memfd, bytes, size, (off_t)offset[frame]) !=
		    (ssize_t)size)
			exit(99);
		(void)read_all(false);
		if (pwrite(memfd, before, size, (off_t)offset[frame]) !=
		    (ssize_t)size)
			exit(99);
		free(bytes);
		free(before);
	}
	check(read_all(true) == NFRAMES, "the recording was not restored");
}

int main(void)
{
	uint64_t offset[NFRAMES + 1];
	struct recording recording;
	char text[200];
	size_t i;

	memfd = memfd_create("recording", 0);
	if (memfd < 0)
		return 99;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memfd);
	write_recording();
	if (recording_open(&recording, path, text, sizeof(text)))
		return 99;
	for (i = 0; i < NFRAMES; i++)
		offset[i] = recording.frame[i].offset;
	offset[NFRAMES] = offset[NFRAMES - 1] +
			  recording.frame[NFRAMES - 1].head.size;
	recording_close(&recording);
	test_whole();
	test_flipped(offset[NFRAMES], offset);
	test_hostile(offset);
	test_cut(offset[NFRAMES], offset);
	check(recording_open(&recording, "/dev/null", text, sizeof(text)) &&
	      strcmp(text, "is no file") == 0, "/dev/null: %s", text);
	check(recording_open(&recording, "/proc/self/maps", text,
			     sizeof(text)), "no recording: %s", text);
	return check_failures ? 1 : 0;
}
