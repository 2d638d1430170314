/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory: resident memory and mappings that one task costs, beside a
 * process of the same program made with posix_spawn(3).
 */
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip.h>

#include "bench_args.h"

/* What /proc/PID/smaps_rollup says in the line that starts with key, KiB. */
static long rollup(pid_t pid, const char *key)
{
	char path[64], line[256];
	long kib = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		bench_fail("%s: cannot be read", path);
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, key, strlen(key)) == 0)
			kib = atol(line + strlen(key));
	fclose(file);
	return kib;
}

static long count_maps(pid_t pid)
{
	char path[64];
	long lines = 0;
	FILE *file;
	int c;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		bench_fail("%s: cannot be read", path);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

static int n = 100;
static const struct bench_option options[] = {
	{ "tasks", "Tasks, and processes, at once (100)", &n, PIP_NTASKS_MAX,
	  NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	int ntasks, error;
	char trivial[4096], *args[] = { trivial, "stay", NULL };
	long rss, pss, maps, processes_rss = 0, processes_pss = 0;
	pid_t *pids;

	bench_parse(argc, argv,
		    "What memory and mappings a task costs, beside a process "
		    "of the same program.",
		    options);
	bench_print_host();
	ntasks = n;
	pids = calloc((size_t)n, sizeof(*pids));
	snprintf(trivial, sizeof(trivial), "%.*strivial",
		 (int)(strrchr(argv[0], '/') != NULL ?
			       strrchr(argv[0], '/') - argv[0] + 1 :
			       0),
		 argv[0]);
	error = pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE);
	if (error != 0 || pids == NULL)
		bench_fail("pip_init: %s", strerror(error));
	rss = rollup(getpid(), "Rss:");
	pss = rollup(getpid(), "Pss:");
	maps = count_maps(getpid());
	for (int i = 0; i < n; i++) {
		error = pip_spawn(trivial, args, NULL, PIP_CPUCORE_ASIS, NULL,
				  NULL, NULL, NULL);
		if (error != 0)
			bench_fail("pip_spawn: %s", strerror(error));
	}
	for (int i = 0; i < n; i++)
		if (posix_spawn(&pids[i], trivial, NULL, NULL, args, environ))
			bench_fail("posix_spawn failed");
	usleep(200000);
	for (int i = 0; i < n; i++) {
		processes_rss += rollup(pids[i], "Rss:");
		processes_pss += rollup(pids[i], "Pss:");
	}
	printf("%d of %s at once; KiB and mappings of each\n", n, trivial);
	printf("%-10s %10s %10s %10s\n", "", "RSS", "PSS", "mappings");
	printf("%-10s %10.0f %10.0f %10.1f\n", "task",
	       (double)(rollup(getpid(), "Rss:") - rss) / n,
	       (double)(rollup(getpid(), "Pss:") - pss) / n,
	       (double)(count_maps(getpid()) - maps) / n);
	printf("%-10s %10.0f %10.0f %10.1f\n", "process",
	       (double)processes_rss / n, (double)processes_pss / n,
	       (double)count_maps(pids[0]));
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	/* The tasks end with us. */
	return 0;
}
