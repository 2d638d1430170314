/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * --with-plugin: pip-exec is a root like others, so it names the plugins in
 * PIP_PLUGINS, and starts again.  libpip does the rest.
 */
#ifndef PIP_EXEC_PLUGIN_H
#define PIP_EXEC_PLUGIN_H

#include "exec_args.h"

/* argv, before it is parsed; NULL: no memory.  To be freed. */
char **exec_plugin_copy(int argc, char **argv);

/* Start again, without the option.  Returns an exit status if that cannot
 * be. */
int exec_plugin_restart(const struct exec_args *args, char **argv);

#endif
