/* SPDX-License-Identifier: BSD-2-Clause */
/* What the backtrace library has to know about the CPU. */
#ifndef BACKTRACE_MACHINE_H
#define BACKTRACE_MACHINE_H

#include "internal.h"

enum { MACHINE_SP = 7, MACHINE_FP = 6, MACHINE_PC = BACKTRACE_PC };

struct user_regs_struct;

/* All registers, from what ptrace(2) gives. */
void machine_take_user_registers(struct backtrace_registers *registers,
				 const struct user_regs_struct *from);

/* All registers, from a ucontext at that address of the program. */
bool machine_take_signal_context(struct backtrace_registers *registers,
				 struct backtrace_memory *memory,
				 uint64_t address);

/* Where the ucontext lies if pc is where signal handlers return to without
 * unwind information that would say so; 0: it is not. */
uint64_t machine_find_signal_context(const struct backtrace_registers *registers,
				     struct backtrace_memory *memory);

/* What to look around in. */
struct machine_search {
	struct backtrace *backtrace;
	uint32_t home;
	const struct backtrace_registers *registers;
	uint64_t function; /* where the function that pc is in begins */
	bool frame_pointer; /* its frame is found by the frame pointer */
};

/*
 * The registers do not say where the frame ends: find the return address on
 * the stack.  Candidates are the place that the function's first instructions
 * lead to, and all words of the stack; what is taken must follow a call, and
 * by preference a call to just this function.  *surep: it is one.
 */
bool machine_find_frame(const struct machine_search *search, uint64_t *cfap,
			bool *surep);

/* Without any information: if pc is nowhere (a call through a bad pointer), to
 * what is on top of the stack; along the frame pointer; or to the next return
 * address on the stack. */
bool machine_find_caller(const struct machine_search *search, uint64_t *cfap);

#endif
