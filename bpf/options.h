/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef TRACE_OPTIONS_H
#define TRACE_OPTIONS_H

#include "trace.h"

/* Of one command; argv[0] is its name.  Wrong ones end the program. */
void options_parse(struct trace_options *options,
		   const struct trace_command *command, int argc, char **argv);

#endif
