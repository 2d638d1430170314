/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How plugins get into a process.
 *
 * Into a task, the loader brings them: they are in its --preload, in front of
 * libpip.  Into a root, LD_PRELOAD does; where the program was started without,
 * libpip's constructor executes it again, with it, before anything of the
 * program has run.  Where that cannot be (libpip itself was loaded later, the
 * program was started by naming the loader, or PIP_PLUGINS was set by the
 * program), dlopen(3) loads them, and their wrapper functions wrap nothing
 * there.
 */
#ifndef PIP_PLUGIN_LOAD_H
#define PIP_PLUGIN_LOAD_H

#include "root.h"

/* In libpip's constructor in a task.  False: one is missing, which was told. */
PIP_HIDDEN PIP_CHECKED bool plugin_load_in_task(const struct pip_slot *slot,
						char **envp);

/* In libpip's constructor elsewhere: if PIP_PLUGINS names some.  What is wrong
 * is kept for pip_init().  Does not return if the program is started again. */
PIP_HIDDEN void plugin_load_at_start(int argc, char **argv, char **envp);

/* When libraries are initialised: what could not be done before. */
PIP_HIDDEN void plugin_load_rest(void);

/* In pip_init(): what the tasks are to load, into root->plugins and ->preload.
 * Errors: those of plugin_files_find() and plugin_object_read(), which were
 * told. */
PIP_HIDDEN PIP_CHECKED int plugin_load_for_tasks(struct pip_root *root);

/* All libraries are initialised, the program is not: the first events. */
PIP_HIDDEN void plugin_begin(int argc, char **argv, char **envp);

/* libc has called main, or what stands in for it; and it has returned. */
PIP_HIDDEN void plugin_main_begins(void);

/* The program ends with that status; the second time does nothing. */
PIP_HIDDEN void plugin_end(int status);

/* The same, as the last event of all. */
PIP_HIDDEN void plugin_end_task(int status);

#endif
