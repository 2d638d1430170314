/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the kernel leaves on the stack for a signal handler, moved elsewhere
 * (arch/x86/include/uapi/asm/sigcontext.h and ucontext.h of Linux).
 */
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "arch.h"

#define FXSAVE_SIZE 512
/* In what FXSAVE leaves unused: is there more, and how much in all? */
#define SOFTWARE_BYTES 464
#define MAGIC_EXTENDED 0x46505853u

/* The kernel's ucontext ends with an 8-byte signal mask; libc's is longer. */
#define KERNEL_UCONTEXT_SIZE 304
_Static_assert(offsetof(ucontext_t, uc_sigmask) + 8 == KERNEL_UCONTEXT_SIZE,
	       "ABI");

/* The registers that arch_switch() takes from a stack, at its start. */
#define SWITCH_FRAME_SIZE 64

extern char arch_take_signal_frame[] __attribute__((visibility("hidden")));

static size_t extended_size(const void *state)
{
	uint32_t words[2];

	memcpy(words, (const char *)state + SOFTWARE_BYTES, sizeof(words));
	return words[0] == MAGIC_EXTENDED ? words[1] : FXSAVE_SIZE;
}

static size_t before_state(void)
{
	return (SWITCH_FRAME_SIZE + KERNEL_UCONTEXT_SIZE + 63) & ~63ul;
}

size_t arch_signal_frame_size(const void *ucontext)
{
	const ucontext_t *context = ucontext;
	const void *state = context->uc_mcontext.fpregs;

	return before_state() + (state != NULL ? extended_size(state) : 0);
}

uint64_t arch_signal_frame_copy(void *memory, const void *ucontext)
{
	const ucontext_t *context = ucontext;
	const void *state = context->uc_mcontext.fpregs;
	char *state_copy = (char *)memory + before_state();
	/* It ends with the return address; the stack pointer is then at the
	 * ucontext. */
	uint64_t frame = arch_context_make((uint64_t)memory + SWITCH_FRAME_SIZE,
					   NULL, NULL);
	uint64_t *return_address =
		(uint64_t *)(frame + SWITCH_FRAME_SIZE - sizeof(uint64_t));
	char *copy = (char *)memory + SWITCH_FRAME_SIZE;

	*return_address = (uint64_t)arch_take_signal_frame;
	memcpy(copy, context, KERNEL_UCONTEXT_SIZE);
	if (state != NULL) {
		memcpy(state_copy, state, extended_size(state));
		memcpy(copy + offsetof(ucontext_t, uc_mcontext.fpregs),
		       &state_copy, sizeof(state_copy));
	}
	return frame;
}

uint64_t arch_interrupted_pc(const void *ucontext)
{
	const ucontext_t *context = ucontext;

	return (uint64_t)context->uc_mcontext.gregs[REG_RIP];
}

uint64_t arch_interrupted_sp(const void *ucontext)
{
	const ucontext_t *context = ucontext;

	return (uint64_t)context->uc_mcontext.gregs[REG_RSP];
}
