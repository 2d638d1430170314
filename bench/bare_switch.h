/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The least that a switch between user contexts with thread-local variables
 * can be: the registers that a function preserves, the stack pointer and the
 * thread pointer.  No queue, no bookkeeping.
 */
#ifndef BENCH_BARE_SWITCH_H
#define BENCH_BARE_SWITCH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if !defined(__x86_64__)
#error "bare_switch.h: no port to this CPU yet"
#endif

/* void bare_switch(uint64_t *save, uint64_t next, uint64_t thread_pointer) */
void bare_switch(uint64_t *save, uint64_t next, uint64_t thread_pointer);
/* The instructions, with these arguments in their registers. */
#define BARE_SWITCH_CODE \
	"	pushq %rbp\n" \
	"	pushq %rbx\n" \
	"	pushq %r12\n" \
	"	pushq %r13\n" \
	"	pushq %r14\n" \
	"	pushq %r15\n" \
	"	movq %rsp, (%rdi)\n" \
	"	movq %rsi, %rsp\n" \
	"	wrfsbase %rdx\n" \
	"	popq %r15\n" \
	"	popq %r14\n" \
	"	popq %r13\n" \
	"	popq %r12\n" \
	"	popq %rbx\n" \
	"	popq %rbp\n" \
	"	ret\n"
__asm__(".text\n"
	".balign 64\n"
	"bare_switch:\n" BARE_SWITCH_CODE);

#define BARE_STACK_SIZE 16384

/* A ring of contexts; [0] is whoever calls bare_run(). */
struct bare_ring {
	int n;
	long rounds;
	struct bare_context {
		uint64_t stack_pointer, thread_pointer;
		char *stack;
	} *contexts;
};

static struct bare_ring bare;

static void bare_context_main(void)
{
	/* Each finds out who it is from the stack that it runs on. */
	char *here = __builtin_frame_address(0);
	int self = 1;

	while (here < bare.contexts[self].stack ||
	       here >= bare.contexts[self].stack + BARE_STACK_SIZE)
		self++;
	for (;;) {
		struct bare_context *next =
			&bare.contexts[self + 1 < bare.n ? self + 1 : 0];

		bare_switch(&bare.contexts[self].stack_pointer,
			    next->stack_pointer, next->thread_pointer);
	}
}

static void bare_make(int n)
{
	uint64_t thread_pointer;

	__asm__("movq %%fs:0, %0" : "=r"(thread_pointer));
	bare.n = n;
	bare.contexts = calloc((size_t)n, sizeof(*bare.contexts));
	for (int i = 0; i < n; i++) {
		uint64_t *top;

		/* Nothing thread-local is used meanwhile: it may be the same. */
		bare.contexts[i].thread_pointer = thread_pointer;
		if (i == 0)
			continue;
		/* Stacks that begin anywhere, as those of processes do. */
		bare.contexts[i].stack =
			malloc(BARE_STACK_SIZE + 4096);
		top = (uint64_t *)(((uintptr_t)bare.contexts[i].stack +
				    BARE_STACK_SIZE - 64 -
				    (size_t)i * 192 % 4096) &
				   ~63ul);
		*--top = 0;
		*--top = (uint64_t)bare_context_main;
		top -= 6;
		memset(top, 0, 6 * sizeof(*top));
		bare.contexts[i].stack_pointer = (uint64_t)top;
	}
}

static void bare_free(void)
{
	for (int i = 1; i < bare.n; i++)
		free(bare.contexts[i].stack);
	free(bare.contexts);
}

/* So many rounds through all of them. */
static void bare_run(long rounds)
{
	for (long i = 0; i < rounds; i++)
		bare_switch(&bare.contexts[0].stack_pointer,
			    bare.contexts[1].stack_pointer,
			    bare.contexts[1].thread_pointer);
}

#endif
