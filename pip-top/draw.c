// SPDX-License-Identifier: BSD-2-Clause
/* What is on the screen; curses finds out what of it has changed. */
#include <config.h>

#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ui.h"

#define WIDTH_LEAST 20
#define HEIGHT_LEAST 5

/* At most width columns of text; returns how many it took. */
int draw_text(int y, int x, int width, unsigned attribute, const char *text)
{
	char plain[1024];
	size_t n = 0;

	if (width <= 0 || y < 0 || y >= LINES || x >= COLS)
		return 0;
	if (width > COLS - x)
		width = COLS - x;
	if (MB_CUR_MAX == 1) { /* no UTF-8: a '?' for each character */
		const char *end = text + strlen(text);

		while (text < end && n < sizeof(plain) - 1) {
			int32_t c = observer_next_character(&text, end);

			plain[n++] = c >= 0x20 && c < 0x7f ? (char)c : '?';
		}
		plain[n] = '\0';
		text = plain;
	}
	attrset((attr_t)attribute);
	n = pips_cut(text, (size_t)width);
	mvaddnstr(y, x, text, (int)n);
	attrset(A_NORMAL);
	if (text[n])
		return width;
	return (int)pips_measure(text);
}

static void draw_fill(int y, int x, unsigned attribute)
{
	attrset((attr_t)attribute);
	if (x < COLS)
		mvhline(y, x, ' ' | (chtype)attribute, COLS - x);
	attrset(A_NORMAL);
}

static void draw_meter(int y, int x, int width, const char *label,
		       const struct top_cpu *cpu)
{
	int room = width - (int)strlen(label) - 3, i;
	int user = (int)(cpu->user_percent * room / 100 + 0.5);
	int system = (int)(cpu->system_percent * room / 100 + 0.5);
	double percent = cpu->user_percent + cpu->system_percent;
	char number[16];

	x += draw_text(y, x, width, color_get(COLOR_INFO), label);
	x += draw_text(y, x, 1, color_get(COLOR_KEY), "[");
	for (i = 0; i < user + system && i < room; i++)
		draw_text(y, x + i, 1, color_get(i < user ? COLOR_USER :
						 COLOR_SYSTEM), "|");
	snprintf(number, sizeof(number), "%.1f%%", percent);
	if (room > (int)strlen(number))
		draw_text(y, x + room - (int)strlen(number), room,
			  color_get(COLOR_DIM), number);
	draw_text(y, x + room, 1, color_get(COLOR_KEY), "]");
}

/* All of them if there is room, else their mean. */
static int draw_cpus(const struct top_sample *sample, int y, int rows)
{
	int per_row = COLS >= 120 ? 4 : COLS >= 40 ? 2 : 1, i;
	int need = ((int)sample->ncpus + per_row - 1) / per_row;
	int width = COLS / per_row;
	char label[16];

	if (need > rows || need > 4) {
		snprintf(label, sizeof(label), "%u CPUs ", sample->ncpus);
		draw_meter(y, 0, COLS, label, &sample->all_cpus);
		return 1;
	}
	for (i = 0; i < (int)sample->ncpus; i++) {
		snprintf(label, sizeof(label), "CPU%-2d", i);
		draw_meter(y + i / per_row, i % per_row * width, width - 1,
			   label, &sample->cpu[i]);
	}
	return need;
}

static void draw_summary(const struct top *top, int y)
{
	const struct top_sample *sample = &top->sample;
	char text[256], clock[16];
	time_t now = top->sample.replay ?
		     (time_t)(sample->realtime / 1000000000u) : time(NULL);
	struct tm local;
	int x;

	x = draw_text(y, 0, COLS, color_get(COLOR_TITLE), "pip-top ");
	if (!localtime_r(&now, &local))
		memset(&local, 0, sizeof(local));
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	snprintf(text, sizeof(text), "%zu root%s %zu task%s: %u running, %u "
		 "sleeping", sample->nprograms,
		 sample->nprograms == 1 ? "," : "s,", sample->ntasks,
		 sample->ntasks == 1 ? "" : "s", sample->running,
		 sample->sleeping);
	x += draw_text(y, x, COLS - x, color_get(COLOR_TEXT), text);
	snprintf(text, sizeof(text), ", %u ready, %u suspended, %u decoupled, "
		 "%u other", sample->ready, sample->suspended,
		 sample->decoupled, sample->other);
	if (sample->ready + sample->suspended + sample->decoupled +
	    sample->other || COLS >= 110)
		x += draw_text(y, x, COLS - x, color_get(COLOR_TEXT), text);
	if (top->sample.replay && replay_is_at_end(sample))
		x += draw_text(y, x, COLS - x, color_get(COLOR_WARN), "  END");
	else if (top->paused)
		x += draw_text(y, x, COLS - x, color_get(COLOR_WARN),
			       "  PAUSED");
	if (COLS - x >= 10)
		draw_text(y, COLS - 8, 8, color_get(COLOR_DIM), clock);
}

static void draw_switches(const struct top *top, int y)
{
	const struct top_sample *sample = &top->sample;
	char text[256], usw[16], ksw[16], couples[16], faults[16];
	char spark[TOP_HISTORY * 3 + 8];
	int x, room;

	column_format_rate(usw, sizeof(usw), sample->user_switches);
	column_format_rate(ksw, sizeof(ksw), sample->kernel_switches);
	column_format_rate(couples, sizeof(couples), sample->couples);
	column_format_rate(faults, sizeof(faults), sample->faults);
	snprintf(text, sizeof(text), "Switches/s: %s user, %s kernel; "
		 "couples/s %s, faults/s %s ", usw, ksw, couples, faults);
	x = draw_text(y, 0, COLS, color_get(COLOR_TEXT), text);
	room = COLS - x < TOP_HISTORY ? COLS - x : TOP_HISTORY;
	if (room < 4)
		return;
	column_format_spark(spark, sizeof(spark), sample->history +
			    TOP_HISTORY - room, (unsigned)room, column_utf8);
	draw_text(y, x, room, color_get(COLOR_SPARK), spark);
}

static void draw_memory(const struct top *top, int y)
{
	const struct top_sample *sample = &top->sample;
	char all[16], tasks[16], roots[16], text[200];
	int n;

	pips_format_bytes(all, sizeof(all), sample->memory_bytes);
	pips_format_bytes(roots, sizeof(roots), sample->outside_bytes);
	pips_format_bytes(tasks, sizeof(tasks), sample->memory_bytes -
			  sample->outside_bytes);
	n = snprintf(text, sizeof(text), "Memory shared: %s (%s of tasks, %s "
		     "of roots)   ", all, tasks, roots);
	if (sample->replay)
		snprintf(text + n, sizeof(text) - (size_t)n,
			 "sample %zu of %zu, speed %g",
			 replay_get_position(sample) + 1,
			 replay_get_count(sample), replay_get_speed(sample));
	else
		snprintf(text + n, sizeof(text) - (size_t)n,
			 "refresh costs %.1f ms%s",
			 (double)sample->cost_ns / 1e6,
			 sample->record ? "   recording" : "");
	draw_text(y, 0, COLS, color_get(COLOR_TEXT), text);
}

static void draw_tabs(const struct top *top, int y)
{
	static const char *const names[SCREENS] = {
		"1 Tasks", "2 Domains", "3 Memory", "4 Switches",
	};
	char text[200];
	int i, x = 0;

	for (i = 0; i < SCREENS; i++) {
		snprintf(text, sizeof(text), "[%s]", names[i]);
		x += draw_text(y, x, COLS - x, color_get(
			       (int)top->settings.screen == i ? COLOR_TITLE :
			       COLOR_DIM), text);
		x += 1;
	}
	if (top->view.filter.active)
		snprintf(text, sizeof(text), " filter: %.60s%s",
			 top->view.filter.text,
			 top->view.filter.literal ? " (as text)" : "");
	else
		text[0] = '\0';
	if (top->view.user[0])
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 " user: %s", top->view.user);
	if (top->following)
		strncat(text, " following", sizeof(text) - strlen(text) - 1);
	draw_text(y, x, COLS - x, color_get(COLOR_WARN), text);
}

/* Returns how many rows the header took. */
int draw_header(struct top *top)
{
	int y = 0, spare = LINES - 8;

	draw_summary(top, y++);
	if (top->sample.notice[0] && spare >= 0) {
		draw_text(y++, 0, COLS, color_get(COLOR_BAD),
			  top->sample.notice);
		spare--;
	}
	if (spare < 1 || !top->settings.meters)
		return y;
	if (spare > 8)
		y += draw_cpus(&top->sample, y, spare / 3);
	else if (spare > 4)
		y += draw_cpus(&top->sample, y, 1);
	if (spare > 5)
		draw_switches(top, y++);
	if (spare > 6)
		draw_memory(top, y++);
	draw_tabs(top, y++);
	return y;
}

static void draw_bar(struct top *top)
{
	int y = LINES - 1, x = 0;
	const char *label, *name;
	char text[400];
	unsigned i;

	draw_fill(y, 0, 0);
	if (top->mode == MODE_PROMPT) {
		snprintf(text, sizeof(text), "%s%s", top->prompt.label,
			 top->prompt.text);
		x = draw_text(y, 0, COLS - 1, color_get(COLOR_KEY), text);
		draw_text(y, x, 1, A_REVERSE, " ");
		return;
	}
	if (top->message[0] && sample_clock() < top->message_until) {
		draw_text(y, 0, COLS, color_get(top->message_bad ? COLOR_BAD :
						COLOR_INFO), top->message);
		return;
	}
	if (top->mode == MODE_MENU) {
		draw_text(y, 0, COLS, color_get(COLOR_KEY), top->menu.hint);
		return;
	}
	if (top->mode == MODE_PAGER) {
		draw_text(y, 0, COLS, color_get(COLOR_KEY),
			  "Esc or q: back   arrows, PgUp, PgDn, Home, End");
		return;
	}
	for (i = 0; (name = keys_get_bar(i, &label, NULL)); i++) {
		x += draw_text(y, x, COLS - x, color_get(COLOR_KEY), name);
		snprintf(text, sizeof(text), "%-6s", label);
		x += draw_text(y, x, COLS - x, color_get(COLOR_LABEL), text);
	}
}

static void draw_lines(struct top *top, const struct top_lines *lines,
		       size_t first, size_t shift, long cursor, int y,
		       int rows)
{
	int i;

	(void)top;
	for (i = 0; i < rows && first + (size_t)i < lines->count; i++) {
		const struct top_line *line = &lines->line[first + (size_t)i];
		bool on = (long)first + i == cursor;
		unsigned look = color_get(on ? COLOR_CURSOR :
					  (enum top_color)line->color);
		const char *text = line->text + pips_cut(line->text, shift);
		int x;

		if (on || line->color == COLOR_LABEL)
			draw_fill(y + i, 0, look);
		x = draw_text(y + i, 0, COLS, look, text);
		(void)x;
	}
}

static void draw_menu(struct top *top)
{
	struct top_menu *menu = &top->menu;
	int width = COLS < 64 ? COLS : 64, x = (COLS - width) / 2, i;
	int rows = LINES - 3;
	char text[256];

	if (menu->cursor < menu->first)
		menu->first = menu->cursor;
	if (menu->cursor >= menu->first + (size_t)rows)
		menu->first = menu->cursor - (size_t)rows + 1;
	erase();
	draw_fill(0, 0, color_get(COLOR_LABEL));
	draw_text(0, 0, COLS, color_get(COLOR_LABEL), menu->title);
	for (i = 0; i < rows && menu->first + (size_t)i < menu->count; i++) {
		bool on = menu->first + (size_t)i == menu->cursor;

		menu->text(top, menu->first + (size_t)i, text, sizeof(text));
		draw_text(i + 1, x, width, color_get(on ? COLOR_CURSOR :
						     COLOR_TEXT), text);
	}
}

static void draw_pager(struct top *top)
{
	struct top_pager *pager = &top->pager;
	size_t rows = (size_t)(LINES - 2);

	erase();
	draw_fill(0, 0, color_get(COLOR_LABEL));
	draw_text(0, 0, COLS, color_get(COLOR_LABEL), pager->title);
	if (pager->lines.count <= rows)
		pager->first = 0;
	else if (pager->first > pager->lines.count - rows)
		pager->first = pager->lines.count - rows;
	draw_lines(top, &pager->lines, pager->first, pager->shift, -1, 1,
		   (int)rows);
}

static void draw_main(struct top *top)
{
	int y, rows;

	erase();
	y = draw_header(top);
	rows = LINES - y - 1;
	top->header_y = y;
	top->list_y = y + 1;
	top->list_rows = rows - 1;
	if (top->settings.screen == SCREEN_TASKS) {
		draw_tasks(top, y, rows);
		return;
	}
	/* The first line is the header of the columns. */
	if (top->cursor < top->first)
		top->first = top->cursor;
	if (rows > 1 && top->cursor >= top->first + (size_t)(rows - 1))
		top->first = top->cursor - (size_t)(rows - 2);
	if (top->lines.count)
		draw_lines(top, &top->lines, 0, top->shift * 8, -1, y, 1);
	draw_lines(top, &top->lines, top->first + 1, top->shift * 8,
		   (long)top->cursor + 1, y + 1, rows - 1);
}

void draw_all(struct top *top)
{
	top->screen_width = COLS;
	if (COLS < WIDTH_LEAST || LINES < HEIGHT_LEAST) {
		erase();
		mvaddnstr(0, 0, "too small", COLS);
		refresh();
		return;
	}
	if (top->mode == MODE_MENU)
		draw_menu(top);
	else if (top->mode == MODE_PAGER)
		draw_pager(top);
	else
		draw_main(top);
	draw_bar(top);
	refresh();
}
