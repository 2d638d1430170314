// SPDX-License-Identifier: BSD-2-Clause
/* Text: one result as the lab has it, several as a table. */
#include "ipc.h"

#include <inttypes.h>

static void print_more(FILE *file, const struct ipc_result *result)
{
	const struct ipc_config *config = &result->config;

	if (config->socket_buffers)
		fprintf(file, "   kernelbuffer: send %ld receive %ld\n",
			result->kernel_send, result->kernel_receive);
	fprintf(file,
		"   sent: %" PRIu64 " bytes in %" PRIu64 " calls, %" PRIu64
		" partial, %" PRIu64 " in vain\n"
		"   received: %" PRIu64 " bytes in %" PRIu64 " calls, %" PRIu64
		" partial, %" PRIu64 " in vain\n",
		result->sender.bytes, result->sender.calls,
		result->sender.partial, result->sender.retries,
		result->receiver.bytes, result->receiver.calls,
		result->receiver.partial, result->receiver.retries);
}

/* The lab's text; what it does not have comes after it. */
void ipc_print_lab(FILE *file, const struct ipc_result *result, bool verbose)
{
	const struct ipc_config *config = &result->config;
	const struct ipc_latency *latency = &result->latency;

	if (verbose) {
		fprintf(file,
			"Benchmark configuration:\n"
			"   buffersize: %" PRIu64 "\n"
			"   totalsize: %" PRIu64 "\n"
			"   blockcount: %" PRIu64 "\n"
			"   mode: %s\n"
			"   ipctype: %s\n"
			"   time: %.9f\n",
			config->buffer_size, config->total_size,
			result->blocks, config->mode->name,
			config->channel->name, result->seconds);
	}
	fprintf(file, "%.2f KBytes/sec\n", result->kbytes_per_second);
	if (verbose)
		print_more(file, result);
	if (config->latency)
		fprintf(file,
			"   latency (us): min %.3f p50 %.3f p90 %.3f p99 %.3f "
			"p99.9 %.3f max %.3f\n",
			(double)latency->min / 1e3, (double)latency->p50 / 1e3,
			(double)latency->p90 / 1e3, (double)latency->p99 / 1e3,
			(double)latency->p999 / 1e3,
			(double)latency->max / 1e3);
	if (config->verify)
		fprintf(file,
			"   verified: %" PRIu64 " bytes, checksum %016" PRIx64
			"\n",
			result->receiver.bytes, result->receiver.checksum);
}

void ipc_print_table(FILE *file, const struct ipc_result *results, size_t n)
{
	bool latency = n > 0 && results[0].config.latency;

	fprintf(file, "%-8s %-7s %11s %14s %9s %9s%s\n", "MODE", "IPC",
		"BUFFERSIZE", "KBYTES/SEC", "SENDS", "RECEIVES",
		latency ? "  P50 US  P99 US" : "");
	for (size_t i = 0; i < n; i++) {
		const struct ipc_result *result = &results[i];

		fprintf(file, "%-8s %-7s %11" PRIu64 " %14.2f %9" PRIu64
			" %9" PRIu64, result->config.mode->name,
			result->config.channel->name,
			result->config.buffer_size, result->kbytes_per_second,
			result->sender.calls, result->receiver.calls);
		if (latency)
			fprintf(file, " %7.1f %7.1f",
				(double)result->latency.p50 / 1e3,
				(double)result->latency.p99 / 1e3);
		fputc('\n', file);
	}
}
