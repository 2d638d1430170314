// SPDX-License-Identifier: BSD-2-Clause
/* A line plot as SVG: no more than the reports need. */
#include "svg.h"

#include <math.h>

enum { WIDTH = 760, HEIGHT = 440, LEFT = 80, RIGHT = 170, TOP = 40, BOTTOM = 55 };

struct axes {
	const struct svg_plot *plot;
	double x_low, x_high, y_low, y_high; /* transformed */
};

/* Okabe and Ito 2008: told apart also by the colour-blind. */
const char *svg_color(size_t number)
{
	static const char *const colors[] = { "#0072b2", "#d55e00", "#009e73",
					      "#cc79a7", "#e69f00", "#56b4e9",
					      "#000000", "#999933" };

	return colors[number % (sizeof(colors) / sizeof(colors[0]))];
}

void svg_write_text(FILE *file, const char *text)
{
	for (; *text != '\0'; text++)
		switch (*text) {
		case '<': fputs("&lt;", file); break;
		case '>': fputs("&gt;", file); break;
		case '&': fputs("&amp;", file); break;
		case '"': fputs("&quot;", file); break;
		default: fputc(*text, file);
		}
}

static double transform_x(const struct svg_plot *plot, double x)
{
	return plot->x_powers_of_2 ? log2(x) : x;
}

static double transform_y(const struct svg_plot *plot, double y)
{
	return plot->y_logarithmic ? log10(y) : y;
}

static bool has_place(const struct svg_plot *plot, double x, double y)
{
	return isfinite(x) && isfinite(y) && (!plot->x_powers_of_2 || x > 0) &&
	       (!plot->y_logarithmic || y > 0);
}

static void find_range(struct axes *axes)
{
	const struct svg_plot *plot = axes->plot;

	axes->x_low = axes->y_low = INFINITY;
	axes->x_high = axes->y_high = -INFINITY;
	for (size_t s = 0; s < plot->nseries; s++)
		for (size_t i = 0; i < plot->series[s].n; i++) {
			double x = plot->series[s].x[i],
			       y = plot->series[s].y[i];

			if (!has_place(plot, x, y))
				continue;
			axes->x_low = fmin(axes->x_low, transform_x(plot, x));
			axes->x_high = fmax(axes->x_high, transform_x(plot, x));
			axes->y_low = fmin(axes->y_low, transform_y(plot, y));
			axes->y_high = fmax(axes->y_high, transform_y(plot, y));
		}
	if (!(axes->x_low <= axes->x_high)) /* no point at all */
		*axes = (struct axes){ plot, 0, 1, 0, 1 };
	if (plot->y_logarithmic) {
		axes->y_low = floor(axes->y_low);
		axes->y_high = ceil(axes->y_high);
	} else {
		axes->y_low = fmin(axes->y_low, 0);
		axes->y_high *= axes->y_high > 0 ? 1.05 : 1;
	}
	if (axes->x_high - axes->x_low < 1e-12)
		axes->x_high = axes->x_low + 1;
	if (axes->y_high - axes->y_low < 1e-12)
		axes->y_high = axes->y_low + 1;
}

static double place_x(const struct axes *axes, double transformed)
{
	return LEFT + (transformed - axes->x_low) /
			      (axes->x_high - axes->x_low) *
			      (WIDTH - LEFT - RIGHT);
}

static double place_y(const struct axes *axes, double transformed)
{
	return HEIGHT - BOTTOM -
	       (transformed - axes->y_low) / (axes->y_high - axes->y_low) *
		       (HEIGHT - TOP - BOTTOM);
}

/* 1, 2 or 5 times a power of ten, so that there are about six. */
static double choose_step(double range)
{
	double power = pow(10, floor(log10(range / 6))), rest = range / 6 / power;

	return power * (rest > 5 ? 10 : rest > 2 ? 5 : rest > 1 ? 2 : 1);
}

static void write_number(FILE *file, double value, bool binary)
{
	static const char decimal[] = " kMGT", powers[] = " KMGT";
	double unit = binary ? 1024 : 1000;
	int i = 0;

	while (fabs(value) >= unit && i < 4) {
		value /= unit;
		i++;
	}
	fprintf(file, "%.4g", value);
	if (i > 0)
		fputc(binary ? powers[i] : decimal[i], file);
}

static void write_y_tick(FILE *file, const struct axes *axes, double at,
			 double value)
{
	double y = place_y(axes, at);

	fprintf(file,
		"<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" "
		"stroke=\"#ddd\"/><text x=\"%d\" y=\"%.1f\" "
		"text-anchor=\"end\">",
		LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4);
	write_number(file, value, false);
	fputs("</text>\n", file);
}

static void write_x_tick(FILE *file, const struct axes *axes, double at,
			 double value)
{
	double x = place_x(axes, at);

	fprintf(file,
		"<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" "
		"stroke=\"#ddd\"/><text x=\"%.1f\" y=\"%d\" "
		"text-anchor=\"middle\">",
		x, x, TOP, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 18);
	write_number(file, value, axes->plot->x_powers_of_2);
	fputs("</text>\n", file);
}

static void write_ticks(FILE *file, const struct axes *axes)
{
	double range = axes->x_high - axes->x_low, step;

	if (axes->plot->y_logarithmic)
		for (double t = axes->y_low; t <= axes->y_high + 1e-9; t++)
			write_y_tick(file, axes, t, pow(10, t));
	else {
		step = choose_step(axes->y_high - axes->y_low);
		for (double t = ceil(axes->y_low / step) * step;
		     t <= axes->y_high; t += step)
			write_y_tick(file, axes, t, fabs(t) < step / 2 ? 0 : t);
	}
	step = axes->plot->x_powers_of_2 ? ceil(range / 12) : choose_step(range);
	for (double t = ceil(axes->x_low / step) * step;
	     t <= axes->x_high + 1e-9; t += step)
		write_x_tick(file, axes, t,
			     axes->plot->x_powers_of_2 ? exp2(t) : t);
}

static void write_series(FILE *file, const struct axes *axes, size_t number)
{
	const struct svg_series *series = &axes->plot->series[number];
	const char *color = svg_color(number);
	double y = TOP + 10 + 18 * (double)number;

	fprintf(file, "<polyline fill=\"none\" stroke-width=\"2\" "
		"stroke=\"%s\" points=\"", color);
	for (size_t i = 0; i < series->n; i++)
		if (has_place(axes->plot, series->x[i], series->y[i]))
			fprintf(file, "%.1f,%.1f ",
				place_x(axes, transform_x(axes->plot,
							  series->x[i])),
				place_y(axes, transform_y(axes->plot,
							  series->y[i])));
	fputs("\"/>\n", file);
	for (size_t i = 0; i < series->n; i++)
		if (has_place(axes->plot, series->x[i], series->y[i]))
			fprintf(file,
				"<circle r=\"3\" fill=\"%s\" cx=\"%.1f\" "
				"cy=\"%.1f\"/>\n", color,
				place_x(axes, transform_x(axes->plot,
							  series->x[i])),
				place_y(axes, transform_y(axes->plot,
							  series->y[i])));
	fprintf(file, "<rect x=\"%d\" y=\"%.0f\" width=\"12\" height=\"4\" "
		"fill=\"%s\"/><text x=\"%d\" y=\"%.0f\">",
		WIDTH - RIGHT + 12, y - 5, color, WIDTH - RIGHT + 30, y);
	svg_write_text(file, series->name);
	fputs("</text>\n", file);
}

static void write_title(FILE *file, int x, int y, const char *more,
			const char *text)
{
	fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" %s>", x,
		y, more);
	svg_write_text(file, text);
	fputs("</text>\n", file);
}

int svg_write_plot(FILE *file, const struct svg_plot *plot)
{
	struct axes axes = { .plot = plot };
	const int middle = (LEFT + WIDTH - RIGHT) / 2;

	find_range(&axes);
	fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
		"viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, HEIGHT, WIDTH, HEIGHT);
	write_title(file, middle, 22, "font-size=\"15\"", plot->title);
	write_title(file, middle, HEIGHT - 12, "", plot->x_title);
	write_title(file, 0, 0, "transform=\"translate(18,220) rotate(-90)\"",
		    plot->y_title);
	write_ticks(file, &axes);
	fprintf(file, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
		"fill=\"none\" stroke=\"#444\"/>\n", LEFT, TOP,
		WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
	for (size_t i = 0; i < plot->nseries; i++)
		write_series(file, &axes, i);
	fputs("</svg>\n", file);
	return ferror(file) ? -1 : 0;
}
