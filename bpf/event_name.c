// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "event_name.h"

#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace.h"

struct files {
	const char *object;
	char **list;
	size_t count;
};

static char *copy(const char *text, size_t length)
{
	char *new = strndup(text, length);

	if (new == NULL)
		trace_fail("out of memory");
	return new;
}

/* Take "NAME" off the end of "...:NAME". */
static char *cut_last(char *text)
{
	char *colon = strrchr(text, ':'), *last;

	if (colon == NULL || colon[1] == '\0' || colon == text)
		return NULL;
	last = copy(colon + 1, strlen(colon + 1));
	*colon = '\0';
	return last;
}

/* Names of probes have "__" for what is '-' or '_' elsewhere. */
static char *probe_name(const char *text)
{
	char *name = calloc(2, strlen(text) + 1), *to = name;

	if (name == NULL)
		trace_fail("out of memory");
	for (; *text != '\0'; text++) {
		if (*text != '_' && *text != '-') {
			*to++ = *text;
			continue;
		}
		*to++ = '_';
		*to++ = '_';
		while (text[1] == '_' || text[1] == '-')
			text++;
	}
	return name;
}

void event_name_parse(const char *text, struct event_name *event)
{
	char *rest;
	bool ok = false;

	memset(event, 0, sizeof(*event));
	rest = strchr(text, ':');
	if (rest != NULL)
		rest = copy(rest + 1, strlen(rest + 1));
	if (strncmp(text, "pip:", 4) == 0 && text[4] != '\0') {
		event->provider = copy("pip", 3);
		event->name = probe_name(text + 4);
		ok = true;
	} else if (strncmp(text, "usdt:", 5) == 0) {
		event->name = cut_last(rest);
		event->provider = cut_last(rest);
		event->object = copy(rest, strlen(rest));
		ok = event->provider != NULL;
	} else if (strncmp(text, "uprobe:", 7) == 0) {
		event->name = cut_last(rest);
		event->object = copy(rest, strlen(rest));
		ok = event->name != NULL;
	} else if (strncmp(text, "tracepoint:", 11) == 0) {
		event->in_kernel = true;
		event->name = cut_last(rest);
		event->provider = copy(rest, strlen(rest));
		ok = event->name != NULL;
	}
	free(rest);
	if (!ok)
		trace_fail("'%s' is no event: pip:NAME, "
			   "usdt:OBJECT:PROVIDER:NAME, uprobe:OBJECT:FUNCTION "
			   "or tracepoint:CATEGORY:NAME", text);
}

static void add_file(struct files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->list[i], path) == 0)
			return;
	if (files->count < EVENT_FILES_MAX)
		files->list[files->count++] = copy(path, strlen(path));
}

static bool matches(const char *path, const char *object)
{
	const char *slash = strrchr(path, '/');
	size_t length = strlen(object);

	if (slash == NULL || strncmp(slash + 1, object, length) != 0)
		return false;
	return slash[1 + length] == '\0' || slash[1 + length] == '.' ||
	       slash[1 + length] == '-';
}

/* What the program has mapped, all tasks. */
static void look_into_maps(struct files *files, pid_t root)
{
	char path[48], line[PATH_MAX + 128];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)root);
	maps = fopen(path, "re");
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		char *name = strchr(line, '/');

		if (name == NULL)
			continue;
		name[strcspn(name, "\n")] = '\0';
		if (matches(name, files->object) && access(name, R_OK) == 0)
			add_file(files, name);
	}
	if (maps != NULL)
		fclose(maps);
}

/* What pip-trace has mapped is what others will: libc, above all. */
static int look_at_own(struct dl_phdr_info *info, size_t size, void *argument)
{
	struct files *files = argument;
	char *path;

	(void)size;
	if (info->dlpi_name == NULL ||
	    !matches(info->dlpi_name, files->object))
		return 0;
	path = realpath(info->dlpi_name, NULL);
	if (path != NULL)
		add_file(files, path);
	free(path);
	return 0;
}

/* In PATH, as execvp(3) does. */
static void look_for_program(struct files *files, const char *program)
{
	const char *list = getenv("PATH");
	char name[PATH_MAX], *path = NULL;

	if (!matches(program, files->object) &&
	    strcmp(program, files->object) != 0)
		return;
	if (strchr(program, '/') != NULL)
		path = realpath(program, NULL);
	while (path == NULL && list != NULL && strchr(program, '/') == NULL) {
		int length = (int)strcspn(list, ":");

		if (snprintf(name, sizeof(name), "%.*s/%s", length, list,
			     program) < (int)sizeof(name) &&
		    access(name, X_OK) == 0)
			path = realpath(name, NULL);
		list = list[length] == ':' ? list + length + 1 : NULL;
	}
	if (path != NULL)
		add_file(files, path);
	free(path);
}

/* Where this pip-trace is: in its build tree, or installed, perhaps elsewhere
 * than it was meant to be. */
static void look_for_libpip(struct files *files)
{
	static const char *const places[] = {
		"%s/../lib/.libs/libpip.so", "%s/../lib/libpip.so",
		"%s/../lib64/libpip.so", LIBDIR "/libpip.so",
	};
	char self[PATH_MAX] = "", name[PATH_MAX + 64], *path, *slash;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return;
	slash = strrchr(self, '/');
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strchr(places[i], '%') != NULL)
			snprintf(name, sizeof(name), "%s%s", self,
				 places[i] + 2);
		else
			snprintf(name, sizeof(name), "%s", places[i]);
		path = realpath(name, NULL);
		if (path == NULL)
			continue;
		add_file(files, path);
		free(path);
		return;
	}
}

static void look_for_path(struct files *files, const char *name)
{
	char *path = realpath(name, NULL);

	if (path == NULL)
		trace_fail("%s: %s", name, strerror(errno));
	add_file(files, path);
	free(path);
}

size_t event_name_find_files(const struct event_name *event, pid_t root,
			     const char *program, const char *libpip,
			     char *list[EVENT_FILES_MAX])
{
	struct files files = { .list = list };

	files.object = event->object != NULL ? event->object : "libpip";
	if (strchr(files.object, '/') != NULL) {
		look_for_path(&files, files.object);
	} else if (root != 0) {
		look_into_maps(&files, root);
	} else if (strcmp(files.object, "libpip") == 0) {
		if (libpip != NULL)
			look_for_path(&files, libpip);
		else
			look_for_libpip(&files);
	} else {
		look_for_program(&files, program);
		if (files.count == 0)
			dl_iterate_phdr(look_at_own, &files);
	}
	if (files.count == 0 && root != 0)
		trace_fail("process %d has mapped no file '%s' that can be "
			   "read here", (int)root, files.object);
	if (files.count == 0)
		trace_fail("which file is '%s'? Give its path%s",
			   files.object,
			   strcmp(files.object, "libpip") == 0 ?
				   ": --libpip" : "");
	return files.count;
}
