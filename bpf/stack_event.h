/* SPDX-License-Identifier: BSD-2-Clause */
/* What stack_events.bpf.c puts into its ring buffer. */
#ifndef STACK_EVENT_H
#define STACK_EVENT_H

#define STACK_REGISTERS 17     /* by their DWARF numbers, as backtrace.h */
#define STACK_CHUNK 1024       /* bytes of a stack that are copied at once */
#define STACK_CHUNKS_MAX 64
#define STACK_WINDOWS_MAX 65536

/* Where the calling context was, and what was on its stack; the bytes from
 * low on follow. */
struct stack_event {
	unsigned long long registers[STACK_REGISTERS];
	unsigned long long low;
	int pid, tid;
	unsigned int size; /* bytes */
	unsigned int reserved;
};

#endif
