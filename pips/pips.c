// SPDX-License-Identifier: BSD-2-Clause
/* pips: list the tasks of PiP programs. */
#include <config.h>

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pips.h"

const char *argp_program_version = "pips (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { KEY_JSON = 256, KEY_NO_HEADER, KEY_WIDE, KEY_COLOR,
       KEY_FLAT, KEY_STOP, KEY_FRAMES };

static const struct argp_option option_list[] = {
	{ "long", 'l', NULL, 0, "Show all that is known of each task", 0 },
	{ "pid", 'p', "PID", 0,
	  "Only the program that process PID belongs to", 0 },
	{ "modules", 'm', NULL, 0,
	  "List the files that each task has loaded; with -p and the PID of a "
	  "task, those of that task", 0 },
	{ "backtrace", 'b', NULL, 0,
	  "Show where all tasks are: their stacks, merged to a tree; with -p "
	  "and the PID of a task, those of that task", 0 },
	{ "flat", KEY_FLAT, NULL, 0, "With -b, show each stack by itself", 0 },
	{ "frames", KEY_FRAMES, "N", 0,
	  "With -b, show N frames of a stack at most (128)", 0 },
	{ "stop", KEY_STOP, NULL, 0,
	  "With -b, stop each thread for a moment, running ones too", 0 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, "Print no header line", 0 },
	{ "wide", KEY_WIDE, NULL, 0, "Do not cut lines", 0 },
	{ "color", KEY_COLOR, "WHEN", 0,
	  "Color the output: auto (default), always or never", 0 },
	{ 0 },
};

void pips_fail(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("pips: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(PIPS_ERROR);
}

static pid_t parse_pid(const char *text)
{
	char *rest;
	long pid;

	errno = 0;
	pid = strtol(text, &rest, 10);
	if (errno || rest == text || *rest || pid <= 0 || pid > 0x7fffffff)
		pips_fail("'%s' is not a PID", text);
	return (pid_t)pid;
}

static size_t parse_frames(const char *text)
{
	char *rest;
	long frames;

	errno = 0;
	frames = strtol(text, &rest, 10);
	if (errno || rest == text || *rest || frames <= 0)
		pips_fail("--frames is a number from 1, not '%s'", text);
	return (size_t)frames;
}

/* Options that make no sense together, or not alone. */
static void check_options(const struct pips_options *options)
{
	if (options->backtrace) {
		pips_check_backtraces();
		if (options->modules && !options->json)
			pips_fail("-b and -m are two lists: use --json for "
				  "both");
		if (options->flat && options->json)
			pips_fail("--flat is for text: --json has each stack "
				  "by itself");
		return;
	}
	if (options->flat || options->stop || options->frames)
		pips_fail("%s goes with -b", options->flat ? "--flat" :
			  options->stop ? "--stop" : "--frames");
}

static int parse_color(const char *text)
{
	static const char *const names[] = { "auto", "always", "never" };
	int i;

	for (i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0)
			return i;
	pips_fail("--color is auto, always or never, not '%s'", text);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct pips_options *options = state->input;

	switch (key) {
	case 'l':
		options->detailed = true;
		return 0;
	case 'p':
		options->pid = parse_pid(argument);
		return 0;
	case 'm':
		options->modules = true;
		return 0;
	case 'b':
		options->backtrace = true;
		return 0;
	case KEY_FLAT:
		options->flat = true;
		return 0;
	case KEY_STOP:
		options->stop = true;
		return 0;
	case KEY_FRAMES:
		options->frames = parse_frames(argument);
		return 0;
	case KEY_JSON:
		options->json = true;
		return 0;
	case KEY_NO_HEADER:
		options->header = false;
		return 0;
	case KEY_WIDE:
		options->wide = true;
		return 0;
	case KEY_COLOR:
		options->color = (unsigned)parse_color(argument);
		return 0;
	case ARGP_KEY_ARG:
		if (options->command)
			pips_fail("one COMMAND at most, '%s' is a second; "
				  "quote a pattern", argument);
		options->command = argument;
		return 0;
	case ARGP_KEY_SUCCESS:
		check_options(options);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Is it to be shown? */
bool pips_is_selected(const struct pips_row *row)
{
	const struct pips_options *options = row->options;
	bool single = options->modules || options->backtrace;

	if (!pips_is_listed(row) || !pips_matches(row))
		return false;
	if (single && !row->task->pid)
		return false;
	/* With -m and -b, the PID of a task means the task; of a root, all. */
	if (single && options->pid &&
	    options->pid != row->root->pid && options->pid != row->task->pid &&
	    options->pid != row->task->tid)
		return false;
	return true;
}

static uint64_t read_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* What is being made while the programs are gone through. */
struct output {
	struct pips_table *table;
	json_t *document;
	size_t shown;
};

static void show_program(const struct pips_options *options,
			 struct output *output, struct observer_root *root,
			 struct observer_tasks *tasks)
{
	struct pips_backtraces *backtraces = NULL;
	uint64_t now = read_clock();
	size_t i, shown = 0;

	if (options->backtrace && !output->document)
		backtraces = pips_open_backtraces(options, root, tasks);
	for (i = 0; i < tasks->count; i++) {
		struct pips_row row = { options, root, &tasks->task[i], now };

		if (!pips_is_selected(&row))
			continue;
		if (backtraces)
			pips_add_backtraces(backtraces, &row);
		else if (output->table)
			pips_add_row(output->table, &row);
		else if (!output->document &&
			 !pips_print_modules(&row, options->header &&
						   !output->shown && !shown))
			continue;
		shown++;
	}
	if (output->document && shown)
		pips_add_json_program(output->document, options, root, tasks,
				      now);
	if (backtraces) {
		if (shown)
			pips_print_backtraces(backtraces, output->shown > 0);
		pips_close_backtraces(backtraces);
	}
	output->shown += shown;
}

static void show_all(const struct pips_options *options,
		     struct observer *observer, struct output *output)
{
	struct observer_tasks tasks = { 0 };
	struct observer_root *root;
	size_t i;

	for (i = 0; (root = observer_get_root(observer, i)); i++) {
		int error = observer_read_tasks(root, &tasks);

		if (error == ENOMEM)
			pips_fail("out of memory");
		if (error) /* it ended while we looked */
			continue;
		observer_read_facts(root, &tasks);
		/* Not permitted or gone: the column then says so. */
		if (options->json || !(options->modules || options->backtrace))
			error = observer_read_memory(root, &tasks);
		show_program(options, output, root, &tasks);
	}
	observer_free_tasks(&tasks);
}

/* Why there was nothing to list, unless a problem has just told. */
static int explain_nothing(const struct pips_options *options,
			   struct observer *observer)
{
	size_t denied = observer_count_denied(observer);
	bool problem = observer_get_problem(observer, 0);

	if (observer_get_root(observer, 0)) {
		if (options->command)
			fprintf(stderr, "pips: no PiP task runs a program "
				"named '%s'\n", options->command);
		else if (!options->modules && !options->backtrace)
			fprintf(stderr, "pips: the PiP program ended\n");
	} else if (options->pid) {
		if (!problem)
			fprintf(stderr, "pips: process %d does not belong to "
				"a PiP program\n", (int)options->pid);
	} else if (denied) {
		fprintf(stderr, "pips: no PiP program is running that you may "
			"see (%zu process%s you may not look into)\n", denied,
			denied == 1 ? "" : "es");
	} else if (!problem) {
		fprintf(stderr, "pips: no PiP program is running\n");
	}
	return PIPS_NONE;
}

static void print_problems(const struct observer *observer)
{
	const struct observer_problem *problem;
	size_t i;

	for (i = 0; (problem = observer_get_problem(observer, i)); i++)
		fprintf(stderr, "pips: %s\n", problem->text);
}

static int list_programs(const struct pips_options *options,
			 struct observer *observer)
{
	struct output output = { 0 };

	if (options->json)
		output.document = pips_new_json();
	else if (!options->modules && !options->backtrace)
		output.table = pips_new_table(options);
	show_all(options, observer, &output);
	print_problems(observer);
	if (output.document)
		pips_print_json(output.document, observer);
	else if (output.table && output.shown)
		pips_print_table(output.table);
	if (fflush(stdout) || ferror(stdout))
		pips_fail("standard output: %s", strerror(errno));
	if (output.shown)
		return PIPS_LISTED;
	return explain_nothing(options, observer);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_list, parse_option, "[COMMAND]",
		"List the tasks of all PiP programs that you may see, or those "
		"that run a program named COMMAND (a name or a pattern).\v"
		"Exit status: 0 tasks were listed, 1 there are none, 2 error.",
		NULL, NULL, NULL,
	};
	struct pips_options options = { .header = true };
	struct observer *observer;
	int error;

	setlocale(LC_CTYPE, "");
	argp_err_exit_status = PIPS_ERROR;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	error = observer_open(&observer);
	if (error)
		pips_fail("/proc: %s", strerror(error));
	error = observer_scan(observer, options.pid);
	if (error && options.pid && (error == ESRCH || error == EACCES)) {
		fprintf(stderr, "pips: process %d: %s\n", (int)options.pid,
			error == ESRCH ? "no such process" :
					 "you may not look into it");
		error = PIPS_NONE;
	} else if (error) {
		pips_fail("/proc: %s", strerror(error));
	} else {
		error = list_programs(&options, observer);
	}
	observer_close(observer);
	return error;
}
