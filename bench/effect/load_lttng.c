// SPDX-License-Identifier: BSD-2-Clause
/*
 * LTTng-UST comes with threads of its own, so it is not linked in but opened,
 * and only where it is what is measured: EFFECT_LTTNG names the module.  Each
 * task has a copy of its own, which registers with the session daemon by itself.
 */
#include "load.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 10000000
#define POLLS 12000 /* two minutes */
#define SETTLE_POLLS 5

void (*load_lttng_event)(uint64_t value);

static int (*is_on)(void);

int load_lttng_open(void)
{
	const char *file = getenv(EFFECT_LTTNG);
	void *module;

	if (file == NULL)
		return 0;
	module = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	if (module != NULL) {
		/* ISO C knows no conversion of these. */
		*(void **)&load_lttng_event = dlsym(module, "effect_lttng_event");
		*(void **)&is_on = dlsym(module, "effect_lttng_is_on");
	}
	if (module != NULL && load_lttng_event != NULL && is_on != NULL)
		return 0;
	fprintf(stderr, "pip-probe-effect: %s\n", dlerror());
	return -1;
}

void load_lttng_wait(void)
{
	const struct timespec nap = { .tv_nsec = POLL_NS };
	int n = 0;

	if (is_on == NULL)
		return;
	while (!is_on() && n++ < POLLS)
		nanosleep(&nap, NULL);
	if (!is_on()) {
		fprintf(stderr, "pip-probe-effect: LTTng-UST does not switch "
			"its event on\n");
		_exit(3);
	}
	/* The daemon tells one process after the other. */
	for (n = 0; n < SETTLE_POLLS; n++)
		nanosleep(&nap, NULL);
}
