/* SPDX-License-Identifier: BSD-2-Clause */
/* Counting what holds and what does not, for test programs. */
#ifndef OBSERVER_CHECK_H
#define OBSERVER_CHECK_H

#include <stdio.h>

static unsigned check_failures;

/* Prints what failed, and goes on. */
#define check(condition, ...)                                                 \
	do {                                                                  \
		if (!(condition)) {                                           \
			check_failures++;                                     \
			fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);       \
			fprintf(stderr, __VA_ARGS__);                         \
			fprintf(stderr, " [%s]\n", #condition);               \
		}                                                             \
	} while (0)

#endif /* OBSERVER_CHECK_H */
