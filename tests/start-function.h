/* SPDX-License-Identifier: BSD-2-Clause */
/* Functions of two files of the same program. */
#ifndef TESTS_START_FUNCTION_H
#define TESTS_START_FUNCTION_H

/* Static functions that are only looked up: neither removed nor cloned. */
#if __has_attribute(noipa)
#define KEEP __attribute__((noipa, used))
#else
#define KEEP __attribute__((noinline, used))
#endif

int start_global(void *arg);
int start_in_both(void *arg); /* static in start-function.c */
int start_with_a_name_that_is_longer_than_most_but_that_a_compiler_of_cxx_makes_every_day(void *arg);
extern int start_data;

/* Keeps both files' static functions in the program. */
int start_other_static_sum(void);

#endif
