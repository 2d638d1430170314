/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What kernel_events.bpf.c and sched_ring.c share: a ring for each CPU, of
 * context switches and wakeups.
 *
 * The BPF program is the only writer: it runs with interrupts off, under the
 * lock of a run queue.  So a record is some stores, and costs no call of the
 * kernel; each call and return takes 5 to 10 ns where the CPU's prediction of
 * returns must be defeated (retpolines, SRSO).
 */
#ifndef SCHED_RING_H
#define SCHED_RING_H

/* struct sched_record.event */
enum {
	SCHED_OUT = 1,        /* tid is of the program */
	SCHED_IN = 2,         /* other is */
	SCHED_SWITCH = 3,     /* both, in one: half of the cost */
	SCHED_WAKEUP = 4,
	SCHED_WAKEUP_NEW = 5,
};

/* struct sched_record.clock */
enum {
	SCHED_CLOCK_MONOTONIC, /* costs less than CLOCK_BOOTTIME */
	SCHED_CLOCK_RQ,        /* the run queue's */
};

struct sched_record {
	unsigned long long time;
	int tid, pid;              /* who leaves the CPU, or is woken */
	int other_tid, other_pid;  /* who gets it, or wakes (no PID) */
	int state;                 /* 0: who leaves is still runnable */
	unsigned short cpu;
	unsigned char event;
	unsigned char clock;       /* of time */
	/* Of switches only, and all 0 if the kernel does not count it: */
	unsigned long long queued; /* run queue's clock when who gets the CPU
				    * was queued there last; 0: not known */
	unsigned long long other_waited; /* ns for CPUs, until then, ever */
	unsigned long long waited; /* the same, of who leaves; until now */
};

/* What a record needs is on one cache line, the BPF program's. */
struct sched_ring {
	unsigned long long head;   /* records so far */
	unsigned long long limit;  /* of head: tail + size, as last seen */
	unsigned long long lost;   /* events, for want of room */
	unsigned int is_stale;     /* the run queue's clock, at the next switch */
	/* The reader's, and rarely written: */
	unsigned int use_clock;    /* there are samples, and they are right */
	unsigned int first, size;  /* place of its records; their number, a
				    * power of two */
	unsigned long long reserved[2];
	unsigned long long tail;   /* records that were read; the reader's */
	unsigned long long pad[7];
};

/* The run queue's clock, and CLOCK_BOOTTIME shortly after. */
struct sched_sample {
	unsigned long long begun;  /* which one this is, from 1 */
	unsigned long long clock, ns;
	unsigned long long ended;  /* the same number, if it is complete */
};

#endif
