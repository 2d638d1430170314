/* SPDX-License-Identifier: BSD-2-Clause */
/* From a list of plugins, as PIP_PLUGINS has it, to files. */
#ifndef PIP_PLUGIN_FILES_H
#define PIP_PLUGIN_FILES_H

#include <stddef.h>

#include <pip/pip_plugin.h>

struct plugin_files {
	unsigned count;
	char *paths[PIP_PLUGINS_MAX]; /* absolute; malloc'ed */
	char *list; /* all of them, separated by ':'; malloc'ed */
};

/*
 * Find and check each word of text, which is separated by colons; empty ones
 * count for nothing.  A word with a slash is a path, another one is searched
 * in the directories of library_path (as LD_LIBRARY_PATH; NULL: none).
 * Returns 0, or an errno value with a line in why that names the plugin and
 * the reason, and nothing to free:
 *   ENOENT, EACCES and others of open(2)
 *   ELIBBAD, ELIBEXEC and others of elf_file_read_library()
 *   EINVAL   its path has a blank, a colon or a dollar sign, which the loader
 *            would take for something else; or the same file is named twice
 *   E2BIG    more than PIP_PLUGINS_MAX, or too long a path
 *   ENOMEM
 * Called before libc is initialised, too.
 */
__attribute__((visibility("hidden"), warn_unused_result)) int
plugin_files_find(const char *text, const char *library_path,
		  struct plugin_files *files, char *why, size_t whysize);

__attribute__((visibility("hidden"))) void
plugin_files_free(struct plugin_files *files);

#endif
