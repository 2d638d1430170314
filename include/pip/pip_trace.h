/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recording what a program does: the flight recorder's switch, and a program's
 * own events in it (pip_recorder.h, pip-trace(1)).
 *
 * The environment variable PIP_TRACE of the root, "overwrite" or "stop", with
 * ":RECORDS" for the size of a ring, switches it on from the start.
 *
 * Recording never blocks and makes no system call.  These functions may be
 * called by any thread of the root and of tasks, and in signal handlers;
 * pip_trace_start(), _stop() and _register() not in those.
 */
#ifndef PIP_TRACE_H
#define PIP_TRACE_H

#include <stdint.h>

#define PIP_ENV_TRACE "PIP_TRACE"
#define PIP_ENV_TRACE_FD "PIP_TRACE_FD" /* from pip-trace(1) */
#define PIP_TRACE_OVERWRITE 1 /* keep the newest events */
#define PIP_TRACE_STOP 2      /* keep the oldest */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Record, in the root and all tasks.  Errors: EPERM not initialised, or there
 * is no recorder (no memory for it at pip_init()); EINVAL mode. */
int pip_trace_start(int mode);

/* Record no more; what was recorded stays.  Error: EPERM. */
int pip_trace_stop(void);

/* Give a program's event a name, up to 55 bytes, that tools show; the same name
 * gets the same number.  Errors: EPERM; EINVAL name is NULL, empty or too long,
 * or idp is NULL; ENOSPC there are 256. */
int pip_trace_register(const char *name, uint32_t *idp);

/* A moment; the beginning and the end of something; a value that changes.  id:
 * from pip_trace_register(), or any number.  Nothing happens while nothing is
 * recorded. */
void pip_trace_mark(uint32_t id, uint64_t value);
void pip_trace_begin(uint32_t id, uint64_t value);
void pip_trace_end(uint32_t id, uint64_t value);
void pip_trace_counter(uint32_t id, uint64_t value);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_TRACE_H */
