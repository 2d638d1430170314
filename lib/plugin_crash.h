/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin that crashes is reported by name: when a hook is being called, or
 * when it happens in code of the plugin.  For that there are handlers of the
 * signals of a crash, where the program has none.
 */
#ifndef PIP_PLUGIN_CRASH_H
#define PIP_PLUGIN_CRASH_H

#include <signal.h>

#include "root.h"

/* If there are plugins: set the handlers.  In thread mode the root's are those
 * of exception.c, which ask slot->plugin_crash. */
PIP_HIDDEN void plugin_crash_start(void);

/* Take them away where they are still ours: others do the same. */
PIP_HIDDEN void plugin_crash_stop(void);

/* In a signal handler: say which plugin it is, if it is one. */
PIP_HIDDEN void plugin_crash_report(int sig, const siginfo_t *info,
				    const void *context);

#endif
