// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "fold.h"

#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define FOLD_MAX 16384 /* bytes of a folded stack */

struct folded {
	uint64_t count;
	char text[];
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct folded *)a)->text,
		      ((const struct folded *)b)->text);
}

static void add(struct folds *folds, const char *text, uint64_t count)
{
	size_t size = strlen(text) + 1;
	struct folded *folded = malloc(sizeof(*folded) + size), **found;

	if (folded == NULL)
		trace_fail("out of memory");
	folded->count = 0;
	memcpy(folded->text, text, size);
	found = tsearch(folded, &folds->tree, compare);
	if (found == NULL)
		trace_fail("out of memory");
	if (*found != folded)
		free(folded);
	(*found)->count += count;
	folds->total += count;
}

/* A frame must have neither what separates frames, nor a blank. */
static void append(char *text, size_t *used, const char *frame)
{
	if (*used + 2 >= FOLD_MAX)
		return;
	if (*used != 0)
		text[(*used)++] = ';';
	for (; *frame != '\0' && *used + 1 < FOLD_MAX; frame++)
		text[(*used)++] = *frame == ';' ||
						  (unsigned char)*frame <= ' ' ?
					  '_' : *frame;
	text[*used] = '\0';
}

static void append_place(char *text, size_t *used,
			 const struct backtrace_place *place)
{
	const char *slash = place->object ? strrchr(place->object, '/') : NULL;
	char frame[256];

	for (size_t i = place->nlines; i-- != 0;) {
		if (place->lines[i].function != NULL) {
			append(text, used, place->lines[i].function);
			continue;
		}
		snprintf(frame, sizeof(frame), "%.200s+%#" PRIx64,
			 slash != NULL ? slash + 1 :
			 place->object ? place->object : "?", place->address);
		append(text, used, frame);
	}
}

void fold_stack(struct folds *folds, const struct backtrace_stack *stack,
		uint64_t count)
{
	static char text[FOLD_MAX];
	char name[TRACE_NAME_MAX], end[64];
	size_t used = 0;

	append(text, &used, trace_name(stack->pipid, name));
	if (stack->kind != BACKTRACE_THREAD) {
		snprintf(end, sizeof(end), "[%s]",
			 backtrace_name_kind(stack->kind));
		append(text, &used, end);
	}
	if (stack->end != BACKTRACE_END_COMPLETE) {
		snprintf(end, sizeof(end), "[%s]",
			 backtrace_name_end(stack->end));
		append(text, &used, end);
	}
	for (size_t i = stack->nframes; i-- != 0;)
		if (stack->frames[i].place != NULL)
			append_place(text, &used, stack->frames[i].place);
	add(folds, text, count);
}

void fold_word(struct folds *folds, int32_t pipid, const char *word,
	       uint64_t count)
{
	char text[64], name[TRACE_NAME_MAX];

	snprintf(text, sizeof(text), "%s;[%.32s]", trace_name(pipid, name),
		 word);
	add(folds, text, count);
}

static void print_one(const void *node, VISIT visit, void *argument)
{
	const struct folded *folded = *(struct folded *const *)node;
	json_t *list = argument;

	if (visit != postorder && visit != leaf)
		return;
	if (list == NULL)
		printf("%s %" PRIu64 "\n", folded->text, folded->count);
	else
		json_array_append_new(list, json_pack(
			"{s:s, s:I}", "stack", folded->text,
			"count", (json_int_t)folded->count));
}

void fold_print(const struct folds *folds, json_t *list)
{
	twalk_r(folds->tree, print_one, list);
}

void fold_clear(struct folds *folds)
{
	tdestroy(folds->tree, free);
	folds->tree = NULL;
	folds->total = 0;
}
