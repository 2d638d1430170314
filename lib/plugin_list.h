/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugins that were loaded with this copy of libpip. */
#ifndef PIP_PLUGIN_LIST_H
#define PIP_PLUGIN_LIST_H

#include "plugin.h"

typedef void (*plugin_hook)(pip_event_t event, pip_event_data_t *data);

struct plugin {
	char name[PIP_PLUGIN_NAME_MAX + 1];
	const char *path;
	plugin_hook hook; /* NULL: it only has wrapper functions */
	uint64_t low, high; /* where it is mapped */
};

/* In the order in which they were named. */
PIP_HIDDEN extern struct plugin plugin_list[PIP_PLUGINS_MAX];
PIP_HIDDEN extern unsigned plugin_count;

/* The hook that the calling thread is in; false: it is in none.  stack_pointer:
 * where a signal has interrupted it. */
PIP_HIDDEN bool plugin_find_active(uint64_t stack_pointer, unsigned *number,
				   pip_event_t *event);

#endif
