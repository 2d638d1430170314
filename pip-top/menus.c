// SPDX-License-Identifier: BSD-2-Clause
/* Lists to choose from, and lines to type. */
#include <config.h>

#include <curses.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "ui.h"

static void menu_open(struct top *top, const struct top_menu *menu)
{
	top->menu = *menu;
	top->mode = MODE_MENU;
}

void menu_key(struct top *top, int key)
{
	struct top_menu *menu = &top->menu;

	if (menu->key && menu->key(top, key))
		return;
	switch (key) {
	case 27:
	case 'q':
		ui_close(top);
		break;
	case KEY_UP:
		menu->cursor -= menu->cursor > 0;
		break;
	case KEY_DOWN:
		menu->cursor += menu->cursor + 1 < menu->count;
		break;
	case KEY_PPAGE:
		menu->cursor -= menu->cursor > 10 ? 10 : menu->cursor;
		break;
	case KEY_NPAGE:
		menu->cursor += 10;
		if (menu->cursor >= menu->count)
			menu->cursor = menu->count - 1;
		break;
	case KEY_HOME:
		menu->cursor = 0;
		break;
	case KEY_END:
		menu->cursor = menu->count - 1;
		break;
	case '\n':
	case KEY_ENTER:
		if (!menu->count)
			break;
		ui_close(top);
		menu->accept(top, menu->cursor);
		break;
	}
}

static void sort_text(struct top *top, size_t i, char *out, size_t size)
{
	(void)top;
	snprintf(out, size, "%-9s %s", top_columns[i].header,
		 top_columns[i].help);
}

static void sort_accept(struct top *top, size_t i)
{
	top->settings.sort = (unsigned)i;
	top->settings.inverted = false;
	ui_refresh(top, false);
}

void menu_sort(struct top *top)
{
	menu_open(top, &(struct top_menu){
		.title = "Sort by", .hint = "Enter: sort   Esc: back",
		.count = top_ncolumns, .cursor = top->settings.sort,
		.text = sort_text, .accept = sort_accept,
	});
}

/* The chosen columns in their order, then the others. */
static unsigned column_at(const struct top *top, size_t i)
{
	const struct top_settings *settings = &top->settings;
	unsigned c, k;

	if (i < settings->ncolumns)
		return settings->column[i];
	i -= settings->ncolumns;
	for (c = 0; c < top_ncolumns; c++) {
		for (k = 0; k < settings->ncolumns; k++)
			if (settings->column[k] == c)
				break;
		if (k == settings->ncolumns && i-- == 0)
			return c;
	}
	return 0;
}

static void columns_text(struct top *top, size_t i, char *out, size_t size)
{
	const struct top_column *column = &top_columns[column_at(top, i)];

	snprintf(out, size, "[%c] %-9s %s",
		 i < top->settings.ncolumns ? 'x' : ' ', column->header,
		 column->help);
}

static void columns_toggle(struct top *top, size_t at)
{
	struct top_settings *settings = &top->settings;
	unsigned column = column_at(top, at);

	if (at >= settings->ncolumns) {
		settings->column[settings->ncolumns++] = column;
	} else if (settings->ncolumns > 1) {
		memmove(settings->column + at, settings->column + at + 1,
			(settings->ncolumns - at - 1) *
			sizeof(settings->column[0]));
		settings->ncolumns--;
	}
	settings->columns_chosen = true;
}

static void columns_move(struct top *top, int by)
{
	struct top_settings *settings = &top->settings;
	size_t at = top->menu.cursor, to = at + (size_t)by;
	unsigned column;

	if (at >= settings->ncolumns || to >= settings->ncolumns)
		return;
	column = settings->column[at];
	settings->column[at] = settings->column[to];
	settings->column[to] = column;
	settings->columns_chosen = true;
	top->menu.cursor = to;
}

static bool columns_key(struct top *top, int key)
{
	switch (key) {
	case ' ':
		columns_toggle(top, top->menu.cursor);
		return true;
	case '+':
	case ']':
		columns_move(top, 1);
		return true;
	case '-':
	case '[':
		columns_move(top, -1);
		return true;
	}
	return false;
}

static void columns_accept(struct top *top, size_t i)
{
	(void)i;
	memset(top->width, 0, sizeof(top->width));
}

void menu_columns(struct top *top)
{
	menu_open(top, &(struct top_menu){
		.title = "Columns",
		.hint = "Space: show or not   + -: move   Enter: done",
		.count = top_ncolumns, .text = columns_text,
		.accept = columns_accept, .key = columns_key,
	});
}

static void signals_text(struct top *top, size_t i, char *out, size_t size)
{
	const char *name = sigabbrev_np((int)i + 1);
	const char *help = sigdescr_np((int)i + 1);

	(void)top;
	snprintf(out, size, "%2d SIG%-8s %s", (int)i + 1, name ? name : "?",
		 help ? help : "");
}

static void signals_accept(struct top *top, size_t i)
{
	action_signal(top, (int)i + 1);
}

void menu_signals(struct top *top)
{
	if (ui_refuses(top, "no signals are sent"))
		return;
	if (!ui_current(top))
		return;
	menu_open(top, &(struct top_menu){
		.title = "Send a signal",
		.hint = "Enter: send   Esc: send nothing",
		.count = 31, .cursor = SIGTERM - 1,
		.text = signals_text, .accept = signals_accept,
	});
}

static void users_text(struct top *top, size_t i, char *out, size_t size)
{
	snprintf(out, size, "%s", i ? top->users[i - 1] : "all users");
}

static void users_accept(struct top *top, size_t i)
{
	snprintf(top->view.user, sizeof(top->view.user), "%s",
		 i ? top->users[i - 1] : "");
	ui_refresh(top, false);
}

void menu_users(struct top *top)
{
	size_t i, j;

	top->nusers = 0;
	for (i = 0; i < top->sample.nprograms; i++) {
		const char *name = top->sample.program[i]->user_name;

		for (j = 0; j < top->nusers; j++)
			if (strcmp(top->users[j], name) == 0)
				break;
		if (j == top->nusers && j < 32 && *name)
			strcpy(top->users[top->nusers++], name);
	}
	menu_open(top, &(struct top_menu){
		.title = "Programs of", .hint = "Enter: show   Esc: back",
		.count = top->nusers + 1, .text = users_text,
		.accept = users_accept,
	});
}

static void prompt_open(struct top *top, const char *label, const char *text,
			void (*change)(struct top *),
			void (*accept)(struct top *),
			void (*cancel)(struct top *))
{
	struct top_prompt *prompt = &top->prompt;

	memset(prompt, 0, sizeof(*prompt));
	prompt->label = label;
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	snprintf(prompt->before, sizeof(prompt->before), "%s", text);
	prompt->origin = top->cursor;
	prompt->change = change;
	prompt->accept = accept;
	prompt->cancel = cancel;
	prompt->back = MODE_MAIN;
	top->mode = MODE_PROMPT;
}

static void prompt_add(struct top_prompt *prompt, int key)
{
	size_t length = strlen(prompt->text), n;
	mbstate_t state = { 0 };
	char bytes[16];

	n = wcrtomb(bytes, (wchar_t)key, &state);
	if (n == (size_t)-1 || length + n >= sizeof(prompt->text))
		return;
	memcpy(prompt->text + length, bytes, n);
	prompt->text[length + n] = '\0';
}

static void prompt_remove(struct top_prompt *prompt)
{
	size_t length = strlen(prompt->text);

	/* A character of UTF-8 ends at the byte that begins it. */
	while (length && ((unsigned char)prompt->text[--length] & 0xc0) ==
	       0x80)
		;
	prompt->text[length] = '\0';
}

void prompt_key(struct top *top, int key, bool special)
{
	struct top_prompt *prompt = &top->prompt;

	if (!special && key == 27) {
		top->mode = prompt->back;
		if (prompt->cancel)
			prompt->cancel(top);
		return;
	}
	if ((special && key == KEY_ENTER) ||
	    (!special && (key == '\n' || key == '\r'))) {
		top->mode = prompt->back;
		prompt->accept(top);
		return;
	}
	if (special && key == KEY_F(3) && prompt->change) {
		search_step(top, false, false);
		return;
	}
	if ((special && key == KEY_BACKSPACE) ||
	    (!special && (key == 127 || key == 8)))
		prompt_remove(prompt);
	else if (!special && key == 21) /* ^U */
		prompt->text[0] = '\0';
	else if (!special && key >= 32)
		prompt_add(prompt, key);
	else
		return;
	if (prompt->change)
		prompt->change(top);
}

/* Move on to a row that matches, round the end if it must be. */
void search_step(struct top *top, bool backwards, bool from_here)
{
	size_t count = top->view.count, i, at;

	if (!top->view.search.active || !count ||
	    top->settings.screen != SCREEN_TASKS)
		return;
	for (i = from_here ? 0 : 1; i <= count; i++) {
		at = (top->cursor + (backwards ? count - i % count : i)) %
		     count;
		if (!pattern_matches(&top->view.search,
				     top->view.row[at].task))
			continue;
		ui_move_to(top, at);
		return;
	}
	ui_say(top, true, "'%s' is nowhere", top->view.search.text);
}

static void search_change(struct top *top)
{
	top->message_until = 0;
	pattern_set(&top->view.search, top->prompt.text);
	top->cursor = top->prompt.origin;
	search_step(top, false, true);
}

static void search_accept(struct top *top)
{
	(void)top;
}

static void search_cancel(struct top *top)
{
	pattern_set(&top->view.search, top->prompt.before);
	ui_move_to(top, top->prompt.origin);
}

void prompt_search(struct top *top)
{
	prompt_open(top, "Search: ", "", search_change, search_accept,
		    search_cancel);
}

static void filter_change(struct top *top)
{
	pattern_set(&top->view.filter, top->prompt.text);
	ui_refresh(top, false);
}

static void filter_cancel(struct top *top)
{
	pattern_set(&top->view.filter, top->prompt.before);
	ui_refresh(top, false);
}

void prompt_filter(struct top *top)
{
	prompt_open(top, "Filter: ", top->view.filter.text, filter_change,
		    filter_change, filter_cancel);
}

static void delay_accept(struct top *top)
{
	char *rest;
	double delay = strtod(top->prompt.text, &rest);

	if (rest == top->prompt.text || *rest || !(delay >= 0.1) ||
	    delay > 3600)
		ui_say(top, true, "'%s' is not a number of seconds from 0.1 "
		       "to 3600", top->prompt.text);
	else
		top->settings.delay = delay;
	top->next_sample = 0;
}

void prompt_delay(struct top *top)
{
	prompt_open(top, "Seconds between refreshes: ", "", NULL,
		    delay_accept, NULL);
}

/* "HH:MM", "HH:MM:SS", on the day of the sample that is shown. */
static bool jump_parse_clock(const struct top *top, const char *text,
			     size_t *to)
{
	time_t then = (time_t)(top->sample.realtime / 1000000000u);
	unsigned hour, minute, second = 0;
	struct tm local;
	int used = 0;

	if (sscanf(text, "%2u:%2u%n", &hour, &minute, &used) != 2)
		return false;
	text += used;
	if (*text && (sscanf(text, ":%2u%n", &second, &used) != 1 ||
		      text[used]))
		return false;
	if (hour > 23 || minute > 59 || second > 60 ||
	    !localtime_r(&then, &local))
		return false;
	local.tm_hour = (int)hour;
	local.tm_min = (int)minute;
	local.tm_sec = (int)second;
	then = mktime(&local);
	*to = then < 0 ? 0 : replay_find_time(&top->sample, (uint64_t)then *
					      1000000000u);
	return true;
}

/* "12", "+3", "-3", "50%", "+30s", "-5m", or a time of the day. */
static bool jump_parse(const struct top *top, const char *text, size_t *to)
{
	size_t at = replay_get_position(&top->sample);
	size_t count = replay_get_count(&top->sample);
	bool relative = *text == '+' || *text == '-';
	char *rest;
	double value = strtod(text, &rest);

	if (strchr(text, ':'))
		return jump_parse_clock(top, text, to);
	if (rest == text || !(value > -1e15 && value < 1e15))
		return false;
	if (relative && (strcmp(rest, "s") == 0 || strcmp(rest, "m") == 0)) {
		value *= *rest == 'm' ? 60e9 : 1e9;
		value += (double)top->sample.realtime;
		*to = replay_find_time(&top->sample, value > 0 ?
				       (uint64_t)value : 0);
		return true;
	}
	if (strcmp(rest, "%") == 0 && !relative && value <= 100) {
		*to = (size_t)(value / 100 * (double)(count - 1) + 0.5);
		return true;
	}
	value += relative ? (double)at : -1;
	*to = value <= 0 ? 0 : value >= (double)count ? count - 1 :
							(size_t)value;
	return !*rest;
}

static void jump_accept(struct top *top)
{
	size_t to;

	if (jump_parse(top, top->prompt.text, &to))
		ui_replay(top, to);
	else
		ui_say(top, true, "'%s' is no sample: 12, +3, -3, 50%%, +30s, "
		       "-5m, 13:05:20", top->prompt.text);
}

void prompt_jump(struct top *top)
{
	if (top->sample.replay)
		prompt_open(top, "Go to sample: ", "", NULL, jump_accept,
			    NULL);
}
