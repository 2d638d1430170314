/* SPDX-License-Identifier: BSD-2-Clause */
/* Making user contexts; switch.S switches between them. */
#include <string.h>
#include <sys/auxv.h>

#include "arch.h"

/* asm/hwcap2.h */
#define HWCAP2_FSGSBASE 2

/* What the psABI wants at the start of a process, 3.4.1. */
#define MXCSR_INITIAL 0x1f80
#define X87_CONTROL_INITIAL 0x037f

/* What arch_switch() leaves on a stack. */
struct frame {
	uint32_t mxcsr;
	uint16_t x87_control, unused;
	uint64_t r15, r14, r13, r12, rbx, rbp;
	uint64_t return_address;
};

extern char arch_context_start[] __attribute__((visibility("hidden")));

__attribute__((constructor)) static void look_at_cpu(void)
{
	arch_has_fsgsbase = (getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE) != 0;
}

uint64_t arch_context_make(uint64_t stack_top, void (*function)(void *),
			   void *arg)
{
	struct frame *frame = (void *)((stack_top & ~15ul) - sizeof(*frame));

	memset(frame, 0, sizeof(*frame));
	frame->mxcsr = MXCSR_INITIAL;
	frame->x87_control = X87_CONTROL_INITIAL;
	frame->rbx = (uint64_t)arg;
	frame->r12 = (uint64_t)function;
	frame->return_address = (uint64_t)arch_context_start;
	return (uint64_t)frame;
}
