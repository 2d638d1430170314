/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Patching mmap system calls in a task's private copy of its loader.
 *
 * Compilers emit the call as `mov $9, %eax` (b8 09 00 00 00), at times a
 * register move or two, `syscall` (0f 05).  From the mov on, everything can
 * move to another place: none of it depends on where it is.  So the site
 * becomes a jump to a stub, which is those same instructions behind a few
 * that choose an address, and a jump back.
 *
 * The stub may use rax, rcx and r11 only (the system call overwrites them)
 * and neither the stack nor the red zone.
 */
#include <string.h>

#include "arch.h"

static const uint8_t mov_9_eax[] = { 0xb8, 0x09, 0x00, 0x00, 0x00 };
static const uint8_t syscall_insn[] = { 0x0f, 0x05 };

/* A 64-bit move between registers: REX.W prefix, opcode 89, ModRM mod = 3. */
static bool is_register_move(const uint8_t *code)
{
	return (code[0] & 0xf8) == 0x48 && code[1] == 0x89 &&
	       (code[2] & 0xc0) == 0xc0;
}

unsigned arch_mmap_find(const uint8_t *code, size_t size,
			struct arch_mmap_site *sites)
{
	const size_t longest = sizeof(mov_9_eax) + 2 * 3 + sizeof(syscall_insn);
	unsigned found = 0;

	for (size_t at = 0; at + longest <= size; at++) {
		size_t end = at + sizeof(mov_9_eax);

		if (code[at] != 0xb8 ||
		    memcmp(code + at, mov_9_eax, sizeof(mov_9_eax)) != 0)
			continue;
		for (int moves = 0; moves < 2 && is_register_move(code + end);
		     moves++)
			end += 3;
		if (memcmp(code + end, syscall_insn, sizeof(syscall_insn)) != 0)
			continue;
		if (found == ARCH_MMAP_SITES_MAX)
			break;
		sites[found].offset = (uint32_t)at;
		sites[found].length =
			(uint8_t)(end + sizeof(syscall_insn) - at);
		found++;
		at = end;
	}
	return found;
}

static uint8_t *put(uint8_t *at, const void *bytes, size_t size)
{
	memcpy(at, bytes, size);
	return at + size;
}

static uint8_t *put_jump(uint8_t *at, const uint8_t *target)
{
	int32_t displacement = (int32_t)(target - (at + 5));

	*at = 0xe9;
	return put(at + 1, &displacement, sizeof(displacement));
}

void arch_mmap_patch(uint8_t *code, const struct arch_mmap_site *site,
		     uint8_t *stub, _Atomic uint64_t *next, uint64_t limit)
{
	static const uint8_t choose[] = {
		0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* mov $next, %r11 */
		0x48, 0x8d, 0x8e, 0xff, 0x0f, 0, 0, /* lea 4095(%rsi), %rcx */
		0x48, 0x81, 0xe1, 0x00, 0xf0, 0xff, 0xff, /* and $-4096, %rcx */
		0xf0, 0x49, 0x0f, 0xc1, 0x0b, /* lock xadd %rcx, (%r11) */
		0x49, 0xbb, 0, 0, 0, 0, 0, 0, 0, 0, /* mov $limit, %r11 */
		0x48, 0x8d, 0x04, 0x31,       /* lea (%rcx,%rsi), %rax */
		0x4c, 0x39, 0xd8,             /* cmp %r11, %rax */
		0x77, 0x03,                   /* ja past the next one */
		0x48, 0x89, 0xcf,             /* mov %rcx, %rdi */
	};
	static const uint8_t test_rdi[] = { 0x48, 0x85, 0xff,
					    0x75, sizeof(choose) };
	uint8_t *call = code + site->offset, *at = stub, *body;
	const uint8_t *moves = call + sizeof(mov_9_eax);
	size_t nmoves = site->length - sizeof(mov_9_eax) - sizeof(syscall_insn);
	uint64_t next_address = (uint64_t)next;

	/* The moves first: one of them loads the address into rdi. */
	at = put(at, moves, nmoves);
	at = put(at, test_rdi, sizeof(test_rdi));
	body = at;
	at = put(at, choose, sizeof(choose));
	memcpy(body + 2, &next_address, sizeof(next_address));
	memcpy(body + 31, &limit, sizeof(limit));
	at = put(at, mov_9_eax, sizeof(mov_9_eax));
	at = put(at, syscall_insn, sizeof(syscall_insn));
	put_jump(at, call + site->length);

	put_jump(call, stub);
	memset(call + 5, 0x90, site->length - 5u);
}

void arch_make_jump(uint8_t code[ARCH_JUMP_SIZE], const void *target)
{
	/* jmp *0(%rip), and the address behind it */
	static const uint8_t jump[] = { 0xff, 0x25, 0, 0, 0, 0 };

	put(put(code, jump, sizeof(jump)), &target, sizeof(target));
}
