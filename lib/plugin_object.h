/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin that is loaded: what it is called, and what it can. */
#ifndef PIP_PLUGIN_OBJECT_H
#define PIP_PLUGIN_OBJECT_H

#include "plugin_list.h"

/*
 * Learn about the plugin behind path, which the loader has loaded; may_load:
 * load it now if it has not; check_functions: look whether all that it calls is
 * there.  Returns 0, or with a line in why
 *   ELIBACC  it is not loaded, or a function is missing
 *   ELIBBAD  it is for another version, or says no proper name
 */
PIP_HIDDEN PIP_CHECKED int
plugin_object_read(const char *path, bool may_load, bool check_functions,
		   struct plugin *plugin, char *why, size_t whysize);

/* Has the loader loaded it? */
PIP_HIDDEN bool plugin_object_is_loaded(const char *path);

#endif
