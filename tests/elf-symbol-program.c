/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program with symbols of every kind.  Prints where its functions are,
 * before the bias, for elf-symbol to compare; with an argument, nothing.
 */
#include <link.h>
#include <stdint.h>
#include <stdio.h>

#include "elf-symbol-program.h"

int global_data = 1;
static int same_name = 2; /* the other file has a function of this name */

int global_function(void *arg)
{
	return arg != NULL;
}

__attribute__((weak)) int weak_function(void *arg)
{
	return arg == NULL;
}

__attribute__((visibility("hidden"), noinline)) int hidden_function(void *arg)
{
	return global_data + (arg != NULL);
}

KEEP static int static_function(void *arg)
{
	return arg == NULL ? 3 : 4;
}

/* A second name at the same address: not a second function. */
KEEP static int aliased(void *arg)
{
	return arg == NULL ? 5 : 6;
}

KEEP static int duplicate(void *arg)
{
	return arg == NULL ? 7 : 8;
}

static int chosen(void *arg)
{
	return arg != NULL;
}

KEEP static int (*choose(void))(void *)
{
	return chosen;
}

int indirect_function(void *) __attribute__((ifunc("choose")));

static int print_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1; /* the first is the program */
}

int main(int argc, char **argv)
{
	uint64_t bias = 0;

	(void)argv;
	if (argc > 1)
		return 0;

	dl_iterate_phdr(print_bias, &bias);
#define PRINT(name) \
	printf(#name " %#lx\n", (unsigned long)((uint64_t)(uintptr_t)name - bias))
	PRINT(global_function);
	PRINT(weak_function);
	PRINT(hidden_function);
	PRINT(static_function);
	PRINT(aliased);
	PRINT(main);
	printf("same_name %#lx\n", (unsigned long)(second_same_name() - bias));
	return duplicate(NULL) + second_duplicate() + indirect_function(NULL) +
	       same_name == 2 + 7 + 9 ? 0 : 1;
}
