/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patching the mmap and mremap system calls in a task's private copy of its
 * loader.
 *
 * Compilers emit such a call as `mov $9, %eax` (b8 09 00 00 00), at times a
 * register move or two, `syscall` (0f 05).  From the mov on, everything can
 * move to another place: none of it depends on where it is.  So the site
 * becomes a jump to a stub, which is the moves, then a template of stub.S that
 * chooses an address and makes the call, and a jump back.
 */
#include <string.h>

#include "arch.h"

#define MOV_SIZE 5     /* mov $number, %eax */
#define MOVE_SIZE 3    /* a 64-bit move between registers */
#define MOVES_MAX 2
#define SYSCALL_SIZE 2
#define JUMP_SIZE 5    /* jmp rel32 */
#define LONGEST (MOV_SIZE + MOVES_MAX * MOVE_SIZE + SYSCALL_SIZE)

/* The numbers that stub.S has for these. */
#define NEXT 0x7065786e5f706970ul
#define LIMIT 0x74696d696c706970ul

extern const uint8_t arch_stub_mmap[], arch_stub_mmap_end[];
extern const uint8_t arch_stub_mremap[], arch_stub_mremap_end[];

/* A 64-bit move between registers: REX.W prefix, opcode 89, ModRM mod = 3. */
static bool is_register_move(const uint8_t *code)
{
	return (code[0] & 0xf8) == 0x48 && code[1] == 0x89 &&
	       (code[2] & 0xc0) == 0xc0;
}

/* The length of the call that starts at code, 0 if there is none. */
static size_t match_call(const uint8_t *code, uint8_t *number)
{
	static const uint8_t zeros[3];
	size_t end = MOV_SIZE;

	if (code[0] != 0xb8 ||
	    (code[1] != SYS_mmap && code[1] != SYS_mremap) ||
	    memcmp(code + 2, zeros, sizeof(zeros)) != 0)
		return 0;
	for (int i = 0; i < MOVES_MAX && is_register_move(code + end); i++)
		end += MOVE_SIZE;
	if (code[end] != 0x0f || code[end + 1] != 0x05)
		return 0;
	*number = code[1];
	return end + SYSCALL_SIZE;
}

unsigned arch_map_find(const uint8_t *code, size_t size,
		       struct arch_map_site *sites)
{
	unsigned found = 0;

	for (size_t at = 0; at + LONGEST <= size; at++) {
		uint8_t number;
		size_t length = match_call(code + at, &number);

		if (length == 0)
			continue;
		if (found == ARCH_MAP_SITES_MAX)
			break;
		sites[found].offset = (uint32_t)at;
		sites[found].length = (uint8_t)length;
		sites[found].number = number;
		found++;
		at += length - 1;
	}
	return found;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static void put_jump(uint8_t *at, const uint8_t *target)
{
	int32_t displacement = (int32_t)(target - (at + JUMP_SIZE));

	*at = 0xe9;
	memcpy(at + 1, &displacement, sizeof(displacement));
}

/* Replace the number that stands for value in the code [at, end). */
static void fill_in(uint8_t *at, uint8_t *end, uint64_t number, uint64_t value)
{
	uint8_t *place = memmem(at, (size_t)(end - at), &number,
				sizeof(number));

	if (place != NULL)
		memcpy(place, &value, sizeof(value));
}

void arch_map_patch(uint8_t *code, const struct arch_map_site *site,
		    uint8_t *stub, _Atomic uint64_t *next, uint64_t limit)
{
	bool is_mmap = site->number == SYS_mmap;
	const uint8_t *template = is_mmap ? arch_stub_mmap : arch_stub_mremap;
	const uint8_t *template_end = is_mmap ? arch_stub_mmap_end :
						arch_stub_mremap_end;
	uint8_t *call = code + site->offset, *body, *end;

	/* The moves first: one of them may load the address. */
	body = put(stub, call + MOV_SIZE,
		   site->length - (size_t)MOV_SIZE - SYSCALL_SIZE);
	end = put(body, template, (size_t)(template_end - template));
	fill_in(body, end, NEXT, (uint64_t)next);
	fill_in(body, end, LIMIT, limit);
	put_jump(end, call + site->length);

	put_jump(call, stub);
	memset(call + JUMP_SIZE, 0x90, site->length - (size_t)JUMP_SIZE);
}

/*
 * _exit() of glibc loads the number of exit_group into some register first
 * (`mov $231, %esi`), and may try exit after that; no other code has that
 * number close before a system call.
 */
#define EXIT_WITHIN 48

static bool is_call(const uint8_t *code, uint32_t number)
{
	static const uint8_t call[] = { 0x0f, 0x05 };

	/* mov $imm32, %r32, but not to %edi, where the status is */
	return (code[0] & 0xf8) == 0xb8 && code[0] != 0xbf &&
	       memcmp(code + 1, &number, sizeof(number)) == 0 &&
	       memmem(code + MOV_SIZE, EXIT_WITHIN - MOV_SIZE, call,
		      sizeof(call)) != NULL;
}

unsigned arch_exit_find(const uint8_t *code, size_t size, uint32_t *sites)
{
	unsigned found = 0;

	for (size_t at = 0;
	     at + EXIT_WITHIN <= size && found < ARCH_EXIT_SITES_MAX; at++)
		if (is_call(code + at, SYS_exit_group))
			sites[found++] = (uint32_t)at;
	return found;
}

bool arch_call_find(const uint8_t *code, size_t size, uint32_t number)
{
	for (size_t at = 0; at + EXIT_WITHIN <= size; at++)
		if (is_call(code + at, number))
			return true;
	return false;
}

void arch_exit_patch(uint8_t *code, uint32_t site, uint8_t *stub,
		     void (*function)(int status))
{
	/* As a call leaves it: and $-16, %rsp; push $0 */
	static const uint8_t align[] = { 0x48, 0x83, 0xe4, 0xf0, 0x6a, 0 };
	void *target;

	memcpy(&target, &function, sizeof(target));
	arch_make_jump(put(stub, align, sizeof(align)), target);
	put_jump(code + site, stub);
}

void arch_make_jump(uint8_t code[ARCH_JUMP_SIZE], const void *target)
{
	/* jmp *0(%rip), and the address behind it */
	static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };

	memcpy(put(code, jump, sizeof(jump)), &target, sizeof(target));
}
