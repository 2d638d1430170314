/* SPDX-License-Identifier: BSD-2-Clause */
/* A line plot as SVG. */
#ifndef PIP_BENCH_SVG_H
#define PIP_BENCH_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct svg_series {
	const char *name;
	const double *x, *y;
	size_t n;
};

struct svg_plot {
	const char *title, *x_title, *y_title;
	bool x_powers_of_2, y_logarithmic;
	const struct svg_series *series;
	size_t nseries;
};

/* 0, or the file has an error.  Points with y <= 0 have no place on a
 * logarithmic axis and are left out. */
int svg_write_plot(FILE *file, const struct svg_plot *plot);
/* svg_gnuplot.c.  -1: it is not installed, or has failed; nothing was written,
 * but for a file that has an error. */
int svg_write_gnuplot(FILE *file, const struct svg_plot *plot);
/* Text with what XML wants escaped. */
void svg_write_text(FILE *file, const char *text);
/* The colour of a series, for a legend elsewhere. */
const char *svg_color(size_t number);

#endif
