// SPDX-License-Identifier: BSD-2-Clause
/* pip-top: the tasks of PiP programs, live. */
#include <config.h>

#include <argp.h>
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ui.h"

const char *argp_program_version =
	"pip-top (" PACKAGE_NAME ") " PACKAGE_VERSION;

struct pips_options top_pips_options = { .header = true };

struct start {
	struct top *top;
	bool batch, ascii, wide, json;
	const char *record, *replay; /* files, or NULL */
	unsigned long count;
	enum color_wish color;
};

enum { KEY_READONLY_OPTION = 256, KEY_ASCII, KEY_COLOR_OPTION, KEY_TREE,
       KEY_WIDE_OPTION, KEY_JSON_OPTION, KEY_RECORD, KEY_REPLAY };

static const struct argp_option option_list[] = {
	{ "batch", 'b', NULL, 0, "Print samples as text, for scripts", 0 },
	{ "iterations", 'n', "N", 0,
	  "With -b, end after N samples; without, after N refreshes", 0 },
	{ "delay", 'd', "SECONDS", 0, "Time between refreshes (2)", 0 },
	{ "pid", 'p', "PID", 0,
	  "Only the program that process PID belongs to", 0 },
	{ "columns", 'o', "LIST", 0, "Columns to show, by name", 0 },
	{ "sort", 's', "COLUMN", 0, "Column to sort by", 0 },
	{ "filter", 'f', "REGEX", 0, "Show only commands that match", 0 },
	{ "tree", KEY_TREE, NULL, 0, "Show root, tasks, BLTs, threads as a tree", 0 },
	{ "json", KEY_JSON_OPTION, NULL, 0, "Print samples as JSON, one to a "
	  "line, for programs", 0 },
	{ "record", KEY_RECORD, "FILE", 0, "Also write all samples to FILE",
	  0 },
	{ "replay", KEY_REPLAY, "FILE", 0,
	  "Show a recording, not what runs now", 0 },
	{ "wide", KEY_WIDE_OPTION, NULL, 0, "With -b, do not cut lines", 0 },
	{ "readonly", KEY_READONLY_OPTION, NULL, 0,
	  "No signals, no debuggers", 0 },
	{ "ascii", KEY_ASCII, NULL, 0, "No characters but ASCII", 0 },
	{ "color", KEY_COLOR_OPTION, "WHEN", 0, "auto (default) or never", 0 },
	{ 0 },
};

static bool curses_is_on;

/* Also called by what is shared with pips. */
void pips_fail(const char *format, ...)
{
	va_list list;

	if (curses_is_on)
		endwin();
	fflush(stdout);
	fputs("pip-top: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(PIPS_ERROR);
}

static unsigned long parse_number(const char *what, const char *text,
				  unsigned long most)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, 10);
	if (*text < '0' || *text > '9' || *rest || errno || value < 1 ||
	    value > most)
		pips_fail("'%s' is not a %s", text, what);
	return value;
}

static void parse_delay(struct top_settings *settings, const char *text)
{
	char *rest;
	double delay = strtod(text, &rest);

	if (rest == text || *rest || !(delay >= 0.1) || delay > 3600)
		pips_fail("'%s' is not a number of seconds from 0.1 to 3600",
			  text);
	settings->delay = delay;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct start *start = state->input;
	struct top *top = start->top;
	char bad[64];
	int column;

	switch (key) {
	case 'b':
		start->batch = true;
		return 0;
	case 'n':
		start->count = parse_number("number of samples", argument,
					    0xffffffff);
		return 0;
	case 'd':
		parse_delay(&top->settings, argument);
		return 0;
	case 'p':
		top->sample.pid = (pid_t)parse_number("PID", argument,
						      0x7fffffff);
		return 0;
	case 'o':
		if (!settings_set_columns(&top->settings, argument, bad,
					  sizeof(bad)))
			pips_fail("'%s' is not a column; F1 and pip-top(1) "
				  "list them", bad);
		return 0;
	case 's':
		column = column_find(argument);
		if (column < 0)
			pips_fail("'%s' is not a column; F1 and pip-top(1) "
				  "list them", argument);
		top->settings.sort = (unsigned)column;
		top->settings.inverted = false;
		return 0;
	case 'f':
		pattern_set(&top->view.filter, argument);
		return 0;
	case KEY_TREE:
		top->settings.tree = true;
		return 0;
	case KEY_WIDE_OPTION:
		start->wide = true;
		return 0;
	case KEY_JSON_OPTION:
		if (!JSON_IS_BUILT_IN)
			pips_fail(JSON_IS_MISSING);
		start->json = start->batch = true;
		return 0;
	case KEY_RECORD:
		start->record = argument;
		return 0;
	case KEY_REPLAY:
		start->replay = argument;
		return 0;
	case ARGP_KEY_END:
		if (start->record && start->replay)
			pips_fail("either --record or --replay can be "
				  "specified");
		if (start->json && start->wide)
			pips_fail("either --json or --wide can be specified");
		return 0;
	case KEY_READONLY_OPTION:
		top->readonly = true;
		return 0;
	case KEY_ASCII:
		start->ascii = true;
		return 0;
	case KEY_COLOR_OPTION:
		if (strcmp(argument, "never") == 0)
			start->color = COLOR_WISH_NEVER;
		else if (strcmp(argument, "auto") != 0)
			pips_fail("--color is auto or never, not '%s'",
				  argument);
		return 0;
	case ARGP_KEY_ARG:
		pips_fail("'%s': pip-top takes no arguments, only options; "
			  "-f filters", argument);
	}
	return ARGP_ERR_UNKNOWN;
}

/* As curses does it, but for the status: it is one more way to quit.  What is
 * recorded is in the file after each sample. */
static void end_by_signal(int number)
{
	(void)number;
	endwin();
	_exit(0);
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = end_by_signal };

	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void start_screen(enum color_wish color)
{
	const char *type = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		pips_fail("standard input and output must be a terminal; "
			  "-b prints without one");
	if (!newterm(NULL, stdout, stdin))
		pips_fail("no terminal of type '%s' is known; set TERM, or "
			  "use -b", type ? type : "");
	curses_is_on = true;
	catch_signals();
	if (!tigetstr("cup"))
		pips_fail("a terminal of type '%s' cannot place its cursor; "
			  "set TERM, or use -b", type ? type : "");
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	/* Time enough for what follows it in a sequence, but on slow lines. */
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	curs_set(0);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED
#ifdef BUTTON5_PRESSED
		  | BUTTON5_PRESSED
#endif
		  , NULL);
	mouseinterval(0);
	color_start(color);
}

/* A process that does not answer ends us: leave the terminal usable. */
static void restore_on_hang(pid_t pid)
{
	(void)pid;
	if (curses_is_on)
		endwin();
}

/* Programs, or what was recorded of them. */
static void open_sample(struct top *top, const struct start *start)
{
	char problem[200];
	int error;

	if (start->replay) {
		if (replay_open(&top->sample, start->replay, problem,
				sizeof(problem)))
			pips_fail("%s: %s", start->replay, problem);
		return;
	}
	error = sample_open(&top->sample, top->sample.pid);
	if (error)
		pips_fail("/proc: %s", strerror(error));
	error = start->record ? record_open(start->record,
					    &top->sample.record) : 0;
	if (error)
		pips_fail("%s: %s", start->record, strerror(error));
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_list, parse_option, NULL,
		"Show the tasks of all PiP programs that you may see, live. "
		"F1 or h: help.\v"
		"Exit status: 0, with -b 1 if there are no tasks, 2 error.",
		NULL, NULL, NULL,
	};
	static struct top top;
	struct start start = { .top = &top };
	char problem[200];
	int error;

	setlocale(LC_CTYPE, "");
	argp_err_exit_status = PIPS_ERROR;
	settings_set_defaults(&top.settings);
	settings_read(&top.settings, problem, sizeof(problem));
	argp_parse(&argp, argc, argv, 0, NULL, &start);
	column_utf8 = !start.ascii &&
		      strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	observer_on_hang = restore_on_hang;
	top.sample.threads_wanted = top.settings.tree && top.settings.threads;
	open_sample(&top, &start);
	if (start.batch) {
		error = batch_run(&top, start.count, start.json ? BATCH_JSON :
				  start.wide ? BATCH_WIDE : BATCH_TEXT);
	} else {
		start_screen(start.color);
		if (*problem)
			ui_say(&top, true, "%s", problem);
		ui_run(&top, start.count);
		endwin();
		error = 0;
	}
	lines_clear(&top.lines);
	lines_clear(&top.pager.lines);
	free(top.lines.line);
	free(top.pager.lines.line);
	view_free(&top.view);
	sample_close(&top.sample);
	if (top.sample.record_error)
		pips_fail("%s: %s", start.record,
			  strerror(top.sample.record_error));
	return error;
}
