// SPDX-License-Identifier: BSD-2-Clause
/* From a frame to its caller's, until there is none. */
#include <config.h>

#include "machine.h"

#include <errno.h>
#include <string.h>

struct unwind {
	struct backtrace *backtrace;
	uint32_t home;
	struct backtrace_registers now; /* of the current frame */
	bool exact;   /* pc is the next instruction, not after a call */
	bool guessed; /* how this frame was found */
	struct place *place; /* of the current frame */
};

static bool is_known(const struct backtrace_registers *registers, int number)
{
	return registers->known >> number & 1;
}

static void set(struct backtrace_registers *registers, int number,
		uint64_t value)
{
	registers->value[number] = value;
	registers->known |= 1u << number;
}

static Dwarf_Frame *unwind_frame(struct place *place)
{
	if (!place->frame_sought && place->file)
		place->frame = file_read_frame(place->file,
					       place->public.address);
	place->frame_sought = true;
	return place->frame;
}

/* Is the frame the ABI's with a frame pointer, CFA = frame pointer + 16? */
static bool unwind_has_frame_pointer(const Dwarf_Op *operations, size_t count)
{
	return count == 1 && operations[0].atom == 0x70 + MACHINE_FP &&
	       operations[0].number == 16; /* DW_OP_breg0 is 0x70 */
}

/* Where the current frame's function begins; 0: not known. */
static uint64_t unwind_find_function(struct unwind *unwind)
{
	uint64_t pc = unwind->now.value[MACHINE_PC] - !unwind->exact, start;

	if (!unwind->place->file ||
	    !place_find_symbol(unwind->place->file,
			       unwind->place->public.address, &start))
		return 0;
	return pc - unwind->place->public.address + start;
}

static bool unwind_find_cfa(struct unwind *unwind, Dwarf_Frame *frame,
			    uint64_t *cfa)
{
	const struct expression expression = {
		.registers = &unwind->now,
		.memory = &unwind->backtrace->memory,
	};
	struct machine_search search = {
		.backtrace = unwind->backtrace,
		.home = unwind->home,
		.registers = &unwind->now,
	};
	Dwarf_Op *operations;
	bool is_value, sure;
	size_t count;
	int error;

	if (dwarf_frame_cfa(frame, &operations, &count) || !count)
		return false;
	error = expression_evaluate(&expression, operations, count, cfa,
				    &is_value);
	unwind->guessed = false;
	if (!error)
		return true;
	search.function = unwind_find_function(unwind);
	search.frame_pointer = unwind_has_frame_pointer(operations, count);
	if (error != ENODATA || !machine_find_frame(&search, cfa, &sure))
		return false;
	unwind->guessed = !sure;
	return true;
}

/* What the caller has in a register; false: it cannot be known. */
static bool unwind_register(struct unwind *unwind, Dwarf_Frame *frame,
			    int number, uint64_t cfa, bool *undefined,
			    uint64_t *value)
{
	const struct expression expression = {
		.registers = &unwind->now,
		.memory = &unwind->backtrace->memory,
		.has_cfa = true,
		.cfa = cfa,
	};
	Dwarf_Op memory[3], *operations;
	bool is_value;
	size_t count;

	*undefined = false;
	if (dwarf_frame_register(frame, number, memory, &operations, &count))
		return false;
	if (!count && !operations) { /* as it is */
		*value = unwind->now.value[number];
		return is_known(&unwind->now, number);
	}
	if (!count) {
		*undefined = true;
		return false;
	}
	if (expression_evaluate(&expression, operations, count, value,
				&is_value))
		return false;
	return is_value || memory_read_word(&unwind->backtrace->memory, *value,
					    value);
}

static enum backtrace_end unwind_by_information(struct unwind *unwind,
						Dwarf_Frame *frame)
{
	struct backtrace_registers caller = { .known = 0 };
	bool undefined, signal = false;
	uint64_t cfa, value;
	int i;

	if (!unwind_find_cfa(unwind, frame, &cfa))
		return BACKTRACE_END_BROKEN;
	dwarf_frame_info(frame, NULL, NULL, &signal);
	for (i = 0; i < BACKTRACE_REGISTERS; i++) {
		if (unwind_register(unwind, frame, i, cfa, &undefined, &value))
			set(&caller, i, value);
		else if (i == MACHINE_PC)
			return undefined ? BACKTRACE_END_COMPLETE :
					   BACKTRACE_END_BROKEN;
	}
	/* The caller's stack pointer, by definition (psABI 3.6.2). */
	if (!signal)
		set(&caller, MACHINE_SP, cfa);
	/* Stacks grow down, but a handler may have one of its own. */
	if (!signal && is_known(&unwind->now, MACHINE_SP) &&
	    cfa <= unwind->now.value[MACHINE_SP])
		return BACKTRACE_END_BROKEN;
	unwind->now = caller;
	unwind->exact = signal;
	return BACKTRACE_END_LIMIT; /* so far */
}

static enum backtrace_end unwind_blindly(struct unwind *unwind)
{
	struct backtrace_memory *memory = &unwind->backtrace->memory;
	struct machine_search search = {
		.backtrace = unwind->backtrace,
		.home = unwind->home,
		.registers = &unwind->now,
	};
	struct backtrace_registers caller = { .known = 0 };
	uint64_t context, cfa, value;

	context = machine_find_signal_context(&unwind->now, memory);
	if (context) {
		if (!machine_take_signal_context(&caller, memory, context))
			return BACKTRACE_END_BROKEN;
		unwind->now = caller;
		unwind->exact = true;
		unwind->guessed = false;
		return BACKTRACE_END_LIMIT;
	}
	if (!machine_find_caller(&search, &cfa) ||
	    !memory_read_word(memory, cfa - 8, &value))
		return BACKTRACE_END_BROKEN;
	set(&caller, MACHINE_PC, value);
	set(&caller, MACHINE_SP, cfa);
	/* It may be the caller's still. */
	if (is_known(&unwind->now, MACHINE_FP) &&
	    unwind->now.value[MACHINE_FP] == cfa - 16 &&
	    memory_read_word(memory, cfa - 16, &value))
		set(&caller, MACHINE_FP, value);
	else if (is_known(&unwind->now, MACHINE_FP))
		set(&caller, MACHINE_FP, unwind->now.value[MACHINE_FP]);
	unwind->now = caller;
	unwind->exact = false;
	unwind->guessed = true;
	return BACKTRACE_END_LIMIT;
}

static struct place *unwind_place(struct unwind *unwind)
{
	uint64_t pc = unwind->now.value[MACHINE_PC];

	/* A call can be the last instruction of its function. */
	if (!unwind->exact)
		pc--;
	return place_find(unwind->backtrace,
			  space_find(unwind->backtrace, unwind->home, pc), pc);
}

static bool unwind_is_signal(struct unwind *unwind, Dwarf_Frame *frame)
{
	bool signal = false;

	if (!frame)
		return machine_find_signal_context(&unwind->now,
						   &unwind->backtrace->memory);
	dwarf_frame_info(frame, NULL, NULL, &signal);
	return signal;
}

enum backtrace_end unwind_stack(struct backtrace *backtrace, uint32_t home,
				const struct backtrace_registers *registers,
				size_t *nframesp)
{
	struct unwind unwind = {
		.backtrace = backtrace,
		.home = home,
		.now = *registers,
		.exact = true,
	};
	enum backtrace_end end = BACKTRACE_END_LIMIT;
	size_t n = 0;

	while (n < backtrace->limit && end == BACKTRACE_END_LIMIT) {
		Dwarf_Frame *frame;

		if (!is_known(&unwind.now, MACHINE_PC))
			end = BACKTRACE_END_BROKEN;
		else if (n && !unwind.now.value[MACHINE_PC])
			end = BACKTRACE_END_COMPLETE;
		if (end != BACKTRACE_END_LIMIT)
			break;
		unwind.place = unwind_place(&unwind);
		if (!unwind.place)
			return BACKTRACE_END_BROKEN;
		backtrace->frames[n++] = (struct backtrace_frame){
			.pc = unwind.now.value[MACHINE_PC],
			.sp = unwind.now.value[MACHINE_SP],
			.kind = unwind.guessed ? BACKTRACE_FRAME_GUESSED :
						 BACKTRACE_FRAME_EXACT,
			.back = !unwind.exact,
			.place = &unwind.place->public,
		};
		unwind.guessed = false;
		frame = unwind_frame(unwind.place);
		if (unwind_is_signal(&unwind, frame))
			backtrace->frames[n - 1].kind = BACKTRACE_FRAME_SIGNAL;
		end = frame ? unwind_by_information(&unwind, frame) :
			      unwind_blindly(&unwind);
	}
	*nframesp = n;
	return end;
}
