// SPDX-License-Identifier: BSD-2-Clause
/*
 * DWARF expressions, as far as unwind information has them (DWARF 5, 2.5.1 and
 * 6.4.2).  libdw's own evaluator wants all registers; here some are not known.
 */
#include <config.h>

#include "internal.h"

#include <dwarf.h>
#include <errno.h>

#define STACK_MAX 64
#define STEPS_MAX 1000

struct machine {
	const struct expression *given;
	uint64_t stack[STACK_MAX];
	size_t depth;
	int error;
};

static void push(struct machine *machine, uint64_t value)
{
	if (machine->depth == STACK_MAX)
		machine->error = ENOTSUP;
	else
		machine->stack[machine->depth++] = value;
}

static uint64_t pop(struct machine *machine)
{
	if (machine->depth == 0) {
		machine->error = ENOTSUP;
		return 0;
	}
	return machine->stack[--machine->depth];
}

static uint64_t peek(struct machine *machine, uint64_t depth)
{
	if (depth >= machine->depth) {
		machine->error = ENOTSUP;
		return 0;
	}
	return machine->stack[machine->depth - 1 - depth];
}

static void push_register(struct machine *machine, uint64_t number,
			  uint64_t offset)
{
	const struct backtrace_registers *registers = machine->given->registers;

	if (number >= BACKTRACE_REGISTERS)
		machine->error = ENOTSUP;
	else if (!(registers->known >> number & 1))
		machine->error = ENODATA;
	else
		push(machine, registers->value[number] + offset);
}

static void load(struct machine *machine, uint64_t size)
{
	uint64_t address = pop(machine), value = 0;

	if (machine->error)
		return;
	if (size == 0 || size > sizeof(value))
		machine->error = ENOTSUP;
	else if (!memory_read(machine->given->memory, address, &value, size))
		machine->error = EFAULT;
	else
		push(machine, value);
}

static void swap_top(struct machine *machine)
{
	uint64_t a = pop(machine), b = pop(machine);

	push(machine, a);
	push(machine, b);
}

static void rotate_top(struct machine *machine)
{
	uint64_t a = pop(machine), b = pop(machine), c = pop(machine);

	push(machine, a);
	push(machine, c);
	push(machine, b);
}

/* a OPERATION b; false: it is not one of two operands. */
static bool compute(uint8_t operation, uint64_t a, uint64_t b,
		    uint64_t *result)
{
	switch (operation) {
	case DW_OP_and:
		*result = a & b;
		return true;
	case DW_OP_div:
		*result = b == UINT64_MAX ? 0 - a :
			  b ? (uint64_t)((int64_t)a / (int64_t)b) : 0;
		return true;
	case DW_OP_minus:
		*result = a - b;
		return true;
	case DW_OP_mod:
		*result = b ? a % b : 0;
		return true;
	case DW_OP_mul:
		*result = a * b;
		return true;
	case DW_OP_or:
		*result = a | b;
		return true;
	case DW_OP_plus:
		*result = a + b;
		return true;
	case DW_OP_shl:
		*result = b < 64 ? a << b : 0;
		return true;
	case DW_OP_shr:
		*result = b < 64 ? a >> b : 0;
		return true;
	case DW_OP_shra:
		*result = (uint64_t)((int64_t)a >> (b < 64 ? b : 63));
		return true;
	case DW_OP_xor:
		*result = a ^ b;
		return true;
	case DW_OP_eq:
		*result = a == b;
		return true;
	case DW_OP_ge:
		*result = (int64_t)a >= (int64_t)b;
		return true;
	case DW_OP_gt:
		*result = (int64_t)a > (int64_t)b;
		return true;
	case DW_OP_le:
		*result = (int64_t)a <= (int64_t)b;
		return true;
	case DW_OP_lt:
		*result = (int64_t)a < (int64_t)b;
		return true;
	case DW_OP_ne:
		*result = a != b;
		return true;
	}
	return false;
}

static bool is_binary(uint8_t operation)
{
	uint64_t ignored;

	return compute(operation, 1, 1, &ignored);
}

static void execute(struct machine *machine, const Dwarf_Op *op)
{
	uint64_t a, b, result = 0;

	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31) {
		push(machine, op->atom - DW_OP_lit0);
		return;
	}
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		push_register(machine, op->atom - DW_OP_breg0, op->number);
		return;
	}
	if (is_binary(op->atom)) {
		b = pop(machine);
		a = pop(machine);
		compute(op->atom, a, b, &result);
		push(machine, result);
		return;
	}
	switch (op->atom) {
	case DW_OP_bregx:
		push_register(machine, op->number, op->number2);
		return;
	case DW_OP_addr:
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		push(machine, op->number);
		return;
	case DW_OP_call_frame_cfa:
		if (machine->given->has_cfa)
			push(machine, machine->given->cfa);
		else
			machine->error = ENOTSUP;
		return;
	case DW_OP_plus_uconst:
		push(machine, pop(machine) + op->number);
		return;
	case DW_OP_neg:
		push(machine, 0 - pop(machine));
		return;
	case DW_OP_not:
		push(machine, ~pop(machine));
		return;
	case DW_OP_abs:
		a = pop(machine);
		push(machine, (int64_t)a < 0 ? 0 - a : a);
		return;
	case DW_OP_dup:
		push(machine, peek(machine, 0));
		return;
	case DW_OP_over:
		push(machine, peek(machine, 1));
		return;
	case DW_OP_pick:
		push(machine, peek(machine, op->number));
		return;
	case DW_OP_drop:
		pop(machine);
		return;
	case DW_OP_swap:
		swap_top(machine);
		return;
	case DW_OP_rot:
		rotate_top(machine);
		return;
	case DW_OP_deref:
		load(machine, sizeof(uint64_t));
		return;
	case DW_OP_deref_size:
		load(machine, op->number);
		return;
	case DW_OP_nop:
		return;
	}
	machine->error = ENOTSUP;
}

/* Branches name their target by its distance in bytes from their end. */
static bool branch(struct machine *machine, const Dwarf_Op *operations,
		   size_t count, size_t *at)
{
	const Dwarf_Op *op = &operations[*at];
	uint64_t target = op->offset + 3 + (uint64_t)(int16_t)op->number;
	size_t i;

	if (op->atom != DW_OP_skip && op->atom != DW_OP_bra)
		return false;
	if (op->atom == DW_OP_bra && pop(machine) == 0)
		return false;
	for (i = 0; i < count; i++)
		if (operations[i].offset == target) {
			*at = i;
			return true;
		}
	*at = count; /* to the end, which has no operation */
	return true;
}

int expression_evaluate(const struct expression *expression,
			const Dwarf_Op *operations, size_t count,
			uint64_t *value, bool *is_value)
{
	struct machine machine = { .given = expression };
	size_t at = 0, steps;

	*is_value = false;
	for (steps = 0; at < count && !machine.error; steps++) {
		const Dwarf_Op *op = &operations[at];

		if (steps == STEPS_MAX)
			return ENOTSUP;
		if (branch(&machine, operations, count, &at))
			continue;
		at++;
		if (op->atom == DW_OP_skip || op->atom == DW_OP_bra)
			continue;
		/* The register itself is where the value is. */
		if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31) {
			push_register(&machine, op->atom - DW_OP_reg0, 0);
			*is_value = true;
		} else if (op->atom == DW_OP_regx) {
			push_register(&machine, op->number, 0);
			*is_value = true;
		} else if (op->atom == DW_OP_stack_value) {
			*is_value = true;
		} else {
			execute(&machine, op);
		}
	}
	if (!machine.error)
		*value = pop(&machine);
	return machine.error;
}
