/* SPDX-License-Identifier: BSD-2-Clause */
#include "start-function.h"

#include <stddef.h>

int start_data = 1;

/* Also static in start-function.c. */
KEEP static int start_twice(void *arg)
{
	return arg == NULL ? 52 : 53;
}

int start_in_both(void *arg)
{
	return arg == NULL ? 54 : 55;
}

int start_with_a_name_that_is_longer_than_most_but_that_a_compiler_of_cxx_makes_every_day(void *arg)
{
	return arg == NULL ? 56 : 57;
}

int start_other_static_sum(void)
{
	return start_twice(NULL);
}
