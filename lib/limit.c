/* SPDX-License-Identifier: BSD-2-Clause */
/* When the machine refuses another task: say which limit it was. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "message.h"
#include "spawn.h"

/* A program of a dozen libraries needs about this many mappings. */
#define MAPS_PER_TASK 100
/* And about this much address space: a stack, libraries, a first heap. */
#define BYTES_PER_TASK (64ull << 20)

/* The number in a file of one number; -1 if there is none ("max"). */
static long read_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	return n > 0 && *text >= '0' && *text <= '9' ? atol(text) : -1;
}

static long count_maps(void)
{
	char buffer[65536];
	long lines = 0;
	ssize_t n;
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += buffer[i] == '\n';
	close(fd);
	return lines;
}

static bool are_maps_exhausted(void)
{
	long max = read_number("/proc/sys/vm/max_map_count");

	return max > 0 && count_maps() + MAPS_PER_TASK >= max;
}

/* The size of the address space in bytes, 0 if it cannot be read. */
static unsigned long long address_space_size(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long long pages = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * 4096;
}

static bool is_address_space_exhausted(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_AS, &limit) == 0 &&
	       limit.rlim_cur != RLIM_INFINITY &&
	       address_space_size() + BYTES_PER_TASK >= limit.rlim_cur;
}

bool limit_memory_exhausted(void)
{
	return are_maps_exhausted() || is_address_space_exhausted();
}

static void explain_memory(const char *what)
{
	long max = read_number("/proc/sys/vm/max_map_count");
	struct rlimit limit;

	if (are_maps_exhausted())
		error_message("'%s': no memory mapping is left: "
			      "vm.max_map_count is %ld; raise it with "
			      "'sysctl -w vm.max_map_count=%ld'",
			      what, max, max * 4);
	else if (getrlimit(RLIMIT_AS, &limit) == 0 &&
		 limit.rlim_cur != RLIM_INFINITY)
		error_message("'%s': out of memory: RLIMIT_AS is %llu bytes; "
			      "raise it with 'ulimit -v unlimited'",
			      what, (unsigned long long)limit.rlim_cur);
	else
		error_message("'%s': out of memory: neither vm.max_map_count "
			      "nor RLIMIT_AS is reached, so the machine, its "
			      "memory cgroup or vm.overcommit_memory (%ld) "
			      "allows no more",
			      what,
			      read_number("/proc/sys/vm/overcommit_memory"));
}

/* The pids.max of our own cgroup (version 2), -1 if there is none. */
static long cgroup_pids_max(void)
{
	char line[4096] = "", path[4200];
	FILE *file = fopen("/proc/self/cgroup", "re");
	long max = -1;

	if (file == NULL)
		return -1;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "0::", 3) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s/pids.max",
				 line + 3);
			max = read_number(path);
		}
	fclose(file);
	return max;
}

static void explain_processes(const char *what)
{
	long pid_max = read_number("/proc/sys/kernel/pid_max");
	long threads_max = read_number("/proc/sys/kernel/threads-max");
	long cgroup_max = cgroup_pids_max();
	struct rlimit limit;

	if (getrlimit(RLIMIT_NPROC, &limit) != 0)
		limit.rlim_cur = RLIM_INFINITY;
	if (cgroup_max >= 0)
		error_message("'%s': the kernel refuses another process: "
			      "pids.max of the cgroup is %ld (RLIMIT_NPROC "
			      "%lld); raise it in /sys/fs/cgroup",
			      what, cgroup_max, (long long)limit.rlim_cur);
	else
		error_message("'%s': the kernel refuses another process: "
			      "RLIMIT_NPROC is %lld (raise it with 'ulimit "
			      "-u'), kernel.pid_max %ld, kernel.threads-max "
			      "%ld",
			      what, (long long)limit.rlim_cur, pid_max,
			      threads_max);
}

void limit_explain(int error, const char *what)
{
	if (error == ENOMEM)
		explain_memory(what);
	else if (error == EAGAIN)
		explain_processes(what);
	else
		error_message("'%s': %s", what, strerror(error));
}
