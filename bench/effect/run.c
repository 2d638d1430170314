// SPDX-License-Identifier: BSD-2-Clause
/* Runs: one after the other, the instrumentations in turns. */
#include "instrument.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REPEATS 5

/* A process that does the workload. */
struct worker {
	pid_t pid;
	int to, from; /* its stdin, or what lets it begin; and its stdout */
	int output;   /* of a command: a memfd */
	bool ended;
	int status;
	struct rusage usage;
	uint64_t begun, end;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool is_builtin(const struct effect_config *config)
{
	return config->workload != NULL && config->workload->play != NULL;
}

/* The reference must inherit nothing of this from us.  Who reads the recorder
 * while it is written wants it larger than it is by itself. */
static void set_environment(const struct effect_config *config,
			    const struct effect_instrument *instrument)
{
	unsetenv("PIP_TRACE");
	unsetenv(EFFECT_AWAIT_RECORDER);
	unsetenv(EFFECT_LTTNG);
	if (instrument->switches_on) {
		setenv("PIP_TRACE", "off:262144", 1);
		setenv(EFFECT_AWAIT_RECORDER, "1", 1);
	} else if (instrument->records) {
		setenv("PIP_TRACE", "overwrite", 1);
	}
	if (instrument->marks) {
		setenv(EFFECT_LTTNG, config->lttng, 1);
		/* Milliseconds that a process waits for a daemon. */
		setenv("LTTNG_UST_REGISTER_TIMEOUT", "0", 1);
	}
	setenv("LC_ALL", "C", 1);
}

static void play_builtin(const struct effect_config *config, int in, int out)
{
	static char name[] = EFFECT_LOAD_NAME;
	char events[24];
	char *argv[] = { name, (char *)config->workload->name, events, NULL };

	snprintf(events, sizeof(events), "%" PRIu64, config->events);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(config->self, argv);
	dprintf(STDERR_FILENO, "pip-probe-effect: %s: %s\n", config->self,
		strerror(errno));
}

/* From "ready" on, it does nothing that could be counted until it is another
 * program. */
static void play_command(const struct effect_config *config, int in, int out,
			 int output)
{
	char **argv = config->command;
	const char *path;
	char byte;

	if (config->workload != NULL) {
		argv = config->workload->arguments(config->events,
						   config->options);
		path = effect_find_command(config, argv[0]);
		if (path != NULL)
			argv[0] = (char *)path;
	}
	if (config->workload != NULL)
		dup2(output, STDERR_FILENO);
	dup2(output, STDOUT_FILENO);
	if (write(out, "ready\n", 6) != 6 || read(in, &byte, 1) != 1)
		_exit(127);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "pip-probe-effect: %s: %s\n", argv[0],
		strerror(errno));
}

static int start_worker(const struct effect_config *config,
			const struct effect_instrument *instrument,
			struct worker *worker)
{
	int to[2], from[2];

	memset(worker, 0, sizeof(*worker));
	worker->output = memfd_create("output", MFD_CLOEXEC);
	if (worker->output < 0 || pipe2(to, O_CLOEXEC) < 0 ||
	    pipe2(from, O_CLOEXEC) < 0)
		return -1;
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGPIPE, SIG_DFL);
		close(to[1]);
		set_environment(config, instrument);
		if (is_builtin(config))
			play_builtin(config, to[0], from[1]);
		else
			play_command(config, to[0], from[1], worker->output);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	worker->to = to[1];
	worker->from = from[0];
	return worker->pid < 0 ? -1 : 0;
}

/* A line; false: it has ended instead. */
static bool read_line(const struct worker *worker, char *line, size_t size)
{
	size_t n = 0;
	char byte;

	while (read(worker->from, &byte, 1) == 1) {
		if (byte == '\n') {
			line[n] = '\0';
			return true;
		}
		if (n < size - 1)
			line[n++] = byte;
	}
	return false;
}

static bool let_go(struct worker *worker)
{
	return write(worker->to, "g", 1) == 1;
}

static void reap(struct worker *worker)
{
	while (!worker->ended && worker->pid > 0)
		if (wait4(worker->pid, &worker->status, 0, &worker->usage) ==
			    worker->pid ||
		    errno == ECHILD)
			worker->ended = true;
}

static void finish_worker(struct worker *worker, bool failed)
{
	if (failed && worker->pid > 0 && !worker->ended)
		kill(worker->pid, SIGKILL);
	close(worker->to);
	reap(worker);
	close(worker->from);
	close(worker->output);
}

static int work_builtin(const struct effect_config *config,
			struct worker *worker, struct effect_run *run)
{
	char line[128];
	uint64_t wall, cpu;

	if (!let_go(worker) || !read_line(worker, line, sizeof(line)) ||
	    sscanf(line, "done %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		   &run->events, &wall, &run->recorded, &cpu) != 4)
		return -1;
	run->ns = (double)(config->measure == MEASURE_CPU ? cpu : wall);
	return 0;
}

static double time_ns(struct timeval time)
{
	return (double)time.tv_sec * 1e9 + (double)time.tv_usec * 1e3;
}

static int work_command(const struct effect_config *config,
			struct worker *worker, struct effect_run *run)
{
	static char output[65536];
	ssize_t n;

	worker->begun = now_ns();
	if (!let_go(worker))
		return -1;
	reap(worker);
	worker->end = now_ns();
	switch (config->measure) {
	case MEASURE_WALL:
		run->ns = (double)(worker->end - worker->begun);
		break;
	case MEASURE_USER:
		run->ns = time_ns(worker->usage.ru_utime);
		break;
	case MEASURE_SYSTEM:
		run->ns = time_ns(worker->usage.ru_stime);
		break;
	case MEASURE_CPU:
		run->ns = time_ns(worker->usage.ru_utime) +
			  time_ns(worker->usage.ru_stime);
		break;
	}
	run->events = config->events;
	n = pread(worker->output, output, sizeof(output) - 1, 0);
	output[n < 0 ? 0 : n] = '\0';
	if (config->workload != NULL) {
		run->events = config->workload->count(output, config->events);
		if (worker->status != 0)
			fprintf(stderr, "%s", output);
	}
	return worker->status == 0 ? 0 : -1;
}

/* Does what happened agree with what should have?  Else say so. */
static int check_run(const struct effect_config *config,
		     const struct effect_choice *choice,
		     const struct effect_run *run, char *reason)
{
	const struct effect_workload *workload = config->workload;
	const char *what = "did";
	uint64_t is = run->events, wanted = config->events;

	if (is == wanted && choice->instrument->counts && wanted != 0) {
		what = "counted";
		is = run->counted;
	}
	if (is == wanted && choice->instrument->records && workload != NULL &&
	    workload->records != 0 && is_builtin(config)) {
		what = "recorded";
		is = run->recorded;
		wanted *= workload->records;
	}
	if (is == wanted)
		return 0;
	snprintf(reason, EFFECT_REASON_MAX,
		 "%s %" PRIu64 " events instead of %" PRIu64, what, is, wanted);
	return -1;
}

static int work(const struct effect_config *config,
		const struct effect_choice *choice, struct worker *worker,
		struct effect_run *run, char *reason)
{
	struct effect_target target = { config, worker->pid };
	bool builtin = is_builtin(config);
	char line[128];
	void *state;
	int failed;

	if (!read_line(worker, line, sizeof(line))) {
		snprintf(reason, EFFECT_REASON_MAX,
			 "the workload has ended before its work");
		return -1;
	}
	state = choice->instrument->attach(&target, choice->argument, reason);
	if (state == NULL)
		return -1;
	failed = builtin ? work_builtin(config, worker, run) :
			   work_command(config, worker, run);
	if (failed)
		snprintf(reason, EFFECT_REASON_MAX, "the workload has failed");
	failed |= choice->instrument->detach(state, run, reason);
	if (builtin && !failed && !let_go(worker))
		failed = -1;
	return failed;
}

static int run_once(const struct effect_config *config,
		    const struct effect_choice *choice, struct effect_run *run)
{
	char reason[EFFECT_REASON_MAX] = "no memory";
	struct worker worker;
	int failed, lock = -1;

	*run = (struct effect_run){ .counted = EFFECT_UNKNOWN,
				    .recorded = EFFECT_UNKNOWN };
	if (choice->instrument->marks)
		lock = instrument_lock_lttng(config);
	if (start_worker(config, choice->instrument, &worker) != 0) {
		fprintf(stderr, "pip-probe-effect: cannot start a process: "
			"%s\n", strerror(errno));
		return -1;
	}
	failed = work(config, choice, &worker, run, reason);
	finish_worker(&worker, failed != 0);
	if (lock >= 0)
		close(lock);
	if (!failed && worker.status != 0) {
		snprintf(reason, sizeof(reason),
			 "the workload has ended with wait status %#x",
			 (unsigned)worker.status);
		failed = -1;
	}
	if (!failed)
		failed = check_run(config, choice, run, reason);
	if (failed)
		fprintf(stderr, "pip-probe-effect: %s: %s\n", choice->name,
			reason);
	return failed;
}

/* On a machine with load, LTTng's daemon sometimes starts a session in which
 * nothing arrives at all: such a run does not count, and is repeated. */
static int run_counted(const struct effect_config *config,
		       const struct effect_choice *choice,
		       struct effect_run *run)
{
	int failed = run_once(config, choice, run);

	for (int i = 0; i < REPEATS && failed && choice->instrument->marks &&
			run->events == config->events && run->counted == 0; i++)
		failed = run_once(config, choice, run);
	return failed;
}

static double get_value(const struct effect_config *config,
			const struct effect_run *run)
{
	return config->events != 0 ? run->ns / (double)config->events :
				     run->ns / 1e9;
}

static void add_total(struct effect_run *total, const struct effect_run *run)
{
	total->events += run->events;
	total->lost += run->lost;
	if (run->counted != EFFECT_UNKNOWN)
		total->counted += run->counted;
	if (run->recorded != EFFECT_UNKNOWN)
		total->recorded += run->recorded;
}

static void show_progress(const struct effect_config *config, unsigned turn,
			  const char *name)
{
	if (!config->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%u of %u: %-40.40s", turn + 1, config->runs,
			name);
}

static void end_progress(const struct effect_config *config)
{
	if (!config->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%60s\r", "");
}

int effect_run(const struct effect_config *config,
	       struct effect_results *results)
{
	struct effect_run run;
	int failed = 0;

	results->n = config->nchoices;
	results->unit = config->events != 0 ? "ns per event" : "s";
	for (size_t i = 0; i < results->n; i++)
		results->samples[i].name = config->choices[i].name;
	host_begin(&results->host);
	/* The first fills the page cache. */
	failed = run_once(config, &config->choices[0], &run);
	for (unsigned turn = 0; turn < config->runs && !failed; turn++)
		for (size_t i = 0; i < results->n && !failed; i++) {
			show_progress(config, turn, config->choices[i].name);
			failed = run_counted(config, &config->choices[i],
					     &run);
			if (failed)
				break;
			results->last[i] = run;
			add_total(&results->totals[i], &run);
			if (!sample_add(&results->samples[i],
					get_value(config, &run)))
				failed = -1;
		}
	end_progress(config);
	for (size_t i = 0; i < results->n && !failed; i++)
		failed = !sample_finish(&results->samples[i]);
	host_end(&results->host);
	return failed;
}
