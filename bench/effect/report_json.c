// SPDX-License-Identifier: BSD-2-Clause
/* The report of runs as JSON; pip-probe-effect(1) describes it. */
#include <config.h>

#include "effect.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A name that is not UTF-8 is still to be told from others. */
static json_t *pack_text(const char *text)
{
	json_t *packed = json_string(text);
	char *copy;

	if (packed != NULL)
		return packed;
	copy = strdup(text);
	for (char *at = copy; at != NULL && *at != '\0'; at++)
		if ((unsigned char)*at >= 0x80)
			*at = '?';
	packed = json_string(copy);
	free(copy);
	return packed;
}

/* JSON has no NaN. */
static json_t *pack_real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *pack_comparison(const struct comparison *result)
{
	return json_pack(
		"{s:f, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"confidence", result->confidence, "proven", result->proven,
		"difference", pack_real(result->difference), "margin",
		pack_real(result->margin), "relative_percent",
		pack_real(result->relative), "relative_margin_percent",
		pack_real(result->relative_margin), "t", pack_real(result->t),
		"pooled_deviation", pack_real(result->pooled), "p",
		pack_real(result->p), "smallest_provable",
		pack_real(result->smallest), "bootstrap_low",
		pack_real(result->bootstrap_low), "bootstrap_high",
		pack_real(result->bootstrap_high));
}

static json_t *pack_count(uint64_t count)
{
	return count == EFFECT_UNKNOWN ? json_null() :
					 json_integer((json_int_t)count);
}

static json_t *pack_sample(const struct effect_config *config,
			   const struct effect_results *results, size_t i)
{
	const struct sample *sample = &results->samples[i];
	const struct effect_run *last = &results->last[i];
	json_t *values = json_array(), *comparisons = json_array(), *packed;

	for (size_t k = 0; k < sample->n; k++)
		json_array_append_new(values, pack_real(sample->values[k]));
	for (size_t k = 0; i > 0 && k < config->style.nconfidences; k++) {
		struct comparison result =
			sample_compare(&results->samples[0], sample,
				       config->style.confidences[k]);

		if (result.possible)
			json_array_append_new(comparisons,
					      pack_comparison(&result));
	}
	packed = json_pack(
		"{s:o, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "name",
		pack_text(sample->name), "n", (json_int_t)sample->n, "min",
		sample->min, "max", sample->max, "median", sample->median,
		"avg", sample->mean, "stddev", sample->deviation, "mad",
		sample->mad, "values", values, "comparisons", comparisons);
	if (config->nfiles == 0)
		json_object_update_new(
			packed,
			json_pack("{s:o, s:o, s:I, s:I}", "counted_last_run",
				  pack_count(last->counted),
				  "recorded_last_run",
				  pack_count(last->recorded), "lost",
				  (json_int_t)results->totals[i].lost,
				  "stacks", (json_int_t)last->stacks));
	return packed;
}

static json_t *pack_failures(const struct effect_results *results)
{
	json_t *failures = json_array();

	for (size_t i = 0; i < results->nfailures; i++)
		json_array_append_new(
			failures,
			json_pack("{s:o, s:o}", "name",
				  pack_text(results->failures[i].name), "reason",
				  pack_text(results->failures[i].reason)));
	return failures;
}

/* What there is of runs only. */
static json_t *pack_runs(const struct effect_config *config,
			 const struct effect_results *results)
{
	const struct effect_host *host = &results->host;

	return json_pack(
		"{s:o, s:I, s:i, s:s, s:{s:s, s:s, s:i, s:f, s:f, s:o}, s:o}",
		"workload",
		pack_text(config->workload != NULL ? config->workload->name :
						     config->command[0]),
		"events", (json_int_t)config->events, "runs",
		(int)config->runs, "unit", results->unit, "host", "kernel",
		host->kernel, "cpu", host->cpu, "cpus", (int)host->cpus,
		"load_before", host->load_before, "load_after",
		host->load_after, "steal_percent",
		host->steal < 0 ? json_null() : json_real(host->steal),
		"failures", pack_failures(results));
}

int report_json(FILE *file, const struct effect_config *config,
		const struct effect_results *results)
{
	json_t *samples = json_array(), *document;
	int failed;

	for (size_t i = 0; i < results->n; i++)
		json_array_append_new(samples,
				      pack_sample(config, results, i));
	document = json_pack("{s:s, s:i, s:o}", "schema", "pip-probe-effect",
			     "version", 1, "samples", samples);
	if (config->nfiles == 0 &&
	    json_object_update_new(document, pack_runs(config, results)) != 0) {
		json_decref(document);
		document = NULL;
	}
	if (document == NULL) {
		errno = ENOMEM;
		return -1;
	}
	failed = json_dumpf(document, file, JSON_INDENT(2));
	fputc('\n', file);
	json_decref(document);
	return failed;
}
