/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BENCH_RECORDER_LTTNG_H
#define BENCH_RECORDER_LTTNG_H

#include <stdint.h>

/* Is LTTng-UST there, and does a session record its event? */
int recorder_lttng_is_on(void);

/* n events. */
void recorder_lttng_mark(uint64_t n);

#endif
