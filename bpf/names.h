/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRACE_NAMES_H
#define TRACE_NAMES_H

#include "trace.h"

const char *name_of_event(const struct trace_event *event);
/* "openat", or "syscall-999" in text. */
const char *name_of_syscall(int number, char text[24]);
/* Does its effect depend on the process that makes it: its PID, descriptors,
 * signals, credentials, directory? */
bool syscall_is_own(int number);

#endif
