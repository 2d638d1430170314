// SPDX-License-Identifier: BSD-2-Clause
/* The command line. */
#include <config.h>

#include "ipc.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *argp_program_version = "pip-ipc (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { KEY_VERIFY = 256, KEY_TOUCH, KEY_JSON, KEY_CSV, KEY_SVG, KEY_PLOTTER };

static const struct argp_option option_list[] = {
	{ "bare", 'B', NULL, 0,
	  "Run in bare mode: no preparatory activities", 0 },
	{ "ipc", 'i', "CHANNEL", 0,
	  "Select pipe, local (sockets), shm, ptr or vmread for IPC (default: "
	  "pipe); several: A,B,... or all", 0 },
	{ "quiet", 'q', NULL, 0,
	  "Just run the benchmark, don't print stuff out", 0 },
	{ "kernel-buffers", 's', NULL, 0,
	  "Set the kernel's send and receive buffers to buffersize", 0 },
	{ "verbose", 'v', NULL, 0, "Provide a verbose benchmark description",
	  0 },
	{ "buffersize", 'b', "SIZE", 0,
	  "Specify a buffer size (default: 131072); several: A,B,... or A:B, "
	  "which doubles from A to B", 0 },
	{ "totalsize", 't', "SIZE", 0,
	  "Specify total I/O size (default: 16777216)", 0 },
	{ "latency", 'l', NULL, 0,
	  "Take the time of each block, and print percentiles", 0 },
	{ "repeat", 'r', "N", 0,
	  "Measure each combination N times in turns, keep the median run", 0 },
	{ "verify", KEY_VERIFY, NULL, 0, "Check every byte; this takes time",
	  0 },
	{ "touch", KEY_TOUCH, NULL, 0,
	  "Write every byte before it is sent and read it after it has come",
	  0 },
	{ "json", KEY_JSON, "FILE", OPTION_ARG_OPTIONAL, "Write JSON", 0 },
	{ "csv", KEY_CSV, "FILE", OPTION_ARG_OPTIONAL,
	  "Write comma-separated values", 0 },
	{ "svg", KEY_SVG, "FILE", OPTION_ARG_OPTIONAL,
	  "Plot throughput over buffer size", 0 },
	{ "plotter", KEY_PLOTTER, "WHO", 0,
	  "Who draws it: gnuplot, own, or auto (default), which is gnuplot if "
	  "it is installed", 0 },
	{ 0 },
};

bool ipc_parse_size(const char *text, uint64_t *size)
{
	static const char units[] = "kmgt";
	unsigned long long value;
	const char *unit;
	char *end;
	int shift = 0;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno != 0)
		return false;
	if (*end != '\0') {
		unit = strchr(units, tolower((unsigned char)*end));
		if (unit == NULL || end[1] != '\0')
			return false;
		shift = 10 * (int)(unit - units + 1);
	}
	if (value == 0 || value > (UINT64_C(1) << 40) >> shift)
		return false;
	*size = (uint64_t)value << shift;
	return true;
}

static uint64_t get_size(const char *text, const char *option,
			 struct argp_state *state)
{
	uint64_t size = 0;

	if (!ipc_parse_size(text, &size))
		argp_error(state, "%s: '%s' is no size from 1 to 1T, such as "
			   "4096 or 4K", option, text);
	return size;
}

static void add_size(struct ipc_args *args, uint64_t size,
		     struct argp_state *state)
{
	if (args->nsizes == IPC_LIST_MAX)
		argp_error(state, "-b: more than %d sizes", IPC_LIST_MAX);
	args->sizes[args->nsizes++] = size;
}

static void add_sizes(struct ipc_args *args, char *text,
		      struct argp_state *state)
{
	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		char *colon = strchr(word, ':');
		uint64_t from, to;

		if (colon != NULL)
			*colon = '\0';
		from = get_size(word, "-b", state);
		to = colon != NULL ? get_size(colon + 1, "-b", state) : from;
		if (from > to)
			argp_error(state, "-b: %s is more than %s", word,
				   colon + 1);
		for (uint64_t size = from; size <= to; size *= 2)
			add_size(args, size, state);
	}
	if (args->nsizes == 0)
		argp_error(state, "-b: no size");
}

static void add_channels(struct ipc_args *args, char *text,
			 struct argp_state *state)
{
	bool all = strcmp(text, "all") == 0;

	for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
		const struct ipc_channel *channel = ipc_channels;

		for (; channel->name != NULL; channel++)
			if ((all || strcmp(channel->name, word) == 0) &&
			    args->nchannels < IPC_LIST_MAX) {
				args->channels[args->nchannels++] = channel;
				if (!all)
					break;
			}
		if (channel->name == NULL && !all)
			argp_error(state, "-i: '%s' is not pipe, local, shm, "
				   "ptr or vmread", word);
	}
	if (args->nchannels == 0)
		argp_error(state, "-i: no channel");
}

static void add_mode(struct ipc_args *args, const char *text,
		     struct argp_state *state)
{
	bool all = strcmp(text, "all") == 0;
	const struct ipc_mode *mode = ipc_modes;

	for (; mode->name != NULL; mode++)
		if ((all || strcmp(mode->name, text) == 0) &&
		    args->nmodes < IPC_LIST_MAX) {
			args->modes[args->nmodes++] = mode;
			if (!all)
				return;
		}
	if (!all)
		argp_error(state, "'%s' is no mode: 1thread, 2thread, 2proc, "
			   "2pip, 2ulp or all", text);
}

/* Two documents one after the other are none. */
static void check_reports(const struct ipc_args *args,
			  struct argp_state *state)
{
	const char *const names[] = { args->report.json, args->report.csv,
				      args->report.svg };
	int standard = 0;

	for (int i = 0; i < 3; i++)
		standard += names[i] != NULL && strcmp(names[i], "-") == 0;
	if (standard > 1)
		argp_error(state, "only one of --json, --csv and --svg can be "
			   "written to standard output");
}

/* Combinations that cannot be are an error when they were asked for one by
 * one, and are left out of an "all". */
static void finish(struct ipc_args *args, struct argp_state *state)
{
	check_reports(args, state);
	if (args->nmodes == 0)
		args->modes[args->nmodes++] = &ipc_modes[0];
	if (args->nchannels == 0)
		args->channels[args->nchannels++] = &ipc_channels[0];
	if (args->nsizes == 0)
		args->sizes[args->nsizes++] = 131072;
	for (size_t i = 0; i < args->nsizes; i++) {
		if (args->sizes[i] > args->common.total_size)
			argp_error(state, "-b: %llu is more than totalsize %llu",
				   (unsigned long long)args->sizes[i],
				   (unsigned long long)args->common.total_size);
		if (args->common.socket_buffers && args->sizes[i] > INT32_MAX)
			argp_error(state, "-s: %llu is more than a kernel's "
				   "buffer can be",
				   (unsigned long long)args->sizes[i]);
		if (args->common.latency &&
		    args->common.total_size / args->sizes[i] >=
			    IPC_LATENCIES_MAX)
			argp_error(state, "-l: more than %u blocks of %llu",
				   IPC_LATENCIES_MAX,
				   (unsigned long long)args->sizes[i]);
	}
	for (size_t i = 0; i < args->nchannels; i++)
		if (args->common.socket_buffers && !args->channels[i]->sizes &&
		    args->nchannels == 1)
			argp_error(state, "-s: '%s' has no buffer in the "
				   "kernel: use -i local or -i pipe",
				   args->channels[i]->name);
	if (args->nmodes == 1 && args->nchannels == 1 &&
	    args->channels[0]->one_space && !args->modes[0]->one_space)
		argp_error(state, "-i %s needs one address space: mode "
			   "2pip, 2ulp, 2thread or 1thread instead of %s",
			   args->channels[0]->name, args->modes[0]->name);
}

static void set_repeat(struct ipc_args *args, const char *text,
		       struct argp_state *state)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || !isdigit((unsigned char)*text) || *end != '\0' ||
	    value < 1 || value > 10000)
		argp_error(state, "-r: '%s' is no number from 1 to 10000",
			   text);
	args->repeat = (unsigned)value;
}

static void set_plotter(struct ipc_args *args, const char *text,
			struct argp_state *state)
{
	static const char *const names[] = { "auto", "gnuplot", "own" };

	for (int i = 0; i < 3; i++)
		if (strcmp(names[i], text) == 0) {
			args->report.plotter = (enum ipc_plotter)i;
			return;
		}
	argp_error(state, "--plotter: '%s' is not auto, gnuplot or own", text);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct ipc_args *args = state->input;

	switch (key) {
	case 'B': args->common.bare = true; return 0;
	case 'q': args->report.quiet = true; return 0;
	case 's': args->common.socket_buffers = true; return 0;
	case 'v': args->report.verbose = true; return 0;
	case 'l': args->common.latency = true; return 0;
	case 'i': add_channels(args, arg, state); return 0;
	case 'b': add_sizes(args, arg, state); return 0;
	case 't': args->common.total_size = get_size(arg, "-t", state); return 0;
	case 'r': set_repeat(args, arg, state); return 0;
	case KEY_VERIFY: args->common.verify = true; return 0;
	case KEY_TOUCH: args->common.touch = true; return 0;
	case KEY_JSON:
		if (!JSON_IS_BUILT_IN)
			argp_failure(state, 2, 0, JSON_IS_MISSING);
		args->report.json = arg ? arg : "-";
		return 0;
	case KEY_CSV: args->report.csv = arg ? arg : "-"; return 0;
	case KEY_SVG: args->report.svg = arg ? arg : "-"; return 0;
	case KEY_PLOTTER: set_plotter(args, arg, state); return 0;
	case ARGP_KEY_ARG: add_mode(args, arg, state); return 0;
	case ARGP_KEY_SUCCESS: finish(args, state); return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

void ipc_parse(int argc, char **argv, struct ipc_args *args)
{
	static const struct argp argp = {
		option_list, parse_option, "[MODE...]",
		"Time inter-process communication.\v"
		"Modes (default 1thread):\n"
		"  1thread  IPC within a single thread\n"
		"  2thread  IPC between two threads in one process\n"
		"  2proc    IPC between two threads in two different processes\n"
		"  2pip     IPC between two PiP tasks\n"
		"  2ulp     IPC between two ULPs on one kernel thread\n"
		"Exit status: 0 measured, 1 something failed, 2 usage.",
		NULL, NULL, NULL,
	};

	memset(args, 0, sizeof(*args));
	args->common.total_size = 16777216;
	args->repeat = 1;
	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, args);
}
