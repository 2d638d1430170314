// SPDX-License-Identifier: BSD-2-Clause
/*
 * map: rows are kernel threads, columns are equal parts of the time, and a
 * letter is the context that ran there longest.
 */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define COLUMNS 60
#define CANDIDATES 4 /* contexts that share a column; more are approximated */

struct cell {
	int32_t pipid[CANDIDATES];
	uint64_t ns[CANDIDATES];
};

struct row {
	int32_t tid, owner;
	struct cell cell[COLUMNS];
};

struct map {
	uint64_t begin, end;
	struct row *row;
	size_t nrows;
};

static const char letters[] =
	"ABCDEFGHIJKLMNOPQSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/* R is the root; others in the order of PIPIDs, again and again. */
static char letter(int32_t pipid)
{
	if (pipid == TRACE_PIPID_ROOT)
		return 'R';
	if (pipid == TRACE_PIPID_IDLE)
		return '.';
	return pipid < 0 ? '?' : letters[(size_t)pipid % strlen(letters)];
}

static void start(struct analysis *analysis, uint64_t begin, uint64_t end)
{
	struct map *map = analysis->state;

	map->begin = begin;
	map->end = end > begin ? end : begin + 1;
}

static struct row *find_row(struct map *map, const struct model_span *span)
{
	for (size_t i = 0; i < map->nrows; i++)
		if (map->row[i].tid == span->tid)
			return &map->row[i];
	map->row = reallocarray(map->row, map->nrows + 1, sizeof(*map->row));
	if (map->row == NULL)
		trace_fail("out of memory");
	memset(&map->row[map->nrows], 0, sizeof(*map->row));
	map->row[map->nrows].tid = span->tid;
	map->row[map->nrows].owner = span->owner;
	return &map->row[map->nrows++];
}

static void add(struct cell *cell, int32_t pipid, uint64_t ns)
{
	int least = 0;

	for (int i = 0; i < CANDIDATES; i++) {
		if (cell->ns[i] != 0 && cell->pipid[i] == pipid) {
			cell->ns[i] += ns;
			return;
		}
		if (cell->ns[i] < cell->ns[least])
			least = i;
	}
	if (ns < cell->ns[least])
		return;
	cell->pipid[least] = pipid;
	cell->ns[least] = ns;
}

static void on_span(struct analysis *analysis, const struct model_span *span)
{
	struct map *map = analysis->state;
	uint64_t length = map->end - map->begin, from, to;
	struct row *row;

	if (span->kind != SPAN_RUN || span->tid == 0)
		return;
	row = find_row(map, span);
	from = span->begin < map->begin ? map->begin : span->begin;
	to = span->end > map->end ? map->end : span->end;
	while (from < to) {
		uint64_t column = (uint64_t)((unsigned __int128)
					     (from - map->begin) * COLUMNS /
					     length);
		uint64_t next = map->begin +
				(uint64_t)(((unsigned __int128)(column + 1) *
					    length + COLUMNS - 1) / COLUMNS);
		uint64_t until = next < to ? next : to;

		if (column >= COLUMNS || until <= from)
			break;
		add(&row->cell[column], span->pipid, until - from);
		from = until;
	}
}

static char cell_letter(const struct cell *cell)
{
	int best = 0;

	for (int i = 1; i < CANDIDATES; i++)
		if (cell->ns[i] > cell->ns[best])
			best = i;
	return cell->ns[best] == 0 ? ' ' : letter(cell->pipid[best]);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	/* The root's number is below all others. */
	if (x->owner != y->owner)
		return x->owner < y->owner ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

static void print_legend(const struct analysis *analysis)
{
	size_t count, shown = 0;
	const struct trace_task *task = trace_file_tasks(analysis->file,
							 &count);

	puts("");
	for (size_t i = 0; i < count && shown < strlen(letters) + 1; i++) {
		char name[TRACE_NAME_MAX], text[64];

		snprintf(text, sizeof(text), "%c %s %.12s",
			 letter(task[i].pipid),
			 trace_name(task[i].pipid, name),
			 trace_file_program(analysis->file, task[i].pipid));
		printf("%-19s%s", text, ++shown % 4 == 0 ? "\n" : " ");
	}
	if (shown % 4 != 0)
		puts("");
	puts(". no context");
}

static void print(struct analysis *analysis, json_t *document)
{
	struct map *map = analysis->state;
	json_t *rows = document != NULL ? json_array() : NULL;
	char name[TRACE_NAME_MAX], text[COLUMNS + 1];

	if (document == NULL)
		printf("%-8s %-5s  %.6f s, %.3f ms per column\n", "THREAD",
		       "OWNER", (double)(map->end - map->begin) / 1e9,
		       (double)(map->end - map->begin) / COLUMNS / 1e6);
	if (map->nrows != 0)
		qsort(map->row, map->nrows, sizeof(*map->row), compare_rows);
	for (size_t i = 0; i < map->nrows; i++) {
		for (int j = 0; j < COLUMNS; j++)
			text[j] = cell_letter(&map->row[i].cell[j]);
		text[COLUMNS] = '\0';
		trace_name(map->row[i].owner, name);
		if (document != NULL)
			json_array_append_new(rows, json_pack(
				"{s:i, s:s, s:s}", "tid", map->row[i].tid,
				"owner", name, "map", text));
		else
			printf("%-8d %-5s |%s|\n", (int)map->row[i].tid, name,
			       text);
	}
	if (document != NULL)
		json_object_set_new(document, "threads", rows);
	else
		print_legend(analysis);
}

static void reset(struct analysis *analysis)
{
	struct map *map = analysis->state;

	free(map->row);
	map->row = NULL;
	map->nrows = 0;
}

int command_map(const struct trace_options *options)
{
	struct map map = { 0 };
	struct analysis analysis = {
		.state = &map,
		.start = start,
		.span = on_span,
		.print = print,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}
