/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ways in which command stacks takes them. */
#ifndef TRACE_STACKS_H
#define TRACE_STACKS_H

#include "fold.h"
#include "trace.h"

/* Of each of these tasks, as far as kinds says (bits of enum backtrace_kind).
 * An errno value. */
int stacks_take_all(struct folds *folds, struct backtrace *backtrace,
		    const struct observer_tasks *tasks, unsigned kinds);

/* The document that both print, with a member of its own. */
json_t *stacks_make_document(const struct folds *folds, pid_t root,
			     const char *name, json_t *value);
void stacks_print_document(json_t *document);

/* stacks_event.c: at each event. */
int stacks_at_event(const struct trace_options *options);

#endif
