/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace-chrome FILE MARKS: is it in the Trace Event Format, with so many
 * instant events "test mark"?  trace-chrome --json FILE: is each line JSON?
 */
#include <jansson.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(size_t i, const char *what)
{
	printf("event %zu: %s\n", i, what);
	exit(1);
}

static double number(json_t *event, const char *key, size_t i)
{
	json_t *value = json_object_get(event, key);

	if (!json_is_number(value))
		fail(i, key);
	return json_number_value(value);
}

struct slice {
	double tid, begin, end;
};

static int compare_slices(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;

	if (x->tid != y->tid)
		return x->tid < y->tid ? -1 : 1;
	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

/* On one track, a slice is inside of another one, or beside it. */
static void check_nesting(struct slice *slice, size_t n)
{
	struct slice stack[64];
	size_t depth = 0;

	qsort(slice, n, sizeof(*slice), compare_slices);
	for (size_t i = 0; i < n; i++) {
		while (depth != 0 && (stack[depth - 1].tid != slice[i].tid ||
				      stack[depth - 1].end <=
					      slice[i].begin + 0.0005))
			depth--;
		if (depth != 0 && slice[i].end > stack[depth - 1].end + 0.0005)
			fail(i, "slices overlap");
		if (depth == 64)
			fail(i, "64 slices in each other");
		stack[depth++] = slice[i];
	}
}

static void check_event(json_t *event, size_t i, size_t *marks, long *arrows,
			struct slice *slice, size_t *nslices)
{
	const char *phase = json_string_value(json_object_get(event, "ph"));

	if (phase == NULL || strlen(phase) != 1 ||
	    strchr("MXsfbeiC", *phase) == NULL)
		fail(i, "ph");
	number(event, "pid", i);
	number(event, "tid", i);
	if (!json_is_string(json_object_get(event, "name")))
		fail(i, "name");
	if (*phase == 'M')
		return;
	if (number(event, "ts", i) < 0)
		fail(i, "ts");
	if (*phase == 'X') {
		slice[*nslices].tid = number(event, "tid", i);
		slice[*nslices].begin = number(event, "ts", i);
		slice[*nslices].end = slice[*nslices].begin +
				      number(event, "dur", i);
		++*nslices;
	}
	if (strchr("sfbe", *phase) != NULL &&
	    json_object_get(event, "id") == NULL)
		fail(i, "id");
	*arrows += *phase == 's' ? 1 : *phase == 'f' ? -1 : 0;
	*marks += *phase == 'i' &&
		  strcmp(json_string_value(json_object_get(event, "name")),
			 "test mark") == 0;
}

static int check_chrome(const char *name, size_t wanted)
{
	json_error_t error;
	json_t *file = json_load_file(name, 0, &error), *events, *event;
	size_t i, marks = 0, nslices = 0;
	struct slice *slice;
	long arrows = 0;

	events = json_object_get(file, "traceEvents");
	if (!json_is_array(events)) {
		printf("%s: %s\n", name, file ? "no traceEvents" : error.text);
		return 1;
	}
	slice = calloc(json_array_size(events) + 1, sizeof(*slice));
	json_array_foreach(events, i, event)
		check_event(event, i, &marks, &arrows, slice, &nslices);
	check_nesting(slice, nslices);
	printf("%zu events, %zu slices, %zu marks\n", i, nslices, marks);
	if (marks != wanted || arrows != 0 || nslices == 0) {
		printf("marks or arrows (%ld)\n", arrows);
		return 1;
	}
	free(slice);
	json_decref(file);
	return 0;
}

static int check_json(const char *name)
{
	json_error_t error;
	FILE *file = fopen(name, "r");
	json_t *value;
	int n = 0;

	while (file != NULL &&
	       (value = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error))) {
		if (json_integer_value(json_object_get(value, "version")) != 1 ||
		    !json_is_object(json_object_get(value, "lost")))
			return 1;
		json_decref(value);
		n++;
	}
	if (file != NULL)
		fclose(file);
	return n == 0;
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 99;
	if (strcmp(argv[1], "--json") == 0)
		return check_json(argv[2]);
	return check_chrome(argv[1], strtoul(argv[2], NULL, 10));
}
