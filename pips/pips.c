// SPDX-License-Identifier: BSD-2-Clause
/* pips: list the tasks of PiP programs. */
#include <config.h>

#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pips.h"

const char *argp_program_version = "pips (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { KEY_JSON = 256, KEY_NO_HEADER, KEY_WIDE, KEY_COLOR, KEY_SORT, KEY_TREE,
       KEY_CSV, KEY_METRICS, KEY_WATCH, KEY_TOTALS, KEY_VERBOSE,
       KEY_FLAT, KEY_STOP, KEY_FRAMES };

static const struct argp_option option_list[] = {
	{ "long", 'l', NULL, 0, "Show all that is known of each task", 1 },
	{ "columns", 'o', "COLUMNS", 0,
	  "Show these columns, names with commas between", 1 },
	{ "sort", KEY_SORT, "COLUMN", 0, "Sort by a column", 1 },
	{ "tree", KEY_TREE, NULL, 0, "Show who spawned whom, who runs on whose "
	  "kernel thread, and threads", 1 },
	{ "totals", KEY_TOTALS, NULL, 0, "Sum up the memory of each program",
	  1 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 1 },
	{ "csv", KEY_CSV, NULL, 0, "Print comma-separated values", 1 },
	{ "openmetrics", KEY_METRICS, NULL, 0,
	  "Print metrics in the text format of Prometheus", 1 },
	{ "watch", KEY_WATCH, "SECONDS", OPTION_ARG_OPTIONAL,
	  "Again every 2 or so many seconds", 1 },
	{ "no-header", KEY_NO_HEADER, NULL, 0, "Print no header line", 1 },
	{ "wide", KEY_WIDE, NULL, 0, "Do not cut lines", 1 },
	{ "color", KEY_COLOR, "WHEN", 0,
	  "Color the output: auto (default), always or never", 1 },
	{ NULL, 0, NULL, 0, "Which tasks:", 2 },
	{ "pid", 'p', "PID", 0,
	  "Only the program that process PID belongs to", 2 },
	{ "root", 'r', NULL, 0, "Only roots", 2 },
	{ "task", 't', NULL, 0, "Only tasks", 2 },
	{ "family", 'f', NULL, 0, "And their roots, and the tasks of roots",
	  2 },
	{ "descent", 'd', NULL, 0, "And the tasks that they have spawned", 2 },
	{ "mode", 'm', "LETTERS", 0,
	  "Only of these modes: P any process, L preload, G got, C pipclone, "
	  "T thread", 2 },
	{ NULL, 0, NULL, 0, "Instead of the list, of each task; with -p and "
	  "the PID of a task, of that task:", 3 },
	{ "modules", 'M', NULL, 0, "The files that it has loaded", 3 },
	{ "maps", 'v', NULL, 0, "The memory map, and who owns what", 3 },
	{ "arguments", 'c', NULL, 0, "Arguments and environment", 3 },
	{ "auxv", 'x', NULL, 0, "The auxiliary vector", 3 },
	{ "elf", 'e', NULL, 0, "Program headers, libraries, load biases", 3 },
	{ "files", 'F', NULL, 0, "Open descriptors", 3 },
	{ "backtrace", 'b', NULL, 0, "Where it is: its stacks, merged to a tree",
	  3 },
	{ "flat", KEY_FLAT, NULL, 0, "With -b, show each stack by itself", 3 },
	{ "frames", KEY_FRAMES, "N", 0,
	  "With -b, show N frames of a stack at most (128)", 3 },
	{ "stop", KEY_STOP, NULL, 0,
	  "With -b, stop each thread for a moment, running ones too", 3 },
	{ NULL, 0, NULL, 0, "Instead of listing them:", 4 },
	{ "kill", 'k', NULL, 0, "Send SIGTERM, to tasks before roots", 4 },
	{ "signal", 's', "SIGNAL", 0, "Send this signal", 4 },
	{ "ps", 'P', "OPTIONS", OPTION_ARG_OPTIONAL,
	  "Run ps(1) on them; commas between options", 4 },
	{ "top", 'T', "OPTIONS", OPTION_ARG_OPTIONAL, "Run top(1) on them",
	  4 },
	{ "verbose", KEY_VERBOSE, NULL, 0, "Say what is sent to whom", 4 },
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
			pips_fail("-b and -M are two lists: use --json for "
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

static void parse_watch(struct pips_options *options, const char *text)
{
	char *rest;

	options->watch = text ? strtod(text, &rest) : 2;
	if (text && (rest == text || *rest || !(options->watch >= 0.1) ||
		     options->watch > 86400))
		pips_fail("--watch: '%s' is not a number of seconds from 0.1 "
			  "to 86400", text);
}

static const char *parse_modes(const char *text)
{
	if (!*text)
		pips_fail("No mode specified");
	if (text[strspn(text, "PpLlGgCcTt")])
		pips_fail("Invalid mode '%s': letters of P, L, G, C, T", text);
	return text;
}

static bool parse_view(struct pips_options *options, int key)
{
	const struct pips_view *view;

	for (view = pips_views; view->key; view++)
		if (view->key == key) {
			options->view = view;
			return true;
		}
	return false;
}

static void parse_pattern(struct pips_options *options, char *text)
{
	options->patterns = reallocarray(options->patterns,
					 options->npatterns + 1,
					 sizeof(char *));
	if (!options->patterns)
		pips_fail("out of memory");
	options->patterns[options->npatterns++] = text;
}

/* The original's messages. */
static void check_conflicts(const struct pips_options *options, bool kill,
			    bool signal)
{
	static const char *const names[] = { "--kill", "--signal", "--ps",
					     "--top", "--json", "--csv",
					     "--openmetrics" };
	const bool given[] = { kill, signal, options->ps != NULL,
			       options->top != NULL, options->json,
			       options->csv, options->metrics };
	int i, first = -1;

	for (i = 0; i < 7; i++) {
		if (!given[i])
			continue;
		if (first >= 0)
			pips_fail("either %s or %s can be specified",
				  names[first], names[i]);
		first = i;
	}
	if (options->tree && options->sort)
		pips_fail("either --tree or --sort can be specified");
	if (options->view && (first >= 0 || options->modules))
		pips_fail("%s has no other form", options->view->name);
	if (options->watch > 0 && first >= 0 && first < 4)
		pips_fail("--watch lists again and again, %s does not list",
			  names[first]);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct pips_options *options = state->input;
	static bool kill, signal;

	if (parse_view(options, key))
		return 0;
	switch (key) {
	case 'l':
		options->detailed = true;
		return 0;
	case 'p':
		options->pid = parse_pid(argument);
		return 0;
	case 'M':
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
	case 'm':
		options->modes = parse_modes(argument);
		return 0;
	case 'o':
		options->columns = argument;
		return 0;
	case 'r':
		options->roots = true;
		return 0;
	case 't':
		options->tasks = true;
		return 0;
	case 'f':
		options->family = true;
		return 0;
	case 'd':
		options->descent = true;
		return 0;
	case 'k':
		kill = true;
		options->signal = SIGTERM;
		return 0;
	case 's':
		signal = true;
		options->signal = pips_parse_signal(argument);
		return 0;
	case 'P':
		options->ps = argument ? argument : "";
		return 0;
	case 'T':
		options->top = argument ? argument : "";
		return 0;
	case KEY_VERBOSE:
		options->verbose = true;
		return 0;
	case KEY_SORT:
		options->sort = argument;
		return 0;
	case KEY_TREE:
		options->tree = true;
		return 0;
	case KEY_TOTALS:
		options->totals = true;
		return 0;
	case KEY_CSV:
		options->csv = options->wide = true;
		return 0;
	case KEY_METRICS:
		options->metrics = true;
		return 0;
	case KEY_WATCH:
		parse_watch(options, argument);
		return 0;
	case KEY_JSON:
		if (!JSON_IS_BUILT_IN)
			pips_fail(JSON_IS_MISSING);
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
		parse_pattern(options, argument);
		return 0;
	case ARGP_KEY_END:
		check_conflicts(options, kill, signal);
		return 0;
	case ARGP_KEY_SUCCESS:
		check_options(options);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* "aux" and the like as the first argument, as for ps(1) of BSD. */
static void take_bsd_letters(struct pips_options *options, int *argc,
			     char **argv)
{
	if (*argc < 2 || !*argv[1] || argv[1][strspn(argv[1], "aux")])
		return;
	options->user = strchr(argv[1], 'u') != NULL;
	memmove(argv + 1, argv + 2, (size_t)(*argc - 1) * sizeof(char *));
	--*argc;
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
	struct pips_backtraces *backtraces; /* of one program */
	json_t *document;
	size_t shown;
	size_t refused; /* processes that Yama keeps us out of */
	FILE *totals; /* into text, size bytes */
	char *text;
	size_t size;
};

/* The map is of the address space: what is nobody's is shown with the root. */
static void show_maps(const struct pips_row *rows, size_t count,
		      struct observer_root *root, struct observer_tasks *tasks)
{
	struct observer_ranges ranges = { 0 };
	int error = observer_read_ranges(root, tasks, &ranges);
	size_t i, j;

	if (!error)
		error = observer_read_usage(root, &ranges);
	if (error)
		fprintf(stderr, "pips: process %d: its mappings: %s\n",
			(int)root->reader, strerror(error));
	for (i = 0; i < ranges.count; i++)
		for (j = 0; j < count; j++)
			if (pips_owns(rows[j].task, &ranges.range[i])) {
				pips_print_range(stdout, &ranges.range[i]);
				break;
			}
	observer_free_ranges(&ranges);
}

/* One line for all of them comes at the end. */
static bool is_refused(int error)
{
	return (error == EPERM || error == EACCES) &&
	       observer_explain_refusal();
}

static int show_view(const struct pips_view *view, const struct pips_row *row)
{
	int error = view->print(stdout, row);

	if (!error || is_refused(error))
		return error;
	fflush(stdout);
	fprintf(stderr, "pips: process %d: its %s: %s\n", (int)row->task->pid,
		view->name, error == ENOENT ? "not known" : strerror(error));
	return error;
}

/* They come behind the list. */
static void add_totals(struct output *output, struct observer_root *root,
		       const struct observer_tasks *tasks)
{
	char all[16], windows[16], outside[16], copies[16];
	size_t n = 0, i;

	if (!tasks->memory_known)
		return;
	for (i = 0; i < tasks->count; i++)
		n += tasks->task[i].slot != 0 && !tasks->task[i].executed &&
		     !tasks->task[i].facts.error;
	pips_format_bytes(all, sizeof(all), tasks->total_rss);
	pips_format_bytes(windows, sizeof(windows),
			  tasks->total_rss - tasks->outside_rss);
	pips_format_bytes(outside, sizeof(outside), tasks->outside_rss);
	pips_format_bytes(copies, sizeof(copies), tasks->outside_rss * n);
	if (!output->totals)
		output->totals = open_memstream(&output->text, &output->size);
	if (!output->totals)
		pips_fail("out of memory");
	fprintf(output->totals, "program %d: %zu tasks, %s resident: %s in "
	       "the tasks' windows, %s of the root\nthat every task reaches; a copy for each would "
	       "take %s\n", (int)root->reader, n, all, windows, outside,
	       copies);
}

static size_t show_rows(const struct pips_options *options,
			struct output *output, const struct pips_row *rows,
			size_t count)
{
	size_t i, shown = 0;
	int error;

	for (i = 0; i < count; i++) {
		error = 0;
		if (options->signal || options->ps || options->top)
			pips_add_target(&rows[i]);
		else if (output->backtraces)
			error = pips_add_backtraces(output->backtraces,
						    &rows[i]);
		else if (output->table)
			pips_add_row(output->table, &rows[i]);
		else if (options->view && options->view->print)
			error = show_view(options->view, &rows[i]);
		else if (options->modules && !output->document)
			error = pips_print_modules(&rows[i],
						   options->header &&
							   !output->shown &&
							   !shown);
		if (is_refused(error))
			output->refused++;
		else if (!error || !options->modules)
			shown++;
	}
	return shown;
}

/* Is something listed in which threads have a line? */
static bool shows_threads(const struct pips_options *options,
			  const struct output *output)
{
	return options->tree && (output->table || output->document);
}

static void show_program(const struct pips_options *options,
			 struct output *output, struct observer_root *root,
			 struct observer_tasks *tasks)
{
	struct observer_threads threads = { 0 };
	uint64_t now = read_clock();
	struct pips_row *rows;
	size_t count, shown;

	if (shows_threads(options, output) &&
	    observer_read_threads(root, tasks, &threads) == ENOMEM)
		pips_fail("out of memory");
	count = pips_select(options, root, tasks, &threads, now, &rows);
	if (options->view && options->header && !output->shown && count)
		puts(options->view->header);
	if (options->backtrace && !output->document)
		output->backtraces = pips_open_backtraces(options, root,
							  tasks);
	shown = show_rows(options, output, rows, count);
	if (output->backtraces) {
		if (shown)
			pips_print_backtraces(output->backtraces,
					      output->shown > 0);
		pips_close_backtraces(output->backtraces);
		output->backtraces = NULL;
	}
	if (options->view && !options->view->print)
		show_maps(rows, count, root, tasks);
	if (output->document && shown)
		pips_add_json_program(output->document, root, tasks, rows,
				      count);
	if (options->metrics)
		pips_add_metrics(rows, count);
	output->shown += shown;
	free(rows);
	observer_free_threads(&threads);
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
		if (options->json || !(options->modules || options->view ||
				       options->backtrace))
			error = observer_read_memory(root, &tasks);
		if (output->table && pips_wants_shared(output->table))
			error = observer_read_shared(root, &tasks);
		show_program(options, output, root, &tasks);
		if (options->totals && output->shown)
			add_totals(output, root, &tasks);
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
		if (options->npatterns == 1)
			fprintf(stderr, "pips: no PiP task runs a program "
				"named '%s'\n", options->patterns[0]);
		else if (options->npatterns || options->modes ||
			 options->roots || options->tasks)
			fprintf(stderr, "pips: no PiP task found\n");
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
	bool table = !options->modules && !options->view && !options->metrics &&
		     !options->backtrace &&
		     !options->signal && !options->ps && !options->top;

	if (options->json)
		output.document = pips_new_json();
	else if (table)
		output.table = pips_new_table(options);
	show_all(options, observer, &output);
	print_problems(observer);
	if (output.document)
		pips_print_json(output.document, observer);
	else if (output.table && output.shown)
		pips_print_table(output.table);
	else if (options->metrics)
		pips_print_metrics();
	pips_free_table(output.table);
	if (output.totals) {
		fclose(output.totals);
		if (!output.document && !options->metrics && !options->csv)
			fputs(output.text, stdout);
		free(output.text);
	}
	if (fflush(stdout) || ferror(stdout))
		pips_fail("standard output: %s", strerror(errno));
	if (output.refused)
		fprintf(stderr, "pips: %zu process%s may not be read: %s\n",
			output.refused, output.refused == 1 ? "" : "es",
			observer_explain_error(EPERM));
	if (!output.shown)
		return output.refused ? PIPS_NONE :
					explain_nothing(options, observer);
	if (options->signal)
		return pips_signal_targets(options);
	if (options->ps || options->top)
		return pips_run_on_targets(options);
	return PIPS_LISTED;
}

static int look_once(const struct pips_options *options,
		     struct observer *observer)
{
	int error = observer_scan(observer, options->pid);

	if (error && options->pid && (error == ESRCH || error == EACCES)) {
		fprintf(stderr, "pips: process %d: %s\n", (int)options->pid,
			error == ESRCH ? "no such process" :
					 "you may not look into it");
		return PIPS_NONE;
	}
	if (error)
		pips_fail("/proc: %s", strerror(error));
	return list_programs(options, observer);
}

/* Until it is interrupted, or the program that was asked for has ended. */
static int look_again(const struct pips_options *options,
		      struct observer *observer)
{
	struct timespec pause = { .tv_sec = (time_t)options->watch };
	bool screen = isatty(STDOUT_FILENO);
	int status;

	pause.tv_nsec = (long)((options->watch - (double)pause.tv_sec) * 1e9);
	for (;;) {
		if (screen)
			fputs("\033[H\033[2J", stdout);
		status = look_once(options, observer);
		if (options->pid && status == PIPS_NONE)
			return status;
		if (!screen && !options->csv && !options->json)
			putchar('\n');
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_list, parse_option, "[aux] [PATTERN...]",
		"List the tasks of all PiP programs that you may see, or those "
		"that run a program named PATTERN (a name or a pattern), or "
		"have it as PID or TID.\v"
		"Exit status: 0 tasks were listed, 1 there are none, 2 error.",
		NULL, NULL, NULL,
	};
	struct pips_options options = { .header = true };
	struct observer *observer;
	int error;

	setlocale(LC_CTYPE, "");
	argp_err_exit_status = PIPS_ERROR;
	take_bsd_letters(&options, &argc, argv);
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	error = observer_open(&observer);
	if (error)
		pips_fail("/proc: %s", strerror(error));
	if (options.watch > 0)
		error = look_again(&options, observer);
	else
		error = look_once(&options, observer);
	observer_close(observer);
	free(options.patterns);
	return error;
}
