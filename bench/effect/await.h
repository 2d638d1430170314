/* SPDX-License-Identifier: BSD-2-Clause */
/* In a workload, which may be another program: wait for the instrumentation. */
#ifndef PIP_EFFECT_AWAIT_H
#define PIP_EFFECT_AWAIT_H

#include <stdbool.h>

/* In the environment of a workload: wait for the recorder. */
#define EFFECT_AWAIT_RECORDER "PIP_EFFECT_AWAIT_RECORDER"

/* What the runtime has mapped under that name; NULL if it has not. */
const void *await_find_mapping(const char *name);
/* Until somebody has switched the flight recorder on, if that is wanted; false
 * after a message. */
bool await_recorder(void);
/* A byte on a descriptor; false: who was to write it is gone. */
bool await_byte(int fd);

#endif
