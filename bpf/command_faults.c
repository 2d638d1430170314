// SPDX-License-Identifier: BSD-2-Clause
/* faults: page faults by task and by object. */
#include <config.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

struct place {
	char *name;
	int32_t pipid;
	uint64_t faults, major, writes;
};

struct faults {
	struct place *object, *task;
	size_t nobjects, ntasks;
	struct place all;
};

static struct place *find(struct place **list, size_t *count, const char *name,
			  int32_t pipid)
{
	struct place *place;

	for (size_t i = 0; i < *count; i++)
		if (strcmp((*list)[i].name, name) == 0 &&
		    (*list)[i].pipid == pipid)
			return &(*list)[i];
	if ((*count & (*count - 1)) == 0)
		*list = reallocarray(*list, *count == 0 ? 1 : 2 * *count,
				     sizeof(**list));
	if (*list == NULL)
		trace_fail("out of memory");
	place = &(*list)[(*count)++];
	memset(place, 0, sizeof(*place));
	place->name = strdup(name);
	if (place->name == NULL)
		trace_fail("out of memory");
	place->pipid = pipid;
	return place;
}

static void add(struct place *place, const struct trace_event *event)
{
	if (event->event == TRACE_KERNEL_MAJOR) {
		place->major++;
		return;
	}
	place->faults++;
	place->writes += (event->argument[2] & 2) != 0; /* X86_PF_WRITE */
}

static void on_event(struct analysis *analysis,
		     const struct trace_event *event)
{
	struct faults *faults = analysis->state;
	const char *object;
	int32_t who;

	if (!event->kernel || (event->event != TRACE_KERNEL_FAULT &&
			       event->event != TRACE_KERNEL_MAJOR))
		return;
	who = model_event_context(analysis->model, event);
	object = trace_file_object(analysis->file, event->argument[0]);
	add(find(&faults->task, &faults->ntasks, "", who), event);
	add(find(&faults->object, &faults->nobjects,
		 object != NULL ? object : "[unknown]", 0), event);
	add(&faults->all, event);
}

static int compare_faults(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->faults < y->faults) - (x->faults > y->faults);
}

static int compare_tasks(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->pipid > y->pipid) - (x->pipid < y->pipid);
}

static json_t *place_json(const struct place *place, const char *key,
			  const char *name)
{
	return json_pack("{s:s, s:I, s:I, s:I}", key, name,
			 "faults", (json_int_t)place->faults,
			 "major", (json_int_t)place->major,
			 "writes", (json_int_t)place->writes);
}

static void print_json(const struct faults *faults, json_t *document)
{
	json_t *tasks = json_array(), *objects = json_array(), *place;
	char name[TRACE_NAME_MAX];

	for (size_t i = 0; i < faults->ntasks; i++)
		json_array_append_new(tasks, place_json(
			&faults->task[i], "task",
			trace_name(faults->task[i].pipid, name)));
	for (size_t i = 0; i < faults->nobjects; i++) {
		place = place_json(&faults->object[i], "object",
				   faults->object[i].name);
		if (place != NULL) /* a name that is no UTF-8 */
			json_array_append_new(objects, place);
	}
	json_object_set_new(document, "faults", json_integer(
		(json_int_t)faults->all.faults));
	json_object_set_new(document, "tasks", tasks);
	json_object_set_new(document, "objects", objects);
}

/* The end of a long path says more. */
static const char *tail(const char *name, size_t length)
{
	size_t n = strlen(name);

	return n > length ? name + n - length : name;
}

static void print(struct analysis *analysis, json_t *document)
{
	struct faults *faults = analysis->state;
	char name[TRACE_NAME_MAX];

	if (faults->ntasks != 0)
		qsort(faults->task, faults->ntasks, sizeof(*faults->task),
		      compare_tasks);
	if (faults->nobjects != 0)
		qsort(faults->object, faults->nobjects,
		      sizeof(*faults->object), compare_faults);
	if (document != NULL) {
		print_json(faults, document);
		return;
	}
	printf("%-5s %-40s %9s %9s %9s\n", "TASK", "PROGRAM", "FAULTS",
	       "MAJOR", "WRITES");
	for (size_t i = 0; i < faults->ntasks; i++)
		printf("%-5s %-40.40s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
		       trace_name(faults->task[i].pipid, name),
		       trace_file_program(analysis->file,
					  faults->task[i].pipid),
		       faults->task[i].faults, faults->task[i].major,
		       faults->task[i].writes);
	printf("\n%-46s %9s %9s %9s\n", "OBJECT", "FAULTS", "MAJOR",
	       "WRITES");
	for (size_t i = 0; i < faults->nobjects; i++)
		printf("%-46s %9" PRIu64 " %9" PRIu64 " %9" PRIu64 "\n",
		       tail(faults->object[i].name, 46),
		       faults->object[i].faults, faults->object[i].major,
		       faults->object[i].writes);
}

static void reset(struct analysis *analysis)
{
	struct faults *faults = analysis->state;

	for (size_t i = 0; i < faults->nobjects; i++)
		free(faults->object[i].name);
	for (size_t i = 0; i < faults->ntasks; i++)
		free(faults->task[i].name);
	free(faults->object);
	free(faults->task);
	memset(faults, 0, sizeof(*faults));
}

int command_faults(const struct trace_options *options)
{
	struct faults faults = { 0 };
	struct analysis analysis = {
		.state = &faults,
		.event = on_event,
		.print = print,
		.reset = reset,
	};

	return trace_run(options, &analysis);
}
