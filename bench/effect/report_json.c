// SPDX-License-Identifier: BSD-2-Clause
/* The report of runs as JSON; pip-probe-effect(1) describes it. */
#include <config.h>

#include "effect.h"

#include <jansson.h>
#include <math.h>

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
	json_t *values = json_array(), *comparisons = json_array();

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
	return json_pack(
		"{s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o, s:o, s:o, "
		"s:I, s:I}",
		"name", config->choices[i].name, "n", (json_int_t)sample->n,
		"min", sample->min, "max", sample->max, "median",
		sample->median, "avg", sample->mean, "stddev",
		sample->deviation, "mad", sample->mad, "values", values,
		"comparisons", comparisons, "counted_last_run",
		pack_count(last->counted), "recorded_last_run",
		pack_count(last->recorded), "lost",
		(json_int_t)results->totals[i].lost, "stacks",
		(json_int_t)last->stacks);
}

static json_t *pack_failures(const struct effect_results *results)
{
	json_t *failures = json_array();

	for (size_t i = 0; i < results->nfailures; i++)
		json_array_append_new(
			failures, json_pack("{s:s, s:s}", "name",
					    results->failures[i].name, "reason",
					    results->failures[i].reason));
	return failures;
}

int report_json(FILE *file, const struct effect_config *config,
		const struct effect_results *results)
{
	const struct effect_host *host = &results->host;
	json_t *samples = json_array(), *document;
	int failed;

	for (size_t i = 0; i < results->n; i++)
		json_array_append_new(samples,
				      pack_sample(config, results, i));
	document = json_pack(
		"{s:s, s:i, s:s, s:I, s:i, s:s, s:{s:s, s:s, s:i, s:f, s:f, "
		"s:o}, s:o, s:o}",
		"schema", "pip-probe-effect", "version", 1, "workload",
		config->workload != NULL ? config->workload->name :
					   config->command[0],
		"events", (json_int_t)config->events, "runs",
		(int)config->runs, "unit", results->unit, "host", "kernel",
		host->kernel, "cpu", host->cpu, "cpus", (int)host->cpus,
		"load_before", host->load_before, "load_after",
		host->load_after, "steal_percent",
		host->steal < 0 ? json_null() : json_real(host->steal),
		"samples", samples, "failures", pack_failures(results));
	if (document == NULL) /* a name that is not UTF-8 */
		return -1;
	failed = json_dumpf(document, file, JSON_INDENT(2));
	fputc('\n', file);
	json_decref(document);
	return failed;
}
