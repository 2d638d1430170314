/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LOSSES_H
#define LOSSES_H

#include "trace.h"

/* What is missing, a line each; nothing if nothing is.  always: also that. */
void losses_print(FILE *file, const struct trace_end *end, bool always);

/* What the recording has cost the program. */
void overhead_print(FILE *file, const struct trace_end *end);

#endif
