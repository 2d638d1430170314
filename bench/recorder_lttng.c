/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "recorder_lttng.h"

#ifdef HAVE_LTTNG_UST

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "recorder_events.h"

int recorder_lttng_is_on(void)
{
	return lttng_ust_tracepoint_enabled(pip_bench, mark);
}

void recorder_lttng_mark(uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		lttng_ust_tracepoint(pip_bench, mark, 7, i);
}

#else

int recorder_lttng_is_on(void)
{
	return 0;
}

void recorder_lttng_mark(uint64_t n)
{
	(void)n;
}

#endif
