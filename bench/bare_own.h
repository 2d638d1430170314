/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The same between contexts of which each has, as a task has, code and
 * variables of its own: a page each, the code mapped from one file.  What this
 * takes longer than bare_switch() is the price of being processes: more pages
 * than the TLBs hold, and jumps between as many places.
 */
#ifndef BENCH_BARE_OWN_H
#define BENCH_BARE_OWN_H

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bare_switch.h"
#include "bench.h"

#define OWN_PAGE 4096

/* The page of code: counts, and switches to the next one, for ever.  The page
 * after it holds its struct own_variables. */
extern char own_code[];
__asm__(".text\n"
	".balign 4096\n"
	"own_code:\n"
	"1:	leaq own_code+4096(%rip), %rax\n"
	"	incq 16(%rax)\n"
	"	movq (%rax), %rdi\n"
	"	movq 8(%rax), %rsi\n"
	"	movq 8(%rsi), %rdx\n"
	"	movq (%rsi), %rsi\n"
	"	call 2f\n"
	"	jmp 1b\n"
	"2:\n" BARE_SWITCH_CODE
	".balign 4096\n");

struct own_variables {
	struct bare_context *self, *next;
	uint64_t count;
};

static struct bare_ring own;
static char *own_memory;
static size_t own_size;

static void own_map(int i, int file)
{
	char *code = own_memory + (size_t)i * 2 * OWN_PAGE;
	struct own_variables *variables = (void *)(code + OWN_PAGE);

	if (mmap(code, OWN_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
		 file, 0) == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	variables->self = &own.contexts[i];
	variables->next = &own.contexts[i + 1 < own.n ? i + 1 : 0];
}

static bool own_make(int n)
{
	struct bare_ring others = bare;
	int file = memfd_create("own-code", MFD_CLOEXEC);

	if (file < 0 || write(file, own_code, OWN_PAGE) != OWN_PAGE)
		bench_fail("memfd_create: %s", strerror(errno));
	bare_make(n);
	own = bare;
	bare = others;
	own_size = (size_t)n * 2 * OWN_PAGE;
	own_memory = mmap(NULL, own_size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own_memory == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	for (int i = 1; i < n; i++) {
		uint64_t *frame = (uint64_t *)own.contexts[i].stack_pointer;

		own_map(i, file);
		frame[6] = (uint64_t)own_memory + (size_t)i * 2 * OWN_PAGE;
	}
	close(file);
	return true;
}

static void own_run(long rounds)
{
	for (long i = 0; i < rounds; i++)
		bare_switch(&own.contexts[0].stack_pointer,
			    own.contexts[1].stack_pointer,
			    own.contexts[1].thread_pointer);
}

static void own_free(void)
{
	struct bare_ring others = bare;

	munmap(own_memory, own_size);
	bare = own;
	bare_free();
	bare = others;
}

#endif
