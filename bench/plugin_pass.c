/* SPDX-License-Identifier: BSD-2-Clause */
/* A plugin that only passes on; compiled under several names. */
#include <strings.h>

#include <pip/pip_plugin.h>

PIP_PLUGIN(PLUGIN_NAME);

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	PIP_NEXT_EVENT_HOOK(event, data);
}

int ffs(int word)
{
	return NEXT_FNC(ffs)(word);
}
