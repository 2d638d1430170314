// SPDX-License-Identifier: BSD-2-Clause
/* What the user sees and where he is: cursor, screens, the loop. */
#include <config.h>

#include <curses.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

#define MESSAGE_NS 4000000000u

void ui_say(struct top *top, bool bad, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(top->message, sizeof(top->message), format, list);
	va_end(list);
	top->message_bad = bad;
	top->message_until = sample_clock() + MESSAGE_NS;
}

/* The task under the cursor, or NULL. */
struct top_task *ui_current(struct top *top)
{
	if (top->settings.screen != SCREEN_TASKS ||
	    top->cursor >= top->view.count)
		return NULL;
	return top->view.row[top->cursor].task;
}

/* Rows that the cursor can be on. */
size_t ui_count(const struct top *top)
{
	if (top->settings.screen == SCREEN_TASKS)
		return top->view.count;
	return top->lines.count ? top->lines.count - 1 : 0;
}

void ui_move_to(struct top *top, size_t row)
{
	size_t count = ui_count(top);

	top->following = false;
	top->cursor = row < count ? row : count ? count - 1 : 0;
}

void ui_move(struct top *top, long by)
{
	long to = (long)top->cursor + by;

	ui_move_to(top, to < 0 ? 0 : (size_t)to);
}

/* What acts on tasks is not done with --readonly, nor to the past. */
bool ui_refuses(struct top *top, const char *what)
{
	if (top->sample.replay)
		ui_say(top, true, "this is a recording: nothing acts on it");
	else if (top->readonly)
		ui_say(top, true, "--readonly: %s", what);
	return top->readonly || top->sample.replay;
}

static void ui_follow(struct top *top)
{
	const struct top_task *task = sample_find(&top->sample,
						  &top->followed);
	size_t i;

	for (i = 0; task && i < top->view.count; i++)
		if (top->view.row[i].task == task)
			top->cursor = i;
}

void ui_refresh(struct top *top, bool sample)
{
	static void (*const fill[SCREENS])(struct top *,
					   struct top_lines *) = {
		NULL, domains_fill, memory_fill, switches_fill,
	};

	if (sample)
		sample_take(&top->sample);
	view_build(&top->view, &top->sample, &top->settings);
	if (top->following)
		ui_follow(top);
	lines_clear(&top->lines);
	if (fill[top->settings.screen] && top->mode != MODE_PAGER)
		fill[top->settings.screen](top, &top->lines);
	if (top->mode == MODE_PAGER && top->pager.fill) {
		lines_clear(&top->pager.lines);
		top->pager.fill(top, &top->pager.lines);
	}
	if (top->cursor >= ui_count(top))
		top->cursor = ui_count(top) ? ui_count(top) - 1 : 0;
}

/* What is shown of the tree; threads cost something only while they are. */
void ui_set_tree(struct top *top, bool tree, bool threads)
{
	top->settings.tree = tree;
	top->settings.threads = threads;
	threads_want(&top->sample, tree && threads);
	ui_refresh(top, false);
}

void ui_set_screen(struct top *top, enum top_screen_number screen)
{
	top->settings.screen = screen;
	top->cursor = top->first = 0;
	top->shift = 0;
	ui_refresh(top, false);
}

/* With fill NULL the caller fills the lines, once. */
void ui_open_pager(struct top *top, const char *title,
		   void (*fill)(struct top *, struct top_lines *))
{
	struct top_pager *pager = &top->pager;

	snprintf(pager->title, sizeof(pager->title), "%s", title);
	lines_clear(&pager->lines);
	pager->first = pager->shift = 0;
	pager->fill = fill;
	top->mode = MODE_PAGER;
	if (fill)
		fill(top, &pager->lines);
}

void ui_close(struct top *top)
{
	top->mode = MODE_MAIN;
	ui_refresh(top, false);
}

/* Show that sample of the recording, and go on from there. */
void ui_replay(struct top *top, size_t to)
{
	if (!top->sample.replay)
		return;
	replay_go(&top->sample, to);
	ui_refresh(top, false);
	top->next_sample = sample_clock() + replay_get_pause(&top->sample);
}

static uint64_t ui_get_pause(const struct top *top)
{
	if (top->sample.replay)
		return replay_get_pause(&top->sample);
	return (uint64_t)(top->settings.delay * 1e9);
}

/* A recording that could not be written, or read, as far as it was to be. */
static void ui_tell_problems(struct top *top)
{
	static bool told;
	const char *problem;

	if (top->sample.record_error && !told) {
		told = true;
		ui_say(top, true, "the recording ends here: %s",
		       strerror(top->sample.record_error));
	}
	if (!top->sample.replay || !replay_is_at_end(&top->sample) || told)
		return;
	problem = replay_get_problem(&top->sample);
	if (!*problem)
		return;
	told = true;
	ui_say(top, true, "the rest is damaged: %s", problem);
}

static int ui_milliseconds(const struct top *top)
{
	uint64_t now = sample_clock();

	/* The clock at the top, and messages, have their time as well. */
	if (top->paused)
		return 500;
	if (top->next_sample <= now)
		return 0;
	if (top->next_sample - now > 3600000000000u)
		return 3600000;
	return (int)((top->next_sample - now) / 1000000u) + 1;
}

/* All that was typed; false when the terminal is gone. */
static bool ui_read_keys(struct top *top)
{
	static unsigned early;
	uint64_t before = sample_clock();
	int wait = ui_milliseconds(top), status, n;
	wint_t key;

	for (n = 0; n < 100 && !top->quit; n++) {
		timeout(n ? 0 : wait);
		status = get_wch(&key);
		if (status == ERR)
			break;
		keys_handle(top, (int)key, status == KEY_CODE_YES);
	}
	/* A terminal that is gone answers at once, and always. */
	if (n == 0 && wait > 50 && sample_clock() - before < 20000000u)
		early++;
	else
		early = 0;
	return early < 50;
}

void ui_run(struct top *top, unsigned long count)
{
	unsigned long done = 0;

	while (!top->quit) {
		uint64_t now = sample_clock();

		if (!top->paused && now >= top->next_sample) {
			if (count && done++ == count)
				break;
			ui_refresh(top, true);
			ui_tell_problems(top);
			top->next_sample = now + ui_get_pause(top);
		}
		draw_all(top);
		if (!ui_read_keys(top))
			break;
	}
}
