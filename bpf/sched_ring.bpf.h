/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing context switches and wakeups (sched_ring.h).  Where stores may be
 * seen out of order, or the CPU came after the start, a record goes the way of
 * all other events.
 *
 * Times are the clock of the run queue, which the kernel has just read, where
 * that can be had: reading another one costs as much as all the rest.
 */
#ifndef SCHED_RING_BPF_H
#define SCHED_RING_BPF_H

#include "address_space.bpf.h"
#include "sched_ring.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* CPUs; pip-trace sets it */
	__type(key, __u32);
	__type(value, struct sched_ring);
} sched_rings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1); /* of all rings; pip-trace sets it */
	__type(key, __u32);
	__type(value, struct sched_record);
} sched_records SEC(".maps");

struct sched_sample sched_sample = { 0 };
int reader_tid = 0;    /* pip-trace: a sample whenever it goes to sleep */
const volatile bool sees_wakeups = false; /* on_wakeup() is attached, always */

#define READ_ONCE(place) (*(volatile typeof(place) *)&(place))
#define WRITE_ONCE(place, value) \
	(*(volatile typeof(place) *)&(place) = (value))

static __always_inline struct sched_ring *this_ring(__u32 *cpup)
{
	*cpup = bpf_get_smp_processor_id();
#ifdef __TARGET_ARCH_x86 /* whose stores are seen in order */
	return bpf_map_lookup_elem(&sched_rings, cpup);
#else
	return NULL;
#endif
}

/* Constants, once this is loaded; '&', since '&&' would leave a branch each. */
#define HAS_RQ (bpf_core_field_exists(((struct cfs_rq *)0)->rq) & \
		bpf_core_field_exists(((struct rq *)0)->clock))
#define HAS_RQ_STATE \
	(HAS_RQ & bpf_core_field_exists(((struct rq *)0)->curr) & \
	 bpf_core_field_exists(((struct rq *)0)->clock_update_flags) & \
	 bpf_core_field_exists(((struct task_struct *)0)->thread_info.cpu))

static __always_inline struct rq *rq_of(struct task_struct *task)
{
	return HAS_RQ ? task->se.cfs_rq->rq : NULL;
}

static __always_inline __u64 clock_of(struct rq *rq)
{
	return HAS_RQ ? rq->clock : 0;
}

/* How long threads wait for a CPU: kernel/sched/stats.h, sched_info_*(). */
#define HAS_WAITS bpf_core_field_exists( \
		((struct task_struct *)0)->sched_info.last_queued)

/* The run queue's clock then; 0: not known. */
static __always_inline __u64 queued_at(struct task_struct *task)
{
	return HAS_WAITS ? task->sched_info.last_queued : 0;
}

/*
 * A wakeup that lets somebody lose the CPU also spares the switch another look
 * at the clock (rq_clock_skip_update() in kernel/sched/sched.h), whenever that
 * comes.  Whoever lost the CPU was runnable; others go to sleep before that.
 */
#define RQCF_REQ_SKIP 1

static __always_inline void note_stale_clock(struct task_struct *task,
					     struct rq *rq)
{
	struct sched_ring *ring;
	__u32 cpu;

	if (!sees_wakeups || !HAS_RQ_STATE ||
	    !(rq->clock_update_flags & RQCF_REQ_SKIP))
		return;
	cpu = task->thread_info.cpu;
	ring = bpf_map_lookup_elem(&sched_rings, &cpu);
	if (ring)
		WRITE_ONCE(ring->is_stale, 1);
}

/* Who runs here: no call, if that is where task is to run. */
static __always_inline int find_waker(struct task_struct *task, struct rq *rq,
				      __u32 cpu)
{
	if (HAS_RQ_STATE && task->thread_info.cpu == cpu)
		return rq->curr->pid;
	return (int)bpf_get_current_pid_tgid();
}

/*
 * Was it read for this switch, and not before?
 *
 * Without a program at wakeups, what tells is that who gets the CPU was queued
 * at this very time: by such a wakeup.  What is missed is the switch to a third
 * thread, after a system call that has woken somebody, has not returned, and
 * sleeps: its time is early, at most by what the call has taken since.  In the
 * order of its CPU's switches it is still right.
 */
static __always_inline bool is_clock_fresh(struct sched_ring *ring,
					   struct task_struct *next,
					   __u64 clock, int state)
{
	if (!sees_wakeups)
		return (state != 0) & (clock != 0) &
		       (queued_at(next) != clock);
	if (!HAS_RQ_STATE)
		return false;
	if (READ_ONCE(ring->is_stale)) {
		WRITE_ONCE(ring->is_stale, 0);
		return false;
	}
	return state != 0;
}

static __always_inline void take_time(struct sched_record *record,
				      __u64 clock, bool use_clock)
{
	if (use_clock) {
		record->time = clock;
		record->clock = SCHED_CLOCK_RQ;
		return;
	}
	record->time = bpf_ktime_get_ns();
	record->clock = SCHED_CLOCK_MONOTONIC;
}

static __always_inline void take_sample(__u64 clock)
{
	__u64 number = sched_sample.begun + 1;

	WRITE_ONCE(sched_sample.begun, number);
	WRITE_ONCE(sched_sample.clock, clock);
	WRITE_ONCE(sched_sample.ns, bpf_ktime_get_boot_ns());
	WRITE_ONCE(sched_sample.ended, number);
}

/* Where the next record goes; NULL: no room, and events were lost. */
static __always_inline struct sched_record *
next_record(struct sched_ring *ring, unsigned int events)
{
	__u32 index = ring->first + (ring->head & (ring->size - 1));

	if (ring->head == ring->limit) {
		ring->limit = READ_ONCE(ring->tail) + ring->size;
		if (ring->head == ring->limit) {
			WRITE_ONCE(ring->lost, ring->lost + events);
			return NULL;
		}
	}
	return bpf_map_lookup_elem(&sched_records, &index);
}

static __always_inline void publish_record(struct sched_ring *ring)
{
	WRITE_ONCE(ring->head, ring->head + 1);
}

static __always_inline void fill_switch(struct sched_record *record,
					struct task_struct *prev,
					struct task_struct *next,
					__u64 clock, int state,
					__u32 cpu, unsigned int event,
					bool use_clock)
{
	take_time(record, clock, use_clock);
	record->cpu = cpu;
	record->tid = prev->pid;
	record->pid = prev->tgid;
	record->other_tid = next->pid;
	record->other_pid = next->tgid;
	record->state = state;
	record->event = event;
	/* The kernel adds this turn's wait after this tracepoint. */
	record->queued = queued_at(next);
	record->other_waited = HAS_WAITS ? next->sched_info.run_delay : 0;
	record->waited = HAS_WAITS ? prev->sched_info.run_delay : 0;
}

static __always_inline void fill_wakeup(struct sched_record *record,
					struct task_struct *task,
					struct rq *rq, __u32 cpu,
					unsigned int event,
					bool use_clock)
{
	/* Of one that runs, the clock may be old. */
	take_time(record, clock_of(rq),
		  HAS_RQ_STATE && use_clock &&
			  bpf_core_field_exists(task->on_cpu) && !task->on_cpu);
	record->cpu = cpu;
	record->tid = task->pid;
	record->pid = task->tgid;
	record->other_tid = find_waker(task, rq, cpu);
	record->other_pid = 0;
	record->state = 0;
	record->event = event;
}

#endif
