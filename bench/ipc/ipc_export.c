// SPDX-License-Identifier: BSD-2-Clause
/* Results for other programs: CSV, JSON, and a plot. */
#include <config.h>

#include "ipc.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "../svg.h"

int ipc_write_csv(FILE *file, const struct ipc_result *results, size_t n)
{
	fputs("mode,ipctype,buffersize,totalsize,blockcount,seconds,"
	      "kbytes_per_second,sends,receives,partial_sends,"
	      "partial_receives,vain_sends,vain_receives,send_buffer,"
	      "receive_buffer,latency_min_ns,latency_p50_ns,latency_p90_ns,"
	      "latency_p99_ns,latency_p999_ns,latency_max_ns\n", file);
	for (size_t i = 0; i < n; i++) {
		const struct ipc_result *r = &results[i];
		const uint64_t numbers[] = {
			r->sender.calls, r->receiver.calls, r->sender.partial,
			r->receiver.partial, r->sender.retries,
			r->receiver.retries, (uint64_t)r->kernel_send,
			(uint64_t)r->kernel_receive, r->latency.min,
			r->latency.p50, r->latency.p90, r->latency.p99,
			r->latency.p999, r->latency.max };

		fprintf(file, "%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64
			",%.9f,%.2f", r->config.mode->name,
			r->config.channel->name, r->config.buffer_size,
			r->config.total_size, r->blocks, r->seconds,
			r->kbytes_per_second);
		for (size_t k = 0; k < sizeof(numbers) / sizeof(*numbers); k++)
			fprintf(file, ",%" PRIu64, numbers[k]);
		fputc('\n', file);
	}
	return 0;
}

static json_t *pack_side(const struct ipc_side *side)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I}", "bytes",
			 (json_int_t)side->bytes, "calls",
			 (json_int_t)side->calls, "partial",
			 (json_int_t)side->partial, "in_vain",
			 (json_int_t)side->retries, "waits",
			 (json_int_t)side->waits);
}

static json_t *pack_latency(const struct ipc_latency *latency)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "min",
			 (json_int_t)latency->min, "p50",
			 (json_int_t)latency->p50, "p90",
			 (json_int_t)latency->p90, "p99",
			 (json_int_t)latency->p99, "p99.9",
			 (json_int_t)latency->p999, "max",
			 (json_int_t)latency->max);
}

static json_t *pack_result(const struct ipc_result *r)
{
	const struct ipc_config *config = &r->config;
	char checksum[17];
	json_t *object = json_pack(
		"{s:s, s:s, s:I, s:I, s:I, s:f, s:f, s:b, s:b, s:b, s:o, s:o}",
		"mode", config->mode->name, "ipctype", config->channel->name,
		"buffersize", (json_int_t)config->buffer_size, "totalsize",
		(json_int_t)config->total_size, "blockcount",
		(json_int_t)r->blocks, "seconds", r->seconds,
		"kbytes_per_second", r->kbytes_per_second, "bare",
		config->bare, "touched", config->touch || config->verify,
		"verified", config->verify, "sender", pack_side(&r->sender),
		"receiver", pack_side(&r->receiver));

	if (!config->channel->memory)
		json_object_set_new(object, "kernel_buffers",
				    json_pack("{s:I, s:I}", "send",
					      (json_int_t)r->kernel_send,
					      "receive",
					      (json_int_t)r->kernel_receive));
	if (config->latency)
		json_object_set_new(object, "latency_ns",
				    pack_latency(&r->latency));
	if (config->verify) {
		snprintf(checksum, sizeof(checksum), "%016" PRIx64,
			 r->receiver.checksum);
		json_object_set_new(object, "checksum", json_string(checksum));
	}
	return object;
}

int ipc_write_json(FILE *file, const struct ipc_result *results, size_t n)
{
	json_t *array = json_array();
	json_t *document = json_pack("{s:s, s:i, s:o}", "schema", "pip-ipc",
				     "version", 1, "results", array);
	int failed;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(array, pack_result(&results[i]));
	failed = json_dumpf(document, file, JSON_INDENT(2));
	fputc('\n', file);
	json_decref(document);
	return failed;
}

static bool is_same_line(const struct ipc_result *a, const struct ipc_result *b)
{
	return a->config.mode == b->config.mode &&
	       a->config.channel == b->config.channel;
}

int ipc_write_svg(FILE *file, const struct ipc_result *results, size_t n,
		  enum ipc_plotter plotter)
{
	struct svg_series *series = calloc(n + 1, sizeof(*series));
	char (*names)[32] = calloc(n + 1, sizeof(*names));
	double *x = calloc(n + 1, sizeof(*x)), *y = calloc(n + 1, sizeof(*y));
	struct svg_plot plot = { .title = "IPC throughput",
				 .x_title = "buffersize, bytes",
				 .y_title = "KBytes/sec",
				 .x_powers_of_2 = true, .y_logarithmic = true,
				 .series = series };
	int failed = -1;

	if (series == NULL || names == NULL || x == NULL || y == NULL)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct svg_series *line;

		x[i] = (double)results[i].config.buffer_size;
		y[i] = results[i].kbytes_per_second;
		if (i == 0 || !is_same_line(&results[i - 1], &results[i])) {
			line = &series[plot.nseries];
			snprintf(names[plot.nseries], sizeof(*names), "%s %s",
				 results[i].config.mode->name,
				 results[i].config.channel->name);
			*line = (struct svg_series){ names[plot.nseries], x + i,
						     y + i, 0 };
			plot.nseries++;
		}
		series[plot.nseries - 1].n++;
	}
	if (plotter != IPC_PLOT_OWN)
		failed = svg_write_gnuplot(file, &plot);
	if (failed && plotter == IPC_PLOT_GNUPLOT)
		fprintf(stderr, "pip-ipc: gnuplot has failed, or is not "
			"installed: --plotter=own needs none\n");
	else if (failed)
		failed = svg_write_plot(file, &plot);
out:
	free(series);
	free(names);
	free(x);
	free(y);
	return failed;
}
