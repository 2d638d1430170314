/* SPDX-License-Identifier: BSD-2-Clause */
/* Static functions of which the first file has namesakes. */
#include "elf-symbol-program.h"

#include <stddef.h>

KEEP static int duplicate(void *arg)
{
	return arg == NULL ? 9 : 10;
}

KEEP static int same_name(void *arg)
{
	return arg == NULL ? 11 : 12;
}

uintptr_t second_same_name(void)
{
	return (uintptr_t)same_name;
}

int second_duplicate(void)
{
	return duplicate(NULL);
}
