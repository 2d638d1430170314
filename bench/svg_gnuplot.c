// SPDX-License-Identifier: BSD-2-Clause
/* The same plot by gnuplot(1), where it is installed. */
#include "svg.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* In gnuplot's double quotes. */
static void write_quoted(FILE *script, const char *text)
{
	fputc('"', script);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', script);
		fputc(*text == '\n' ? ' ' : *text, script);
	}
	fputc('"', script);
}

static void write_label(FILE *script, const char *what, const char *text)
{
	fprintf(script, "set %s ", what);
	write_quoted(script, text);
	fputc('\n', script);
}

static void write_points(FILE *script, const struct svg_series *series,
			 size_t number)
{
	fprintf(script, "$series%zu << END\n", number);
	for (size_t i = 0; i < series->n; i++)
		fprintf(script, "%.17g %.17g\n", series->x[i], series->y[i]);
	fputs("END\n", script);
}

static void write_script(FILE *script, const struct svg_plot *plot)
{
	fputs("set terminal svg size 760,440 noenhanced\n"
	      "set key outside right\nset grid\n", script);
	write_label(script, "title", plot->title);
	write_label(script, "xlabel", plot->x_title);
	write_label(script, "ylabel", plot->y_title);
	if (plot->x_powers_of_2)
		fputs("set logscale x 2\n", script);
	if (plot->y_logarithmic)
		fputs("set logscale y\n", script);
	for (size_t i = 0; i < plot->nseries; i++)
		write_points(script, &plot->series[i], i);
	for (size_t i = 0; i < plot->nseries; i++) {
		fprintf(script, "%s $series%zu using 1:2 with linespoints "
			"linecolor rgb \"%s\" pointtype 7 title ",
			i == 0 ? "plot" : ",", i, svg_color(i));
		write_quoted(script, plot->series[i].name);
	}
	fputc('\n', script);
}

static int run(int script, int output)
{
	static char name[] = "gnuplot";
	char *argv[] = { name, NULL };
	posix_spawn_file_actions_t actions;
	int status = -1, error;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	error = posix_spawn_file_actions_adddup2(&actions, script, 0) ||
		posix_spawn_file_actions_adddup2(&actions, output, 1) ||
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null",
						 O_WRONLY, 0) ||
		posix_spawnp(&pid, name, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status == 0 ? 0 : -1;
}

static int copy(int from, FILE *to)
{
	char bytes[4096];
	ssize_t n, sum = 0;

	while ((n = pread(from, bytes, sizeof(bytes), sum)) > 0) {
		if (fwrite(bytes, 1, (size_t)n, to) != (size_t)n)
			return -1;
		sum += n;
	}
	return n == 0 && sum > 0 ? 0 : -1;
}

int svg_write_gnuplot(FILE *file, const struct svg_plot *plot)
{
	int script = memfd_create("script", MFD_CLOEXEC);
	int output = memfd_create("plot", MFD_CLOEXEC), failed = -1;
	FILE *text = script < 0 ? NULL : fdopen(dup(script), "w");

	if (text != NULL) {
		write_script(text, plot);
		failed = fclose(text);
	}
	if (!failed && output >= 0 && lseek(script, 0, SEEK_SET) == 0 &&
	    run(script, output) == 0)
		failed = copy(output, file);
	else
		failed = -1;
	if (output >= 0)
		close(output);
	if (script >= 0)
		close(script);
	return failed;
}
