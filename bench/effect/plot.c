// SPDX-License-Identifier: BSD-2-Clause
/*
 * Distributions in text, as ministat draws them: a column holds the values that
 * fall into it, stacked, each with the symbol of its sample; below, a bar from
 * one standard deviation under the mean (A) to one above it, with the median
 * (M).
 */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char symbols[] = "x+*%#@Oabcdefghijklmnopqrstuvwyz";

char plot_symbol(size_t number)
{
	return symbols[number % (sizeof(symbols) - 1)];
}

struct plot {
	double low, step;
	int width;
};

static int find_column(const struct plot *plot, double value)
{
	int column = (int)floor((value - plot->low) / plot->step);

	return column < 0 ? 0 :
	       column >= plot->width ? plot->width - 1 : column;
}

static void find_range(struct plot *plot, const struct sample *samples,
		       size_t n)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < n; i++) {
		const struct sample *s = &samples[i];

		if (s->n == 0)
			continue;
		low = fmin(low, fmin(s->min, s->mean - s->deviation));
		high = fmax(high, fmax(s->max, s->mean + s->deviation));
	}
	if (!(high > low))
		high = low + 1;
	plot->low = low;
	plot->step = (high - low) / plot->width;
}

static void print_frame(FILE *file, int width)
{
	fputc('+', file);
	for (int i = 0; i < width; i++)
		fputc('-', file);
	fputs("+\n", file);
}

static void print_row(FILE *file, const char *row, int width)
{
	fprintf(file, "|%.*s|\n", width, row);
}

static void draw_bar(const struct plot *plot, char *row,
		     const struct sample *sample)
{
	int from = find_column(plot, sample->mean - sample->deviation);
	int to = find_column(plot, sample->mean + sample->deviation);

	for (int i = from + 1; i < to; i++)
		if (row[i] == ' ')
			row[i] = '_';
	row[from] = row[to] = '|';
	row[find_column(plot, sample->median)] = 'M';
	row[find_column(plot, sample->mean)] = 'A';
}

/* How high the highest column is; grid gets the symbols, bottom row first. */
static int stack_values(const struct plot *plot, char *grid, int *heights,
			const struct sample *samples, size_t n)
{
	int highest = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < samples[i].n; k++) {
			int column = find_column(plot, samples[i].values[k]);

			grid[heights[column]++ * plot->width + column] =
				plot_symbol(i);
			if (heights[column] > highest)
				highest = heights[column];
		}
	return highest;
}

static void print_bars(FILE *file, const struct plot *plot,
		       const struct sample *samples, size_t n, bool separate)
{
	char *row = malloc((size_t)plot->width + 1);

	if (row == NULL)
		return;
	memset(row, ' ', (size_t)plot->width);
	for (size_t i = 0; i < n; i++) {
		if (samples[i].n > 0)
			draw_bar(plot, row, &samples[i]);
		if (separate || i == n - 1) {
			print_row(file, row, plot->width);
			memset(row, ' ', (size_t)plot->width);
		}
	}
	free(row);
}

void plot_samples(FILE *file, const struct sample *samples, size_t n,
		  int width, bool separate_bars)
{
	struct plot plot = { .width = width < 10 ? 10 : width };
	size_t total = 1;
	int *heights = calloc((size_t)plot.width, sizeof(*heights));
	char *grid;

	for (size_t i = 0; i < n; i++)
		total += samples[i].n;
	grid = malloc(total * (size_t)plot.width);
	if (grid != NULL && heights != NULL) {
		int rows;

		memset(grid, ' ', total * (size_t)plot.width);
		find_range(&plot, samples, n);
		rows = stack_values(&plot, grid, heights, samples, n);
		print_frame(file, plot.width);
		while (rows-- > 0)
			print_row(file, grid + (size_t)rows *
						       (size_t)plot.width,
				  plot.width);
		print_bars(file, &plot, samples, n, separate_bars);
		print_frame(file, plot.width);
	}
	free(grid);
	free(heights);
}
