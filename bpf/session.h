/* SPDX-License-Identifier: BSD-2-Clause */
/* The recording of one program: session_open.c begins it, session.c does it. */
#ifndef SESSION_H
#define SESSION_H

#include "kernel_events.h"
#include "program.h"
#include "recorder_reader.h"
#include "trace.h"

struct trace_session {
	const struct trace_options *options;
	struct observer *observer;
	struct observer_root *root;
	struct observer_tasks tasks;
	struct recorder_reader *reader;
	struct kernel_events *kernel;    /* NULL: none, and why */
	char why[KERNEL_EVENTS_WHY_MAX];
	struct trace_writer writer;
	struct trace_program program;    /* CMD */
	int pidfd;                       /* of the root, or -1 */
	uint32_t switch_before;
	bool switched;
	bool ended;                      /* no more events can come */
	bool tail_unknown;
	bool progress;
	unsigned quiet;                  /* looks without a new event */
	uint64_t gone_since;             /* the root's end, 0 = not yet */
	unsigned fill;                   /* of the fullest ring, in 1/1000 */
	unsigned kernel_fill;            /* the same, of the kernel's events */
	uint32_t nnames;
	uint64_t started, event_ps;
	uint64_t spawned, waited;        /* as in the last TASKS chunk */
	uint64_t last_tasks, last_clock, last_progress;
	struct trace_end before;         /* at the end of the last file */
};

void session_catch_signals(void);
int session_signal(void); /* that was caught, 0 = none */

#endif
