// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is kept from one start to the next: "name = value" lines in
 * $XDG_CONFIG_HOME/pip-top/settings (XDG Base Directory Specification).  A
 * file that is damaged, or of another version, costs what cannot be read of
 * it and never the start.
 */
#include <config.h>

#include "top.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const screen_names[SCREENS] = {
	"tasks", "domains", "memory", "switches",
};

static void settings_take_default_columns(struct top_settings *settings)
{
	unsigned i;

	settings->ncolumns = 0;
	settings->columns_chosen = false;
	for (i = 0; i < top_ncolumns; i++)
		if (top_columns[i].rank)
			settings->column[settings->ncolumns++] = i;
}

void settings_set_defaults(struct top_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings_take_default_columns(settings);
	settings->sort = (unsigned)column_find("cpu%");
	settings->meters = settings->threads = true;
	settings->delay = 2;
}

/* "pid,cpu%,COMMAND"; false: bad is the name that no column has. */
bool settings_set_columns(struct top_settings *settings, const char *list,
			  char *bad, size_t size)
{
	unsigned chosen[TOP_COLUMNS_MAX], n = 0, i;

	while (*list) {
		size_t length = strcspn(list, ", ");
		int column;

		if (length) {
			snprintf(bad, size, "%.*s", (int)length, list);
			column = column_find(bad);
			if (column < 0)
				return false;
			for (i = 0; i < n; i++)
				if (chosen[i] == (unsigned)column)
					break;
			if (i == n && n < TOP_COLUMNS_MAX)
				chosen[n++] = (unsigned)column;
		}
		list += length;
		list += strspn(list, ", ");
	}
	snprintf(bad, size, "nothing");
	if (n == 0)
		return false;
	memcpy(settings->column, chosen, sizeof(chosen));
	settings->ncolumns = n;
	settings->columns_chosen = true;
	return true;
}

static bool take_flag(const char *value, bool *flag)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return false;
	*flag = *value == 'y';
	return true;
}

static bool take_number(const char *value, double low, double high,
			double *number)
{
	char *rest;
	double n = strtod(value, &rest);

	if (rest == value || *rest || !(n >= low && n <= high))
		return false;
	*number = n;
	return true;
}

static bool settings_take(struct top_settings *settings, const char *name,
			  const char *value)
{
	char bad[64];
	double number;
	int i;

	if (strcmp(name, "columns") == 0)
		return settings_set_columns(settings, value, bad, sizeof(bad));
	if (strcmp(name, "sort") == 0) {
		i = column_find(value);
		if (i >= 0)
			settings->sort = (unsigned)i;
		return i >= 0;
	}
	if (strcmp(name, "inverted") == 0)
		return take_flag(value, &settings->inverted);
	if (strcmp(name, "tree") == 0)
		return take_flag(value, &settings->tree);
	if (strcmp(name, "threads") == 0)
		return take_flag(value, &settings->threads);
	if (strcmp(name, "meters") == 0)
		return take_flag(value, &settings->meters);
	if (strcmp(name, "delay") == 0)
		return take_number(value, 0.1, 3600, &settings->delay);
	if (strcmp(name, "window_ms") == 0) {
		if (!take_number(value, 0, 100000, &number))
			return false;
		settings->window_ns = (uint64_t)(number * 1e6);
		return true;
	}
	if (strcmp(name, "screen") == 0) {
		for (i = 0; i < SCREENS; i++)
			if (strcmp(value, screen_names[i]) == 0) {
				settings->screen = (enum top_screen_number)i;
				return true;
			}
		return false;
	}
	return false;
}

static bool settings_name_folder(char *path, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	int length;

	/* The specification has relative paths ignored. */
	if (config && *config == '/')
		length = snprintf(path, size, "%s", config);
	else if (home && *home == '/')
		length = snprintf(path, size, "%s/.config", home);
	else
		return false;
	return length > 0 && (size_t)length + 32 < size;
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

void settings_read(struct top_settings *settings, char *problem, size_t size)
{
	char path[PATH_MAX], line[1024], *equals;
	struct stat status;
	unsigned number = 0;
	FILE *file;

	*problem = '\0';
	if (!settings_name_folder(path, sizeof(path)))
		return;
	strcat(path, "/pip-top/settings");
	/* Opening a pipe would wait for its writer. */
	if (stat(path, &status) != 0)
		return;
	file = S_ISREG(status.st_mode) ? fopen(path, "re") : NULL;
	if (!file) {
		snprintf(problem, size, "%.120s: %s", path,
			 S_ISREG(status.st_mode) ? strerror(errno) :
						   "is no file");
		return;
	}
	while (number < 1000 && fgets(line, sizeof(line), file)) {
		char *name = trim(line);

		number++;
		if (!*name || *name == '#')
			continue;
		equals = strchr(name, '=');
		if (equals)
			*equals = '\0';
		if (equals && settings_take(settings, trim(name),
					    trim(equals + 1)))
			continue;
		if (!*problem)
			snprintf(problem, size, "settings: line %u is not "
				 "understood and ignored", number);
	}
	fclose(file);
}

static void settings_print(const struct top_settings *settings, FILE *file)
{
	unsigned i;

	fprintf(file, "# pip-top's settings, see pip-top(1)\n");
	if (settings->columns_chosen) {
		fprintf(file, "columns = ");
		for (i = 0; i < settings->ncolumns; i++)
			fprintf(file, "%s%s", i ? "," : "",
				top_columns[settings->column[i]].name);
		fputc('\n', file);
	}
	fprintf(file, "sort = %s\n", top_columns[settings->sort].name);
	fprintf(file, "inverted = %s\n", settings->inverted ? "yes" : "no");
	fprintf(file, "tree = %s\n", settings->tree ? "yes" : "no");
	fprintf(file, "threads = %s\n", settings->threads ? "yes" : "no");
	fprintf(file, "meters = %s\n", settings->meters ? "yes" : "no");
	fprintf(file, "delay = %g\n", settings->delay);
	fprintf(file, "window_ms = %g\n", (double)settings->window_ns / 1e6);
	fprintf(file, "screen = %s\n", screen_names[settings->screen]);
}

/* A new file takes the place of the old one at once, or not at all. */
int settings_write(const struct top_settings *settings, char *path,
		   size_t size)
{
	char folder[PATH_MAX], new[PATH_MAX + 16];
	FILE *file;
	int error;

	if (!settings_name_folder(folder, sizeof(folder)))
		return ENOENT;
	mkdir(folder, 0700); /* if it fails, so does what follows */
	strcat(folder, "/pip-top");
	mkdir(folder, 0700);
	snprintf(path, size, "%s/settings", folder);
	snprintf(new, sizeof(new), "%s/settings.%d", folder, (int)getpid());
	file = fopen(new, "we");
	if (!file)
		return errno;
	settings_print(settings, file);
	error = fflush(file) || ferror(file) ? errno : 0;
	if (fclose(file) != 0 && !error)
		error = errno;
	if (!error && rename(new, path) != 0)
		error = errno;
	if (error)
		unlink(new);
	return error;
}
