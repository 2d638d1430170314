// SPDX-License-Identifier: BSD-2-Clause
/* pip-probe-effect's statistics against published figures: a table of Student's
 * t, and the report of the lecture that the tool follows. */
#include "../bench/effect/statistics.h"

#include <math.h>

#include "check.h"

/* Two-sided, as statistics textbooks have them. */
static const double levels[] = { 0.80, 0.90, 0.95, 0.98, 0.99 };
static const struct {
	double freedom, t[5];
} table[] = {
	{ 1, { 3.078, 6.314, 12.706, 31.821, 63.657 } },
	{ 2, { 1.886, 2.920, 4.303, 6.965, 9.925 } },
	{ 3, { 1.638, 2.353, 3.182, 4.541, 5.841 } },
	{ 4, { 1.533, 2.132, 2.776, 3.747, 4.604 } },
	{ 5, { 1.476, 2.015, 2.571, 3.365, 4.032 } },
	{ 6, { 1.440, 1.943, 2.447, 3.143, 3.707 } },
	{ 7, { 1.415, 1.895, 2.365, 2.998, 3.499 } },
	{ 8, { 1.397, 1.860, 2.306, 2.896, 3.355 } },
	{ 9, { 1.383, 1.833, 2.262, 2.821, 3.250 } },
	{ 10, { 1.372, 1.812, 2.228, 2.764, 3.169 } },
	{ 15, { 1.341, 1.753, 2.131, 2.602, 2.947 } },
	{ 18, { 1.330, 1.734, 2.101, 2.552, 2.878 } },
	{ 20, { 1.325, 1.725, 2.086, 2.528, 2.845 } },
	{ 30, { 1.310, 1.697, 2.042, 2.457, 2.750 } },
	{ 40, { 1.303, 1.684, 2.021, 2.423, 2.704 } },
	{ 60, { 1.296, 1.671, 2.000, 2.390, 2.660 } },
	{ 120, { 1.289, 1.658, 1.980, 2.358, 2.617 } },
	{ 1e7, { 1.282, 1.645, 1.960, 2.326, 2.576 } },
};

static void check_table(void)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		for (int k = 0; k < 5; k++) {
			double t = student_quantile(levels[k],
						    table[i].freedom);

			CHECK(fabs(t - table[i].t[k]) <= 0.0005001);
			CHECK(fabs(student_two_sided(t, table[i].freedom) -
				   (1 - levels[k])) < 1e-9);
		}
	/* One and two degrees of freedom have closed forms. */
	CHECK(fabs(student_quantile(0.95, 1) - tan(M_PI * 0.475)) < 1e-8);
	CHECK(fabs(student_quantile(0.95, 2) -
		   0.95 * sqrt(2 / (1 - 0.95 * 0.95))) < 1e-9);
}

static struct sample describe(double n, double mean, double deviation)
{
	static double values[10];

	return (struct sample){ .name = "", .values = values, .sorted = values,
				.n = (size_t)n, .mean = mean,
				.deviation = deviation };
}

static bool agrees(double value, const char *printed)
{
	char text[32];

	snprintf(text, sizeof(text), "%g", value);
	if (strcmp(text, printed) != 0)
		check_say("%s instead of %s", text, printed);
	return strcmp(text, printed) == 0;
}

/* L41, lecture 3, "Take two: Probe effect example: dd system time". */
static void check_lecture(void)
{
	struct sample reference = describe(10, 0.1757, 0.011333824),
		      worse = describe(10, 0.4925, 0.0087717982),
		      better = describe(10, 0.1822, 0.0088794394);
	struct comparison result = sample_compare(&reference, &worse, 0.95);

	CHECK(result.possible && result.proven);
	CHECK(agrees(result.difference, "0.3168"));
	CHECK(agrees(result.margin, "0.00952196"));
	CHECK(agrees(result.relative, "180.307"));
	CHECK(agrees(result.relative_margin, "5.41944"));
	CHECK(agrees(result.pooled, "0.0101341"));
	result = sample_compare(&reference, &better, 0.95);
	CHECK(result.possible && !result.proven);
	CHECK(result.p > 0.05 && result.p < 0.5);
}

static void check_sample(void)
{
	static const double values[] = { 9, 2, 4, 4, 5, 4, 7, 5 };
	struct sample sample = { .name = "" }, none = { .name = "" };

	for (int i = 0; i < 8; i++)
		CHECK(sample_add(&sample, values[i]));
	CHECK(sample_finish(&sample));
	CHECK(sample.min == 2 && sample.max == 9 && sample.median == 4.5);
	CHECK(fabs(sample.mean - 5) < 1e-14 && sample.mad == 0.5);
	CHECK(fabs(sample.deviation - sqrt(32.0 / 7)) < 1e-12);
	CHECK(sample.values[0] == 9); /* still in the order of runs */
	CHECK(sample_finish(&none));
	CHECK(!sample_compare(&none, &sample, 0.95).possible);
	/* Equal values: nothing differs, and nothing is divided by. */
	sample_free(&sample);
	for (int i = 0; i < 5; i++)
		sample_add(&sample, 3);
	sample_finish(&sample);
	CHECK(!sample_compare(&sample, &sample, 0.95).proven);
	CHECK(sample_compare(&sample, &sample, 0.95).p == 1);
	sample_free(&sample);
	/* Large and close together: no cancellation. */
	for (int i = 0; i < 4; i++)
		sample_add(&sample, 1e9 + i);
	sample_finish(&sample);
	CHECK(fabs(sample.deviation - sqrt(5.0 / 3)) < 1e-6);
	sample_free(&sample);
}

/* How often the median of so many draws from 0 ... n - 1 is below each of them
 * can be computed; and as many values as somebody has must not take minutes. */
static void check_bootstrap(void)
{
	struct sample zeros = { .name = "" }, sample = { .name = "" };
	struct comparison result;

	for (int i = 0; i < 5; i++) {
		sample_add(&zeros, 0);
		sample_add(&sample, i);
	}
	sample_finish(&zeros);
	sample_finish(&sample);
	/* Three or more of five draws are 0: 0.05792; 0 or 1: 0.31744. */
	result = sample_compare(&zeros, &sample, 0.90);
	CHECK(result.bootstrap_low == 0 && result.bootstrap_high == 4);
	result = sample_compare(&zeros, &sample, 0.86);
	CHECK(result.bootstrap_low == 1 && result.bootstrap_high == 3);
	result = sample_compare(&zeros, &sample, 0.38);
	CHECK(result.bootstrap_low == 1 && result.bootstrap_high == 3);
	result = sample_compare(&zeros, &sample, 0.34);
	CHECK(result.bootstrap_low == 2 && result.bootstrap_high == 2);
	sample_free(&sample);
	for (int i = 0; i < 1000000; i++)
		sample_add(&sample, (i * 7919ll) % 1000000);
	sample_finish(&sample);
	/* 0.5 +/- 1.96 / (2 sqrt(n)), of a million numbers in a row */
	result = sample_compare(&zeros, &sample, 0.95);
	CHECK(fabs(result.bootstrap_low - 499020) < 60);
	CHECK(fabs(result.bootstrap_high - 500980) < 60);
	sample_free(&sample);
	sample_free(&zeros);
}

int main(void)
{
	check_table();
	check_lecture();
	check_sample();
	check_bootstrap();
	return check_finish();
}
