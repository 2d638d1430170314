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

const struct effect_workload effect_workloads[] = {
	{ "switch", "a task and a ULP on its kernel thread yield to each other",
	  1000000, "user-level switch", load_play_switch,
	  { NULL, "pip", "switch" }, true, 1, NULL, NULL },
	{ "mark", "a task records events of its own: pip_trace_mark()", 1000000,
	  "mark", load_play_mark, { NULL, "pip", "user" }, true, 1, NULL,
	  NULL },
	{ "couple", "a task decouples to root's kernel thread and couples",
	  20000, "decouple and couple", load_play_couple,
	  { NULL, "pip", "couple__end" }, true, 0, NULL, NULL },
	{ "spawn", "spawn and wait, one task after the other", 100,
	  "spawn and wait", load_play_spawn, { NULL, "pip", "spawn__end" },
	  true, 0, NULL, NULL },
	{ "pingpong", "two tasks hand a byte to and fro by pipes, on one CPU",
	  20000, "there and back", load_play_pingpong,
	  { NULL, "pip_effect", "pingpong" }, true, 0, NULL, NULL },
	{ "lock", "a task takes and releases a lock, from various functions",
	  57446, "lock", load_play_lock, { NULL, "pip_effect", "lock" }, true,
	  0, NULL, NULL },
	{ "malloc", "malloc() and free() of 16 to 271 bytes", 200000,
	  "malloc and free", load_play_malloc, { NULL, "pip_effect", "malloc" },
	  false, 0, NULL, NULL },
	{ "ipc", "pip-ipc -b 4K; options: its own (2pip)", 16384, "4 KiB",
	  NULL, { NULL, NULL, NULL }, true, 0, make_ipc, count_ipc },
	{ "dd", "dd if=/dev/zero of=/dev/null; options: its own (bs=4k)",
	  100000, "block", NULL, { NULL, NULL, NULL }, false, 0, make_dd, count_dd },
	{ NULL, NULL, 0, NULL, NULL, { NULL, NULL, NULL }, false, 0, NULL,
	  NULL },
};
