// SPDX-License-Identifier: BSD-2-Clause
/*
 * The registers and the stack of whoever comes by, into a ring buffer: code
 * without frame pointers can only be unwound with its unwind information, and
 * that in user space.
 *
 * Each event is counted, whether there is room for its stack or not, and those
 * that there was no room for are counted by the place of their stack, which
 * says whose they are.
 */
#include <stdbool.h>

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "address_space.bpf.h"
#include "stack_event.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24); /* pip-trace sets it */
} events SEC(".maps");

/* By the stack pointer's upper half: windows are at least 4 GiB. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACK_WINDOWS_MAX);
	__type(key, __u32);
	__type(value, __u64);
} without_stack SEC(".maps");

const volatile unsigned int stack_chunks = 8;

__u64 seen = 0;

static __always_inline void lose(__u64 stack_pointer)
{
	__u32 key = (__u32)(stack_pointer >> 32);
	__u64 none = 0, *count;

	__sync_fetch_and_add(&lost, 1);
	bpf_map_update_elem(&without_stack, &key, &none, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&without_stack, &key);
	if (count)
		__sync_fetch_and_add(count, 1);
}

static __always_inline __u64 take_registers(const struct pt_regs *from,
					    __u64 *to)
{
#ifdef __TARGET_ARCH_x86
	to[0] = from->ax;
	to[1] = from->dx;
	to[2] = from->cx;
	to[3] = from->bx;
	to[4] = from->si;
	to[5] = from->di;
	to[6] = from->bp;
	to[7] = from->sp;
	to[8] = from->r8;
	to[9] = from->r9;
	to[10] = from->r10;
	to[11] = from->r11;
	to[12] = from->r12;
	to[13] = from->r13;
	to[14] = from->r14;
	to[15] = from->r15;
	to[16] = from->ip;
	return from->sp;
#else
	__builtin_memset(to, 0, STACK_REGISTERS * sizeof(*to));
	return 0;
#endif
}

static __always_inline __u64 stack_pointer_of(const struct pt_regs *registers)
{
#ifdef __TARGET_ARCH_x86
	return registers->sp;
#else
	return 0;
#endif
}

static __always_inline int take(struct task_struct *task,
				const struct pt_regs *registers)
{
	struct stack_event *event;
	__u64 low;
	char *bytes;
	unsigned int i;

	__sync_fetch_and_add(&seen, 1);
	event = bpf_ringbuf_reserve(&events, sizeof(*event) +
				    stack_chunks * STACK_CHUNK, 0);
	if (!event) {
		lose(stack_pointer_of(registers));
		return 0;
	}
	/* A chunk is in one page: it is there, or it is not. */
	low = take_registers(registers, event->registers) &
	      ~(__u64)(STACK_CHUNK - 1);
	event->low = low;
	event->pid = task->tgid;
	event->tid = task->pid;
	event->size = 0;
	event->reserved = 0;
	bytes = (char *)(event + 1);
	for (i = 0; i < STACK_CHUNKS_MAX; i++) {
		if (i >= stack_chunks ||
		    bpf_probe_read_user(bytes + i * STACK_CHUNK, STACK_CHUNK,
					(void *)(low + i * STACK_CHUNK)))
			break;
		event->size += STACK_CHUNK;
	}
	bpf_ringbuf_submit(event, BPF_RB_NO_WAKEUP);
	return 0;
}

/* A function, or a USDT probe, which is a nop. */
SEC("uprobe")
int on_probe(struct pt_regs *registers)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return is_ours(task) ? take(task, registers) : 0;
}

/* The stack is that of who runs then. */
SEC("tracepoint")
int on_tracepoint(void *context)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_ours(task))
		return 0;
	return take(task, (struct pt_regs *)bpf_task_pt_regs(task));
}
