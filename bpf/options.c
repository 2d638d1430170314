// SPDX-License-Identifier: BSD-2-Clause
/* The command line of one command. */
#include <config.h>

#include "kernel_events.h"
#include "options.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stack_event.h"

#define RECORDS_DEFAULT 262144
#define RECORDS_LIMIT (1ul << 20)
#define KERNEL_BUFFER_DEFAULT 16 /* MiB */
#define STACK_BUFFER_DEFAULT 64  /* MiB */
#define STACK_BYTES_DEFAULT 8192
#define STACK_BYTES_MIN STACK_CHUNK
#define STACK_BYTES_MAX (STACK_CHUNK * STACK_CHUNKS_MAX)

enum {
	KEY_JSON = 256,
	KEY_FORMAT,
	KEY_NO_KERNEL,
	KEY_KERNEL_EVENTS,
	KEY_OVERHEAD,
	KEY_RECORDS,
	KEY_KERNEL_BUFFER,
	KEY_PAST,
	KEY_STACK_BYTES,
	KEY_PARKED,
	KEY_LIBPIP,
};

static const struct {
	struct argp_option option;
	unsigned needs; /* any of these TAKES_* */
} all[] = {
	{ { "pid", 'p', "PID", 0,
	    "The program that process PID belongs to", 0 }, TAKES_PID },
	{ { "all", 'a', NULL, 0,
	    "All PiP programs that you may look into, also new ones", 0 },
	  TAKES_ALL },
	{ { "input", 'i', "FILE", 0, "Read FILE (default: " TRACE_DEFAULT_FILE
	    ", unless a program is named)", 0 }, TAKES_FILE },
	{ { "output", 'o', "FILE", 0, "Write FILE", 0 }, TAKES_OUTPUT },
	{ { "format", KEY_FORMAT, "FORMAT", 0,
	    "chrome, folded, csv, json, svg or ctf", 0 }, TAKES_FORMAT },
	{ { "json", KEY_JSON, NULL, 0, "Print JSON", 0 }, TAKES_JSON },
	{ { "no-kernel", KEY_NO_KERNEL, NULL, 0,
	    "Record no events of the kernel; needs no privileges", 0 },
	  TAKES_LIVE },
	{ { "kernel-events", KEY_KERNEL_EVENTS, "LIST", 0,
	    "Which: sched,wakeups,syscalls,faults,signals (default: all that "
	    "this command looks at)", 0 },
	  TAKES_LIVE },
	{ { "past", KEY_PAST, NULL, 0,
	    "With -p: begin with what the recorder holds already", 0 },
	  TAKES_LIVE },
	{ { "ring-records", KEY_RECORDS, "NUMBER", 0,
	    "Size of PROGRAM's rings, in events (default: 262144)", 0 },
	  TAKES_LIVE },
	{ { "kernel-buffer", KEY_KERNEL_BUFFER, "MIB", 0,
	    "Size of the buffer for what the kernel sees (default: 16; "
	    "stacks: 64)", 0 }, TAKES_LIVE | TAKES_EVENT },
	{ { "event", 'e', "EVENT", 0,
	    "Whenever this happens: pip:NAME, usdt:OBJECT:PROVIDER:NAME, "
	    "uprobe:OBJECT:FUNCTION or tracepoint:CATEGORY:NAME", 0 },
	  TAKES_EVENT },
	{ { "stack-bytes", KEY_STACK_BYTES, "BYTES", 0,
	    "With -e: how much of a stack is looked at (default: 8192)", 0 },
	  TAKES_EVENT },
	{ { "parked", KEY_PARKED, NULL, 0,
	    "With -e: in each report also contexts that do not run", 0 },
	  TAKES_EVENT },
	{ { "libpip", KEY_LIBPIP, "PATH", 0,
	    "With -e: the libpip.so of PROGRAM", 0 }, TAKES_EVENT },
	{ { "overhead", KEY_OVERHEAD, NULL, 0,
	    "Tell what the recording has cost the program", 0 }, ~0u },
	{ { "quiet", 'q', NULL, 0, "Show no progress and no sums", 0 }, ~0u },
};
#define NALL (sizeof(all) / sizeof(all[0]))

static unsigned long parse_number(const char *what, const char *text,
				  unsigned long least, unsigned long most)
{
	unsigned long value;
	char *rest;

	errno = 0;
	value = strtoul(text, &rest, 10);
	if (errno != 0 || rest == text || *rest != '\0' || *text == '-' ||
	    value < least || value > most)
		trace_fail("%s is a number from %lu to %lu, not '%s'", what,
			   least, most, text);
	return value;
}

static unsigned parse_kinds(const char *text)
{
	static const char *const names[] = { "sched", "syscalls", "faults",
					     "signals", "wakeups" };
	const unsigned n = sizeof(names) / sizeof(names[0]);
	unsigned kinds = 0;

	while (true) {
		size_t length = strcspn(text, ",");
		unsigned i = 0;

		while (i < n && (strlen(names[i]) != length ||
				 strncmp(text, names[i], length) != 0))
			i++;
		if (i == n)
			trace_fail("--kernel-events: '%.*s' is not sched, "
				   "wakeups, syscalls, faults or signals",
				   (int)length, text);
		kinds |= 1u << i;
		if (text[length] == '\0')
			return kinds;
		text += length + 1;
	}
}

static void parse_interval(struct trace_options *options, const char *text)
{
	char *rest;

	options->interval = strtod(text, &rest);
	if (rest == text || *rest != '\0' || !(options->interval >= 0.001) ||
	    options->interval > 1e6)
		trace_fail("an interval is a number of seconds from 0.001 to "
			   "1000000, not '%s'", text);
}

static error_t parse_argument(struct trace_options *options,
			      struct argp_state *state, char *text)
{
	unsigned takes = options->command->takes;

	if (state->quoted != 0 && state->next > state->quoted) {
		if (!(takes & TAKES_PROGRAM))
			trace_fail("%s takes no program",
				   options->command->name);
		options->program = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	}
	if ((takes & TAKES_MODE) && options->argument == NULL)
		options->argument = text;
	else if ((takes & TAKES_INTERVAL) && options->interval == 0)
		parse_interval(options, text);
	else if ((takes & TAKES_INTERVAL) && options->count == 0)
		options->count = parse_number("a count", text, 1, 1ul << 40);
	else
		trace_fail("%s: '%s' makes no sense here; programs come "
			   "behind '--'", options->command->name, text);
	return 0;
}

static void check(struct trace_options *options)
{
	unsigned takes = options->command->takes;
	int sources = (options->pid != 0) + (options->program != NULL) +
		      (options->input != NULL) + options->all;

	if (sources > 1)
		trace_fail("%s: one of -p, -i, -a and a program, not several",
			   options->command->name);
	if (sources == 0 && (takes & TAKES_FILE))
		options->input = TRACE_DEFAULT_FILE;
	else if (sources == 0)
		trace_fail("%s: which program? -p PID%s",
			   options->command->name,
			   takes & TAKES_PROGRAM ? ", or -- PROGRAM" : "");
	if (options->event == NULL && (options->parked || options->libpip))
		trace_fail("%s: --parked and --libpip go with -e only",
			   options->command->name);
	if ((takes & TAKES_FORMAT) && options->format == NULL)
		trace_fail("export: which --format? chrome, folded, csv, json, "
			   "svg or ctf");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct trace_options *options = state->input;

	switch (key) {
	case 'p':
		options->pid = (pid_t)parse_number("a PID", text, 1,
						   0x7fffffff);
		return 0;
	case 'a':
		options->all = true;
		return 0;
	case 'i':
		options->input = text;
		return 0;
	case 'o':
		options->output = text;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case KEY_FORMAT:
		options->format = text;
		return 0;
	case KEY_JSON:
		if (!JSON_IS_BUILT_IN)
			trace_fail(JSON_IS_MISSING);
		options->json = true;
		return 0;
	case KEY_NO_KERNEL:
		options->kernel = false;
		return 0;
	case KEY_KERNEL_EVENTS:
		options->kernel_kinds = parse_kinds(text);
		return 0;
	case KEY_PAST:
		options->past = true;
		return 0;
	case 'e':
		options->event = text;
		return 0;
	case KEY_STACK_BYTES:
		options->stack_bytes = parse_number("--stack-bytes", text,
						    STACK_BYTES_MIN,
						    STACK_BYTES_MAX) &
				       ~(size_t)(STACK_BYTES_MIN - 1);
		return 0;
	case KEY_PARKED:
		options->parked = true;
		return 0;
	case KEY_LIBPIP:
		options->libpip = text;
		return 0;
	case KEY_OVERHEAD:
		options->overhead = true;
		return 0;
	case KEY_RECORDS:
		options->records = (uint32_t)parse_number(
			"--ring-records", text, 1, RECORDS_LIMIT);
		return 0;
	case KEY_KERNEL_BUFFER:
		options->kernel_buffer = parse_number("--kernel-buffer", text,
						      1, 1024) << 20;
		/* The kernel wants a power of two. */
		while (options->kernel_buffer & (options->kernel_buffer - 1))
			options->kernel_buffer +=
				options->kernel_buffer &
				-options->kernel_buffer;
		return 0;
	case ARGP_KEY_ARG:
		return parse_argument(options, state, text);
	case ARGP_KEY_END:
		check(options);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void options_parse(struct trace_options *options,
		   const struct trace_command *command, int argc, char **argv)
{
	struct argp_option list[NALL + 1] = { 0 };
	char usage[96], name[64];
	struct argp argp = { list, parse_option, usage, command->summary,
			     NULL, NULL, NULL };
	size_t n = 0;

	memset(options, 0, sizeof(*options));
	options->command = command;
	options->kernel = true;
	options->kernel_kinds = command->kernel_kinds;
	options->records = RECORDS_DEFAULT;
	options->kernel_buffer = (size_t)(command->takes & TAKES_EVENT ?
					  STACK_BUFFER_DEFAULT :
					  KERNEL_BUFFER_DEFAULT) << 20;
	options->stack_bytes = STACK_BYTES_DEFAULT;
	for (size_t i = 0; i < NALL; i++)
		if (all[i].needs & command->takes)
			list[n++] = all[i].option;
	snprintf(usage, sizeof(usage), "%s%s",
		 command->takes & TAKES_MODE ? "[off|overwrite|stop]" :
		 command->takes & TAKES_INTERVAL ? "[INTERVAL [COUNT]]" : "",
		 command->takes & TAKES_MODE ? "" :
		 command->takes & TAKES_PROGRAM ? " [-- PROGRAM ARGUMENT...]" :
					       "");
	snprintf(name, sizeof(name), "pip-trace %s", command->name);
	argv[0] = name;
	argp_err_exit_status = TRACE_ERROR;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, options);
}
