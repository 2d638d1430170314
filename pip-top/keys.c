// SPDX-License-Identifier: BSD-2-Clause
/* The keys: one table, of which the help screen and the bottom line are made. */
#include <config.h>

#include <curses.h>
#include <errno.h>
#include <string.h>

#include "ui.h"

#define KEYS_MAX 4

struct top_key {
	int key[KEYS_MAX];
	bool special[KEYS_MAX]; /* a KEY_* of curses, not a character */
	const char *name;       /* in the help */
	const char *bar;        /* label on the bottom line, or NULL */
	const char *help;
	void (*run)(struct top *top);
};

static void key_quit(struct top *top)
{
	top->quit = true;
}

static void key_help(struct top *top)
{
	ui_open_pager(top, "pip-top: keys and columns", keys_fill_help);
}

static void key_up(struct top *top)
{
	ui_move(top, -1);
}

static void key_down(struct top *top)
{
	ui_move(top, 1);
}

static void key_page_up(struct top *top)
{
	ui_move(top, -(long)top->list_rows);
}

static void key_page_down(struct top *top)
{
	ui_move(top, top->list_rows);
}

static void key_home(struct top *top)
{
	ui_move_to(top, 0);
}

static void key_end(struct top *top)
{
	ui_move_to(top, ui_count(top) ? ui_count(top) - 1 : 0);
}

static void key_left(struct top *top)
{
	if (top->shift)
		top->shift--;
}

static void key_right(struct top *top)
{
	if (top->shift < TOP_COLUMNS_MAX)
		top->shift++;
}

static void key_next_screen(struct top *top)
{
	ui_set_screen(top, (top->settings.screen + 1) % SCREENS);
}

static void key_tasks(struct top *top)
{
	ui_set_screen(top, SCREEN_TASKS);
}

static void key_domains(struct top *top)
{
	ui_set_screen(top, SCREEN_DOMAINS);
}

static void key_memory(struct top *top)
{
	ui_set_screen(top, SCREEN_MEMORY);
}

static void key_switches(struct top *top)
{
	ui_set_screen(top, SCREEN_SWITCHES);
}

static void key_tree(struct top *top)
{
	ui_set_tree(top, !top->settings.tree, top->settings.threads);
}

static void key_threads(struct top *top)
{
	ui_set_tree(top, top->settings.tree, !top->settings.threads);
	ui_say(top, false, "the tree is shown %s threads",
	       top->settings.threads ? "with" : "without");
}

static void set_collapsed(struct top *top, int wish)
{
	struct top_task *task = ui_current(top);

	if (!task || !top->settings.tree)
		return;
	task->collapsed = wish < 0 ? !task->collapsed : wish;
	ui_refresh(top, false);
}

static void key_fold(struct top *top)
{
	set_collapsed(top, 1);
}

static void key_unfold(struct top *top)
{
	set_collapsed(top, 0);
}

static void sort_by(struct top *top, const char *name)
{
	top->settings.sort = (unsigned)column_find(name);
	top->settings.inverted = false;
	ui_refresh(top, false);
}

static void key_sort_cpu(struct top *top)
{
	sort_by(top, "cpu%");
}

static void key_sort_memory(struct top *top)
{
	sort_by(top, "rss");
}

static void key_sort_time(struct top *top)
{
	sort_by(top, "time");
}

static void key_sort_pid(struct top *top)
{
	sort_by(top, "pid");
}

static void key_sort_switches(struct top *top)
{
	sort_by(top, "usw");
}

static void key_invert(struct top *top)
{
	top->settings.inverted = !top->settings.inverted;
	ui_refresh(top, false);
}

static void key_tag(struct top *top)
{
	struct top_task *task = ui_current(top);

	if (task)
		task->tagged = !task->tagged;
	ui_move(top, 1);
}

static void key_untag(struct top *top)
{
	size_t i, j;

	for (i = 0; i < top->sample.nprograms; i++) {
		struct top_program *program = top->sample.program[i];

		for (j = 0; j < program->count; j++)
			program->task[j].tagged = false;
		for (j = 0; j < program->nthreads; j++)
			program->thread[j].tagged = false;
	}
}

/* The row and, in the tree, all that are below it. */
static void key_tag_below(struct top *top)
{
	struct top_task *task = ui_current(top);
	size_t i = top->cursor;

	if (!task)
		return;
	task->tagged = true;
	while (top->settings.tree && ++i < top->view.count &&
	       top->view.row[i].depth > top->view.row[top->cursor].depth)
		top->view.row[i].task->tagged = true;
}

static void key_follow(struct top *top)
{
	struct top_task *task = ui_current(top);

	top->following = !top->following && task;
	if (top->following)
		top->followed = sample_identify(task);
}

static void key_pause(struct top *top)
{
	top->paused = !top->paused;
	top->next_sample = 0;
	if (top->sample.replay)
		top->next_sample = sample_clock() +
				   replay_get_pause(&top->sample);
}

static void key_refresh(struct top *top)
{
	clearok(stdscr, TRUE);
	ui_refresh(top, !top->sample.replay);
}

static void key_details(struct top *top)
{
	struct top_task *task = ui_current(top);
	char title[64];

	if (!task)
		return;
	top->detailed = sample_identify(task);
	if (task->kind == PIPS_THREAD)
		snprintf(title, sizeof(title), "Thread %d of process %d",
			 (int)task->task->tid, (int)task->task->pid);
	else if (task->slot)
		snprintf(title, sizeof(title), "Task %d, process %d",
			 (int)task->task->pipid, (int)task->task->pid);
	else
		snprintf(title, sizeof(title), "Root, process %d",
			 (int)task->task->pid);
	ui_open_pager(top, title, details_fill);
}

static void key_write(struct top *top)
{
	char path[4096] = "settings";
	int error = settings_write(&top->settings, path, sizeof(path));

	if (error)
		ui_say(top, true, "%.120s: %s", path, strerror(error));
	else
		ui_say(top, false, "wrote %.150s", path);
}

static void key_meters(struct top *top)
{
	top->settings.meters = !top->settings.meters;
}

static void key_find_next(struct top *top)
{
	search_step(top, false, false);
}

static void key_find_before(struct top *top)
{
	search_step(top, true, false);
}

static void scale_window(struct top *top, bool less)
{
	uint64_t window = top->settings.window_ns ? top->settings.window_ns :
						    top->window_shown;

	if (less && window >= 2000)
		window /= 2;
	else if (!less && window < 50000000000u)
		window *= 2;
	top->settings.window_ns = window;
	ui_refresh(top, false);
}

static void key_window_less(struct top *top)
{
	scale_window(top, true);
}

static void key_window_more(struct top *top)
{
	scale_window(top, false);
}

static void key_window_auto(struct top *top)
{
	top->settings.window_ns = 0;
	ui_refresh(top, false);
}

/* Steps through a recording are for looking: it stands still then. */
static void replay_step(struct top *top, long by)
{
	size_t at;

	if (!top->sample.replay) {
		ui_say(top, true, "that is for --replay");
		return;
	}
	at = replay_get_position(&top->sample);
	top->paused = true;
	ui_replay(top, by < 0 && (size_t)-by > at ? 0 : at + (size_t)by);
}

static void key_replay_forward(struct top *top)
{
	replay_step(top, 1);
}

static void key_replay_back(struct top *top)
{
	replay_step(top, -1);
}

static void replay_set_speed(struct top *top, double by)
{
	if (!top->sample.replay) {
		ui_say(top, true, "that is for --replay");
		return;
	}
	replay_scale_speed(&top->sample, by);
	top->next_sample = sample_clock() + replay_get_pause(&top->sample);
}

static void key_replay_faster(struct top *top)
{
	replay_set_speed(top, 2);
}

static void key_replay_slower(struct top *top)
{
	replay_set_speed(top, 0.5);
}

static void key_replay_begin(struct top *top)
{
	if (top->sample.replay)
		ui_replay(top, 0);
}

static void key_replay_end(struct top *top)
{
	if (top->sample.replay)
		ui_replay(top, replay_get_count(&top->sample) - 1);
}

#define CTRL_L 12

static const struct top_key keys[] = {
	{ { KEY_F(1), 'h', '?' }, { true }, "F1 h ?", "Help", "this help",
	  key_help },
	{ { KEY_F(2), 'C' }, { true }, "F2 C", "Columns",
	  "choose columns, and their order", menu_columns },
	{ { KEY_F(3), '/' }, { true }, "F3 /", "Search",
	  "search as you type, a regular expression", prompt_search },
	{ { KEY_F(4), '\\' }, { true }, "F4 \\", "Filter",
	  "show only what matches; empty: all", prompt_filter },
	{ { KEY_F(5), 't' }, { true }, "F5 t", "Tree",
	  "tree: root, tasks, BLTs, threads; or list", key_tree },
	{ { 'H' }, { false }, "H", NULL, "threads in the tree, or not",
	  key_threads },
	{ { KEY_F(6), '>', '.' }, { true }, "F6 >", "Sort",
	  "choose the column to sort by", menu_sort },
	{ { KEY_F(9), 'k' }, { true }, "F9 k", "Kill",
	  "send a signal to the tagged tasks, or to this one", menu_signals },
	{ { KEY_F(10), 'q' }, { true }, "F10 q", "Quit", "quit", key_quit },
	{ { KEY_ENTER, '\n', '\r' }, { true }, "Enter", NULL,
	  "all about the task: arguments, maps, counters, events",
	  key_details },
	{ { 'b' }, { false }, "b", NULL,
	  "backtrace of the task, by pips -b or pip-gdb", action_backtrace },
	{ { 'g' }, { false }, "g", NULL,
	  "attach pip-gdb to the task's program", action_gdb },
	{ { '\t' }, { false }, "Tab", NULL, "next screen", key_next_screen },
	{ { '1' }, { false }, "1", NULL, "screen: tasks", key_tasks },
	{ { '2' }, { false }, "2", NULL,
	  "screen: domains, and who runs in them", key_domains },
	{ { '3' }, { false }, "3", NULL, "screen: memory, who owns what",
	  key_memory },
	{ { '4' }, { false }, "4", NULL,
	  "screen: switches, a map of who ran when", key_switches },
	{ { '[' }, { false }, "[", NULL, "switches: a shorter time",
	  key_window_less },
	{ { ']' }, { false }, "]", NULL, "switches: a longer time",
	  key_window_more },
	{ { 'a' }, { false }, "a", NULL,
	  "switches: as long as the records are dense", key_window_auto },
	{ { 'n' }, { false }, "n", NULL, "search: the next one",
	  key_find_next },
	{ { 'p' }, { false }, "p", NULL, "search: the one before",
	  key_find_before },
	{ { ' ' }, { false }, "Space", NULL, "tag the task", key_tag },
	{ { 'c' }, { false }, "c", NULL, "tag it and all below it in the tree",
	  key_tag_below },
	{ { 'U' }, { false }, "U", NULL, "untag all", key_untag },
	{ { 'F' }, { false }, "F", NULL, "follow the task", key_follow },
	{ { 'Z' }, { false }, "Z", NULL, "pause", key_pause },
	{ { 'u' }, { false }, "u", NULL, "programs of one user", menu_users },
	{ { 'P' }, { false }, "P", NULL, "sort by CPU%", key_sort_cpu },
	{ { 'M' }, { false }, "M", NULL, "sort by memory", key_sort_memory },
	{ { 'T' }, { false }, "T", NULL, "sort by time", key_sort_time },
	{ { 'N' }, { false }, "N", NULL, "sort by PID", key_sort_pid },
	{ { 'S' }, { false }, "S", NULL, "sort by user-level switches",
	  key_sort_switches },
	{ { 'I' }, { false }, "I", NULL, "invert the order", key_invert },
	{ { '-' }, { false }, "-", NULL, "fold the branch of the tree",
	  key_fold },
	{ { '+', '=' }, { false }, "+", NULL, "unfold it", key_unfold },
	{ { 'm' }, { false }, "m", NULL, "meters on or off", key_meters },
	{ { 'd' }, { false }, "d", NULL, "seconds between refreshes",
	  prompt_delay },
	{ { 'w', 'W' }, { false }, "w", NULL, "write the settings",
	  key_write },
	{ { 'r', CTRL_L }, { false }, "r ^L", NULL, "refresh now",
	  key_refresh },
	{ { '}' }, { false }, "}", NULL, "recording: a sample forward",
	  key_replay_forward },
	{ { '{' }, { false }, "{", NULL, "recording: a sample back",
	  key_replay_back },
	{ { ')' }, { false }, ")", NULL, "recording: twice as fast",
	  key_replay_faster },
	{ { '(' }, { false }, "(", NULL, "recording: half as fast",
	  key_replay_slower },
	{ { ':' }, { false }, ":", NULL,
	  "recording: go to a sample or a time", prompt_jump },
	{ { '^' }, { false }, "^", NULL, "recording: to its begin",
	  key_replay_begin },
	{ { '$' }, { false }, "$", NULL, "recording: to its end",
	  key_replay_end },
	{ { KEY_UP }, { true }, "Up", NULL, "a row up", key_up },
	{ { KEY_DOWN }, { true }, "Down", NULL, "a row down", key_down },
	{ { KEY_PPAGE }, { true }, "PgUp", NULL, "a page up", key_page_up },
	{ { KEY_NPAGE }, { true }, "PgDn", NULL, "a page down",
	  key_page_down },
	{ { KEY_HOME }, { true }, "Home", NULL, "the first row",
	  key_home },
	{ { KEY_END, 'G' }, { true }, "End G", NULL, "the last row", key_end },
	{ { KEY_LEFT }, { true }, "Left", NULL, "columns to the left",
	  key_left },
	{ { KEY_RIGHT }, { true }, "Right", NULL, "columns to the right",
	  key_right },
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

/* The i-th of the bottom line; NULL after the last. */
const char *keys_get_bar(unsigned i, const char **label, int *key)
{
	static char name[NKEYS][8];
	unsigned k;

	for (k = 0; k < NKEYS; k++) {
		if (!keys[k].bar || i--)
			continue;
		*label = keys[k].bar;
		if (key)
			*key = keys[k].key[0];
		snprintf(name[k], sizeof(name[k]), "%.*s",
			 (int)strcspn(keys[k].name, " "), keys[k].name);
		return name[k];
	}
	return NULL;
}

void keys_fill_help(struct top *top, struct top_lines *lines)
{
	unsigned i;

	lines_add(lines, COLOR_TITLE, "Keys%s", top->readonly ?
		  " (--readonly: no signals, no debuggers)" : "");
	for (i = 0; i < NKEYS; i++)
		lines_add(lines, COLOR_TEXT, "  %-8s %s", keys[i].name,
			  keys[i].help);
	lines_add(lines, COLOR_TEXT, "  %-8s %s", "mouse", "click a row, a "
		  "column to sort by, a label of the bottom line; wheel");
	lines_add(lines, COLOR_TITLE, "Columns");
	for (i = 0; i < top_ncolumns; i++)
		lines_add(lines, COLOR_TEXT, "  %-8s %s",
			  top_columns[i].header, top_columns[i].help);
	lines_add(lines, COLOR_TITLE, "States");
	lines_add_text(lines, COLOR_TEXT,
		"  decoupled runs on another task's kernel thread\n"
		"  blocked   so, and that thread sleeps in the kernel\n"
		"  ready     could run, and waits for its kernel thread\n"
		"  suspended waits on a queue or object, WAITS-ON\n"
		"  others are those of pips(1)");
}

static void keys_click_header(struct top *top, int x)
{
	unsigned picked[TOP_COLUMNS_MAX], n, i;
	int at = 0;

	n = draw_pick_columns(top, picked, COLS);
	for (i = 0; i < n; i++) {
		if (i > 0 && i <= top->shift && i + 1 < n)
			continue;
		at += top->width[picked[i]] + 1;
		if (x < at || i + 1 == n)
			break;
	}
	if (i == n)
		return;
	if (top->settings.sort == picked[i])
		top->settings.inverted = !top->settings.inverted;
	else
		top->settings.inverted = false;
	top->settings.sort = picked[i];
	ui_refresh(top, false);
}

static void keys_click_bar(struct top *top, int x)
{
	const char *name, *label;
	unsigned i;
	int at = 0, key;

	for (i = 0; (name = keys_get_bar(i, &label, &key)); i++) {
		at += (int)(strlen(name) +
			    (strlen(label) < 6 ? 6 : strlen(label)));
		if (x < at) {
			keys_handle(top, key, true);
			return;
		}
	}
}

static void keys_mouse_event(struct top *top, const MEVENT *event)
{
	if (top->mode != MODE_MAIN)
		return;
	if (event->bstate & BUTTON4_PRESSED) {
		ui_move(top, -3);
		return;
	}
#ifdef BUTTON5_PRESSED
	if (event->bstate & BUTTON5_PRESSED) {
		ui_move(top, 3);
		return;
	}
#endif
	if (!(event->bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)))
		return;
	if (event->y == LINES - 1)
		keys_click_bar(top, event->x);
	else if (event->y == top->header_y &&
		 top->settings.screen == SCREEN_TASKS)
		keys_click_header(top, event->x);
	else if (event->y >= top->list_y && top->first +
		 (size_t)(event->y - top->list_y) < ui_count(top))
		ui_move_to(top, top->first +
				(size_t)(event->y - top->list_y));
}

/*
 * One KEY_MOUSE can stand for several events, the newest first: if a key
 * follows at once, a release has the press still behind it.
 */
static void keys_mouse(struct top *top)
{
	MEVENT event;

	while (getmouse(&event) == OK)
		keys_mouse_event(top, &event);
}

static void pager_key(struct top *top, int key, bool special)
{
	struct top_pager *pager = &top->pager;
	size_t page = (size_t)(LINES > 3 ? LINES - 3 : 1);

	if (!special && (key == 27 || key == 'q')) {
		ui_close(top);
		return;
	}
	if ((special && key == KEY_UP) || key == 'k')
		pager->first -= pager->first > 0;
	else if ((special && key == KEY_DOWN) || key == 'j')
		pager->first++;
	else if (special && key == KEY_PPAGE)
		pager->first -= page < pager->first ? page : pager->first;
	else if ((special && key == KEY_NPAGE) || key == ' ')
		pager->first += page;
	else if (special && key == KEY_HOME)
		pager->first = 0;
	else if (special && key == KEY_END)
		pager->first = pager->lines.count; /* drawing corrects it */
	else if (special && key == KEY_LEFT)
		pager->shift -= pager->shift >= 8 ? 8 : pager->shift;
	else if (special && key == KEY_RIGHT)
		pager->shift += 8;
	else if (special && key == KEY_F(10))
		top->quit = true;
}

void keys_handle(struct top *top, int key, bool special)
{
	size_t i;
	int k;

	if (special && key == KEY_RESIZE)
		return; /* drawing is all that it takes */
	if (special && key == KEY_MOUSE) {
		keys_mouse(top);
		return;
	}
	if (top->mode == MODE_PROMPT) {
		prompt_key(top, key, special);
		return;
	}
	if (top->mode == MODE_MENU) {
		menu_key(top, special ? key : key == '\r' ? '\n' : key);
		return;
	}
	if (top->mode == MODE_PAGER) {
		pager_key(top, key, special);
		return;
	}
	for (i = 0; i < NKEYS; i++)
		for (k = 0; k < KEYS_MAX && keys[i].key[k]; k++)
			if (keys[i].key[k] == key &&
			    keys[i].special[k] == special) {
				keys[i].run(top);
				return;
			}
}
