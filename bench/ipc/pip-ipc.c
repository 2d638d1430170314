// SPDX-License-Identifier: BSD-2-Clause
/* pip-ipc: time inter-process communication, PiP's own beside the usual. */
#include "ipc.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_possible(const struct ipc_config *config)
{
	return (!config->channel->one_space || config->mode->one_space) &&
	       (!config->socket_buffers || config->channel->sizes);
}

/* All combinations, in the order of the table that they make. */
static size_t combine(const struct ipc_args *args, struct ipc_config *configs)
{
	size_t n = 0;

	for (size_t c = 0; c < args->nchannels; c++)
		for (size_t m = 0; m < args->nmodes; m++)
			for (size_t s = 0; s < args->nsizes; s++) {
				configs[n] = args->common;
				configs[n].mode = args->modes[m];
				configs[n].channel = args->channels[c];
				configs[n].buffer_size = args->sizes[s];
				if (is_possible(&configs[n]))
					n++;
			}
	return n;
}

static int compare(const void *a, const void *b)
{
	double x = ((const struct ipc_result *)a)->seconds,
	       y = ((const struct ipc_result *)b)->seconds;

	return (x > y) - (x < y);
}

/* In turns, so that a machine that changes does so for all. */
static int measure_all(const struct ipc_args *args,
		       const struct ipc_config *configs, size_t n,
		       struct ipc_result *results)
{
	struct ipc_result *runs = calloc(n * args->repeat, sizeof(*runs));

	if (runs == NULL) {
		fprintf(stderr, "pip-ipc: %zu results: %s\n", n * args->repeat,
			strerror(errno));
		return 1;
	}
	for (unsigned turn = 0; turn < args->repeat; turn++)
		for (size_t i = 0; i < n; i++)
			if (ipc_measure(&configs[i],
					&runs[i * args->repeat + turn]) != 0) {
				free(runs);
				return 1;
			}
	for (size_t i = 0; i < n; i++) {
		qsort(runs + i * args->repeat, args->repeat, sizeof(*runs),
		      compare);
		results[i] = runs[i * args->repeat + (args->repeat - 1) / 2];
	}
	free(runs);
	return 0;
}

typedef int write_function(FILE *, const struct ipc_result *, size_t,
			   const struct ipc_report *);

static int write_csv(FILE *file, const struct ipc_result *results, size_t n,
		     const struct ipc_report *how)
{
	(void)how;
	return ipc_write_csv(file, results, n);
}

static int write_json(FILE *file, const struct ipc_result *results, size_t n,
		      const struct ipc_report *how)
{
	(void)how;
	return ipc_write_json(file, results, n);
}

static int write_svg(FILE *file, const struct ipc_result *results, size_t n,
		     const struct ipc_report *how)
{
	return ipc_write_svg(file, results, n, how->plotter);
}

static int write_file(const char *name, const struct ipc_result *results,
		      size_t n, const struct ipc_report *how,
		      write_function *write)
{
	bool standard = name != NULL && strcmp(name, "-") == 0;
	FILE *file;
	int failed;

	if (name == NULL)
		return 0;
	file = standard ? stdout : fopen(name, "we");
	if (file == NULL) {
		fprintf(stderr, "pip-ipc: %s: %s\n", name, strerror(errno));
		return 1;
	}
	failed = write(file, results, n, how) != 0;
	if (fflush(file) != 0 || ferror(file) ||
	    (!standard && fclose(file) != 0)) {
		fprintf(stderr, "pip-ipc: %s: %s\n",
			standard ? "standard output" : name, strerror(errno));
		return 1;
	}
	return failed;
}

static int report(const struct ipc_report *how,
		  const struct ipc_result *results, size_t n)
{
	const char *names[] = { how->json, how->csv, how->svg };
	bool text = !how->quiet;

	for (int i = 0; i < 3; i++)
		if (names[i] != NULL && strcmp(names[i], "-") == 0)
			text = false;
	if (text && n == 1)
		ipc_print_lab(stdout, results, how->verbose);
	else if (text)
		ipc_print_table(stdout, results, n);
	if (fflush(stdout) != 0) {
		fprintf(stderr, "pip-ipc: standard output: %s\n",
			strerror(errno));
		return 1;
	}
	return write_file(how->json, results, n, how, write_json) |
	       write_file(how->csv, results, n, how, write_csv) |
	       write_file(how->svg, results, n, how, write_svg);
}

/* Also for what --help prints. */
static void close_stdout(void)
{
	if (fclose(stdout) != 0)
		_exit(1);
}

int main(int argc, char **argv)
{
	static struct ipc_config
		configs[(size_t)IPC_LIST_MAX * IPC_LIST_MAX * IPC_LIST_MAX];
	struct ipc_result *results;
	struct ipc_args args;
	int status;
	size_t n;

	if (ipc_is_task_of_ours())
		return ipc_play_task();
	atexit(close_stdout);
	ipc_parse(argc, argv, &args);
	signal(SIGPIPE, SIG_IGN);
	n = combine(&args, configs);
	results = calloc(n + 1, sizeof(*results));
	if (results == NULL || n == 0) {
		fprintf(stderr, "pip-ipc: no combination of these can be\n");
		return 2;
	}
	status = measure_all(&args, configs, n, results);
	if (status == 0)
		status = report(&args.report, results, n);
	free(results);
	return status;
}
