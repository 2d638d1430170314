/* SPDX-License-Identifier: BSD-2-Clause */
/* PIP_STOP_ON_START: a task that stops before anything of it has run. */
#ifndef PIP_STOP_H
#define PIP_STOP_H

#include "root.h"

/*
 * Is the task to stop (child.c)?  *scriptp becomes the program to run then, ""
 * if none, and is valid as long as the environment is.
 */
PIP_HIDDEN PIP_CHECKED bool stop_is_wanted(const struct pip_slot *slot,
					   const char **scriptp);

/* In the spawner: wait until it has stopped, say so, run the script. */
PIP_HIDDEN void stop_attend(const struct pip_slot *slot, const char *script,
			    const char *program);

#endif
