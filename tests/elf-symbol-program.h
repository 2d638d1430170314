/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>

#define KEEP __attribute__((used, noinline))

/* Of the second file. */
uintptr_t second_same_name(void);
int second_duplicate(void);

int global_function(void *arg);
int weak_function(void *arg);
int hidden_function(void *arg);
int indirect_function(void *arg);
extern int global_data;
