// SPDX-License-Identifier: BSD-2-Clause
/* Runs: one after the other, the instrumentations in turns. */
#include "await.h"
#include "instrument.h"
#include "limit.h"

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

static bool is_builtin(const struct effect_config *config)
{
	return config->workload != NULL && config->workload->play != NULL;
}

/* A command that stops by itself, once it is what the instrumentation wants. */
static bool is_waiting(const struct effect_config *config,
		       const struct effect_instrument *instrument)
{
	return instrument->wants_start && !is_builtin(config);
}

/* The reference must inherit nothing of this from us.  Who reads the recorder
 * while it is written wants it larger than it is by itself. */
static void set_environment(const struct effect_config *config,
			    const struct effect_instrument *instrument)
{
	unsetenv("PIP_TRACE");
	unsetenv(EFFECT_AWAIT_RECORDER);
	unsetenv(EFFECT_LTTNG);
	unsetenv(EFFECT_IPC_AWAITS);
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

/* pip-ipc says "ready" itself. */
static void pass_descriptors(int in, int out)
{
	char text[32];

	snprintf(text, sizeof(text), "%d,%d", in, out);
	setenv(EFFECT_IPC_AWAITS, text, 1);
	fcntl(in, F_SETFD, 0);
	fcntl(out, F_SETFD, 0);
}

/* From "ready" on, it does nothing that could be counted until it is another
 * program. */
static void play_command(const struct effect_config *config, bool waits, int in,
			 int out, int output)
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
	if (waits)
		pass_descriptors(in, out);
	else if (write(out, "ready\n", 6) != 6 || read(in, &byte, 1) != 1)
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
			play_command(config, is_waiting(config, instrument),
				     to[0], from[1], worker->output);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	worker->to = to[1];
	worker->from = from[0];
	return worker->pid < 0 ? -1 : 0;
}

/* A line; false: it has ended instead, or (over) takes too long. */
static bool read_line(const struct worker *worker, char *line, size_t size,
		      bool *over)
{
	uint64_t end = limit_start();
	size_t n = 0;
	char byte;

	*over = true;
	while (limit_wait_readable(worker->from, end)) {
		if (read(worker->from, &byte, 1) != 1) {
			*over = false;
			return false;
		}
		if (byte == '\n') {
			*over = false;
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

static bool reap(struct worker *worker)
{
	if (!worker->ended && worker->pid > 0)
		worker->ended = limit_wait_child(worker->pid, limit_start(),
						 &worker->status,
						 &worker->usage);
	return worker->ended;
}

/* false: it does not end. */
static bool finish_worker(struct worker *worker, bool failed)
{
	bool ended;

	if (failed && worker->pid > 0 && !worker->ended)
		kill(worker->pid, SIGKILL);
	close(worker->to);
	ended = reap(worker);
	close(worker->from);
	close(worker->output);
	return ended;
}

static int work_builtin(const struct effect_config *config,
			struct worker *worker, struct effect_run *run,
			bool *over)
{
	char line[128];
	uint64_t wall, cpu;

	if (!let_go(worker) || !read_line(worker, line, sizeof(line), over) ||
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

/* What a command has used and printed, once it has ended. */
static int take_result(const struct effect_config *config,
		       const struct worker *worker, struct effect_run *run)
{
	const struct effect_workload *workload = config->workload;
	static char output[65536];
	ssize_t n;

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
	if (workload != NULL) {
		run->events = workload->count(output, config->events);
		if (config->measure == MEASURE_WALL && workload->time != NULL)
			run->ns = workload->time(output);
		if (worker->status != 0)
			fprintf(stderr, "%s", output);
	}
	return worker->status == 0 ? 0 : -1;
}

static int work_command(const struct effect_config *config,
			struct worker *worker, struct effect_run *run,
			bool *over)
{
	worker->begun = limit_now();
	if (!let_go(worker))
		return -1;
	*over = !reap(worker);
	worker->end = limit_now();
	return *over ? -1 : take_result(config, worker, run);
}

/* Sender and receiver take a byte each. */
static int work_waiting(struct worker *worker, bool *over)
{
	char line[128];

	return let_go(worker) && let_go(worker) &&
	       read_line(worker, line, sizeof(line), over) &&
	       strcmp(line, "done") == 0 ? 0 : -1;
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

static int begin_work(const struct worker *worker, char *reason)
{
	char line[128];
	bool over;

	if (read_line(worker, line, sizeof(line), &over))
		return 0;
	if (over)
		limit_explain(reason, "the workload does not get ready",
			      worker->pid);
	else
		snprintf(reason, EFFECT_REASON_MAX,
			 "the workload has ended before its work");
	return -1;
}

/* It has not done what it was to do: how has it ended? */
static void explain_failure(struct worker *worker, char *reason)
{
	limit_hurry();
	if (reap(worker)) {
		char text[LIMIT_STATUS_MAX];

		limit_explain_status(text, worker->status);
		snprintf(reason, EFFECT_REASON_MAX,
			 "the workload has failed: %s", text);
	} else
		limit_explain(reason, "the workload has failed, and does not "
			      "end", worker->pid);
}

/* Those that wait to be let go, end now; others have ended. */
static int end_work(const struct effect_config *config, bool waits,
		    struct worker *worker, struct effect_run *run, char *reason)
{
	if ((waits || is_builtin(config)) && !let_go(worker)) {
		explain_failure(worker, reason);
		return -1;
	}
	if (!reap(worker)) {
		limit_explain(reason, "its work is done, and the workload does "
			      "not end", worker->pid);
		return -1;
	}
	if (!waits || take_result(config, worker, run) == 0)
		return 0;
	explain_failure(worker, reason);
	return -1;
}

static int work(const struct effect_config *config,
		const struct effect_choice *choice, struct worker *worker,
		struct effect_run *run, char *reason)
{
	struct effect_target target = { config, worker->pid };
	bool waits = is_waiting(config, choice->instrument), over = false;
	char why[EFFECT_REASON_MAX] = "";
	void *state;
	int failed;

	if (begin_work(worker, reason) != 0)
		return -1;
	state = choice->instrument->attach(&target, choice->argument, reason);
	if (state == NULL)
		return -1;
	failed = waits		    ? work_waiting(worker, &over) :
		 is_builtin(config) ? work_builtin(config, worker, run, &over) :
				      work_command(config, worker, run, &over);
	if (over)
		limit_explain(why, "the workload does not end its work",
			      worker->pid);
	else if (failed)
		explain_failure(worker, why);
	if (failed)
		limit_hurry();
	if (choice->instrument->detach(state, run, reason) != 0 && !over)
		return -1; /* what may be why the work has failed */
	if (failed) {
		snprintf(reason, EFFECT_REASON_MAX, "%s", why);
		return -1;
	}
	return end_work(config, waits, worker, run, reason);
}

static int begin_run(const struct effect_config *config,
		     const struct effect_choice *choice, struct worker *worker,
		     int *lock, char *reason)
{
	limit_next_run();
	*lock = -1;
	if (choice->instrument->marks &&
	    instrument_lock_lttng(config, lock) != 0) {
		limit_explain(reason, "another program does not let go of "
			      "LTTng's daemon", -1);
		return -1;
	}
	if (start_worker(config, choice->instrument, worker) == 0)
		return 0;
	snprintf(reason, EFFECT_REASON_MAX, "cannot start a process: %s",
		 strerror(errno));
	return -1;
}

static int end_run(const struct effect_config *config,
		   const struct effect_choice *choice, struct worker *worker,
		   const struct effect_run *run, char *reason)
{
	if (worker->status != 0) {
		char text[LIMIT_STATUS_MAX];

		limit_explain_status(text, worker->status);
		snprintf(reason, EFFECT_REASON_MAX,
			 "the workload has ended: %s", text);
		return -1;
	}
	return check_run(config, choice, run, reason);
}

static int run_once(const struct effect_config *config,
		    const struct effect_choice *choice, struct effect_run *run,
		    char *reason)
{
	struct worker worker;
	int failed, lock;

	*run = (struct effect_run){ .counted = EFFECT_UNKNOWN,
				    .recorded = EFFECT_UNKNOWN };
	snprintf(reason, EFFECT_REASON_MAX, "no memory");
	failed = begin_run(config, choice, &worker, &lock, reason);
	if (!failed) {
		failed = work(config, choice, &worker, run, reason);
		if (failed)
			limit_hurry();
		finish_worker(&worker, failed != 0);
	}
	if (!failed)
		failed = end_run(config, choice, &worker, run, reason);
	if (failed)
		limit_end_children();
	if (lock >= 0)
		close(lock);
	if (failed && limit_interrupted())
		limit_explain(reason, "", -1);
	if (failed)
		fprintf(stderr, "pip-probe-effect: %s: %s\n", choice->name,
			reason);
	return failed;
}

/* On a machine with load, LTTng's daemon sometimes starts a session in which
 * nothing arrives at all: such a run does not count, and is repeated. */
static int run_counted(const struct effect_config *config,
		       const struct effect_choice *choice,
		       struct effect_run *run, char *reason)
{
	int failed = run_once(config, choice, run, reason);

	for (int i = 0; i < REPEATS && failed && !limit_interrupted() &&
			choice->instrument->marks &&
			run->events == config->events && run->counted == 0; i++)
		failed = run_once(config, choice, run, reason);
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

/* The others stay as they are. */
static void drop(struct effect_config *config, struct effect_results *results,
		 size_t i, const char *reason)
{
	struct effect_failure *failure = &results->failures[results->nfailures++];
	size_t after = --results->n - i;

	memcpy(failure->name, config->choices[i].name, sizeof(failure->name));
	snprintf(failure->reason, sizeof(failure->reason), "%s", reason);
	sample_free(&results->samples[i]);
	config->nchoices = results->n;
	memmove(&config->choices[i], &config->choices[i + 1],
		after * sizeof(config->choices[0]));
	memmove(&results->samples[i], &results->samples[i + 1],
		after * sizeof(results->samples[0]));
	memmove(&results->totals[i], &results->totals[i + 1],
		after * sizeof(results->totals[0]));
	memmove(&results->last[i], &results->last[i + 1],
		after * sizeof(results->last[0]));
}

static int run_turn(struct effect_config *config,
		    struct effect_results *results, unsigned turn)
{
	char reason[EFFECT_REASON_MAX];
	struct effect_run run;

	for (size_t i = 0; i < results->n;) {
		show_progress(config, turn, config->choices[i].name);
		if (run_counted(config, &config->choices[i], &run, reason) != 0) {
			if (!config->keeps_going || i == 0 ||
			    limit_interrupted())
				return -1;
			drop(config, results, i, reason);
			continue;
		}
		results->last[i] = run;
		add_total(&results->totals[i], &run);
		if (!sample_add(&results->samples[i], get_value(config, &run)))
			return -1;
		i++;
	}
	return 0;
}

int effect_run(struct effect_config *config, struct effect_results *results)
{
	char reason[EFFECT_REASON_MAX];
	struct effect_run run;
	int failed;

	results->n = config->nchoices;
	results->unit = config->events != 0 ? "ns per event" : "s";
	limit_begin(config->limit);
	host_begin(&results->host);
	/* The first fills the page cache. */
	failed = run_once(config, &config->choices[0], &run, reason);
	for (unsigned turn = 0; turn < config->runs && !failed; turn++)
		failed = run_turn(config, results, turn);
	end_progress(config);
	for (size_t i = 0; i < results->n && !failed; i++) {
		results->samples[i].name = config->choices[i].name;
		failed = !sample_finish(&results->samples[i]);
	}
	host_end(&results->host);
	return failed;
}
