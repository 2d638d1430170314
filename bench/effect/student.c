// SPDX-License-Identifier: BSD-2-Clause
/*
 * Quantiles of Student's t: the incomplete beta function by its continued
 * fraction (Abramowitz and Stegun 26.5.8), evaluated by Lentz's method, and
 * bisection, which needs no good first guess.
 */
#include "statistics.h"

#include <math.h>

static double beta_fraction(double a, double b, double x)
{
	const double tiny = 1e-300;
	double c = 1, d = 1 - (a + b) * x / (a + 1), fraction;

	if (fabs(d) < tiny)
		d = tiny;
	d = 1 / d;
	fraction = d;
	for (int m = 1; m <= 10000; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x /
			     ((a + 2 * m) * (a + 2 * m + 1));
		double steps[2] = { even, odd }, change = 1;

		for (int i = 0; i < 2; i++) {
			d = 1 + steps[i] * d;
			c = 1 + steps[i] / c;
			d = 1 / (fabs(d) < tiny ? tiny : d);
			c = fabs(c) < tiny ? tiny : c;
			change = c * d;
			fraction *= change;
		}
		if (fabs(change - 1) < 1e-15)
			break;
	}
	return fraction;
}

/* I_x(a, b), regularised. */
static double incomplete_beta(double a, double b, double x)
{
	double front;

	if (x <= 0 || x >= 1)
		return x <= 0 ? 0 : 1;
	front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) +
		    b * log1p(-x));
	/* The fraction converges quickly on this side of the mean. */
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* P(|T| > t). */
double student_two_sided(double t, double freedom)
{
	return incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

double student_quantile(double confidence, double freedom)
{
	double low = 0, high = 1, wanted = 1 - confidence;

	while (student_two_sided(high, freedom) > wanted && high < 1e12)
		high *= 2;
	for (int i = 0; i < 200 && high - low > 1e-13 * high; i++) {
		double middle = (low + high) / 2;

		if (student_two_sided(middle, freedom) > wanted)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
