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

/* 4 KiB are an event, whatever the size of blocks. */
static char **make_ipc(uint64_t events, const char *options)
{
	char **argv = calloc(WORDS_MAX + 8, sizeof(*argv));
	size_t n = 0;

	argv[n++] = strdup("pip-ipc");
	argv[n++] = strdup("-b4096");
	argv[n++] = strdup("--csv");
	argv[n++] = format_number("-t", events * 4096);
	n = add_options(argv, n, WORDS_MAX,
			options != NULL ? options : "2pip");
	return argv;
}

/* The fourth column of the last line: pip-ipc fails if not all of it has
 * arrived. */
static uint64_t count_ipc(const char *output, uint64_t events)
{
	const char *line = strchr(output, '\n');
	uint64_t bytes = 0;

	(void)events;
	if (line != NULL)
		sscanf(line, "\n%*[^,],%*[^,],%*[^,],%" SCNu64, &bytes);
	return bytes / 4096;
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
	  .arguments = make_ipc, .count = count_ipc },
	{ .name = "dd",
	  .help = "dd if=/dev/zero of=/dev/null; options: its own (bs=4k)",
	  .events = 100000, .event = "block", .arguments = make_dd,
	  .count = count_dd },
	{ .name = NULL },
};
