/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which program it is: a PiP program's processes have one mm_struct; that is
 * what selects them.  A filter by PID would have to know each task, and miss
 * what a new one does first.
 */
#ifndef ADDRESS_SPACE_BPF_H
#define ADDRESS_SPACE_BPF_H

#include <bpf/bpf_tracing.h>

#include "address_space.h"
#include "kernel_types.h"

#define PF_EXITING 0x00000004 /* include/linux/sched.h */

int root_pid = 0;               /* its address space is the one */
unsigned long address_space = 0; /* NO_ADDRESS_SPACE at first */
__u64 lost = 0;

char LICENSE[] SEC("license") = "Dual BSD/GPL";

static __noinline bool is_another_of_ours(struct task_struct *task)
{
	unsigned long mm = (unsigned long)task->mm;

	/* Who ends has given it up already, and goes on as a guest. */
	if (mm == 0)
		return (task->flags & PF_EXITING) &&
		       (unsigned long)task->active_mm == address_space;
	/* The root may still be about to execute its program. */
	if (task->tgid != root_pid)
		return false;
	address_space = mm;
	return true;
}

/* Mostly one comparison. */
static __always_inline bool is_ours(struct task_struct *task)
{
	return (unsigned long)task->mm == address_space ||
	       is_another_of_ours(task);
}

/* Another one, before its tasks do what it does not do itself. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task)
{
	if (task->tgid == root_pid && task->mm)
		address_space = (unsigned long)task->mm;
	return 0;
}

/* Once, at the start: the root's address space. */
SEC("iter/task")
int find_root(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task && task->pid == root_pid && task->mm)
		address_space = (unsigned long)task->mm;
	return 0;
}

#endif
