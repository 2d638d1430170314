// SPDX-License-Identifier: BSD-2-Clause
/* pip-effect-lttng.so: an LTTng-UST event.  load_lttng.c opens it. */
#include <stdint.h>

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng_events.h"

int effect_lttng_is_on(void);
void effect_lttng_event(uint64_t value);

int effect_lttng_is_on(void)
{
	return lttng_ust_tracepoint_enabled(pip_effect, event);
}

void effect_lttng_event(uint64_t value)
{
	lttng_ust_tracepoint(pip_effect, event, value);
}
