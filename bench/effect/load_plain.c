// SPDX-License-Identifier: BSD-2-Clause
/* A workload without tasks: malloc().  Each event passes a probe of this program,
 * pip_effect:malloc. */
#include <config.h>

#include "load.h"

#include <stdlib.h>

#ifdef HAVE_SYS_SDT_H
/* Arguments in registers: others make some tracers refuse the probe. */
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#else
#define STAP_PROBE1(provider, name, argument) ((void)(argument))
#endif

int load_play_malloc(uint64_t events)
{
	uint64_t done = 0;

	load_begin();
	for (uint64_t i = 0; i < events; i++) {
		char *volatile block = malloc(16 + i % 256);

		STAP_PROBE1(pip_effect, malloc, block);
		load_mark(i);
		done += block != NULL;
		free(block);
	}
	load_end(done);
	return done == events ? 0 : 3;
}
