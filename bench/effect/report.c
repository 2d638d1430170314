// SPDX-License-Identifier: BSD-2-Clause
/* The report of runs: text and CSV. */
#include "effect.h"

#include <inttypes.h>
#include <string.h>

static void print_head(FILE *file, const struct effect_config *config,
		       const struct effect_results *results)
{
	static const char *const measures[] = { "wall", "user", "system",
						"cpu" };
	const struct effect_host *host = &results->host;

	if (config->workload != NULL)
		fprintf(file, "workload: %s%s%.50s\n", config->workload->name,
			config->options != NULL ? " " : "",
			config->options != NULL ? config->options : "");
	else
		fprintf(file, "command: %.60s\n", config->command[0]);
	fprintf(file, "runs: %u each, in turns", config->runs);
	if (config->workload != NULL)
		fprintf(file, ", of %" PRIu64 " events (%s)", config->events,
			config->workload->event);
	fprintf(file, "\nhost: %.74s\ncpus: %ld, %.68s\nload: %.2f before, "
		"%.2f after", host->kernel, host->cpus, host->cpu,
		host->load_before, host->load_after);
	if (host->steal >= 0)
		fprintf(file, ", steal %.1f %%", host->steal);
	fprintf(file, "\nunit: %s (%s time)\n\n", results->unit,
		measures[config->measure]);
}

static void print_counts(FILE *file, const struct effect_config *config,
			 const struct effect_results *results)
{
	for (size_t i = 0; i < results->n; i++) {
		const struct effect_run *last = &results->last[i],
					*total = &results->totals[i];
		const struct effect_instrument *instrument =
			config->choices[i].instrument;

		fprintf(file, "%c %s: ", plot_symbol(i),
			config->choices[i].name);
		if (config->events != 0)
			fprintf(file, "%" PRIu64 " events", total->events);
		else
			fputs("events unknown", file);
		if (last->counted != EFFECT_UNKNOWN)
			fprintf(file, ", counted %" PRIu64 "%s", total->counted,
				instrument->counts && config->events != 0 ?
					" (exact)" : "");
		if (instrument->records && last->recorded != EFFECT_UNKNOWN)
			fprintf(file, ", recorded %" PRIu64, total->recorded);
		if (last->stacks != 0)
			fprintf(file, ", %" PRIu64 " stacks", last->stacks);
		if (last->counted != EFFECT_UNKNOWN)
			fprintf(file, ", lost %" PRIu64, total->lost);
		fputc('\n', file);
	}
}

static void print_failures(FILE *file, const struct effect_results *results)
{
	for (size_t i = 0; i < results->nfailures; i++)
		fprintf(file, "%s has failed, and is left out:\n  %s\n",
			results->failures[i].name, results->failures[i].reason);
}

static void print_least(FILE *file, bool known, double least)
{
	if (known)
		fprintf(file, " %9.3g", least);
	else
		fprintf(file, " %9s", "-");
}

/* LEAST: what these runs could have shown at least. */
static void print_summary(FILE *file, const struct effect_config *config,
			  const struct effect_results *results)
{
	const struct sample *reference = &results->samples[0];

	fprintf(file, "\n%-16s %10s %10s %8s %9s  %s\n", "INSTRUMENTATION",
		"MEDIAN", "ADDS", "RATIO", "LEAST", "VERDICT");
	for (size_t i = 0; i < results->n; i++) {
		const struct sample *sample = &results->samples[i];
		struct comparison result = sample_compare(
			reference, sample, config->style.confidences[0]);
		double adds = sample->median - reference->median;

		fprintf(file, "%-16.16s %10.5g %10.4g %8.3f",
			config->choices[i].name, sample->median,
			i == 0 ? 0 : adds, sample->median / reference->median);
		print_least(file, i == 0 || result.possible,
			    i == 0 ? 0 : result.smallest);
		fprintf(file, "  %s\n",
			i == 0 ? "reference" :
			!result.possible ? "too few runs" :
			result.proven ? "different" : "no difference proven");
	}
}

void report_text(FILE *file, const struct effect_config *config,
		 const struct effect_results *results)
{
	if (config->nfiles > 0) {
		report_samples(file, results->samples, results->n,
			       &config->style);
		return;
	}
	print_head(file, config, results);
	report_samples(file, results->samples, results->n, &config->style);
	fputc('\n', file);
	print_counts(file, config, results);
	print_failures(file, results);
	print_summary(file, config, results);
}

size_t results_longest(const struct effect_results *results)
{
	size_t longest = 0;

	for (size_t i = 0; i < results->n; i++)
		if (results->samples[i].n > longest)
			longest = results->samples[i].n;
	return longest;
}

/* RFC 4180: in quotes, those in it doubled, if it could be taken for more than
 * one field. */
static void write_field(FILE *file, const char *text)
{
	if (text[strcspn(text, ",\"\r\n")] == '\0') {
		fputs(text, file);
		return;
	}
	fputc('"', file);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			fputc('"', file);
		fputc(*text, file);
	}
	fputc('"', file);
}

int report_csv(FILE *file, const struct effect_config *config,
	       const struct effect_results *results)
{
	if (config->nfiles > 0)
		fputs("file,number,value\n", file);
	else
		fprintf(file, "instrumentation,run,%s\n",
			config->events != 0 ? "ns_per_event" : "seconds");
	for (size_t run = 0; run < results_longest(results); run++)
		for (size_t i = 0; i < results->n; i++) {
			const struct sample *sample = &results->samples[i];

			if (run >= sample->n) /* files are not equally long */
				continue;
			write_field(file, sample->name);
			fprintf(file, ",%zu,%.15g\n", run + 1,
				sample->values[run]);
		}
	return 0;
}
