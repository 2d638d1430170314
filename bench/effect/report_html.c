// SPDX-License-Identifier: BSD-2-Clause
/* The report of runs as one page that needs nothing else: the values over
 * time, to see what changed meanwhile, a bar each, and the text. */
#include "effect.h"

#include <math.h>
#include <stdlib.h>

#include "../svg.h"

static int write_plot(FILE *file, const struct effect_results *results)
{
	struct svg_series series[EFFECT_INSTRUMENTS_MAX];
	const size_t longest = results_longest(results);
	double *turns = calloc(longest, sizeof(*turns));
	struct svg_plot plot = { .title = "each run, in the order of runs",
				 .x_title = "run", .y_title = results->unit,
				 .series = series, .nseries = results->n };
	double low = INFINITY, high = 0;
	int failed;

	if (turns == NULL)
		return -1;
	for (size_t i = 0; i < longest; i++)
		turns[i] = (double)(i + 1);
	for (size_t i = 0; i < results->n; i++) {
		const struct sample *sample = &results->samples[i];

		series[i] = (struct svg_series){ sample->name, turns,
						 sample->values, sample->n };
		low = fmin(low, sample->min);
		high = fmax(high, sample->max);
	}
	plot.y_logarithmic = low > 0 && high / low > 20;
	failed = svg_write_plot(file, &plot);
	free(turns);
	return failed;
}

/* Boxes from the least to the greatest value, the median marked. */
static void write_bars(FILE *file, const struct effect_results *results)
{
	double high = 0;

	for (size_t i = 0; i < results->n; i++)
		high = fmax(high, results->samples[i].median);
	fputs("<table><tr><th>instrumentation<th>median<th></tr>\n", file);
	for (size_t i = 0; i < results->n; i++) {
		const struct sample *sample = &results->samples[i];

		fputs("<tr><td>", file);
		svg_write_text(file, sample->name);
		fprintf(file, "<td class=n>%.5g<td><span style=\"width:%.1fpx;"
			"background:%s\"></span></tr>\n", sample->median,
			high > 0 ? fmax(1, 420 * sample->median / high) : 1,
			svg_color(i));
	}
	fputs("</table>\n", file);
}

static int write_text(FILE *file, const struct effect_config *config,
		      const struct effect_results *results)
{
	char *text = NULL;
	size_t size = 0;
	FILE *memory = open_memstream(&text, &size);

	if (memory == NULL)
		return -1;
	report_text(memory, config, results);
	if (fclose(memory) != 0)
		return -1;
	fputs("<pre>", file);
	svg_write_text(file, text);
	fputs("</pre>\n", file);
	free(text);
	return 0;
}

int report_html(FILE *file, const struct effect_config *config,
		const struct effect_results *results)
{
	const char *what = config->workload != NULL ? config->workload->name :
			   config->command != NULL  ? config->command[0] :
						      "files of numbers";

	fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	      "<title>Probe effect: ", file);
	svg_write_text(file, what);
	fputs("</title><style>body{font-family:sans-serif;max-width:60em;"
	      "margin:2em auto;padding:0 1em}pre{overflow-x:auto;background:"
	      "#f4f4f4;padding:1em}td,th{text-align:left;padding:.2em 1em "
	      ".2em 0}td.n{text-align:right}span{display:inline-block;height:"
	      "1em}svg{max-width:100%;height:auto}</style></head><body>\n<h1>"
	      "Probe effect: ", file);
	svg_write_text(file, what);
	fputs("</h1>\n", file);
	write_bars(file, results);
	if (write_plot(file, results) != 0 ||
	    write_text(file, config, results) != 0)
		return -1;
	fputs("</body></html>\n", file);
	return 0;
}
