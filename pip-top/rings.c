// SPDX-License-Identifier: BSD-2-Clause
/* Switches of kernel threads, wherever they come from. */
#include <config.h>

#include "top.h"
#include "recording.h"

#include <stdlib.h>
#include <string.h>

void switches_free(struct top_switches *switches)
{
	size_t i;

	for (i = 0; i < switches->nrings; i++)
		free(switches->ring[i].at);
	free(switches->ring);
	memset(switches, 0, sizeof(*switches));
}

struct top_switches switches_copy(const struct top_switches *from)
{
	struct top_switches to = { .problem = from->problem,
				   .nrings = from->nrings };
	size_t i;

	to.ring = calloc(from->nrings + 1, sizeof(*to.ring));
	if (!to.ring)
		pips_fail("out of memory");
	for (i = 0; i < from->nrings; i++) {
		size_t size = from->ring[i].count * sizeof(*to.ring->at);

		to.ring[i] = from->ring[i];
		to.ring[i].at = malloc(size + 1);
		if (!to.ring[i].at)
			pips_fail("out of memory");
		if (size)
			memcpy(to.ring[i].at, from->ring[i].at, size);
	}
	return to;
}
