/* SPDX-License-Identifier: BSD-2-Clause */
#include "recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip_trace.h>

#include "arch.h"
#include "message.h"
#include "record.h"

#define RECORDS_MAX (1u << 20)
#define CALIBRATION_NS 1000000
#define CLOCK_TRIES 3
#define AWAIT_STEP_NS 100000
#define AWAIT_STEPS 20000 /* two seconds and more */

/* Several times, since the kernel may do something else between the two: the
 * fastest is the best. */
static void take_pair(struct pip_clock_pair *pair)
{
	uint64_t shortest = ~0ull;

	for (int i = 0; i < CLOCK_TRIES; i++) {
		uint64_t before = arch_timestamp(), duration;
		struct timespec now;

		arch_syscall2(SYS_clock_gettime, CLOCK_BOOTTIME, &now);
		duration = arch_timestamp() - before;
		if (duration >= shortest)
			continue;
		shortest = duration;
		/* The clock was read about in the middle. */
		pair->timestamp = before + duration / 2;
		pair->ns = (uint64_t)now.tv_sec * 1000000000u +
			   (uint64_t)now.tv_nsec;
	}
}

void recorder_adjust_clock(struct pip_root *root)
{
	struct pip_recorder_header *header = root->recorder;

	struct pip_clock_pair now;
	uint64_t writes;

	if (header == NULL)
		return;
	take_pair(&now);
	writes = __atomic_load_n(&header->pair_writes, __ATOMIC_RELAXED);
	/* Who comes second does without.  Odd: another is at it, or was
	 * killed while it was. */
	if (writes % 2 != 0 ||
	    !__atomic_compare_exchange_n(&header->pair_writes, &writes,
					 writes + 1, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_RELAXED))
		return;
	header->last = now;
	__atomic_store_n(&header->pair_writes, writes + 2, __ATOMIC_RELEASE);
}

/* So that there are two pairs that are some time apart, whatever follows. */
static void calibrate(struct pip_recorder_header *header)
{
	do
		take_pair(&header->last);
	while (header->last.ns - header->first.ns < CALIBRATION_NS);
}

/* "overwrite", "stop", and ":RECORDS".  False: something else. */
static bool parse(const char *text, uint32_t *mode, uint32_t *nrecords)
{
	size_t length = strcspn(text, ":");
	unsigned long n;
	char *end;

	if (length == strlen("overwrite") &&
	    strncasecmp(text, "overwrite", length) == 0)
		*mode = PIP_RECORDER_OVERWRITE;
	else if (length == strlen("stop") &&
		 strncasecmp(text, "stop", length) == 0)
		*mode = PIP_RECORDER_STOP;
	else if (length != strlen("off") ||
		 strncasecmp(text, "off", length) != 0)
		return false;
	if (text[length] == '\0')
		return true;
	text += length + 1;
	if (*text < '0' || *text > '9') /* strtoul() takes a sign */
		return false;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n < 1 || n > RECORDS_MAX)
		return false;
	/* A power of two that is no less. */
	for (*nrecords = 16; *nrecords < n;)
		*nrecords *= 2;
	return true;
}

/* An empty memfd of that name, which nobody else is about to take: two roots
 * may have come from one shell. */
static bool is_given_memory(int fd)
{
	static const char wanted[] = "/memfd:" PIP_RECORDER_NAME " (deleted)";
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[32], name[sizeof(wanted) + 1];
	struct stat status;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, name, sizeof(name));
	if (n != (ssize_t)strlen(wanted) || memcmp(name, wanted, (size_t)n))
		return false;
	/* Of this process, until any of its descriptors is closed. */
	return fcntl(fd, F_SETLK, &lock) == 0 && fstat(fd, &status) == 0 &&
	       status.st_size == 0;
}

/* The memfd that pip-trace reads when the program is gone; -1: none.  What a
 * process inherited is another program's, or anything else by now. */
static int take_given_memory(void)
{
	const char *text = secure_getenv(PIP_ENV_TRACE_FD);
	unsigned long fd;
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	fd = strtoul(text, &end, 10);
	if (*end != '\0' || fd > INT_MAX || !is_given_memory((int)fd))
		return -1;
	return (int)fd;
}

static void *map_memory(size_t size, uint64_t below, int given)
{
	struct rlimit limit;
	int fd = given >= 0 ? given :
			      memfd_create(PIP_RECORDER_NAME, MFD_CLOEXEC);
	void *hint = (void *)((below - size) & ~0xffffful);
	void *memory;

	if (fd < 0)
		return MAP_FAILED;
	/* The kernel would send SIGXFSZ (setrlimit(2)). */
	if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && size > limit.rlim_cur) {
		close(fd);
		errno = EFBIG;
		return MAP_FAILED;
	}
	memory = ftruncate(fd, (off_t)size) != 0 ?
			 MAP_FAILED :
			 mmap(hint, size, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, fd, 0);
	close(fd);
	return memory;
}

/* Into core files goes what is in use: the kernel writes all pages of such
 * memory, and makes those that are not there for it. */
static void set_dumped(const void *from, size_t size, bool dumped)
{
	uint64_t low = (uint64_t)from & ~4095ul;
	uint64_t high = ((uint64_t)from + size + 4095) & ~4095ul;

	arch_syscall3(SYS_madvise, low, high - low,
		      dumped ? MADV_DODUMP : MADV_DONTDUMP);
}

static struct pip_ring *get_ring(struct pip_recorder_header *header,
				 uint32_t number)
{
	return (struct pip_ring *)((char *)header + header->header_size +
				   (size_t)number * header->ring_size);
}

int recorder_create(struct pip_root *root)
{
	uint32_t mode = PIP_RECORDER_OFF, nrecords = PIP_RECORDER_RECORDS;
	uint32_t nkernel = (uint32_t)root->ntasks + 1;
	const char *text = getenv(PIP_ENV_TRACE);
	struct pip_recorder_header *header;
	size_t ring_size, size;
	int given;

	if (text != NULL && *text != '\0' && !parse(text, &mode, &nrecords)) {
		error_message("PIP_TRACE='%s' is not 'overwrite', 'stop' or "
			      "'off', with ':' and a number of records from 1 "
			      "to %u or without", text, RECORDS_MAX);
		return EINVAL;
	}
	ring_size = sizeof(struct pip_ring) +
		    nrecords * sizeof(struct pip_record);
	size = (sizeof(*header) + 2ul * nkernel * ring_size + 4095) & ~4095ul;
	given = take_given_memory();
	header = map_memory(size, (uint64_t)root->table, given);
	if (header == MAP_FAILED) {
		if (mode != PIP_RECORDER_OFF)
			warning_message("no flight recorder: %zu MiB of "
					"address space for it: %s",
					size >> 20, strerror(errno));
		return 0;
	}
	set_dumped(header, size, false);
	set_dumped(header, sizeof(*header), true);
	header->version_major = PIP_RECORDER_VERSION_MAJOR;
	header->version_minor = PIP_RECORDER_VERSION_MINOR;
	header->header_size = sizeof(*header);
	header->ring_size = (uint32_t)ring_size;
	header->record_size = sizeof(struct pip_record);
	header->nrecords = nrecords;
	header->nkernel = nkernel;
	header->root_pid = root->pid;
	take_pair(&header->first);
	header->last = header->first;
	if (mode != PIP_RECORDER_OFF)
		calibrate(header);
	memcpy(header->magic, PIP_RECORDER_MAGIC, sizeof(header->magic));
	root->recorder = header;
	root->recorder_size = size;
	root->recorder_is_given = given >= 0;
	root->table->recorder_size = size;
	root->table->recorder_address = (uint64_t)header;
	root->table->recorder = mode;
	return 0;
}

void recorder_await_reader(struct pip_root *root)
{
	const struct timespec step = { 0, AWAIT_STEP_NS };

	if (root->recorder == NULL || !root->recorder_is_given)
		return;
	/* Not for ever: it may have been killed. */
	for (int i = 0; i < AWAIT_STEPS; i++) {
		if (__atomic_load_n(&root->recorder->attached,
				    __ATOMIC_ACQUIRE) != 0)
			return;
		arch_syscall2(SYS_nanosleep, &step, 0);
	}
}

void recorder_destroy(struct pip_root *root)
{
	if (root->recorder != NULL)
		munmap(root->recorder, root->recorder_size);
	root->recorder = NULL;
}

void recorder_open(struct pip_root *root)
{
	if (root->recorder == NULL)
		return;
	recorder_switch = &root->table->recorder;
}

static inline void put(struct pip_ring *ring, bool exclusive,
		       enum pip_event event, int32_t pipid, int32_t other,
		       uint64_t argument)
{
	uint64_t number;

	if (record_take_number(ring, exclusive, &number))
		record_write(ring, number, arch_timestamp(), event, pipid,
			     other, argument);
}

static struct pip_ring *find_ring(struct pip_slot *slot, bool of_kernel)
{
	struct pip_recorder_header *header = slot->root->recorder;
	uint32_t number = slot_is_root(slot) ? 0 : (uint32_t)slot->pipid + 1;

	return get_ring(header, of_kernel ? number : header->nkernel + number);
}

static struct pip_ring *prepare(struct pip_slot *slot, bool of_kernel,
				pid_t tid)
{
	struct pip_ring *ring = find_ring(slot, of_kernel);

	ring->mask = slot->root->recorder->nrecords - 1;
	ring->pipid = slot->pipid;
	ring->tid = tid;
	set_dumped(ring, slot->root->recorder->ring_size, true);
	return ring;
}

struct pip_ring *recorder_ring(struct pip_slot *slot, pid_t tid)
{
	if (slot->root->recorder == NULL)
		return NULL;
	(void)prepare(slot, false, 0);
	return prepare(slot, true, tid);
}

void recorder_put(struct blt_kernel *kernel, enum pip_event event,
		  int32_t pipid, int32_t other, uint64_t argument)
{
	if (kernel->ring != NULL)
		put(kernel->ring, true, event, pipid, other, argument);
}

void recorder_put_own(enum pip_event event, int32_t other, uint64_t argument)
{
	struct blt *blt = blt_current();
	struct pip_slot *self = pip_self;

	if (self == NULL || self->kernel.ring == NULL)
		return;
	if (blt != NULL)
		put(blt_domain(blt)->ring, true, event, self->pipid, other,
		    argument);
	else
		put(find_ring(self, false), false, event, self->pipid,
		    other, argument);
}

void recorder_put_of(struct pip_slot *slot, enum pip_event event,
		     int32_t other, uint64_t argument)
{
	pid_t tid = (pid_t)arch_syscall1(SYS_gettid, 0);

	if (slot->kernel.ring == NULL)
		return;
	if (slot->kernel.tid == tid)
		put(slot->kernel.ring, true, event, slot->pipid, other,
		    argument);
	else
		put(find_ring(slot, false), false, event, slot->pipid, other,
		    argument);
}
