// SPDX-License-Identifier: BSD-2-Clause
/* The table of workloads, and those that are commands. */
#include "effect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *format_number(const char *prefix, uint64_t number)
{
	char *text = NULL;

	return asprintf(&text, "%s%" PRIu64, prefix, number) < 0 ? NULL : text;
}

/* Options, cut at blanks, go before what counts the events. */
static size_t add_options(char **argv, size_t n, size_t most,
			  const char *options)
{
	char *copy = strdup(options != NULL ? options : ""), *rest = copy;
	char *word;

	while (rest != NULL && n < most && (word = strsep(&rest, " ")) != NULL)
		if (*word != '\0')
			argv[n++] = word;
	return n;
}

#define WORDS_MAX 60

static char **make_dd(uint64_t events, const char *options)
{
	char **argv = calloc(WORDS_MAX + 8, sizeof(*argv));
	size_t n = 0;

	argv[n++] = strdup("dd");
	argv[n++] = strdup("if=/dev/zero");
	argv[n++] = strdup("of=/dev/null");
	n = add_options(argv, n, WORDS_MAX, options != NULL ? options : "bs=4k");
	argv[n++] = format_number("count=", events);
	return argv;
}

/* "N+0 records in", "N+0 records out" */
static uint64_t count_dd(const char *output, uint64_t events)
{
	uint64_t in = 0, out = 0;
	const char *line = strstr(output, "records in\n");

	(void)events;
	sscanf(output, "%" SCNu64 "+0 records in", &in);
	if (line != NULL)
		sscanf(line, "records in\n%" SCNu64 "+0 records out", &out);
	return in == out ? in : 0;
}

/* 4 KiB are an event, whatever the size of blocks.  What comes last wins: there
 * is one measurement. */
static char **make_ipc(uint64_t events, const char *options)
{
	char **argv = calloc(WORDS_MAX + 8, sizeof(*argv));
	size_t n = 0;

	argv[n++] = strdup("pip-ipc");
	if (options == NULL || strstr(options, "-b") == NULL)
		argv[n++] = strdup("-b4096"); /* each -b is one more size */
	n = add_options(argv, n, WORDS_MAX,
			options != NULL ? options : "2pip");
	argv[n++] = strdup("-r1");
	argv[n++] = strdup("--csv");
	argv[n++] = format_number("-t", events * 4096);
	return argv;
}

/* Of one line: the fourth column is the bytes; pip-ipc fails if not all of them
 * have arrived.  Several combinations would be several works. */
static uint64_t count_ipc(const char *output, uint64_t events)
{
	const char *line = strchr(output, '\n'), *end;
	uint64_t bytes = 0;

	(void)events;
	end = line != NULL ? strchr(line + 1, '\n') : NULL;
	if (end != NULL && end[1] == '\0')
		sscanf(line, "\n%*[^,],%*[^,],%*[^,],%" SCNu64, &bytes);
	return bytes / 4096;
}

/* The sixth column: from the first block's begin to the last byte's arrival. */
static double time_ipc(const char *output)
{
	const char *line = strchr(output, '\n');
	double seconds = 0;

	if (line != NULL)
		sscanf(line, "\n%*[^,],%*[^,],%*[^,],%*[^,],%*[^,],%lf",
		       &seconds);
	return seconds * 1e9;
}

bool workload_has_tasks(const char *options)
{
	char *argv[WORDS_MAX];
	size_t n = add_options(argv, 0, WORDS_MAX,
			       options != NULL ? options : "2pip");

	for (size_t i = 0; i < n; i++)
		if (strcmp(argv[i], "2pip") == 0 || strcmp(argv[i], "2ulp") == 0)
			return true;
	return false;
}

#define BUILTIN(name_, n, what, is, provider, probe_, two) \
	.name = #name_, .help = (what), .events = (n), .event = (is), \
	.play = load_play_##name_, .probe = { NULL, provider, probe_ }, \
	.processes = 1 + (two)

const struct effect_workload effect_workloads[] = {
	{ BUILTIN(switch, 1000000,
		  "a task and a ULP on its kernel thread yield to each other",
		  "user-level switch", "pip", "switch", 1),
	  .tasks = true, .records = 1 },
	{ BUILTIN(mark, 1000000,
		  "a task records events of its own: pip_trace_mark()", "mark",
		  "pip", "user", 0),
	  .tasks = true, .records = 1 },
	{ BUILTIN(couple, 20000,
		  "a task decouples to root's kernel thread and couples",
		  "decouple and couple", "pip", "couple__end", 0),
	  .tasks = true },
	{ BUILTIN(spawn, 100, "spawn and wait, one task after the other",
		  "spawn and wait", "pip", "spawn__end", 0),
	  .tasks = true },
	{ BUILTIN(pingpong, 20000,
		  "two tasks hand a byte back and forth by pipes, on one CPU",
		  "there and back", "pip_effect", "pingpong", 1),
	  .tasks = true },
	{ BUILTIN(lock, 57446,
		  "a task takes and releases a lock, from various functions",
		  "lock", "pip_effect", "lock", 0),
	  .tasks = true },
	{ BUILTIN(malloc, 200000, "malloc() and free() of 16 to 271 bytes",
		  "malloc and free", "pip_effect", "malloc", 0),
	  .tasks = false },
	{ .name = "ipc", .help = "pip-ipc -b 4K; options: its own (2pip)",
	  .events = 16384, .event = "4 KiB", .tasks = true,
	  .arguments = make_ipc, .count = count_ipc, .time = time_ipc,
	  .waits = true },
	{ .name = "dd",
	  .help = "dd if=/dev/zero of=/dev/null; options: its own (bs=4k)",
	  .events = 100000, .event = "block", .arguments = make_dd,
	  .count = count_dd },
	{ .name = NULL },
};
