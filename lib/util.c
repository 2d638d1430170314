/* SPDX-License-Identifier: BSD-2-Clause */
/* What pip_util.h declares: looking at one's own process. */
#include <pip/pip_util.h>

#include <dirent.h>
#include <execinfo.h>
#include <link.h>
#include <stdlib.h>
#include <unistd.h>

#include "root.h"

#define BACKTRACE_MAX 256

/* Lines of /proc/self/maps; with an address only the one that it lies in. */
static int print_maps(FILE *file, const char *tag, const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long start, end;
	char *line = NULL;
	size_t size = 0;
	int found = 0;

	if (maps == NULL)
		return 0;
	while (getline(&line, &size, maps) > 0) {
		if (address != NULL &&
		    (sscanf(line, "%lx-%lx", &start, &end) != 2 ||
		     (unsigned long)address < start ||
		     (unsigned long)address >= end))
			continue;
		if (tag != NULL)
			fprintf(file, "%s: %p in ", tag, address);
		fputs(line, file);
		found++;
	}
	free(line);
	fclose(maps);
	return found;
}

void pip_fprint_maps(FILE *file)
{
	print_maps(file, NULL, NULL);
}

void pip_print_maps(void)
{
	pip_fprint_maps(stderr);
}

void pip_check_addr(char *tag, void *address)
{
	char who[64];

	if (tag == NULL) {
		pip_idstr(who, sizeof(who));
		tag = who;
	}
	/* NULL would stand for all lines, and is in none. */
	if (address == NULL || print_maps(stderr, tag, address) == 0)
		fprintf(stderr, "%s: %p is not mapped\n", tag, address);
}

void pip_fprint_fd(FILE *file, int fd)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0) {
		fprintf(file, "%d is not open\n", fd);
		return;
	}
	target[n] = '\0';
	fprintf(file, "%d -> %s\n", fd, target);
}

void pip_print_fd(FILE *file, int fd)
{
	pip_fprint_fd(file, fd);
}

void pip_fprint_fds(FILE *file)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		int fd = atoi(entry->d_name);

		if (entry->d_name[0] != '.' && fd != dirfd(dir))
			pip_fprint_fd(file, fd);
	}
	closedir(dir);
}

void pip_print_fds(FILE *file)
{
	pip_fprint_fds(file);
}

static int print_object(struct dl_phdr_info *info, size_t size, void *file)
{
	(void)size;
	fprintf(file, "%#18lx %s\n", (unsigned long)info->dlpi_addr,
		*info->dlpi_name != '\0' ? info->dlpi_name : "(program)");
	return 0;
}

void pip_fprint_loaded_solibs(FILE *file)
{
	dl_iterate_phdr(print_object, file);
}

void pip_print_loaded_solibs(FILE *file)
{
	pip_fprint_loaded_solibs(file);
}

void pip_fprint_dsos(FILE *file)
{
	pip_fprint_loaded_solibs(file);
}

void pip_print_dsos(void)
{
	pip_fprint_dsos(stderr);
}

void pip_backtrace_fd(int depth, int fd)
{
	void *frames[BACKTRACE_MAX];

	if (depth < 1 || depth > BACKTRACE_MAX)
		depth = BACKTRACE_MAX;
	backtrace_symbols_fd(frames, backtrace(frames, depth), fd);
}
