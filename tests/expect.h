/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests of many small cases: count them, and those that went wrong. */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ran, failed;

#define EXPECT(condition, ...)                                             \
	do {                                                               \
		ran++;                                                     \
		if (!(condition)) {                                        \
			failed++;                                          \
			printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
			printf(__VA_ARGS__);                               \
			putchar('\n');                                     \
		}                                                          \
	} while (0)

/* The test cannot be carried out. */
__attribute__((noreturn, unused))
static void die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(99);
}

#endif
