/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder: what happened last in each kernel thread of a PiP
 * program, in memory.
 *
 * pip_init() makes a memfd named PIP_RECORDER_NAME and maps it MAP_SHARED; the
 * task table says where (pip_table_header.recorder_address).  It holds a
 * header and rings of records.  The runtime writes; readers copy, through
 * /proc/ROOT/mem, process_vm_readv(2), or from a core file, and stop nobody.
 *
 * It is switched by one word, pip_table_header.recorder (enum
 * pip_recorder_mode).  While that is PIP_RECORDER_OFF, an event costs a
 * predicted branch.
 *
 * Rings: number 0 is the kernel thread of the root, N + 1 that of PIPID N;
 * further nkernel rings, in the same order, are for the other threads of the
 * same process, all in one.  What a context (BLT) does is in the ring of the
 * kernel thread that runs it, so a ring is that thread's history.
 *
 * Reading a ring that is being written.  Event number i (from 0) is, or was, at
 * records[i % nrecords], and its sequence is the low half of i + 1.  Read head;
 * copy the records; read head again: what had a number below the second head
 * minus nrecords may have been overwritten meanwhile, and counts as lost, and
 * so does a record with another sequence.  In mode PIP_RECORDER_STOP nothing is
 * overwritten, and "stopped" counts what came too late.
 *
 * A ring that no task has used yet is not in core files.
 *
 * The layout is a public ABI, with the rules of pip_table.h.
 */
#ifndef PIP_RECORDER_H
#define PIP_RECORDER_H

#include <stddef.h>
#include <stdint.h>

#define PIP_RECORDER_NAME "pip-flight-recorder"
#define PIP_RECORDER_MAGIC "PiPFLREC" /* 8 bytes, no terminating NUL */
#define PIP_RECORDER_VERSION_MAJOR 1
#define PIP_RECORDER_VERSION_MINOR 2 /* 1: pair_writes, 2: attached */

#define PIP_RECORDER_RECORDS 4096 /* in a ring, if PIP_TRACE does not say */
#define PIP_RECORDER_NAMES 256    /* of the program's own events */
#define PIP_RECORDER_NAME_MAX 56  /* bytes, with the NUL */

/* pip_table_header.recorder */
enum pip_recorder_mode {
	PIP_RECORDER_OFF = 0,
	PIP_RECORDER_OVERWRITE = 1, /* the newest are kept */
	PIP_RECORDER_STOP = 2,      /* the oldest are kept */
};

/* pip_record.event.  "who": pip_record.pipid. */
enum pip_event {
	PIP_EVENT_NONE = 0,
	PIP_EVENT_ROOT_INIT = 1,   /* argument: ntasks */
	PIP_EVENT_ROOT_FIN,
	PIP_EVENT_SPAWN_BEGIN,     /* other: the new PIPID */
	PIP_EVENT_SPAWN_END,       /* other: the new PIPID; argument: errno */
	PIP_EVENT_TASK_START,      /* libpip runs in it; argument: PID */
	PIP_EVENT_TASK_EXIT,       /* argument: as given to exit(3) */
	PIP_EVENT_TASK_WAIT,       /* other: who ended; argument: wait status */
	PIP_EVENT_COUPLE_BEGIN,    /* other: the domain that it leaves */
	PIP_EVENT_COUPLE_END,
	PIP_EVENT_DECOUPLE_BEGIN,  /* other: the domain that it goes to */
	PIP_EVENT_DECOUPLE_END,
	PIP_EVENT_SWITCH,          /* who stops; other: who runs now, or
				    * PIP_PIPID_NULL, the idle context */
	PIP_EVENT_SUSPEND,         /* argument: address of queue or object */
	PIP_EVENT_RESUME,          /* other: who is resumed; argument: PIPID of
				    * the domain */
	PIP_EVENT_READY,           /* who is on the ring of contexts now; other:
				    * the domain */
	PIP_EVENT_BARRIER_BEGIN,   /* argument: address; to MUTEX_END alike */
	PIP_EVENT_BARRIER_END,
	PIP_EVENT_MUTEX_BEGIN,     /* only if it has to wait */
	PIP_EVENT_MUTEX_END,
	PIP_EVENT_IMPORT_BEGIN,    /* other: from whom; only if it has to wait */
	PIP_EVENT_IMPORT_END,      /* argument: errno */
	PIP_EVENT_EXPORT,          /* argument: the address */
	PIP_EVENT_SIGNAL,          /* other: to whom; argument: signal */
	PIP_EVENT_EXCEPTION,       /* argument: signal */
	PIP_EVENT_HOOK_BEGIN,      /* argument: 0 before, 1 after hook */
	PIP_EVENT_HOOK_END,        /* argument: the hook's value */
	PIP_EVENT_PLUGIN_BEGIN,    /* other: number of the plugin; argument:
				    * pip_event_t; its hook is called */
	PIP_EVENT_PLUGIN_END,      /* the same: it has returned */
	PIP_EVENT_SUSPEND_ALL_BEGIN, /* argument: the reason */
	PIP_EVENT_SUSPEND_ALL_STEP,  /* argument: pip_event_t; all begin it */
	PIP_EVENT_SUSPEND_ALL_END,   /* argument: errno; all go on */
	PIP_EVENT_THREAD_STOP,     /* argument: TID; it is suspended */
	PIP_EVENT_THREAD_GO,       /* the same: it goes on */
	PIP_EVENT_MARK = 64,       /* the program's own; other: its number */
	PIP_EVENT_BEGIN,
	PIP_EVENT_END,
	PIP_EVENT_COUNTER,         /* argument: the value */
};

/* An event. */
struct pip_record {
	uint64_t timestamp; /* the CPU's counter, see pip_recorder_header */
	uint32_t sequence;  /* written last */
	uint16_t event;     /* enum pip_event */
	uint16_t reserved;
	int32_t pipid;      /* of whose context it is; PIP_PIPID_ROOT */
	int32_t other;
	uint64_t argument;
};

/* A ring; its records follow it. */
struct pip_ring {
	uint64_t head;      /* events so far [the kernel thread] */
	uint64_t stopped;   /* events that were not written, being too late */
	int32_t pipid;      /* of whose process it is */
	int32_t tid;        /* 0: of several threads */
	uint64_t mask;      /* nrecords - 1 */
	uint64_t reserved[4];
};

/*
 * At offset 0.  Ring number N begins at header_size + N * ring_size.
 * A timestamp t was taken at CLOCK_BOOTTIME nanosecond
 *   first.ns + (t - first.timestamp) * (last.ns - first.ns)
 *                                    / (last.timestamp - first.timestamp);
 * in 128 bits.  last is taken again at every start, stop, spawn and wait, and
 * by the guardian every second; a reader that can read the counter itself takes
 * a newer pair.  It copies last between two looks at pair_writes, which must be
 * even and the same.  Records of a ring are not quite in the order of their
 * timestamps: a signal handler's come after the one that it has interrupted.
 */
struct pip_recorder_header {
	char magic[8];
	uint16_t version_major, version_minor;
	uint32_t header_size;  /* bytes; 64-byte multiple */
	uint32_t ring_size;    /* bytes, records included */
	uint32_t record_size;  /* bytes */
	uint32_t nrecords;     /* in a ring; a power of two */
	uint32_t nkernel;      /* rings of kernel threads; as many more follow */
	int32_t root_pid;
	uint32_t names;        /* how many are in use */
	struct pip_clock_pair {
		uint64_t timestamp, ns;
	} first, last;
	uint64_t pair_writes;  /* odd: last is being written */
	uint64_t attached;     /* 1: who has made this memory, and not the
				* program, has found the program */
	uint64_t reserved[5];
	char name[PIP_RECORDER_NAMES][PIP_RECORDER_NAME_MAX];
};

#ifndef __cplusplus
_Static_assert(sizeof(struct pip_record) == 32, "ABI: record size");
_Static_assert(sizeof(struct pip_ring) == 64, "ABI: ring header size");
_Static_assert(sizeof(struct pip_recorder_header) % 64 == 0, "ABI: alignment");
#endif

#endif /* PIP_RECORDER_H */
