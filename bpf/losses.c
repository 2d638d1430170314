// SPDX-License-Identifier: BSD-2-Clause
/* What a recording has lost, and what it has cost. */
#include <config.h>

#include "losses.h"

#include <inttypes.h>

void losses_print(FILE *file, const struct trace_end *end, bool always)
{
	uint64_t sum = end->lost + end->stopped;

	if (sum + end->kernel_lost != 0 || always)
		fprintf(file, "lost: %" PRIu64 " events of the flight "
			"recorder, %" PRIu64 " of the kernel\n", sum,
			end->kernel_lost);
	if (end->stopped != 0)
		fprintf(file, "      (%" PRIu64 " of them because it stops "
			"when it is full)\n", end->stopped);
	if (end->tail_unknown)
		fprintf(file, "The program ended before its last events could "
			"be read; how many, is\nunknown (reading them needs "
			"CAP_CHECKPOINT_RESTORE).\n");
}

void overhead_print(FILE *file, const struct trace_end *end)
{
	double recorder = (double)(end->events + end->lost) *
			  (double)end->event_ps / 1e12;

	if (end->event_ps != 0)
		fprintf(file, "overhead: flight recorder %.3f s (%" PRIu64
			" events of %.1f ns)\n", recorder,
			end->events + end->lost, (double)end->event_ps / 1e3);
	else
		fprintf(file, "overhead: flight recorder not measured; record "
			"with --overhead\n");
	if (end->kernel_run_ns != 0)
		fprintf(file, "          BPF programs    %.3f s (%" PRIu64
			" events)\n", (double)end->kernel_run_ns / 1e9,
			end->kernel_events + end->kernel_lost);
}
