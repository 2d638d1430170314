/* SPDX-License-Identifier: BSD-2-Clause */
/* Folded stacks: "T3;main;work 17", as flame graphs want them. */
#ifndef TRACE_FOLD_H
#define TRACE_FOLD_H

#include <jansson.h>

#include "backtrace/backtrace.h"

struct folds {
	void *tree; /* of tsearch(3) */
	uint64_t total;
};

/* All frames of the stack must have been described. */
void fold_stack(struct folds *folds, const struct backtrace_stack *stack,
		uint64_t count);
/* Something of a task that has no frames: "T3;[lost]". */
void fold_word(struct folds *folds, int32_t pipid, const char *word,
	       uint64_t count);

/* Print them, or append them to list if that is not NULL. */
void fold_print(const struct folds *folds, json_t *list);
void fold_clear(struct folds *folds);

#endif
