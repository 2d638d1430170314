// SPDX-License-Identifier: BSD-2-Clause
/* pip-probe-effect: what observing costs. */
#include "effect.h"
#include "limit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int list_all(const struct effect_config *config)
{
	printf("Workloads:\n");
	for (const struct effect_workload *w = effect_workloads;
	     w->name != NULL; w++)
		printf("  %-15s %s\n", w->name, w->help);
	printf("\nInstrumentations:\n");
	for (const struct effect_instrument *i = effect_instruments;
	     i->name != NULL; i++) {
		struct effect_config with_probe = *config;
		const char *reason;

		/* A probe that is there, for what needs one. */
		with_probe.probe = effect_workloads[0].probe;
		with_probe.probe.file = config->libpip;
		reason = i->check(&with_probe, NULL);
		printf("  %-15s %s%s%.160s%s\n", i->name, i->help,
		       reason != NULL ? " [not here: " : "",
		       reason != NULL ? reason : "", reason != NULL ? "]" : "");
	}
	return 0;
}

typedef int report_function(FILE *, const struct effect_config *,
			    const struct effect_results *);

static int write_report(const char *name, report_function *write,
			const struct effect_config *config,
			const struct effect_results *results)
{
	bool standard = name != NULL && strcmp(name, "-") == 0;
	FILE *file;
	int failed;

	if (name == NULL)
		return 0;
	file = standard ? stdout : fopen(name, "we");
	if (file == NULL) {
		fprintf(stderr, "pip-probe-effect: %s: %s\n", name,
			strerror(errno));
		return 1;
	}
	errno = 0;
	failed = write(file, config, results) != 0 || fflush(file) != 0 ||
		 ferror(file);
	if (!standard)
		failed |= fclose(file) != 0;
	if (failed)
		fprintf(stderr, "pip-probe-effect: %s: cannot be written: %s\n",
			name, strerror(errno));
	return failed;
}

static bool takes_stdout(const struct effect_config *config)
{
	return (config->json != NULL && strcmp(config->json, "-") == 0) ||
	       (config->csv != NULL && strcmp(config->csv, "-") == 0) ||
	       (config->html != NULL && strcmp(config->html, "-") == 0);
}

static int write_reports(const struct effect_config *config,
			 struct effect_results *results)
{
	int failed;

	if (!takes_stdout(config))
		report_text(stdout, config, results);
	failed = write_report(config->csv, report_csv, config, results) |
		 write_report(config->json, report_json, config, results) |
		 write_report(config->html, report_html, config, results);
	for (size_t i = 0; i < results->n; i++)
		sample_free(&results->samples[i]);
	return failed;
}

static int compare_files(struct effect_config *config)
{
	static struct effect_results results = { .unit = "number" };

	config->style.more = !config->quiet;
	for (; results.n < config->nfiles; results.n++)
		if (!numbers_read(config->files[results.n], config->column,
				  config->delimiters,
				  &results.samples[results.n]))
			return 1;
	return write_reports(config, &results);
}

static int run_all(struct effect_config *config)
{
	static struct effect_results results;

	if (config->nchoices < 2) {
		fprintf(stderr, "pip-probe-effect: no instrumentation is left "
			"to compare with\n");
		return 1;
	}
	if (effect_run(config, &results) != 0)
		return 1;
	if (config->nchoices < 2) {
		fprintf(stderr, "pip-probe-effect: no instrumentation is left "
			"that has not failed\n");
		return 1;
	}
	return write_reports(config, &results) | (results.nfailures > 0);
}

/* As if there had been no handler: who called us is to see it. */
static void end_by_signal(void)
{
	int number = limit_interrupted();

	if (number == 0)
		return;
	signal(number, SIG_DFL);
	raise(number);
}

/* Also for what --help prints. */
static void close_stdout(void)
{
	if (fclose(stdout) != 0)
		_exit(1);
}

int main(int argc, char **argv)
{
	static struct effect_config config;
	int status;

	if (strcmp(program_invocation_name, EFFECT_LOAD_NAME) == 0)
		return load_is_task() ? load_play_task() : load_main(argc, argv);
	atexit(close_stdout);
	effect_parse(argc, argv, &config);
	signal(SIGPIPE, SIG_IGN);
	status = config.list ? list_all(&config) :
		 config.nfiles > 0 ? compare_files(&config) :
				     run_all(&config);
	end_by_signal();
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "pip-probe-effect: standard output: %s\n",
			strerror(errno));
		return 1;
	}
	return status;
}
