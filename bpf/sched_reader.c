// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "sched_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#define RING_BYTES_MIN (512u << 10)
#define CLOCK_TRIES 16
#define SUSPENSION_MIN 1000000 /* ns */
#define BATCH 1024 /* records, before their places are free again */

/* Run queues have the CPU's counter, if all CPUs agree on it; if the kernel has
 * found that they do not, it uses something else (kernel/time/clocksource.c). */
static bool has_common_clock(void)
{
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/"
			   "current_clocksource", "re");
	char name[64] = "";

	if (file == NULL)
		return false;
	(void)!fscanf(file, "%63s", name);
	fclose(file);
	return strcmp(name, "tsc") == 0 || strcmp(name, "kvm-clock") == 0 ||
	       strcmp(name, "hyperv_clocksource_tsc_page") == 0;
}

/* sched_info_on() of the kernel; it can be that only a boot parameter switches
 * it on.  Then the number of our own turns is known: it is not 0. */
static bool has_sched_info(void)
{
	FILE *file = fopen("/proc/thread-self/schedstat", "re");
	unsigned long long turns = 0;
	bool found;

	if (file == NULL)
		return false;
	found = fscanf(file, "%*u %*u %llu", &turns) == 1 && turns != 0;
	fclose(file);
	return found;
}

/* Those that come later share the ring of all other events. */
static unsigned count_cpus(void)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	int possible = libbpf_num_possible_cpus();
	unsigned last = 0;
	bool found = false;

	/* "0-3,6": the last number is the greatest */
	while (file != NULL && fscanf(file, "%u", &last) == 1) {
		found = true;
		if (fgetc(file) == EOF)
			break;
	}
	if (file != NULL)
		fclose(file);
	if (found)
		return last + 1;
	return possible < 1 ? 1 : (unsigned)possible;
}

void sched_reader_plan(struct sched_reader *reader, size_t bytes)
{
	size_t size = RING_BYTES_MIN;

	reader->cpus = count_cpus();
	reader->trusts_clock = has_common_clock();
	reader->has_waits = has_sched_info();
	while (2 * size * reader->cpus <= bytes)
		size *= 2;
	reader->size = 1;
	while (2 * reader->size * sizeof(struct sched_record) <= size)
		reader->size *= 2;
}

static size_t round_to_page(size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

int sched_reader_map(struct sched_reader *reader, int rings, int records)
{
	void *memory;

	reader->ring_bytes = round_to_page(reader->cpus *
					   sizeof(struct sched_ring));
	reader->records_bytes = round_to_page((size_t)reader->cpus *
					      reader->size *
					      sizeof(struct sched_record));
	memory = mmap(NULL, reader->ring_bytes, PROT_READ | PROT_WRITE,
		      MAP_SHARED, rings, 0);
	if (memory == MAP_FAILED)
		return errno;
	reader->ring = memory;
	memory = mmap(NULL, reader->records_bytes, PROT_READ, MAP_SHARED,
		      records, 0);
	if (memory == MAP_FAILED)
		return errno;
	reader->records = memory;
	for (unsigned cpu = 0; cpu < reader->cpus; cpu++) {
		reader->ring[cpu].first = cpu * reader->size;
		reader->ring[cpu].size = reader->size;
	}
	return 0;
}

void sched_reader_unmap(struct sched_reader *reader)
{
	if (reader->ring != NULL)
		munmap(reader->ring, reader->ring_bytes);
	if (reader->records != NULL)
		munmap((void *)reader->records, reader->records_bytes);
	reader->ring = NULL;
	reader->records = NULL;
}

static void use_clock(struct sched_reader *reader, bool yes)
{
	reader->uses_clock = yes;
	for (unsigned cpu = 0; cpu < reader->cpus; cpu++)
		if (reader->ring[cpu].use_clock != yes)
			__atomic_store_n(&reader->ring[cpu].use_clock, yes,
					 __ATOMIC_RELAXED);
}

bool sched_reader_has_waits(const struct sched_reader *reader)
{
	return reader->has_waits && reader->uses_clock;
}

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* One does not go on while the machine is suspended; else the difference is
 * the same for ever.  The best of a few: we may lose the CPU in between. */
static void look_for_suspension(struct sched_reader *reader)
{
	int64_t least = INT64_MAX;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		int64_t before = read_clock(CLOCK_MONOTONIC);
		int64_t boot = read_clock(CLOCK_BOOTTIME);
		int64_t width = read_clock(CLOCK_MONOTONIC) - before;
		int64_t difference = boot - before - width / 2;

		if (i == 0 && reader->suspended != 0 &&
		    llabs(difference - reader->suspended) < SUSPENSION_MIN)
			return;
		if (width >= least)
			continue;
		least = width;
		reader->suspended = difference;
	}
}

void sched_reader_look(struct sched_reader *reader,
		       const struct sched_sample *sample)
{
	struct sched_sample now;

	/* It is written when we go to sleep: not now. */
	now.ended = __atomic_load_n(&sample->ended, __ATOMIC_ACQUIRE);
	now.clock = __atomic_load_n(&sample->clock, __ATOMIC_RELAXED);
	now.ns = __atomic_load_n(&sample->ns, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	now.begun = __atomic_load_n(&sample->begun, __ATOMIC_RELAXED);
	if (now.begun != now.ended || now.ended == reader->sample)
		return;
	reader->sample = now.ended;
	use_clock(reader, sched_clock_put(&reader->clock, now.clock, now.ns) &&
				  reader->trusts_clock);
}

/* How long who gets the CPU has waited for it: what it has waited before it was
 * queued there, and since then. */
static void put_wait(const struct sched_reader *reader,
		     const struct sched_record *record,
		     struct trace_kernel_record *event)
{
	int64_t since;

	if (record->queued == 0 || !sched_reader_has_waits(reader))
		return;
	since = record->clock == SCHED_CLOCK_RQ ?
			(int64_t)(record->time - record->queued) :
			(int64_t)(event->ns -
				  sched_clock_convert(&reader->clock,
						      record->queued));
	/* Of two clocks, one may be a little ahead. */
	event->argument[0] = since > 0 ? (uint64_t)since : 0;
	event->argument[1] = record->other_waited + event->argument[0];
	event->argument[2] = TRACE_KERNEL_WAIT_KNOWN;
}

int sched_reader_give(const struct sched_reader *reader, unsigned stream,
		      const struct sched_record *record,
		      kernel_events_sink sink, void *argument)
{
	struct trace_kernel_record event = {
		.ns = record->clock == SCHED_CLOCK_RQ ?
			      sched_clock_convert(&reader->clock,
						  record->time) :
			      record->time + (uint64_t)reader->suspended,
		.tid = record->tid,
		.pid = record->pid,
		.cpu = record->cpu,
	};
	int error = 0;

	if (record->event == SCHED_WAKEUP ||
	    record->event == SCHED_WAKEUP_NEW) {
		event.event = TRACE_KERNEL_WAKEUP;
		event.other = record->other_tid;
		event.argument[0] = record->event == SCHED_WAKEUP_NEW;
		return sink(argument, stream, &event);
	}
	if (record->event & SCHED_OUT) {
		event.event = TRACE_KERNEL_OUT;
		event.other = record->state;
		event.argument[0] = (uint64_t)record->other_tid;
		if (reader->has_waits) {
			event.argument[1] = record->waited;
			event.argument[2] = TRACE_KERNEL_WAIT_KNOWN;
		}
		error = sink(argument, stream, &event);
	}
	if (error == 0 && (record->event & SCHED_IN)) {
		event.event = TRACE_KERNEL_IN;
		event.tid = record->other_tid;
		event.pid = record->other_pid;
		event.other = record->tid;
		memset(event.argument, 0, sizeof(event.argument));
		put_wait(reader, record, &event);
		error = sink(argument, stream, &event);
	}
	return error;
}

static int drain_ring(struct sched_reader *reader, unsigned cpu,
		      kernel_events_sink sink, void *argument)
{
	struct sched_ring *ring = &reader->ring[cpu];
	const struct sched_record *records =
		reader->records + (size_t)cpu * reader->size;
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->tail;
	int error = 0;

	while (tail != head && error == 0) {
		error = sched_reader_give(reader, cpu + 1,
					  &records[tail & (reader->size - 1)],
					  sink, argument);
		tail++;
		if (tail % BATCH == 0 || tail == head)
			__atomic_store_n(&ring->tail, tail, __ATOMIC_RELEASE);
	}
	return error;
}

int sched_reader_drain(struct sched_reader *reader, kernel_events_sink sink,
		       void *argument)
{
	int error = 0;

	if (reader->cpus != 0)
		look_for_suspension(reader);
	for (unsigned cpu = 0; cpu < reader->cpus && error == 0; cpu++)
		error = drain_ring(reader, cpu, sink, argument);
	return error;
}

uint64_t sched_reader_lost(const struct sched_reader *reader)
{
	uint64_t sum = 0;

	for (unsigned cpu = 0; reader->ring != NULL && cpu < reader->cpus;
	     cpu++)
		sum += __atomic_load_n(&reader->ring[cpu].lost,
				       __ATOMIC_RELAXED);
	return sum;
}

unsigned sched_reader_fill(const struct sched_reader *reader)
{
	uint64_t most = 0;

	for (unsigned cpu = 0; reader->ring != NULL && cpu < reader->cpus;
	     cpu++) {
		const struct sched_ring *ring = &reader->ring[cpu];
		uint64_t n = __atomic_load_n(&ring->head, __ATOMIC_RELAXED) -
			     ring->tail;

		most = n > most ? n : most;
	}
	return (unsigned)(most * 1000 / reader->size);
}
