// SPDX-License-Identifier: BSD-2-Clause
/* What ministat prints; and, with "more", what it does not. */
#include "statistics.h"

#include <math.h>

static void print_verdict(FILE *file, const struct comparison *result)
{
	const double per_cent = result->confidence * 100;

	if (!result->proven) {
		fprintf(file, "No difference proven at %.1f%% confidence\n",
			per_cent);
		return;
	}
	fprintf(file,
		"Difference at %.1f%% confidence\n"
		"\t%g +/- %g\n"
		"\t%g%% +/- %g%%\n"
		"\t(Student's t, pooled s = %g)\n",
		per_cent, result->difference, result->margin, result->relative,
		result->relative_margin, result->pooled);
}

static void print_more(FILE *file, const struct sample *reference,
		       const struct comparison *result)
{
	fprintf(file,
		"\tmedians differ by %g to %g (bootstrap, %.1f%%)\n"
		"\tsmallest difference this could have shown: %.3g, %.2g%%\n",
		result->bootstrap_low, result->bootstrap_high,
		result->confidence * 100, result->smallest,
		result->smallest * 100 / fabs(reference->mean));
}

static void print_row(FILE *file, const struct sample *sample, size_t number)
{
	fprintf(file, "%c %3zu %13.8g %13.8g %13.8g %13.8g %13.8g\n",
		plot_symbol(number), sample->n, sample->min, sample->max,
		sample->median, sample->mean, sample->deviation);
}

void report_samples(FILE *file, const struct sample *samples, size_t n,
		    const struct style *style)
{
	for (size_t i = 0; i < n; i++)
		fprintf(file, "%c %s\n", plot_symbol(i), samples[i].name);
	if (style->plot)
		plot_samples(file, samples, n, style->width - 2,
			     style->separate_bars);
	fputs("    N           Min           Max        Median           Avg"
	      "        Stddev\n", file);
	for (size_t i = 0; i < n; i++) {
		print_row(file, &samples[i], i);
		if (style->more)
			fprintf(file, "\tMAD %g\n", samples[i].mad);
		for (size_t k = 0; i > 0 && k < style->nconfidences; k++) {
			struct comparison result = sample_compare(
				&samples[0], &samples[i],
				style->confidences[k]);

			if (!result.possible)
				continue;
			print_verdict(file, &result);
			if (style->more)
				print_more(file, &samples[0], &result);
		}
	}
}
