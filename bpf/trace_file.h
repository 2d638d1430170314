/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file that pip-trace record writes; pip-trace-file(5) describes it.
 *
 * A header, then chunks to the end of the file.  Numbers are in the byte order
 * of the machine that wrote it.  A reader checks each chunk's checksum, skips
 * types that it does not know, and stops at the first that is damaged.
 */
#ifndef TRACE_FILE_H
#define TRACE_FILE_H

#include <stdint.h>

#include <pip/pip_recorder.h>
#include <pip/pip_table.h>

#define TRACE_MAGIC "PiPTRACE" /* 8 bytes, no terminating NUL */
#define TRACE_BYTE_ORDER 0x01020304u
#define TRACE_VERSION_MAJOR 1
#define TRACE_VERSION_MINOR 3 /* 1: TRACE_KERNEL_EXCEPTION
			       * 2: trace_chunk.stream
			       * 3: TRACE_KERNEL_WAIT_KNOWN */
#define TRACE_CHUNK_MAGIC 0x4b4e4843u /* "CHNK" */
#define TRACE_CHUNK_MAX (16u << 20)   /* bytes; what claims more is damaged */
#define TRACE_DEFAULT_FILE "pip-trace.data"

#define TRACE_FLAG_KERNEL 0x1u /* kernel events were recorded, too */

struct trace_file_header {
	char magic[8];
	uint32_t byte_order;
	uint16_t version_major, version_minor;
	uint32_t header_size;        /* bytes; the first chunk is there */
	uint32_t flags;              /* TRACE_FLAG_* */
	uint32_t record_size;        /* of struct pip_record */
	uint32_t kernel_record_size; /* of struct trace_kernel_record */
	int32_t root_pid;
	uint32_t nkernel;            /* rings of kernel threads; as many more
				      * are of other threads, pip_recorder.h */
	uint64_t started_ns;         /* CLOCK_BOOTTIME */
	uint64_t started_realtime_ns;
	uint64_t reserved[9];
};

enum trace_chunk_type {
	TRACE_CHUNK_TEXT = 1, /* "key=value", lines */
	TRACE_CHUNK_CLOCK,    /* struct pip_clock_pair[] */
	TRACE_CHUNK_TASKS,    /* struct trace_task[] */
	TRACE_CHUNK_NAMES,    /* char[PIP_RECORDER_NAME_MAX][] */
	TRACE_CHUNK_RING,     /* struct trace_ring_head, struct pip_record[] */
	TRACE_CHUNK_KERNEL,   /* struct trace_kernel_record[], of one stream */
	TRACE_CHUNK_MAPS,     /* text of /proc/PID/maps */
	TRACE_CHUNK_END,      /* struct trace_end; the recording was completed */
};

struct trace_chunk {
	uint32_t magic;
	uint16_t type;     /* enum trace_chunk_type */
	uint16_t stream;   /* of TRACE_CHUNK_KERNEL; 0: of all CPUs */
	uint32_t size;     /* bytes that follow */
	uint32_t checksum; /* of these, trace_checksum() */
};

/* Records of one ring, with ascending numbers and no gap between them. */
struct trace_ring_head {
	uint32_t ring;
	int32_t pipid;
	int32_t tid;      /* 0: of several threads */
	uint32_t count;
	uint64_t first;   /* number of the first, from 0 */
	uint64_t lost;    /* how many right before it were lost */
	uint64_t stopped; /* pip_ring.stopped so far */
};

struct trace_task {
	int32_t pipid;
	int32_t pid, tid;
	uint32_t state;      /* enum pip_table_state */
	uint32_t mode;
	uint32_t blt_state;
	int32_t blt_kthread;
	int32_t wait_status;
	uint64_t generation;
	uint64_t spawned, ended;
	uint64_t window_low, window_high;
	uint64_t counters[PIP_COUNT_MAX];
	char program[128];   /* the end of its path */
};

/* What the kernel does, in trace_kernel_record.event. */
enum trace_kernel_event {
	TRACE_KERNEL_IN = 1,    /* tid gets a CPU; other: who had it;
				 * argument: for how long it was in that CPU's
				 * queue; how long it has waited for CPUs since
				 * it exists; TRACE_KERNEL_WAIT_KNOWN */
	TRACE_KERNEL_OUT,       /* tid leaves it; other: 0 still runnable;
				 * argument: who gets it; the others as for
				 * TRACE_KERNEL_IN */
	TRACE_KERNEL_WAKEUP,    /* tid is made runnable; other: by whom */
	TRACE_KERNEL_ENTER,     /* other: system call; argument: the first 3 */
	TRACE_KERNEL_EXIT,      /* other: system call; argument[0]: result */
	TRACE_KERNEL_FAULT,     /* argument: address, pc, error code */
	TRACE_KERNEL_MAJOR,     /* that fault read a file; argument[0]: address */
	TRACE_KERNEL_SIGNAL,    /* tid is given a signal; other: its number;
				 * argument: handler, si_code */
	TRACE_KERNEL_FORK,      /* tid has made other */
	TRACE_KERNEL_GONE,      /* tid ends; argument[0]: wait status */
	TRACE_KERNEL_EXCEPTION, /* a signal without a handler ends tid's
				 * process; other: its number; argument:
				 * si_code, pc */
};

/* Of TRACE_KERNEL_IN and _OUT, argument[2]: the two before it, or the one, are
 * known. */
#define TRACE_KERNEL_WAIT_KNOWN 1u

struct trace_kernel_record {
	uint64_t ns;  /* CLOCK_BOOTTIME */
	int32_t tid, pid;
	uint16_t event; /* enum trace_kernel_event */
	uint16_t cpu;
	int32_t other;
	uint64_t argument[3];
};

struct trace_end {
	uint64_t ns;             /* CLOCK_BOOTTIME */
	uint64_t events, lost;   /* of the flight recorder */
	uint64_t stopped;
	uint64_t kernel_events, kernel_lost;
	uint64_t kernel_run_ns;  /* in BPF programs; 0 = not measured */
	uint64_t event_ps;       /* what an event costs, 0 = not measured */
	uint32_t tail_unknown;   /* 1: the program ended before its last events
				  * could be read; they are not in lost */
	uint32_t reserved;
};

_Static_assert(sizeof(struct trace_file_header) == 128, "file format");
_Static_assert(sizeof(struct trace_chunk) == 16, "file format");
_Static_assert(sizeof(struct trace_ring_head) == 40, "file format");
_Static_assert(sizeof(struct trace_task) == 328, "file format");
_Static_assert(sizeof(struct trace_kernel_record) == 48, "file format");
_Static_assert(sizeof(struct trace_end) == 72, "file format");

#endif
