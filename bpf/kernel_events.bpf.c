// SPDX-License-Identifier: BSD-2-Clause
/* What the kernel does for one address space, into a ring buffer. */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "address_space.bpf.h"
#include "sched_ring.bpf.h"
#include "trace_file.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24); /* pip-trace sets it */
} events SEC(".maps");

static __always_inline struct trace_kernel_record *
reserve(struct task_struct *task, enum trace_kernel_event event, int other)
{
	struct trace_kernel_record *record =
		bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		__sync_fetch_and_add(&lost, 1);
		return NULL;
	}
	record->ns = bpf_ktime_get_boot_ns();
	record->tid = task->pid;
	record->pid = task->tgid;
	record->event = event;
	record->cpu = bpf_get_smp_processor_id();
	record->other = other;
	record->argument[0] = record->argument[1] = record->argument[2] = 0;
	return record;
}

static __always_inline void put(struct task_struct *task,
				enum trace_kernel_event event, int other,
				__u64 argument)
{
	struct trace_kernel_record *record = reserve(task, event, other);

	if (!record)
		return;
	record->argument[0] = argument;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

static __always_inline int state_of(struct task_struct *task)
{
	struct task_struct___old *old = (void *)task;

	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return old->state;
}

/*
 * What has no place in a ring of its CPU; it has another size.  Functions of
 * their own: so the others are short.
 */
static __noinline int put_switch(struct task_struct *prev,
				 struct task_struct *next, int state,
				 unsigned int event)
{
	struct sched_record *record =
		bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		__sync_fetch_and_add(&lost, event == SCHED_SWITCH ? 2 : 1);
		return 0;
	}
	fill_switch(record, prev, next, 0, state,
		    bpf_get_smp_processor_id(), event, false);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

static __noinline int put_wakeup(struct task_struct *task, unsigned int event)
{
	struct sched_record *record =
		bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (!record) {
		__sync_fetch_and_add(&lost, 1);
		return 0;
	}
	fill_wakeup(record, task, rq_of(task), bpf_get_smp_processor_id(),
		    event, false);
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(on_switch, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	int state = preempt ? 0 : state_of(prev);
	__u32 cpu;
	struct sched_ring *ring = this_ring(&cpu);
	__u64 clock = clock_of(rq_of(prev));
	bool is_fresh = ring && is_clock_fresh(ring, next, clock, state);
	bool out = is_ours(prev), in = is_ours(next);
	struct sched_record *record;
	unsigned int event;

	if (!out && is_fresh && prev->pid == READ_ONCE(reader_tid))
		take_sample(clock);
	if (!out && !in)
		return 0;
	event = out * SCHED_OUT + in * SCHED_IN;
	if (!ring)
		return put_switch(prev, next, state, event);
	record = next_record(ring, out + in);
	if (!record)
		return 0;
	fill_switch(record, prev, next, clock, state, cpu, event,
		    is_fresh & READ_ONCE(ring->use_clock));
	publish_record(ring);
	return 0;
}

static __always_inline int wake(struct task_struct *task, unsigned int event)
{
	struct rq *rq = rq_of(task);
	__u32 cpu;
	struct sched_record *record;
	struct sched_ring *ring;

	note_stale_clock(task, rq);
	if (!is_ours(task))
		return 0;
	ring = this_ring(&cpu);
	if (!ring)
		return put_wakeup(task, event);
	record = next_record(ring, 1);
	if (!record)
		return 0;
	fill_wakeup(record, task, rq, cpu, event, READ_ONCE(ring->use_clock));
	publish_record(ring);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(on_wakeup, struct task_struct *task)
{
	return wake(task, SCHED_WAKEUP);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(on_wakeup_new, struct task_struct *task)
{
	return wake(task, SCHED_WAKEUP_NEW);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(on_enter, struct pt_regs *regs, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct trace_kernel_record *record;

	if (!is_ours(task))
		return 0;
	record = reserve(task, TRACE_KERNEL_ENTER, (int)number);
	if (!record)
		return 0;
#ifdef __TARGET_ARCH_x86
	record->argument[0] = regs->di;
	record->argument[1] = regs->si;
	record->argument[2] = regs->dx;
#endif
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_exit, struct pt_regs *regs, long result)
{
	struct task_struct *task = bpf_get_current_task_btf();
	int number = -1;

	if (!is_ours(task))
		return 0;
#ifdef __TARGET_ARCH_x86
	number = (int)regs->orig_ax;
#endif
	put(task, TRACE_KERNEL_EXIT, number, result);
	return 0;
}

SEC("tp_btf/page_fault_user")
int BPF_PROG(on_fault, unsigned long address, struct pt_regs *regs,
	     unsigned long code)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct trace_kernel_record *record;

	if (!is_ours(task))
		return 0;
	record = reserve(task, TRACE_KERNEL_FAULT, 0);
	if (!record)
		return 0;
	record->argument[0] = address;
#ifdef __TARGET_ARCH_x86
	record->argument[1] = regs->ip;
#endif
	record->argument[2] = code;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

/* A software event of the kernel, at each major fault. */
SEC("perf_event")
int on_major(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 address = 0;

#ifdef __TARGET_ARCH_x86
	/* bpf_perf_event_data.addr of <linux/bpf_perf_event.h>, which comes
	 * with a struct pt_regs of its own. */
	address = *(__u64 *)((char *)context + 176);
#endif
	if (is_ours(task))
		put(task, TRACE_KERNEL_MAJOR, 0, address);
	return 0;
}

/* signal(7): by default these are ignored, or stop or continue a process. */
#define SIGNALS_HARMLESS                                                   \
	(1ull << 17 | 1ull << 18 | 1ull << 19 | 1ull << 20 | 1ull << 21 | \
	 1ull << 22 | 1ull << 23 | 1ull << 28)
#define SIGNAL_KILL 9

/* Processes that a signal ends: their other threads get one, too. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, int);
	__type(value, int);
} ending SEC(".maps");

/*
 * The signal that ends the process, or 0.  A signal that neither has a handler
 * nor makes a core file is turned into SIGKILL when it is sent, and so ends all
 * threads; the kernel's own way to do that is the same, with exit_group(2).
 * The status of the process tells which it is.
 */
static __always_inline int find_end(struct task_struct *task, int number,
				    void *handler)
{
	int tgid = task->tgid;

	if (handler || (number < 64 && SIGNALS_HARMLESS >> number & 1))
		return 0;
	if (number == SIGNAL_KILL)
		number = task->signal->group_exit_code & 127;
	if (number == 0)
		return 0;
	return bpf_map_update_elem(&ending, &tgid, &number,
				   BPF_NOEXIST) ? 0 : number;
}

SEC("tp_btf/signal_deliver")
int BPF_PROG(on_signal, int number, struct kernel_siginfo *info,
	     struct k_sigaction *action)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct trace_kernel_record *record;
	void *handler;
	int code = 0;

	if (!is_ours(task))
		return 0;
	handler = action->sa.sa_handler;
	/* 0 and 1 stand for the kernel, and for none. */
	if ((unsigned long)info > 1)
		code = info->si_code;
	record = reserve(task, TRACE_KERNEL_SIGNAL, number);
	if (record) {
		record->argument[0] = (unsigned long)handler;
		record->argument[1] = code;
		bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	}
	number = find_end(task, number, handler);
	if (number == 0)
		return 0;
	record = reserve(task, TRACE_KERNEL_EXCEPTION, number);
	if (!record)
		return 0;
	record->argument[0] = code;
#ifdef __TARGET_ARCH_x86
	record->argument[1] =
		((struct pt_regs *)bpf_task_pt_regs(task))->ip;
#endif
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct *parent, struct task_struct *child)
{
	int tgid = child->tgid;

	/* A number that was used before. */
	if (child->pid == tgid)
		bpf_map_delete_elem(&ending, &tgid);
	if (is_ours(parent))
		put(parent, TRACE_KERNEL_FORK, child->pid, child->tgid);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_gone, struct task_struct *task)
{
	if (is_ours(task))
		put(task, TRACE_KERNEL_GONE, 0, task->exit_code);
	return 0;
}
