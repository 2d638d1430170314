// SPDX-License-Identifier: BSD-2-Clause
/* Samples, and comparing them: Student's t test with a pooled deviation, as
 * ministat does it, and a bootstrap that assumes no distribution. */
#include "statistics.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RESAMPLES 4000

bool sample_add(struct sample *sample, double value)
{
	if (sample->n == sample->capacity) {
		size_t capacity = sample->capacity * 2 + 16;
		double *values = reallocarray(sample->values, capacity,
					      sizeof(*values));

		if (values == NULL)
			return false;
		sample->values = values;
		sample->capacity = capacity;
	}
	sample->values[sample->n++] = value;
	return true;
}

void sample_free(struct sample *sample)
{
	free(sample->values);
	free(sample->sorted);
	sample->values = sample->sorted = NULL;
	sample->n = sample->capacity = 0;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double sort_for_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return n % 2 != 0 ? values[n / 2] :
			    (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Welford's way: no difference of large sums. */
static void find_moments(struct sample *sample)
{
	double mean = 0, squares = 0;

	for (size_t i = 0; i < sample->n; i++) {
		double from_mean = sample->values[i] - mean;

		mean += from_mean / (double)(i + 1);
		squares += from_mean * (sample->values[i] - mean);
	}
	sample->mean = mean;
	sample->deviation =
		sample->n > 1 ? sqrt(squares / (double)(sample->n - 1)) : 0;
}

bool sample_finish(struct sample *sample)
{
	size_t size = sample->n * sizeof(double);
	double *away;

	if (sample->n == 0)
		return true;
	free(sample->sorted);
	sample->sorted = malloc(size);
	away = malloc(size);
	if (away == NULL || sample->sorted == NULL) {
		free(away);
		return false;
	}
	memcpy(sample->sorted, sample->values, sample->n * sizeof(double));
	sample->median = sort_for_median(sample->sorted, sample->n);
	sample->min = sample->sorted[0];
	sample->max = sample->sorted[sample->n - 1];
	find_moments(sample);
	for (size_t i = 0; i < sample->n; i++)
		away[i] = fabs(sample->values[i] - sample->median);
	sample->mad = sort_for_median(away, sample->n);
	free(away);
	return true;
}

/* xorshift64* (Vigna 2016).  The seed is always the same: the same values give
 * the same interval. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* From 0 to 1, neither of them. */
static double draw_uniform(uint64_t *state)
{
	return ((double)(next_random(state) >> 12) + 0.5) / 0x1p52;
}

/* The sum of as many exponential variates (Marsaglia and Tsang 2000). */
static double draw_gamma(double shape, uint64_t *state)
{
	const double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);

	for (;;) {
		double x = sqrt(-2 * log(draw_uniform(state))) *
			   cos(2 * M_PI * draw_uniform(state)); /* Box-Muller */
		double v = 1 + c * x;

		v *= v * v;
		if (v > 0 && log(draw_uniform(state)) <
				     x * x / 2 + d * (1 - v + log(v)))
			return d * v;
	}
}

static double pick(const struct sample *sample, double uniform)
{
	size_t i = (size_t)(uniform * (double)sample->n);

	return sample->sorted[i < sample->n ? i : sample->n - 1];
}

/*
 * The median of n values that are drawn with replacement, without drawing
 * them: n uniform variates in order are the partial sums of n + 1 exponential
 * ones over their whole (Devroye 1986, V.2), so those in the middle are drawn
 * alone.  A hundred thousand values take no longer than ten.
 */
static double resample_median(const struct sample *sample, uint64_t *state)
{
	size_t lower = (sample->n + 1) / 2; /* counted from one */
	size_t upper = sample->n / 2 + 1;
	double below = draw_gamma((double)lower, state);
	double between = upper > lower ? draw_gamma(1, state) : 0;
	double whole = below + between +
		       draw_gamma((double)(sample->n + 1 - upper), state);
	double median = pick(sample, below / whole);

	if (upper == lower)
		return median;
	return (median + pick(sample, (below + between) / whole)) / 2;
}

static void bootstrap(const struct sample *reference,
		      const struct sample *sample, struct comparison *result)
{
	double *differences = malloc(RESAMPLES * sizeof(*differences));
	double tail = (1 - result->confidence) / 2;
	uint64_t state = 88172645463325252ull;

	result->bootstrap_low = result->bootstrap_high = NAN;
	if (differences != NULL) {
		for (int i = 0; i < RESAMPLES; i++) {
			double before = resample_median(reference, &state);

			differences[i] = resample_median(sample, &state) -
					 before;
		}
		qsort(differences, RESAMPLES, sizeof(*differences),
		      compare_doubles);
		result->bootstrap_low = differences[(int)(tail * RESAMPLES)];
		result->bootstrap_high =
			differences[RESAMPLES - 1 - (int)(tail * RESAMPLES)];
	}
	free(differences);
}

struct comparison sample_compare(const struct sample *reference,
				 const struct sample *sample,
				 double confidence)
{
	struct comparison result = { .confidence = confidence };
	double n = (double)reference->n, m = (double)sample->n, variance, error;

	if (reference->n < 2 || sample->n < 2)
		return result;
	result.possible = true;
	result.freedom = n + m - 2;
	/* Published tables have three decimals, and ministat has such a
	 * table: the same digits come out. */
	result.t = round(student_quantile(confidence, result.freedom) * 1e3) /
		   1e3;
	variance = ((n - 1) * reference->deviation * reference->deviation +
		    (m - 1) * sample->deviation * sample->deviation) /
		   result.freedom;
	result.pooled = sqrt(variance);
	error = result.pooled * sqrt(1 / n + 1 / m);
	result.difference = sample->mean - reference->mean;
	result.margin = result.smallest = result.t * error;
	result.relative = result.difference * 100 / reference->mean;
	result.relative_margin = result.margin * 100 / reference->mean;
	result.proven = fabs(result.difference) > result.margin;
	result.p = error > 0 ? student_two_sided(result.difference / error,
						 result.freedom) :
			       (result.difference == 0 ? 1 : 0);
	bootstrap(reference, sample, &result);
	return result;
}
