// SPDX-License-Identifier: BSD-2-Clause
/* The table of tasks. */
#include <config.h>

#include <curses.h>
#include <string.h>

#include "ui.h"

#define COMMAND_ROOM 16 /* columns that the command gets at least */

static bool column_is_command(unsigned column)
{
	return strcmp(top_columns[column].name, "command") == 0;
}

/*
 * The columns that fit into width: all that the user chose, and he can move
 * sideways; of those by default the ones of highest rank.
 */
unsigned draw_pick_columns(const struct top *top, unsigned *picked, int width)
{
	const struct top_settings *settings = &top->settings;
	bool dropped[TOP_COLUMNS_MAX] = { false };
	unsigned i, n = 0, rank;
	int need = COMMAND_ROOM;

	for (i = 0; i < settings->ncolumns; i++)
		if (!column_is_command(settings->column[i]))
			need += top_columns[settings->column[i]].width + 1;
	for (rank = 1; !settings->columns_chosen && need > width && rank < 99;
	     rank++)
		for (i = 0; i < settings->ncolumns; i++) {
			const struct top_column *column =
				&top_columns[settings->column[i]];

			if (column->rank != rank)
				continue;
			dropped[i] = true;
			need -= column->width + 1;
		}
	for (i = 0; i < settings->ncolumns; i++)
		if (!dropped[i])
			picked[n++] = settings->column[i];
	return n;
}

static enum top_color state_color(const char *state)
{
	static const struct {
		const char *name;
		enum top_color color;
	} colors[] = {
		{ "running", COLOR_GOOD }, { "decoupled", COLOR_GOOD },
		{ "ready", COLOR_WARN }, { "suspended", COLOR_INFO },
		{ "blocked", COLOR_WARN }, { "loading", COLOR_INFO },
		{ "stopped", COLOR_WARN }, { "traced", COLOR_WARN },
		{ "zombie", COLOR_BAD }, { "dead", COLOR_BAD },
		{ "gone", COLOR_BAD }, { "torn", COLOR_BAD },
	};
	size_t i;

	for (i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strcmp(colors[i].name, state) == 0)
			return colors[i].color;
	return COLOR_TEXT;
}

/* The branches of the tree before the command. */
void draw_branches(const struct top *top, size_t at, char *out, size_t size)
{
	const struct top_row *row = &top->view.row[at];
	bool utf8 = column_utf8;
	unsigned i;
	size_t used = 0;

	*out = '\0';
	if (!top->settings.tree)
		return;
	for (i = 1; i < row->depth && used + 8 < size; i++) {
		size_t below = at + 1;

		/* Does that ancestor have more children further down? */
		while (below < top->view.count &&
		       top->view.row[below].depth > i)
			below++;
		used += (size_t)snprintf(out + used, size - used, "%s  ",
			below < top->view.count &&
			top->view.row[below].depth == i ?
			(utf8 ? "\xe2\x94\x82" : "|") : " ");
	}
	if (row->depth)
		used += (size_t)snprintf(out + used, size - used, "%s ",
			row->last ? (utf8 ? "\xe2\x94\x94\xe2\x94\x80" : "`-") :
			(utf8 ? "\xe2\x94\x9c\xe2\x94\x80" : "|-"));
	if (row->parent && row->task->collapsed)
		snprintf(out + used, size - used, "+ ");
}

static void draw_row(const struct top *top, size_t at, int y,
		     const unsigned *picked, unsigned n, bool on)
{
	const struct top_row *row = &top->view.row[at];
	const struct top_task *task = row->task;
	enum top_color base = task->tagged ? COLOR_TAG :
			      !row->matches ? COLOR_DIM : COLOR_TEXT;
	unsigned look = color_get(on ? COLOR_CURSOR : base), i;
	char text[256];
	int x = 0;

	attrset((attr_t)look);
	if (on)
		mvhline(y, 0, ' ' | (chtype)look, COLS);
	for (i = 0; i < n && x < COLS; i++) {
		const struct top_column *column = &top_columns[picked[i]];
		int width = top->width[picked[i]], pad;
		unsigned own = look;

		if (i > 0 && i <= top->shift && i + 1 < n)
			continue; /* moved to the left */
		if (column_is_command(picked[i])) {
			draw_branches(top, at, text, sizeof(text));
			x += draw_text(y, x, COLS - x, look, text);
			if (task->kind == PIPS_ROOT && !on)
				own |= A_BOLD;
			if (task->kind == PIPS_THREAD && !on && !task->tagged)
				own = color_get(COLOR_INFO);
			x += draw_text(y, x, i + 1 == n ? COLS - x : width,
				       own, task->command) + 1;
			continue;
		}
		column->text(text, task);
		pad = width - (int)pips_measure(text);
		if (pad < 0)
			pad = 0;
		if (!on && strcmp(column->name, "state") == 0 && !task->tagged)
			own = color_get(state_color(text));
		if (!on && strcmp(column->name, "spark") == 0)
			own = color_get(COLOR_SPARK);
		if (!on && !task->tagged && strcmp(text, "0") == 0)
			own = color_get(COLOR_DIM);
		draw_text(y, column->left ? x : x + pad, width, own, text);
		x += width + 1;
	}
	attrset(A_NORMAL);
}

/* As wide as the widest so far: a column that breathes cannot be read. */
static void measure_columns(struct top *top, const unsigned *picked,
			    unsigned n, int rows)
{
	char text[TOP_CELL];
	unsigned i;
	int row;

	for (i = 0; i < n; i++) {
		const struct top_column *column = &top_columns[picked[i]];
		int *width = &top->width[picked[i]];

		if (*width < column->width)
			*width = column->width;
		for (row = 0; row < rows && top->first + (size_t)row <
		     top->view.count && !column_is_command(picked[i]); row++) {
			int length;

			column->text(text, top->view.row[top->first +
							 (size_t)row].task);
			length = (int)pips_measure(text);
			if (length > *width)
				*width = length;
		}
	}
}

static void draw_column_headers(const struct top *top, int y,
				const unsigned *picked, unsigned n)
{
	unsigned look = color_get(COLOR_LABEL), i;
	int x = 0;

	attrset((attr_t)look);
	mvhline(y, 0, ' ' | (chtype)look, COLS);
	for (i = 0; i < n && x < COLS; i++) {
		const struct top_column *column = &top_columns[picked[i]];
		int width = top->width[picked[i]], pad;
		bool sorted = picked[i] == top->settings.sort;

		if (i > 0 && i <= top->shift && i + 1 < n)
			continue;
		pad = width - (int)strlen(column->header);
		if (pad < 0 || column->left)
			pad = 0;
		draw_text(y, x + pad, COLS - x, sorted ?
			  color_get(COLOR_CURSOR) | A_BOLD : look,
			  column->header);
		x += width + 1;
	}
	attrset(A_NORMAL);
}

void draw_tasks(struct top *top, int y, int rows)
{
	unsigned picked[TOP_COLUMNS_MAX], n;
	int i;

	n = draw_pick_columns(top, picked, COLS);
	rows--;
	if (top->cursor >= top->view.count)
		top->cursor = top->view.count ? top->view.count - 1 : 0;
	if (top->cursor < top->first)
		top->first = top->cursor;
	if (rows > 0 && top->cursor >= top->first + (size_t)rows)
		top->first = top->cursor - (size_t)rows + 1;
	/* No empty rows at the end while there are more at the begin. */
	if (top->view.count <= (size_t)rows)
		top->first = 0;
	else if (top->first > top->view.count - (size_t)rows)
		top->first = top->view.count - (size_t)rows;
	measure_columns(top, picked, n, rows);
	draw_column_headers(top, y, picked, n);
	for (i = 0; i < rows && top->first + (size_t)i < top->view.count; i++)
		draw_row(top, top->first + (size_t)i, y + 1 + i, picked, n,
			 top->first + (size_t)i == top->cursor);
	if (!top->view.count && rows > 0)
		draw_text(y + 1, 0, COLS, color_get(COLOR_DIM),
			  top->sample.error[0] ? top->sample.error :
			  top->sample.ntasks ? "no task matches" :
			  "no PiP program is running that you may see");
}
