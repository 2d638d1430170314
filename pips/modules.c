// SPDX-License-Identifier: BSD-2-Clause
/* The files that each task has loaded, one to a line. */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

static void modules_print_task(const struct pips_row *row,
			       const struct observer_modules *modules)
{
	char pipid[16] = "root", *path;
	size_t i;

	if (row->task->slot)
		snprintf(pipid, sizeof(pipid), "%d", (int)row->task->pipid);
	for (i = 0; i < modules->count; i++) {
		const struct observer_module *module = &modules->module[i];
		size_t length = strlen(module->path);

		path = malloc(4 * length + 1);
		if (!path)
			pips_fail("out of memory");
		observer_escape_text(path, 4 * length + 1, module->path,
				     length);
		printf("%5s %7d %#14" PRIx64 " %-7s %s\n", pipid,
		       (int)row->task->pid, module->bias,
		       pips_name_module(module->kind), path);
		free(path);
	}
}

/* Why they could not be had, if so; it is on stderr, but for Yama's refusal. */
int pips_print_modules(const struct pips_row *row, bool header)
{
	struct observer_modules modules = { 0 };
	int error = observer_read_modules(row->root, row->task, &modules);

	if (header && !error)
		puts("PIPID     PID           BIAS KIND    PATH");
	if (!error)
		modules_print_task(row, &modules);
	if (error == EPERM && observer_explain_refusal()) {
		observer_free_modules(&modules);
		return error;
	}
	if (error || modules.incomplete) {
		fflush(stdout);
		fprintf(stderr, "pips: process %d: its modules %s: %s\n",
			(int)row->task->pid,
			error ? "could not be read" : "are changing",
			error == ENOENT ? "none is loaded yet" :
			error ? strerror(error) : "the list is incomplete");
	}
	observer_free_modules(&modules);
	return error;
}

/* For JSON: an array, or null when they could not be had. */
json_t *pips_make_json_modules(const struct pips_row *row)
{
	struct observer_modules modules = { 0 };
	json_t *array;
	size_t i;

	if (observer_read_modules(row->root, row->task, &modules)) {
		observer_free_modules(&modules);
		return json_null();
	}
	array = json_array();
	for (i = 0; i < modules.count; i++) {
		const struct observer_module *module = &modules.module[i];

		json_array_append_new(array, json_pack(
			"{s:s, s:o, s:o, s:o}",
			"kind", pips_name_module(module->kind),
			"bias", pips_make_json_address(module->bias),
			"dynamic", pips_make_json_address(module->dynamic),
			"path", pips_make_json_text(module->path,
						    strlen(module->path))));
	}
	observer_free_modules(&modules);
	return array;
}
