/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plugins, as the rest of libpip sees them: something happens, and they are
 * told.  Each copy of libpip, the root's and each task's, calls the hooks of
 * the plugins that were loaded with it.
 */
#ifndef PIP_PLUGIN_PRIVATE_H
#define PIP_PLUGIN_PRIVATE_H

#include <pip/pip_plugin.h>

#include "root.h"

/* Are there hooks to be called?  In blt.c, in the cache line that pip_yield()
 * and the like read anyway. */
PIP_HIDDEN extern bool plugin_has_hooks;

/* For what only has to be prepared if there are plugins: one branch that is
 * predicted where there are none. */
static inline bool plugin_is_active(void)
{
	return __builtin_expect(plugin_has_hooks, 0);
}

/* Call the hooks.  By a thread that has a thread pointer of this libpip's
 * libc; not while a lock of libpip is held. */
PIP_HIDDEN void plugin_call_hooks(pip_event_t event, pip_event_data_t *data);

/*
 * Tell the plugins.  What the event has to say is in data, whose size, event
 * and pipid are filled in here; NULL: nothing.  errno is left alone.
 */
static inline void plugin_raise(pip_event_t event, pip_event_data_t *data)
{
	if (plugin_is_active())
		plugin_call_hooks(event, data);
}

#endif
