// SPDX-License-Identifier: BSD-2-Clause
/* pip-trace: record and analyse what a PiP program does. */
#include <config.h>

#include "trace.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "all.h"
#include "kernel_events.h"
#include "options.h"

const char *argp_program_version =
	"pip-trace (" PACKAGE_NAME ") " PACKAGE_VERSION;

#define RECORD (TAKES_PID | TAKES_PROGRAM | TAKES_LIVE)
#define LIVE (RECORD | TAKES_FILE | TAKES_JSON | TAKES_ALL)

#define SCHED KERNEL_EVENTS_SCHED
/* Switches say how long somebody has waited: who has woken it is not shown. */
#define NO_WAKEUPS (KERNEL_EVENTS_ALL & ~KERNEL_EVENTS_WAKEUPS)

static const struct trace_command commands[] = {
	{ "record", "record events into a file", command_record,
	  RECORD | TAKES_OUTPUT | TAKES_ALL, KERNEL_EVENTS_ALL },
	{ "report", "what each task and kernel thread did with its time",
	  command_report, LIVE, NO_WAKEUPS },
	{ "summary", "the same in short, at intervals", command_summary,
	  LIVE | TAKES_INTERVAL, NO_WAKEUPS },
	{ "timehist", "a line for each time that somebody ran",
	  command_timehist, LIVE, SCHED },
	{ "map", "a column per kernel thread, a letter per context",
	  command_map, LIVE, 0 },
	{ "runqlat", "how long who can run waits for its turn",
	  command_runqlat, LIVE | TAKES_INTERVAL, SCHED },
	{ "offcpu", "how long who waits for something is away",
	  command_offcpu, LIVE | TAKES_INTERVAL, SCHED },
	{ "syscalls", "system calls: counts, latencies, results",
	  command_syscalls, LIVE | TAKES_INTERVAL, KERNEL_EVENTS_SYSCALLS },
	{ "faults", "page faults by task and by object", command_faults,
	  LIVE | TAKES_INTERVAL, KERNEL_EVENTS_FAULTS },
	{ "ulp", "user-level switches, couples and decouples", command_ulp,
	  LIVE | TAKES_INTERVAL, 0 },
	{ "consistency", "system calls made under another task's PID",
	  command_consistency, LIVE | TAKES_INTERVAL, KERNEL_EVENTS_SYSCALLS },
	{ "stacks", "the stacks of all tasks, or those at an event, folded",
	  command_stacks, TAKES_PID | TAKES_PROGRAM | TAKES_JSON |
				  TAKES_INTERVAL | TAKES_EVENT | TAKES_ALL, 0 },
	{ "export", "convert to chrome, folded, csv, json, svg or ctf",
	  command_export, RECORD | TAKES_FILE | TAKES_OUTPUT | TAKES_FORMAT,
	  KERNEL_EVENTS_ALL },
	{ "switch", "show the recorder's switch, or set it",
	  command_switch, TAKES_PID | TAKES_MODE, 0 },
};
#define NCOMMANDS (sizeof(commands) / sizeof(commands[0]))

static void complain(const char *format, va_list list)
{
	fflush(stdout);
	fputs("pip-trace: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
}

void trace_warn(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain(format, list);
	va_end(list);
}

void trace_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	complain(format, list);
	va_end(list);
	exit(TRACE_ERROR);
}

const char *trace_name(int32_t pipid, char name[TRACE_NAME_MAX])
{
	if (pipid == TRACE_PIPID_ROOT)
		strcpy(name, "R");
	else if (pipid == TRACE_PIPID_IDLE)
		strcpy(name, "-");
	else if (pipid < 0)
		strcpy(name, "?");
	else
		snprintf(name, TRACE_NAME_MAX, "T%d", pipid);
	return name;
}

static void print_help(FILE *file)
{
	fprintf(file, "Usage: pip-trace COMMAND [OPTION...] [INTERVAL [COUNT]]"
		      " [-- PROGRAM ARGUMENT...]\n"
		      "Record and analyse what a PiP program does: context "
		      "switches at user level and in\nthe kernel, in one "
		      "picture.\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(file, "  %-12s %s\n", commands[i].name,
			commands[i].summary);
	fprintf(file, "\n  pip-trace COMMAND --help lists the options of a "
		      "command.\n");
}

static const struct trace_command *find_command(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	trace_fail("no command '%s'; pip-trace --help lists them", name);
}

int main(int argc, char **argv)
{
	struct trace_options options;
	int status;

	setlocale(LC_CTYPE, "");
	if (argc < 2) {
		print_help(stderr);
		return TRACE_ERROR;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-?") == 0) {
		print_help(stdout);
		return TRACE_DONE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		puts(argp_program_version);
		return TRACE_DONE;
	}
	options_parse(&options, find_command(argv[1]), argc - 1, argv + 1);
	status = options.all ? all_run(&options) :
			       options.command->run(&options);
	if (fflush(stdout) != 0 || ferror(stdout))
		trace_fail("standard output: %s", strerror(errno));
	return status;
}
