/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting a program again with its plugins in LD_PRELOAD, before anything of
 * it has run; and what the environment carries from a program to one that it
 * executes.
 */
#ifndef PIP_PLUGIN_RESTART_H
#define PIP_PLUGIN_RESTART_H

#include "root.h"

/* Returns if that cannot be. */
PIP_HIDDEN void plugin_restart(const char *list, char **argv, char **envp);

/* Was this just done?  Then the environment gets as it was. */
PIP_HIDDEN bool plugin_restart_undo(char **envp);

/* Was this program executed by one that had plugins?  Then that is no longer
 * in the environment. */
PIP_HIDDEN bool plugin_restart_was_executed(char **envp);

/* When libc has started, but nothing of the program: make environ new, without
 * repetitions.  envp: as the program was given it, with the auxiliary vector
 * behind it, which gets a copy, too; NULL: not known. */
PIP_HIDDEN void plugin_restart_tidy(char **envp);

/* All of that is of no concern here. */
PIP_HIDDEN void plugin_restart_forget(char **envp);

/* The same environment with a word about who executes the program; room has
 * place for count + 2 pointers, text for a small string. */
#define PLUGIN_RESTART_TEXT 48
PIP_HIDDEN char *const *plugin_restart_announce(char *const *envp, size_t count,
						char **room, char *text);

/* A variable's value, before getenv(3) works; NULL: it is not set. */
PIP_HIDDEN const char *plugin_restart_variable(char *const *envp,
					       const char *name);

#endif
