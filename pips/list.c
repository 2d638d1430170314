// SPDX-License-Identifier: BSD-2-Clause
/*
 * The listing: one line per task.  A column is an entry of the table below;
 * each is as wide as its widest cell, and the command gets what is left.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "pips.h"

#define CELL_SIZE 64

typedef void pips_print(char *out, size_t size, const struct pips_row *row);

struct pips_column {
	const char *header;
	unsigned width; /* least; columns */
	bool left;	/* flush left */
	bool brief;	/* in the plain listing; all are with -l */
	pips_print *print;
};

static void list_number(char *out, size_t size, int64_t value)
{
	if (value > 0)
		snprintf(out, size, "%" PRId64, value);
	else
		snprintf(out, size, "-");
}

static void list_pipid_of(char *out, size_t size, int32_t pipid)
{
	if (pipid == OBSERVER_PIPID_ROOT)
		snprintf(out, size, "root");
	else
		snprintf(out, size, "%" PRId32, pipid);
}

static void list_pipid(char *out, size_t size, const struct pips_row *row)
{
	list_pipid_of(out, size, row->task->pipid);
}

static void list_pid(char *out, size_t size, const struct pips_row *row)
{
	list_number(out, size, row->task->pid);
}

static void list_tid(char *out, size_t size, const struct pips_row *row)
{
	list_number(out, size, row->task->tid);
}

static void list_parent(char *out, size_t size, const struct pips_row *row)
{
	if (row->task->slot == 0 || row->task->torn)
		snprintf(out, size, "-");
	else
		list_pipid_of(out, size, row->task->entry.parent_pipid);
}

static void list_state(char *out, size_t size, const struct pips_row *row)
{
	snprintf(out, size, "%s", pips_name_state(row->task));
}

static void list_mode(char *out, size_t size, const struct pips_row *row)
{
	uint32_t mode = row->task->slot ? row->task->entry.mode :
					  row->root->header.mode;
	const char *name = pips_name_mode(mode);
	int length = (int)strlen(name);

	if (row->task->slot && row->task->torn)
		name = "-", length = 1;
	else if (!row->options->detailed)
		length = (int)strcspn(name, ":");
	snprintf(out, size, "%.*s", length, name);
}

static void list_percent(char *out, size_t size, const struct pips_row *row)
{
	double percent = pips_cpu_percent(row);

	if (percent < 0)
		snprintf(out, size, "-");
	else
		pips_format_percent(out, size, percent);
}

static void list_rss(char *out, size_t size, const struct pips_row *row)
{
	if (row->task->rss < 0)
		snprintf(out, size, "-");
	else
		pips_format_bytes(out, size, (uint64_t)row->task->rss);
}

static void list_time(char *out, size_t size, const struct pips_row *row)
{
	if (pips_cpu_percent(row) < 0)
		snprintf(out, size, "-");
	else
		pips_format_time(out, size, pips_cpu_time(row->task));
}

static void list_threads(char *out, size_t size, const struct pips_row *row)
{
	list_number(out, size,
		    row->task->facts.error ? 0 : row->task->facts.threads);
}

/* One letter per fact; pips(1) explains them. */
static void list_flags(char *out, size_t size, const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	uint32_t flags = task->torn ? 0 : task->entry.flags;
	char text[8];
	unsigned n = 0;

	if (flags & PIP_TASK_FLAG_OUTSIDE)
		text[n++] = 'o';
	if (flags & PIP_TASK_FLAG_TRUNCATED)
		text[n++] = 't';
	if (flags & PIP_TASK_FLAG_UNPLACED)
		text[n++] = 'u';
	if (task->executed)
		text[n++] = 'x';
	if (n == 0)
		text[n++] = '-';
	snprintf(out, size, "%.*s", (int)n, text);
}

/* Local time without blanks, so that a line stays easy to take apart. */
static void list_started(char *out, size_t size, const struct pips_row *row)
{
	uint64_t start = pips_start_time(row);
	struct timespec now;
	struct tm local;
	time_t then;

	snprintf(out, size, "-");
	if (!start || start > row->now || clock_gettime(CLOCK_REALTIME, &now))
		return;
	then = now.tv_sec - (time_t)((row->now - start) / 1000000000u);
	if (localtime_r(&then, &local))
		strftime(out, size, "%Y-%m-%dT%H:%M:%S", &local);
}

static void list_address(char *out, size_t size, uint64_t address)
{
	if (address)
		snprintf(out, size, "%#" PRIx64, address);
	else
		snprintf(out, size, "-");
}

static void list_range(char *out, size_t size, uint64_t low, uint64_t high)
{
	char length[16];

	if (!low || high <= low) {
		snprintf(out, size, "-");
		return;
	}
	pips_format_bytes(length, sizeof(length), high - low);
	snprintf(out, size, "%#" PRIx64 "+%s", low, length);
}

static void list_window(char *out, size_t size, const struct pips_row *row)
{
	uint64_t low = 0, high = 0;

	observer_get_window(row->root, row->task->slot, &low, &high);
	list_range(out, size, low, high);
}

static void list_bias(char *out, size_t size, const struct pips_row *row)
{
	list_address(out, size, row->task->torn || row->task->executed ?
				0 : row->task->entry.load_bias);
}

static void list_stack(char *out, size_t size, const struct pips_row *row)
{
	const struct pip_table_entry *entry = &row->task->entry;

	if (row->task->torn || row->task->executed)
		snprintf(out, size, "-");
	else
		list_range(out, size, entry->stack_low, entry->stack_high);
}

static const struct pips_column columns[] = {
	{ "PIPID", 5, false, true, list_pipid },
	{ "PID", 5, false, true, list_pid },
	{ "TID", 5, false, true, list_tid },
	{ "PARENT", 6, false, false, list_parent },
	{ "STATE", 8, true, true, list_state },
	{ "MODE", 7, true, true, list_mode },
	{ "FLAGS", 5, true, false, list_flags },
	{ "THR", 3, false, false, list_threads },
	{ "CPU%", 4, false, true, list_percent },
	{ "RSS", 5, false, true, list_rss },
	{ "TIME", 8, false, true, list_time },
	{ "STARTED", 19, true, false, list_started },
	{ "WINDOW", 6, true, false, list_window },
	{ "BIAS", 4, true, false, list_bias },
	{ "STACK", 5, true, false, list_stack },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct pips_line {
	char *text; /* its cells and the command, each with its NUL */
	bool root;
};

struct pips_table {
	const struct pips_options *options;
	struct pips_line *line;
	size_t count, capacity;
	unsigned width[COLUMNS];
	bool color;
};

static bool table_has(const struct pips_table *table, size_t column)
{
	return columns[column].brief || table->options->detailed;
}

/* NO_COLOR of no-color.org; a terminal that can't says TERM=dumb. */
static bool table_wants_color(const struct pips_options *options)
{
	const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");

	if (options->color != COLOR_AUTO)
		return options->color == COLOR_ALWAYS;
	return !(no && *no) && isatty(STDOUT_FILENO) &&
	       terminal && strcmp(terminal, "dumb") != 0;
}

struct pips_table *pips_new_table(const struct pips_options *options)
{
	struct pips_table *table = calloc(1, sizeof(*table));
	size_t i;

	if (!table)
		pips_fail("out of memory");
	table->options = options;
	table->color = table_wants_color(options);
	for (i = 0; i < COLUMNS; i++)
		table->width[i] = columns[i].width;
	return table;
}

void pips_add_row(struct pips_table *table, const struct pips_row *row)
{
	char cells[COLUMNS * CELL_SIZE], *command;
	struct pips_line *line;
	size_t i, used = 0, size;

	if (table->count == table->capacity) {
		table->capacity = table->capacity ? table->capacity * 2 : 64;
		line = reallocarray(table->line, table->capacity,
				    sizeof(*line));
		if (!line)
			pips_fail("out of memory");
		table->line = line;
	}
	line = &table->line[table->count++];
	for (i = 0; i < COLUMNS; i++) {
		unsigned length;

		if (!table_has(table, i))
			continue;
		columns[i].print(cells + used, CELL_SIZE, row);
		length = (unsigned)strlen(cells + used);
		if (length > table->width[i])
			table->width[i] = length;
		used += length + 1;
	}
	command = pips_command_line(row);
	size = strlen(command) + 1;
	line->text = malloc(used + size);
	if (!line->text)
		pips_fail("out of memory");
	memcpy(line->text, cells, used);
	memcpy(line->text + used, command, size);
	free(command);
	line->root = row->task->slot == 0;
}

/* Columns to print in; 0 = without limit. */
size_t pips_line_width(const struct pips_options *options)
{
	const char *columns_set = getenv("COLUMNS");
	struct winsize size;
	char *rest;
	long value;

	if (options->wide || options->detailed)
		return 0;
	if (columns_set) {
		value = strtol(columns_set, &rest, 10);
		if (rest != columns_set && !*rest && value > 0)
			return (size_t)value;
	}
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return 80;
}

/* What needs attention stands out; a sleeping task does not. */
static const char *table_state_color(const char *state)
{
	static const struct {
		const char *name, *code;
	} colors[] = {
		{ "running", "\033[32m" }, { "loading", "\033[36m" },
		{ "zombie", "\033[31m" },  { "gone", "\033[31m" },
		{ "torn", "\033[31m" },	   { "stopped", "\033[33m" },
		{ "traced", "\033[33m" },  { "ended", "\033[2m" },
	};
	size_t i;

	for (i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		if (strcmp(colors[i].name, state) == 0)
			return colors[i].code;
	return "";
}

static void table_print_cell(const struct pips_table *table, size_t column,
			     const char *text, bool colored)
{
	bool state = columns[column].print == list_state;
	const char *color = state && colored ? table_state_color(text) : "";
	int width = (int)table->width[column];

	if (columns[column].left)
		printf("%s%-*s%s", color, width, text, *color ? "\033[0m" : "");
	else
		printf("%*s", width, text);
	putchar(' ');
}

static void table_print_header(const struct pips_table *table)
{
	size_t i;

	if (table->color)
		fputs("\033[1m", stdout);
	for (i = 0; i < COLUMNS; i++)
		if (table_has(table, i))
			table_print_cell(table, i, columns[i].header, false);
	puts(table->color ? "COMMAND\033[0m" : "COMMAND");
}

static void table_print_line(const struct pips_table *table,
			     struct pips_line *line, size_t room)
{
	bool bold = table->color && line->root;
	const char *cell = line->text;
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		if (!table_has(table, i))
			continue;
		table_print_cell(table, i, cell, table->color);
		cell += strlen(cell) + 1;
	}
	printf("%s%.*s%s\n", bold ? "\033[1m" : "", (int)pips_cut(cell, room),
	       cell, bold ? "\033[0m" : "");
	free(line->text);
}

void pips_print_table(struct pips_table *table)
{
	size_t i, n, limit = pips_line_width(table->options), used = 0, room;

	for (i = 0; i < COLUMNS; i++)
		if (table_has(table, i))
			used += table->width[i] + 1;
	room = limit == 0 ? SIZE_MAX : limit > used ? limit - used : 0;
	if (room < strlen("COMMAND"))
		room = strlen("COMMAND");
	if (table->options->header)
		table_print_header(table);
	for (n = 0; n < table->count; n++)
		table_print_line(table, &table->line[n], room);
	free(table->line);
	free(table);
}
