/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin_files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_file.h"

struct search {
	struct plugin_files *files;
	char *why;
	size_t whysize;
};

#define refuse(search, error, ...) \
	(snprintf((search)->why, (search)->whysize, __VA_ARGS__), error)

/* All that the loader would take for granted: it would map a file that is too
 * short, and crash. */
static int check_file(struct search *search, const char *word, const char *path)
{
	/* Do not wait for a FIFO's writer. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct elf_file elf;
	char why[256] = "";
	int error;

	if (fd < 0)
		return refuse(search, errno, "plugin '%s': %s", word,
			      strerror(errno));
	error = elf_file_read_library(fd, &elf, why, sizeof(why));
	close(fd);
	if (error == 0)
		return 0;
	if (*why == '\0')
		return refuse(search, error, "plugin '%s': %s", word,
			      strerror(error));
	return refuse(search, error, "plugin '%s' is %s", word, why);
}

/* Where a word without a slash is. */
static int search_word(struct search *search, const char *word,
		       const char *directories, char *found, size_t size)
{
	while (directories != NULL && *directories != '\0') {
		size_t length = strcspn(directories, ":;");
		int n = snprintf(found, size, "%.*s%s%s", (int)length,
				 directories, length != 0 ? "/" : "./", word);

		if (n > 0 && (size_t)n < size && access(found, F_OK) == 0)
			return 0;
		directories += length;
		directories += *directories != '\0';
	}
	return refuse(search, ENOENT,
		      "plugin '%s' is in no directory of LD_LIBRARY_PATH; one "
		      "in the current directory is ./%s", word, word);
}

static bool is_twice(const struct plugin_files *files, const char *path)
{
	for (unsigned i = 0; i < files->count; i++)
		if (strcmp(files->paths[i], path) == 0)
			return true;
	return false;
}

static int add(struct search *search, const char *word, const char *directories)
{
	struct plugin_files *files = search->files;
	char found[PATH_MAX];
	const char *path = word;
	char *real;
	int error;

	if (files->count == PIP_PLUGINS_MAX)
		return refuse(search, E2BIG, "plugin '%s': there are more than "
					     "%d", word, PIP_PLUGINS_MAX);
	if (strchr(word, '/') == NULL) {
		error = search_word(search, word, directories, found,
				    sizeof(found));
		if (error != 0)
			return error;
		path = found;
	}
	real = realpath(path, NULL);
	if (real == NULL)
		return refuse(search, errno, "plugin '%s': %s", word,
			      strerror(errno));
	error = check_file(search, word, real);
	if (error == 0 && strpbrk(real, " :$") != NULL)
		error = refuse(search, EINVAL,
			       "plugin '%s' cannot be preloaded: its path may "
			       "hold neither blank, colon nor dollar sign",
			       real);
	if (error == 0 && is_twice(files, real))
		error = refuse(search, EINVAL, "plugin '%s' is named twice",
			       word);
	if (error != 0) {
		free(real);
		return error;
	}
	files->paths[files->count++] = real;
	return 0;
}

static int join(struct search *search)
{
	struct plugin_files *files = search->files;
	size_t size = 1;
	char *at;

	for (unsigned i = 0; i < files->count; i++)
		size += strlen(files->paths[i]) + 1;
	at = files->list = malloc(size);
	if (at == NULL)
		return refuse(search, ENOMEM, "plugins: no memory");
	*at = '\0';
	for (unsigned i = 0; i < files->count; i++) {
		if (i != 0)
			*at++ = ':';
		at = stpcpy(at, files->paths[i]);
	}
	return 0;
}

int plugin_files_find(const char *text, const char *library_path,
		      struct plugin_files *files, char *why, size_t whysize)
{
	struct search search = { files, why, whysize };
	int error = 0;

	memset(files, 0, sizeof(*files));
	while (error == 0 && *text != '\0') {
		size_t length = strcspn(text, ":");
		char word[PATH_MAX];

		if (length >= sizeof(word)) {
			error = refuse(&search, E2BIG, "plugin '%.40s...': its "
						       "path is too long", text);
			break;
		}
		memcpy(word, text, length);
		word[length] = '\0';
		if (length != 0)
			error = add(&search, word, library_path);
		text += length;
		text += *text != '\0';
	}
	if (error == 0)
		error = join(&search);
	if (error != 0)
		plugin_files_free(files);
	return error;
}

void plugin_files_free(struct plugin_files *files)
{
	for (unsigned i = 0; i < files->count; i++)
		free(files->paths[i]);
	free(files->list);
	memset(files, 0, sizeof(*files));
}
