/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef PIP_PLUGIN_EXEC_H
#define PIP_PLUGIN_EXEC_H

#include "root.h"

/* From now on execve(2) is an event, whichever function of libc's calls it.
 * Where libc's cannot be replaced it is none.  root: NULL where there is none,
 * and then no other thread may run yet. */
PIP_HIDDEN void plugin_exec_start(const struct pip_root *root);

/* Is the caller's process the one that the plugins were told about, and no
 * child made by vfork() or posix_spawn(), which has its memory?  In
 * plugin_life.c. */
PIP_HIDDEN bool plugin_is_own_process(void);

#endif
