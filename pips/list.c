// SPDX-License-Identifier: BSD-2-Clause
/*
 * The listing: one line per task.  A column is an entry of the table below;
 * each is as wide as its widest cell, and the command gets what is left.
 */
#include <config.h>

#include <inttypes.h>
#include <pwd.h>
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
	/* Letters of the listings that have it: b the plain one, l with -l,
	 * u with the argument u, t with --tree.  The others are for -o. */
	const char *in;
	pips_print *print;
	/* To sort by, the greatest first; NULL: as text, 'a' first. */
	double (*value)(const struct pips_row *row);
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
	if (row->thread)
		snprintf(out, size, "-");
	else
		list_pipid_of(out, size, row->task->pipid);
}

static void list_kind(char *out, size_t size, const struct pips_row *row)
{
	snprintf(out, size, "%s", pips_name_kind(row->kind));
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
	if ((row->task->slot == 0 && !row->thread) || row->task->torn)
		snprintf(out, size, "-");
	else
		list_pipid_of(out, size, row->task->entry.parent_pipid);
}

static void list_state(char *out, size_t size, const struct pips_row *row)
{
	const char *state = pips_name_state(row->task);

	/* Its own kernel thread waits for it: that says nothing. */
	if (row->options->tree && row->kind == PIPS_BLT &&
	    (strcmp(state, "sleeping") == 0 || strcmp(state, "running") == 0))
		state = pips_name_blt_state(row->task->entry.blt_state);
	snprintf(out, size, "%s", state);
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
	else if (row->options->csv)
		snprintf(out, size, "%" PRId64, row->task->rss);
	else
		pips_format_bytes(out, size, (uint64_t)row->task->rss);
}

static void list_shared(char *out, size_t size, const struct pips_row *row)
{
	if (row->task->rss < 0 || row->task->shared < 0)
		snprintf(out, size, "-");
	else if (row->options->csv)
		snprintf(out, size, "%" PRId64, row->task->shared);
	else
		pips_format_bytes(out, size, (uint64_t)row->task->shared);
}

static void list_time(char *out, size_t size, const struct pips_row *row)
{
	if (pips_cpu_percent(row) < 0)
		snprintf(out, size, "-");
	else if (row->options->csv)
		snprintf(out, size, "%.3f",
			 (double)pips_cpu_time(row->task) / 1e9);
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

	if (!row->thread)
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

static const struct pip_table_entry *list_entry(const struct pips_row *row)
{
	static const struct pip_table_entry none;

	return row->task->torn ? &none : &row->task->entry;
}

static void list_root(char *out, size_t size, const struct pips_row *row)
{
	list_number(out, size, row->root->pid);
}

static void list_user(char *out, size_t size, const struct pips_row *row)
{
	struct passwd *password;
	uid_t user;

	if (!observer_get_user(row->root->observer, row->task->pid > 0 ?
			       row->task->pid : row->root->reader, &user)) {
		snprintf(out, size, "-");
		return;
	}
	password = getpwuid(user);
	if (password)
		snprintf(out, size, "%s", password->pw_name);
	else
		snprintf(out, size, "%u", (unsigned)user);
}

static void list_blt(char *out, size_t size, const struct pips_row *row)
{
	snprintf(out, size, "%s", row->task->torn || row->thread ? "-" :
		 pips_name_blt_state(list_entry(row)->blt_state));
}

static void list_domain(char *out, size_t size, const struct pips_row *row)
{
	/* Not yet scheduled by the runtime: its own kernel thread runs it. */
	if (row->task->torn || row->thread)
		snprintf(out, size, "-");
	else
		list_pipid_of(out, size, list_entry(row)->blt_kthread ?
			      list_entry(row)->blt_domain : row->task->pipid);
}

static void list_kthread(char *out, size_t size, const struct pips_row *row)
{
	list_number(out, size, list_entry(row)->blt_kthread);
}

static void list_waits_on(char *out, size_t size, const struct pips_row *row)
{
	list_address(out, size,
		     list_entry(row)->blt_state == PIP_BLT_SUSPENDED ?
		     list_entry(row)->blt_waits_on : 0);
}

static void list_counter(char *out, size_t size, const struct pips_row *row,
			 enum pip_table_counter counter)
{
	if (row->thread || row->task->torn)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%" PRIu64,
			 list_entry(row)->counters[counter]);
}

static void list_switches(char *out, size_t size, const struct pips_row *row)
{
	list_counter(out, size, row, PIP_COUNT_SWITCHES);
}

static void list_couples(char *out, size_t size, const struct pips_row *row)
{
	list_counter(out, size, row, PIP_COUNT_COUPLES);
}

static void list_faults(char *out, size_t size, const struct pips_row *row)
{
	if (row->task->facts.error)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%" PRIu64, row->task->facts.faults);
}

static void list_processor(char *out, size_t size, const struct pips_row *row)
{
	if (row->task->facts.error)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%u", (unsigned)row->task->facts.cpu);
}

static void list_program(char *out, size_t size, const struct pips_row *row)
{
	observer_escape_text(out, size, list_entry(row)->program,
			     strlen(list_entry(row)->program));
}

static double value_pipid(const struct pips_row *row)
{
	return row->task->pipid;
}

static double value_pid(const struct pips_row *row)
{
	return row->task->pid;
}

static double value_tid(const struct pips_row *row)
{
	return row->task->tid;
}

static double value_threads(const struct pips_row *row)
{
	return row->task->facts.threads;
}

static double value_rss(const struct pips_row *row)
{
	return (double)row->task->rss;
}

static double value_shared(const struct pips_row *row)
{
	return (double)row->task->shared;
}

static double value_time(const struct pips_row *row)
{
	return (double)pips_cpu_time(row->task);
}

static double value_switches(const struct pips_row *row)
{
	return (double)list_entry(row)->counters[PIP_COUNT_SWITCHES];
}

static double value_couples(const struct pips_row *row)
{
	return (double)list_entry(row)->counters[PIP_COUNT_COUPLES];
}

static double value_faults(const struct pips_row *row)
{
	return (double)row->task->facts.faults;
}

static const struct pips_column columns[] = {
	{ "ROOT", 5, false, "", list_root, NULL },
	{ "USER", 8, true, "u", list_user, NULL },
	{ "PIPID", 5, false, "blut", list_pipid, value_pipid },
	{ "PID", 5, false, "blut", list_pid, value_pid },
	{ "TID", 5, false, "blt", list_tid, value_tid },
	{ "PARENT", 6, false, "l", list_parent, NULL },
	{ "KIND", 4, true, "t", list_kind, NULL },
	{ "STATE", 8, true, "blut", list_state, NULL },
	{ "BLT", 9, true, "l", list_blt, NULL },
	{ "DOMAIN", 6, false, "l", list_domain, NULL },
	{ "KTHREAD", 7, false, "", list_kthread, NULL },
	{ "WAITS-ON", 8, true, "l", list_waits_on, NULL },
	{ "MODE", 7, true, "bl", list_mode, NULL },
	{ "FLAGS", 5, true, "l", list_flags, NULL },
	{ "THR", 3, false, "l", list_threads, value_threads },
	{ "CPU", 3, false, "", list_processor, NULL },
	{ "CPU%", 4, false, "blut", list_percent, pips_cpu_percent },
	{ "RSS", 5, false, "blut", list_rss, value_rss },
	{ "SHARED", 6, false, "", list_shared, value_shared },
	{ "TIME", 8, false, "blut", list_time, value_time },
	{ "STARTED", 19, true, "lu", list_started, NULL },
	{ "SWITCHES", 8, false, "", list_switches, value_switches },
	{ "COUPLES", 7, false, "", list_couples, value_couples },
	{ "FAULTS", 6, false, "", list_faults, value_faults },
	{ "WINDOW", 6, true, "l", list_window, NULL },
	{ "BIAS", 4, true, "l", list_bias, NULL },
	{ "STACK", 5, true, "l", list_stack, NULL },
	{ "PROGRAM", 7, true, "", list_program, NULL },
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static size_t column_find(const char *name, size_t length)
{
	size_t i;

	for (i = 0; i < COLUMNS; i++)
		if (strncasecmp(columns[i].header, name, length) == 0 &&
		    !columns[i].header[length])
			return i;
	if (length == 7 && strncasecmp(name, "COMMAND", 7) == 0)
		return COLUMNS;
	pips_fail("'%.*s' is not a column; pips(1) lists them", (int)length,
		  name);
}

struct pips_line {
	char *text; /* its cells and the command, each with its NUL */
	bool root;
	double value;     /* to sort by, or */
	char sort[CELL_SIZE];
	size_t number;    /* of equal ones the first stays first */
};

struct pips_table {
	const struct pips_options *options;
	struct pips_line *line;
	size_t count, capacity;
	unsigned width[COLUMNS];
	size_t column[COLUMNS]; /* those shown, in their order */
	size_t ncolumns;
	bool command;	/* is shown, behind them */
	bool color;
};

static void table_choose(struct pips_table *table)
{
	const struct pips_options *options = table->options;
	const char *list = options->columns;
	char in = options->detailed ? 'l' : options->user ? 'u' :
		  options->tree ? 't' : 'b';
	size_t i, length, column;

	table->command = !list;
	for (i = 0; !list && i < COLUMNS; i++)
		if (strchr(columns[i].in, in) ||
		    (options->totals && columns[i].print == list_shared))
			table->column[table->ncolumns++] = i;
	while (list && *list) {
		length = strcspn(list, ", ");
		if (length) {
			column = column_find(list, length);
			for (i = 0; i < table->ncolumns; i++)
				if (table->column[i] == column)
					break;
			if (column == COLUMNS)
				table->command = true;
			else if (i == table->ncolumns)
				table->column[table->ncolumns++] = column;
		}
		list += length;
		list += strspn(list, ", ");
	}
	if (!table->command && !table->ncolumns)
		pips_fail("-o: no column is named");
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
	table_choose(table);
	if (options->sort)
		(void)column_find(options->sort, strlen(options->sort));
	return table;
}

/* Is there anything in it for which smaps must be read? */
bool pips_wants_shared(const struct pips_table *table)
{
	const char *by = table->options->sort;
	size_t i, column = by ? column_find(by, strlen(by)) : COLUMNS;

	for (i = 0; i < table->ncolumns; i++)
		if (columns[table->column[i]].print == list_shared)
			return true;
	return column < COLUMNS && columns[column].print == list_shared;
}

static void table_set_key(const struct pips_table *table,
			  struct pips_line *line, const struct pips_row *row,
			  const char *command)
{
	const char *by = table->options->sort;
	size_t column;

	if (!by)
		return;
	column = column_find(by, strlen(by));
	if (column == COLUMNS)
		snprintf(line->sort, CELL_SIZE, "%s", command);
	else if (columns[column].value)
		line->value = columns[column].value(row);
	else
		columns[column].print(line->sort, CELL_SIZE, row);
}

static int line_compare(const void *a, const void *b)
{
	const struct pips_line *x = a, *y = b;
	int order;

	if (x->value != y->value)
		return x->value < y->value ? 1 : -1;
	order = strcmp(x->sort, y->sort);
	return order ? order : x->number < y->number ? -1 : 1;
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
	memset(line, 0, sizeof(*line));
	line->number = table->count;
	for (i = 0; i < table->ncolumns; i++) {
		unsigned *width = &table->width[table->column[i]], length;

		columns[table->column[i]].print(cells + used, CELL_SIZE, row);
		length = (unsigned)strlen(cells + used);
		if (length > *width)
			*width = length;
		used += length + 1;
	}
	command = pips_command_line(row);
	size = strlen(command) + 1;
	line->text = malloc(used + size);
	if (!line->text)
		pips_fail("out of memory");
	memcpy(line->text, cells, used);
	memcpy(line->text + used, command, size);
	line->root = row->task->slot == 0 && !row->thread;
	table_set_key(table, line, row, command);
	free(command);
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

static void table_print_cell(const struct pips_table *table, size_t i,
			     const char *text, bool colored)
{
	size_t column = table->column[i];
	bool state = columns[column].print == list_state;
	const char *color = state && colored ? table_state_color(text) : "";
	int width = (int)table->width[column];

	if (columns[column].left)
		printf("%s%-*s%s", color, width, text, *color ? "\033[0m" : "");
	else
		printf("%*s", width, text);
	if (table->command || i + 1 < table->ncolumns)
		putchar(' ');
}

static void table_print_header(const struct pips_table *table)
{
	size_t i;

	if (table->color)
		fputs("\033[1m", stdout);
	for (i = 0; i < table->ncolumns; i++)
		table_print_cell(table, i, columns[table->column[i]].header,
				 false);
	printf("%s%s\n", table->command ? "COMMAND" : "",
	       table->color ? "\033[0m" : "");
}

static void table_print_line(const struct pips_table *table,
			     struct pips_line *line, size_t room)
{
	bool bold = table->color && line->root;
	const char *cell = line->text;
	size_t i;

	for (i = 0; i < table->ncolumns; i++) {
		table_print_cell(table, i, cell, table->color);
		cell += strlen(cell) + 1;
	}
	if (table->command)
		printf("%s%.*s%s", bold ? "\033[1m" : "",
		       (int)pips_cut(cell, room), cell, bold ? "\033[0m" : "");
	putchar('\n');
}

void pips_free_table(struct pips_table *table)
{
	size_t i;

	for (i = 0; table && i < table->count; i++)
		free(table->line[i].text);
	if (table)
		free(table->line);
	free(table);
}

/* RFC 4180, section 2. */
static void csv_print(const char *text, bool last)
{
	bool quoted = strpbrk(text, ",\"\r\n") != NULL;

	if (quoted)
		putchar('"');
	for (; *text; text++) {
		if (*text == '"')
			putchar('"');
		putchar(*text);
	}
	if (quoted)
		putchar('"');
	fputs(last ? "\n" : ",", stdout);
}

static void csv_print_table(const struct pips_table *table)
{
	size_t i, n;

	for (i = 0; table->options->header && i < table->ncolumns; i++)
		csv_print(columns[table->column[i]].header,
			  !table->command && i + 1 == table->ncolumns);
	if (table->options->header && table->command)
		csv_print("COMMAND", true);
	for (n = 0; n < table->count; n++) {
		const char *cell = table->line[n].text;

		for (i = 0; i < table->ncolumns; i++) {
			csv_print(cell, !table->command &&
				  i + 1 == table->ncolumns);
			cell += strlen(cell) + 1;
		}
		if (table->command)
			csv_print(cell, true);
	}
}

void pips_print_table(struct pips_table *table)
{
	size_t i, n, limit = pips_line_width(table->options), used = 0, room;

	if (table->options->sort && table->count)
		qsort(table->line, table->count, sizeof(*table->line),
		      line_compare);
	if (table->options->csv) {
		csv_print_table(table);
		return;
	}
	for (i = 0; i < table->ncolumns; i++)
		used += table->width[table->column[i]] + 1;
	room = limit == 0 ? SIZE_MAX : limit > used ? limit - used : 0;
	if (room < strlen("COMMAND"))
		room = strlen("COMMAND");
	if (table->options->header)
		table_print_header(table);
	for (n = 0; n < table->count; n++)
		table_print_line(table, &table->line[n], room);
}
