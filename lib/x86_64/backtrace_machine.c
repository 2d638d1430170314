// SPDX-License-Identifier: BSD-2-Clause
/* Backtraces on x86-64: registers, and what calls and functions look like. */
#include <config.h>

#include "backtrace/machine.h"

#include <stddef.h>
#include <string.h>
#include <sys/ucontext.h>
#include <sys/user.h>
#include <ucontext.h>

#define WORD 8u
#define SCAN_WORDS 8192u /* how far a return address is looked for */
#define BLIND_WORDS 512u  /* likewise, where nothing at all is known */
#define FRAME_MAX (1u << 20) /* bytes between two saved frame pointers */
#define PROLOGUE_SIZE 64u

/* DWARF's number of each register that a ucontext has (psABI, figure 3.36). */
static const struct {
	int dwarf, context;
} registers_of_context[] = {
	{ 0, REG_RAX }, { 1, REG_RDX }, { 2, REG_RCX },	  { 3, REG_RBX },
	{ 4, REG_RSI }, { 5, REG_RDI }, { 6, REG_RBP },	  { 7, REG_RSP },
	{ 8, REG_R8 },	{ 9, REG_R9 },	{ 10, REG_R10 },  { 11, REG_R11 },
	{ 12, REG_R12 }, { 13, REG_R13 }, { 14, REG_R14 }, { 15, REG_R15 },
	{ 16, REG_RIP },
};

void machine_take_user_registers(struct backtrace_registers *registers,
				 const struct user_regs_struct *from)
{
	const uint64_t values[BACKTRACE_REGISTERS] = {
		from->rax, from->rdx, from->rcx, from->rbx, from->rsi,
		from->rdi, from->rbp, from->rsp, from->r8,  from->r9,
		from->r10, from->r11, from->r12, from->r13, from->r14,
		from->r15, from->rip,
	};

	memcpy(registers->value, values, sizeof(values));
	registers->known = (1u << BACKTRACE_REGISTERS) - 1;
}

bool machine_take_signal_context(struct backtrace_registers *registers,
				 struct backtrace_memory *memory,
				 uint64_t address)
{
	greg_t values[NGREG];
	size_t i;

	if (!memory_read(memory,
			 address + offsetof(ucontext_t, uc_mcontext.gregs),
			 values, sizeof(values)))
		return false;
	for (i = 0; i < BACKTRACE_REGISTERS; i++)
		registers->value[registers_of_context[i].dwarf] =
			(uint64_t)values[registers_of_context[i].context];
	registers->known = (1u << BACKTRACE_REGISTERS) - 1;
	return true;
}

/* mov $15,%rax or %eax (rt_sigreturn); syscall.  The stack pointer is at the
 * ucontext then (arch/x86/kernel/signal_64.c of Linux). */
uint64_t machine_find_signal_context(const struct backtrace_registers *registers,
				     struct backtrace_memory *memory)
{
	static const unsigned char restorers[][9] = {
		{ 0x48, 0xc7, 0xc0, 15, 0, 0, 0, 0x0f, 0x05 },
		{ 0xb8, 15, 0, 0, 0, 0x0f, 0x05 },
	};
	static const size_t sizes[] = { 9, 7 };
	unsigned char code[9];
	size_t i;

	if (!(registers->known >> MACHINE_SP & 1) ||
	    !memory_read(memory, registers->value[MACHINE_PC], code,
			 sizeof(code)))
		return 0;
	for (i = 0; i < 2; i++)
		if (memcmp(code, restorers[i], sizes[i]) == 0)
			return registers->value[MACHINE_SP];
	return 0;
}

static int32_t displacement_at(const unsigned char *bytes)
{
	int32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Where a jump through a table entry leads: [endbr64] [bnd] jmp *X(%rip). */
static uint64_t follow_stub(struct backtrace_memory *memory, uint64_t address)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	unsigned char code[12];
	uint64_t target;
	unsigned at = 0;

	if (!memory_read(memory, address, code, sizeof(code)))
		return 0;
	if (memcmp(code, endbr64, sizeof(endbr64)) == 0)
		at += sizeof(endbr64);
	if (code[at] == 0xf2)
		at++;
	if (code[at] != 0xff || code[at + 1] != 0x25 ||
	    !memory_read_word(memory, address + at + 6 +
			      (uint64_t)displacement_at(code + at + 2),
			      &target))
		return 0;
	return target;
}

enum call { CALL_NONE, CALL_SOMEWHERE, CALL_OTHER, CALL_HERE };

/* call *OPERAND is FF /2, with a prefix for high registers; how long is it? */
static bool is_indirect_call(const unsigned char *end)
{
	static const struct {
		unsigned length;
		unsigned char mask, value; /* of the byte after FF */
	} forms[] = {
		{ 2, 0xf8, 0xd0 }, { 2, 0xf8, 0x10 }, { 3, 0xf8, 0x50 },
		{ 3, 0xff, 0x14 }, { 4, 0xff, 0x54 }, { 6, 0xff, 0x15 },
		{ 6, 0xf8, 0x90 }, { 7, 0xff, 0x94 },
	};
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		const unsigned char *code = end - forms[i].length;

		if (code[0] == 0xff &&
		    (code[1] & forms[i].mask) == forms[i].value)
			return true;
	}
	return false;
}

/* What lies before a return address, and does it call that function? */
static enum call look_at_call(const struct machine_search *search,
			      uint64_t address)
{
	struct backtrace_memory *memory = &search->backtrace->memory;
	unsigned char code[8];
	uint64_t target;

	if (!space_is_code(search->backtrace, search->home, address - 1) ||
	    !memory_read(memory, address - sizeof(code), code, sizeof(code)))
		return CALL_NONE;
	if (code[3] == 0xe8) {
		target = address + (uint64_t)displacement_at(code + 4);
		if (!space_is_code(search->backtrace, search->home, target))
			return CALL_NONE;
		if (!search->function)
			return CALL_SOMEWHERE;
		return target == search->function ||
		       follow_stub(memory, target) == search->function ?
			       CALL_HERE : CALL_OTHER;
	}
	/* Through a table entry, without a stub: call *X(%rip). */
	if (code[2] == 0xff && code[3] == 0x15 &&
	    memory_read_word(memory, address +
			     (uint64_t)displacement_at(code + 4), &target) &&
	    search->function && target == search->function)
		return CALL_HERE;
	return is_indirect_call(code + sizeof(code)) ? CALL_SOMEWHERE :
						       CALL_NONE;
}

static enum call look_at_word(const struct machine_search *search,
			      uint64_t address)
{
	uint64_t value;

	if (!memory_read_word(&search->backtrace->memory, address, &value))
		return CALL_NONE;
	return look_at_call(search, value);
}

/*
 * push %rbp; mov %rsp,%rbp; push ...; sub $N,%rsp: how far the frame pointer
 * is above the stack pointer behind that.  -1: it begins otherwise.
 */
static int64_t read_prologue(struct backtrace_memory *memory,
			     uint64_t function)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	unsigned char code[PROLOGUE_SIZE];
	int64_t distance = 0;
	unsigned at = 0;

	if (!function || !memory_read(memory, function, code, sizeof(code)))
		return -1;
	if (memcmp(code, endbr64, sizeof(endbr64)) == 0)
		at += sizeof(endbr64);
	if (code[at++] != 0x55)
		return -1;
	if (memcmp(code + at, "\x48\x89\xe5", 3) != 0 &&
	    memcmp(code + at, "\x48\x8b\xec", 3) != 0)
		return -1;
	for (at += 3; at < sizeof(code) - 8;) {
		if (code[at] >= 0x50 && code[at] <= 0x57) {
			at += 1;
			distance += WORD;
		} else if (code[at] == 0x41 && code[at + 1] >= 0x50 &&
			   code[at + 1] <= 0x57) {
			at += 2;
			distance += WORD;
		} else {
			break;
		}
	}
	if (memcmp(code + at, "\x48\x83\xec", 3) == 0)
		distance += (int8_t)code[at + 3];
	else if (memcmp(code + at, "\x48\x81\xec", 3) == 0)
		distance += displacement_at(code + at + 3);
	return distance < 0 ? -1 : distance;
}

/* Does a frame that ends there look as if it had a frame pointer? */
static bool has_saved_frame_pointer(const struct machine_search *search,
				    uint64_t at)
{
	uint64_t value;

	return memory_read_word(&search->backtrace->memory, at - WORD,
				&value) &&
	       value > at && value - at < FRAME_MAX;
}

bool machine_find_frame(const struct machine_search *search, uint64_t *cfap,
			bool *surep)
{
	uint64_t sp = search->registers->value[MACHINE_SP], likely = 0;
	int64_t distance = -1;
	enum call call;
	unsigned i;

	*surep = false;
	if (!(search->registers->known >> MACHINE_SP & 1) || sp % WORD)
		return false;
	if (search->frame_pointer)
		distance = read_prologue(&search->backtrace->memory,
					 search->function);
	if (distance >= 0) {
		*cfap = sp + (uint64_t)distance + 2 * WORD;
		call = look_at_word(search, *cfap - WORD);
		*surep = call == CALL_HERE;
		if (call == CALL_HERE || call == CALL_SOMEWHERE)
			return true;
		if (call == CALL_OTHER)
			likely = *cfap;
	}
	for (i = 0; i < SCAN_WORDS; i++) {
		uint64_t at = sp + i * (uint64_t)WORD, value;

		if (!memory_read_word(&search->backtrace->memory, at, &value))
			break;
		call = look_at_call(search, value);
		if (call == CALL_HERE) {
			*cfap = at + WORD;
			*surep = true;
			return true;
		}
		if (call != CALL_NONE && !likely &&
		    has_saved_frame_pointer(search, at))
			likely = at + WORD;
	}
	*cfap = likely;
	return likely != 0;
}

/* The first return address.  Which function it should follow a call of is not
 * known: where unwind information is missing, so are names of functions. */
static bool scan_for_call(const struct machine_search *search, uint64_t sp,
			  uint64_t *cfap)
{
	unsigned i;

	for (i = 0; i < BLIND_WORDS; i++) {
		uint64_t at = sp + i * (uint64_t)WORD, value;

		if (!memory_read_word(&search->backtrace->memory, at, &value))
			break;
		if (look_at_call(search, value) != CALL_NONE) {
			*cfap = at + WORD;
			return true;
		}
	}
	return false;
}

bool machine_find_caller(const struct machine_search *search, uint64_t *cfap)
{
	const struct backtrace_registers *registers = search->registers;
	uint64_t sp = registers->value[MACHINE_SP];
	uint64_t fp = registers->value[MACHINE_FP];

	if (!(registers->known >> MACHINE_SP & 1))
		return false;
	/* Nothing was done there yet: the return address is on top. */
	if (!space_is_code(search->backtrace, search->home,
			   registers->value[MACHINE_PC]) &&
	    look_at_word(search, sp) != CALL_NONE) {
		*cfap = sp + WORD;
		return true;
	}
	if (registers->known >> MACHINE_FP & 1 && fp % WORD == 0 && fp >= sp &&
	    look_at_word(search, fp + WORD) != CALL_NONE) {
		*cfap = fp + 2 * WORD;
		return true;
	}
	return scan_for_call(search, sp, cfap);
}
