/* SPDX-License-Identifier: BSD-2-Clause */
/* Started with three plugins and the recorder on: each call of a hook has its
 * two records.  plugin-observe.sh starts it. */
#include "recorder-check.h"

#include <pip/pip_plugin.h>

#define SIGNALS 23
#define PLUGINS 3

static uint64_t count(const struct recorder_view *view, int plugin, int what,
		      pip_event_t event)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < 2 * view->header.nkernel; i++) {
		struct recorder_ring ring;

		CHECK(recorder_read(view, i, &ring));
		for (uint64_t k = 0; k < ring.count; k++) {
			const struct pip_record *record = &ring.records[k];

			n += record->event == what && record->other == plugin &&
			     record->pipid == PIP_PIPID_ROOT &&
			     record->argument == (uint64_t)event;
		}
		free(ring.records);
	}
	return n;
}

int main(void)
{
	struct recorder_view view;
	int ntasks = 1;

	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	for (int i = 0; i < SIGNALS; i++)
		CHECK_ERROR(pip_kill(PIP_PIPID_MYSELF, 0), 0);
	recorder_open_own(&view);
	for (int i = 0; i < PLUGINS; i++)
		for (int what = PIP_EVENT_PLUGIN_BEGIN;
		     what <= PIP_EVENT_PLUGIN_END; what++) {
			CHECK_INT(count(&view, i, what,
					PIP_PLUGIN_EVENT_SIGNAL), SIGNALS);
			CHECK_INT(count(&view, i, what,
					PIP_PLUGIN_EVENT_ROOT_INIT), 1);
		}
	CHECK_INT(count(&view, PLUGINS, PIP_EVENT_PLUGIN_BEGIN,
			PIP_PLUGIN_EVENT_SIGNAL), 0);
	return check_failures != 0;
}
