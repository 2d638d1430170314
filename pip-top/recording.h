/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What pip-top --record writes: pip-top-file(5).
 *
 * A file is a header and then frames, one for each sample.  A key frame has
 * all tasks; in the frames between, a program has only the tasks that are not
 * as in the frame before, and the slots of those that are no more.  All is in
 * the byte order of the machine that wrote it and a multiple of 8 bytes.
 *
 * A reader takes no number on trust: a frame counts only if its checksum is
 * right and all that it claims fits into it, and with the first one that does
 * not the recording ends.
 */
#ifndef TOP_RECORDING_H
#define TOP_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pip/pip_table.h>

#define RECORDING_MAGIC "PiPTOPRC" /* 8 bytes, no NUL */
#define RECORDING_BYTE_ORDER 0x01020304u
#define RECORDING_VERSION_MAJOR 2 /* another one cannot be read */
#define RECORDING_VERSION_MINOR 0 /* a field was put into reserved space */
#define RECORDING_FRAME_MAGIC 0x4d415246u /* "FRAM" */
#define RECORDING_KEY_EVERY 64 /* frames: how far back a jump must read */
#define RECORDING_FRAME_MAX (256u << 20) /* bytes */
#define RECORDING_TEXT_MAX 4096 /* bytes of a command, and of a path */
#define RECORDING_NAME_MAX 64 /* bytes of a thread's name, with the NUL */
#define RECORDING_RINGS_MAX 256 /* of a program */
#define RECORDING_SWITCHES_MAX 256 /* of a ring, the newest */

struct recording_header {
	char magic[8];
	uint32_t byte_order;
	uint16_t version_major, version_minor;
	uint32_t header_size, frame_size, program_size, task_size; /* bytes */
	uint64_t created; /* CLOCK_REALTIME ns */
	char writer[24];  /* "pip-top 4.0.0" */
};

/* recording_frame.flags */
#define RECORDING_KEY 0x1u

struct recording_frame {
	uint32_t magic;
	uint32_t size;     /* bytes, with this */
	uint64_t checksum; /* FNV-1a of all that follows this field */
	uint64_t boottime, realtime; /* ns, when the sample was taken */
	uint32_t flags;
	uint32_t nprograms;
	uint32_t ncpus;    /* struct recording_cpu behind this: the mean, then
			    * each; then the programs */
	uint32_t reserved0;
	double user_switches, kernel_switches; /* per second, of all tasks */
	uint64_t reserved[2];
};

struct recording_cpu {
	float user_percent, system_percent;
};

/* Then slots that are no more, tasks, owners, extras. */
struct recording_program {
	uint64_t inode; /* of its table: which program it is */
	int32_t pid, reader;
	uint32_t alive, mode, nentries;
	uint32_t ntasks;   /* when the frame has been applied, the root too */
	uint32_t nremoved; /* uint32_t slots, ascending; 8 bytes' multiple */
	uint32_t nchanged; /* tasks, slots ascending */
	uint32_t nowners;  /* 0: as before */
	uint32_t extra_size; /* bytes of all extras */
	uint64_t total_rss, outside_rss; /* bytes */
	char user[32];     /* NUL-terminated */
};

/* recording_task.flags */
#define RECORDING_TORN 0x1u
#define RECORDING_GONE 0x2u
#define RECORDING_EXECUTED 0x4u
#define RECORDING_SCHEDULING 0x8u /* run_ns, wait_ns, switches are known */

/* The fields of struct observer_task, observer_facts and pip_table_entry. */
struct recording_task {
	uint32_t size; /* bytes, with the texts */
	uint32_t slot;
	int32_t pid, tid;
	uint32_t flags;
	int32_t error; /* errno value: why the kernel's facts are missing */
	uint64_t generation;
	uint32_t state, mode;
	int32_t parent_pipid;
	uint32_t table_flags;
	uint32_t blt_state;
	int32_t blt_kthread, blt_domain;
	uint32_t blt_idle;
	uint64_t blt_waits_on;
	uint32_t kernel_state; /* a letter */
	uint32_t threads, cpu, reserved;
	uint64_t user_ns, system_ns, started_ns, faults;
	uint64_t run_ns, wait_ns, switches;
	int64_t rss; /* bytes, -1 not known */
	uint64_t counters[PIP_COUNT_MAX];
	uint32_t command_size, program_size; /* bytes behind this, with NUL */
};

/* Whose memory it is, of the screen of memory. */
struct recording_owner {
	int32_t pipid;
	uint32_t owner; /* enum observer_owner */
	uint64_t mappings;
	uint64_t mapped, resident, files, shared; /* bytes */
};

/* What not every sample has; kinds that are not known are passed over. */
struct recording_extra {
	uint32_t kind;
	uint32_t size; /* bytes, with this; a multiple of 8 */
};

enum recording_extra_kind {
	RECORDING_THREADS = 1,  /* all of them, by slot and TID */
	RECORDING_SWITCHES = 2, /* what is new of the map of switches */
};

/* recording_thread.flags: as those of tasks, and */
#define RECORDING_MEASURED 0x100u /* the rates are known */

/* A thread that is not its task's first. */
struct recording_thread {
	uint32_t slot;
	int32_t pid, tid;
	uint32_t flags;
	uint32_t kernel_state, cpu;
	uint64_t cpu_ns, started_ns;
	double cpu_percent, wait_percent; /* since the reading before */
	double kernel_switches, faults;   /* per second */
	char name[RECORDING_NAME_MAX];    /* NUL-terminated */
};

/* Behind the extra of switches; then nrings rings, ascending. */
struct recording_switches {
	int32_t problem;  /* why there are none: SWITCHES_OFF, an errno value */
	uint32_t nrings;  /* others are as before */
};

/* recording_ring.flags */
#define RECORDING_RING_GOES_ON 0x1u /* behind those of before; else instead */
#define RECORDING_RING_WHOLE 0x2u   /* nothing was before its first one */

/* Then count switches, the oldest first. */
struct recording_ring {
	uint32_t ring; /* slot of the task whose kernel thread it is */
	int32_t tid;
	uint32_t flags, count;
	uint64_t first, last; /* CLOCK_BOOTTIME ns, of what is known of it */
};

struct recording_switch {
	uint64_t when;    /* CLOCK_BOOTTIME ns */
	int32_t from, to; /* PIPIDs */
};

_Static_assert(sizeof(struct recording_thread) == 136, "file format");
_Static_assert(sizeof(struct recording_ring) == 32, "file format");
_Static_assert(sizeof(struct recording_switch) == 16, "file format");
_Static_assert(sizeof(struct recording_header) == 64, "file format");
_Static_assert(sizeof(struct recording_frame) == 80, "file format");
_Static_assert(sizeof(struct recording_program) == 96, "file format");
_Static_assert(sizeof(struct recording_task) == 288, "file format");
_Static_assert(sizeof(struct recording_owner) == 48, "file format");

/* recording.c: reading, without anything of the screen */

struct recorded_task {
	struct recording_task fixed;
	char *text; /* command and program, each with its NUL */
};

struct recorded_ring {
	struct recording_ring head;
	struct recording_switch *at; /* head.count of them */
};

struct recorded_program {
	struct recording_program head;
	struct recorded_task *task; /* by slot */
	size_t count;
	struct recording_owner *owner;
	size_t nowners;
	struct recording_thread *thread;
	size_t nthreads;
	int32_t switches_problem; /* 0: none, or there are rings */
	struct recorded_ring *ring; /* ascending */
	size_t nrings;
	bool taken; /* by the frame that is being read */
};

struct recorded_frame {
	uint64_t offset; /* in the file */
	struct recording_frame head;
};

struct recording {
	int fd;
	struct recording_header header;
	struct recorded_frame *frame; /* all that can be read */
	size_t count;
	char problem[160]; /* why it ends before the file does; "" = it does not */
	/* The state after the frame at: */
	size_t at; /* count: none */
	struct recorded_program *program;
	size_t nprograms;
	struct recording_cpu *cpu; /* the mean, then ncpus */
};

/* What is left of a frame. */
struct recording_bytes {
	const char *at, *end;
};

/* The next size bytes, or NULL. */
const void *recording_take(struct recording_bytes *bytes, uint64_t size);

/* recording-extra.c: what is in the extras, or else of the frame before */
bool recording_take_extras(struct recorded_program *to,
			   struct recorded_program *from,
			   struct recording_bytes *bytes);
void recording_free_extras(struct recorded_program *program);

uint64_t recording_sum(const void *bytes, size_t size);
const char *recorded_program_path(const struct recorded_task *task);

/* 0; or an errno value and text that says what is wrong. */
int recording_open(struct recording *recording, const char *path, char *text,
		   size_t size);

/* Go to a frame; false: the recording was cut there (problem says why). */
bool recording_seek(struct recording *recording, size_t to);
void recording_close(struct recording *recording);

#endif /* TOP_RECORDING_H */
