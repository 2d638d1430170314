/* SPDX-License-Identifier: BSD-2-Clause */
/* What a process has not collected yet. */
#ifndef TESTS_ZOMBIES_H
#define TESTS_ZOMBIES_H

#include <dirent.h>

#include "check.h"

/* Children of a process that are zombies. */
static int count_zombies(pid_t parent)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	NEED(dir != NULL);
	while ((entry = readdir(dir)) != NULL) {
		char path[300], line[512] = "", *end, state;
		FILE *file;
		int ppid;

		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		file = fopen(path, "re");
		if (file == NULL)
			continue;
		end = fgets(line, sizeof(line), file) != NULL ?
			      strrchr(line, ')') : NULL;
		fclose(file);
		if (end != NULL && sscanf(end + 1, " %c %d", &state, &ppid) == 2)
			count += state == 'Z' && ppid == parent;
	}
	closedir(dir);
	return count;
}

#endif
