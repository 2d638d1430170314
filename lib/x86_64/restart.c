/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system call that a signal has interrupted, and making it anew.
 *
 * The kernel keeps the arguments' registers (psABI A.2.1); the number has been
 * overwritten by the result, and is read from the instruction that has loaded
 * it, which is the one before the call or one further away.  Since glibc 2.41
 * all calls at which a thread can be cancelled are made in one place, for a
 * process of one thread, or in another one, which that calls; both have the
 * number from the first one's stack.
 */
#include <errno.h>
#include <string.h>
#include <ucontext.h>

#include "arch.h"

static const uint8_t call_code[] = { 0x0f, 0x05 }; /* syscall */
#define MOVE_SIZE 5u /* mov $number,%eax */

/* What compilers put between them: mov n(%rsp),%edi; mov (%rsp),%edi. */
static size_t length_between(const uint8_t *end)
{
	static const uint8_t with_offset[] = { 0x8b, 0x7c, 0x24 };
	static const uint8_t without[] = { 0x8b, 0x3c, 0x24 };

	if (memcmp(end - 4, with_offset, sizeof(with_offset)) == 0)
		return 4;
	return memcmp(end - 3, without, sizeof(without)) == 0 ? 3 : 0;
}

/* mov n(%rsp),%rax; mov n(%rsp),%rsi; mov %r11,8(%rsp): five bytes, of which the
 * last is the distance. */
static const uint8_t number_from_stack[] = { 0x48, 0x8b, 0x44, 0x24 };
static const uint8_t number_for_callee[] = { 0x48, 0x8b, 0x74, 0x24 };
static const uint8_t last_of_callee[] = { 0x4c, 0x89, 0x5c, 0x24, 0x08 };
/* From loading the number for it to where __syscall_cancel_arch() returns. */
#define CALLEE_DISTANCE 19u

static bool is_near_page_start(const uint8_t *code, unsigned bytes)
{
	return ((uintptr_t)code & 4095) < bytes;
}

/* Of glibc 2.41 and newer.  stack: where %rsp points. */
static bool read_number_on_stack(const uint8_t *call, const uint8_t *stack,
				 uint32_t *number)
{
	const uint8_t *back;

	if (memcmp(call - 5, number_from_stack, 4) == 0) {
		memcpy(number, stack + call[-1], sizeof(*number));
		return true;
	}
	if (memcmp(call - 5, last_of_callee, sizeof(last_of_callee)) != 0)
		return false;
	memcpy(&back, stack, sizeof(back));
	if (is_near_page_start(back, CALLEE_DISTANCE) ||
	    memcmp(back - CALLEE_DISTANCE, number_for_callee, 4) != 0)
		return false;
	memcpy(number, stack + sizeof(back) + back[4 - (int)CALLEE_DISTANCE],
	       sizeof(*number));
	return true;
}

static bool read_number(const uint8_t *call, uint32_t *number)
{
	const uint8_t *move = call - MOVE_SIZE;

	if (*move != 0xb8)
		move -= length_between(call);
	if (*move != 0xb8)
		return false;
	memcpy(number, move + 1, sizeof(*number));
	return true;
}

bool arch_call_interrupted(const void *ucontext, uint32_t *number)
{
	const ucontext_t *context = ucontext;
	const greg_t *registers = context->uc_mcontext.gregs;
	const uint8_t *call = (const uint8_t *)registers[REG_RIP] -
			      sizeof(call_code);

	/* A page's first bytes: what is before may not be mapped. */
	if (registers[REG_RAX] != -EINTR ||
	    is_near_page_start((const uint8_t *)registers[REG_RIP], 16))
		return false;
	return memcmp(call, call_code, sizeof(call_code)) == 0 &&
	       (read_number(call, number) ||
		read_number_on_stack(call,
				     (const uint8_t *)registers[REG_RSP],
				     number));
}

uint64_t arch_call_argument(const void *ucontext, unsigned n)
{
	static const int places[] = { REG_RDI, REG_RSI, REG_RDX,
				      REG_R10, REG_R8,	REG_R9 };
	const ucontext_t *context = ucontext;

	return (uint64_t)context->uc_mcontext.gregs[places[n]];
}

void arch_call_again(void *ucontext, uint32_t number, int argument,
		     uint64_t value)
{
	static const int places[] = { REG_RDI, REG_RSI, REG_RDX,
				      REG_R10, REG_R8,	REG_R9 };
	ucontext_t *context = ucontext;
	greg_t *registers = context->uc_mcontext.gregs;

	if (argument >= 0)
		registers[places[argument]] = (greg_t)value;
	registers[REG_RAX] = (greg_t)number;
	registers[REG_RIP] -= (greg_t)sizeof(call_code);
}
