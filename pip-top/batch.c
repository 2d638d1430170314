// SPDX-License-Identifier: BSD-2-Clause
/* Samples as text, for scripts and for logs. */
#include <config.h>

#include "ui.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void batch_wait(double seconds)
{
	struct timespec pause;

	pause.tv_sec = (time_t)seconds;
	pause.tv_nsec = (long)((seconds - (double)pause.tv_sec) * 1e9);
	while (nanosleep(&pause, &pause) != 0 && errno == EINTR)
		;
}

static void batch_print_cell(const struct top_column *column, int width,
			     const char *text, bool last)
{
	int pad = width - (int)pips_measure(text);

	if (!column->left && pad > 0)
		printf("%*s", pad, "");
	fputs(text, stdout);
	if (column->left && pad > 0 && !last)
		printf("%*s", pad, "");
	putchar(last ? '\n' : ' ');
}

static void batch_print_command(const struct top *top, size_t row, int room)
{
	const char *command = top->view.row[row].task->command;
	char branches[256];
	int width;

	draw_branches(top, row, branches, sizeof(branches));
	width = (int)pips_measure(branches);
	printf("%s%.*s", branches, (int)pips_cut(command, room - width < 7 ?
	       7 : (size_t)(room - width)), command);
}

static void batch_print_header(const struct top *top)
{
	const struct top_sample *sample = &top->sample;
	char clock[32], usw[16], ksw[16], memory[16];
	time_t now = (time_t)(sample->realtime / 1000000000u);
	struct tm local;

	if (!localtime_r(&now, &local))
		memset(&local, 0, sizeof(local));
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	column_format_rate(usw, sizeof(usw), sample->user_switches);
	column_format_rate(ksw, sizeof(ksw), sample->kernel_switches);
	pips_format_bytes(memory, sizeof(memory), sample->memory_bytes);
	printf("pip-top %s  %zu program%s, %zu task%s: %u running, "
	       "%u sleeping, %u ready,\n%u suspended, %u decoupled, "
	       "%u other; switches/s: %s user, %s kernel; memory %s\n\n",
	       clock, sample->nprograms, sample->nprograms == 1 ? "" : "s",
	       sample->ntasks, sample->ntasks == 1 ? "" : "s",
	       sample->running, sample->sleeping, sample->ready,
	       sample->suspended, sample->decoupled, sample->other, usw, ksw,
	       memory);
}

static void batch_print(const struct top *top, unsigned columns, bool wide)
{
	const struct top_settings *settings = &top->settings;
	unsigned picked[TOP_COLUMNS_MAX], n, i;
	int width[TOP_COLUMNS_MAX], room;
	char text[TOP_CELL];
	size_t row;

	n = wide ? settings->ncolumns :
	    draw_pick_columns(top, picked, (int)columns);
	for (i = 0; i < n; i++) {
		if (wide)
			picked[i] = settings->column[i];
		width[i] = top_columns[picked[i]].width;
		for (row = 0; row < top->view.count; row++) {
			top_columns[picked[i]].text(text,
						    top->view.row[row].task);
			if (strcmp(top_columns[picked[i]].name, "command") &&
			    width[i] < (int)pips_measure(text))
				width[i] = (int)pips_measure(text);
		}
	}
	batch_print_header(top);
	for (i = 0; i < n; i++)
		batch_print_cell(&top_columns[picked[i]], width[i],
				 top_columns[picked[i]].header, i + 1 == n);
	for (row = 0; row < top->view.count; row++) {
		room = (int)columns;
		for (i = 0; i < n; i++) {
			const struct top_column *column =
				&top_columns[picked[i]];
			const struct top_task *task = top->view.row[row].task;

			if (strcmp(column->name, "command") == 0) {
				batch_print_command(top, row, wide ? INT_MAX :
						    room < 7 ? 7 : room);
				putchar(i + 1 == n ? '\n' : ' ');
				continue;
			}
			column->text(text, task);
			batch_print_cell(column, width[i], text, i + 1 == n);
			room -= width[i] + 1;
		}
	}
	putchar('\n');
}

/* As wide as COLUMNS says, which a shell sets for its user only. */
static unsigned batch_get_width(void)
{
	const char *set = getenv("COLUMNS");
	unsigned long columns = set ? strtoul(set, NULL, 10) : 80;

	return columns < 20 || columns > 10000 ? 80 : (unsigned)columns;
}

/* Whenever something else is missing than before. */
static void batch_tell_missing(const struct top_sample *sample)
{
	static char told[sizeof(sample->notice)];

	if (strcmp(told, sample->notice) == 0)
		return;
	strcpy(told, sample->notice);
	if (*told)
		fprintf(stderr, "pip-top: %s\n", told);
}

static void batch_show(struct top *top, enum batch_form form)
{
	batch_tell_missing(&top->sample);
	view_build(&top->view, &top->sample, &top->settings);
	if (form == BATCH_JSON)
		json_print_sample(top);
	else
		batch_print(top, batch_get_width(), form == BATCH_WIDE);
	if (fflush(stdout) || ferror(stdout))
		pips_fail("standard output: %s", strerror(errno));
}

/* As fast as it goes.  The first sample has no rates, so it is left out if
 * there is another one. */
static void batch_replay(struct top *top, unsigned long count,
			 enum batch_form form)
{
	size_t at = replay_get_count(&top->sample) > 1;
	unsigned long done;

	for (done = 0; count == 0 || done < count; done++, at++) {
		if (at && at >= replay_get_count(&top->sample))
			break;
		replay_go(&top->sample, at);
		/* Less can be read than it seemed. */
		if (replay_get_position(&top->sample) != at)
			break;
		batch_show(top, form);
	}
	if (*replay_get_problem(&top->sample) && (!count || done < count))
		fprintf(stderr, "pip-top: the recording is damaged from here "
			"on: %s\n", replay_get_problem(&top->sample));
}

static void batch_watch(struct top *top, unsigned long count,
			enum batch_form form)
{
	unsigned long i;

	sample_take(&top->sample);
	/* Rates need two samples. */
	batch_wait(top->settings.delay < 0.5 ? top->settings.delay : 0.5);
	for (i = 0; count == 0 || i < count; i++) {
		if (i)
			batch_wait(top->settings.delay);
		sample_take(&top->sample);
		if (top->sample.record_error)
			pips_fail("the recording: %s",
				  strerror(top->sample.record_error));
		batch_show(top, form);
	}
}

int batch_run(struct top *top, unsigned long count, enum batch_form form)
{
	if (top->sample.replay)
		batch_replay(top, count, form);
	else
		batch_watch(top, count, form);
	return top->sample.nprograms ? 0 : 1;
}
