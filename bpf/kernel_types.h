/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few fields of the kernel's structures that our BPF programs read.
 * libbpf finds their offsets in the BTF of the kernel that runs (CO-RE), so
 * that the machine that builds this needs no BTF, and no kernel of the same
 * version.
 */
#ifndef KERNEL_TYPES_H
#define KERNEL_TYPES_H

#define BY_NAME __attribute__((preserve_access_index))

struct mm_struct;

struct signal_struct {
	int group_exit_code;
} BY_NAME;

struct kernel_siginfo {
	int si_code;
} BY_NAME;

struct sigaction {
	void *sa_handler;
} BY_NAME;

struct k_sigaction {
	struct sigaction sa;
} BY_NAME;

struct task_struct;

struct rq {
	struct task_struct *curr;
	unsigned int clock_update_flags;
	unsigned long long clock;
} BY_NAME;

struct cfs_rq {
	struct rq *rq;
} BY_NAME;

struct sched_entity {
	struct cfs_rq *cfs_rq;
} BY_NAME;

struct thread_info {
	unsigned int cpu;
} BY_NAME;

struct sched_info {
	unsigned long long run_delay, last_queued;
} BY_NAME;

struct task_struct {
	struct thread_info thread_info;
	int pid, tgid;
	int on_cpu;
	struct sched_entity se;
	struct sched_info sched_info;
	int exit_code;
	struct signal_struct *signal;
	unsigned int flags;
	unsigned int __state;
	struct mm_struct *mm, *active_mm;
} BY_NAME;

/* Before Linux 5.14. */
struct task_struct___old {
	long state;
} BY_NAME;

#ifdef __TARGET_ARCH_x86
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, sp;
} BY_NAME;
#endif

struct bpf_iter_meta {
	struct seq_file *seq;
} BY_NAME;

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
} BY_NAME;

#endif
