/* SPDX-License-Identifier: BSD-2-Clause */
/* Samples, and what two of them say about each other. */
#ifndef PIP_EFFECT_STATISTICS_H
#define PIP_EFFECT_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sample {
	const char *name;
	double *values; /* in the order in which they were taken */
	double *sorted;
	size_t n, capacity;
	double min, max, median, mean, deviation, mad;
};

/* False: no memory. */
bool sample_add(struct sample *sample, double value);
/* To be called when all are there, before anything else looks. */
bool sample_finish(struct sample *sample);
void sample_free(struct sample *sample);

/* The second sample against the first, the reference. */
struct comparison {
	bool possible; /* two values each at least */
	bool proven;
	double confidence; /* 0.95 */
	double t, freedom, pooled;
	double difference, margin;            /* of the means */
	double relative, relative_margin;     /* per cent of the reference */
	double smallest;                      /* that could have been shown */
	double p;                             /* two-sided */
	double bootstrap_low, bootstrap_high; /* of the medians' difference */
};

struct comparison sample_compare(const struct sample *reference,
				 const struct sample *sample,
				 double confidence);

/* The t that P(|T| <= t) is the confidence for. */
double student_quantile(double confidence, double freedom);
double student_two_sided(double t, double freedom);

/* plot.c: the distributions as ministat draws them, in so many columns. */
void plot_samples(FILE *file, const struct sample *samples, size_t n,
		  int width, bool separate_bars);
char plot_symbol(size_t number);

/* report_text.c: ministat's table and verdicts. */
#define CONFIDENCES_MAX 8
struct style {
	int width;
	bool plot, separate_bars, more;
	double confidences[CONFIDENCES_MAX];
	size_t nconfidences;
};
void report_samples(FILE *file, const struct sample *samples, size_t n,
		    const struct style *style);

#endif
