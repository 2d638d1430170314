// SPDX-License-Identifier: BSD-2-Clause
/* What is done with the tasks instead of listing them: -k, -s, -P, -T. */
#include <config.h>

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pips.h"

#define TOP_PIDS_MAX 20 /* of procps' top(1) */

struct target {
	pid_t pid, tid;
	bool root;
};

static struct target *targets;
static size_t ntargets, targets_capacity;

void pips_add_target(const struct pips_row *row)
{
	if (row->task->pid < 2 || row->task->gone)
		return;
	if (ntargets == targets_capacity) {
		targets_capacity = targets_capacity ? targets_capacity * 2 :
						      64;
		targets = reallocarray(targets, targets_capacity,
				       sizeof(*targets));
		if (!targets)
			pips_fail("out of memory");
	}
	targets[ntargets++] = (struct target){
		row->task->pid,
		row->task->tid > 1 ? row->task->tid : row->task->pid,
		row->task->slot == 0,
	};
}

/* A name with or without SIG, or a number from 1 to 31. */
int pips_parse_signal(const char *text)
{
	const char *name = text, *known;
	char *rest;
	long number = strtol(text, &rest, 10);
	int i;

	if (isdigit((unsigned char)*text) && !*rest && number >= 1 &&
	    number <= 31)
		return (int)number;
	if (strncasecmp(name, "SIG", 3) == 0)
		name += 3;
	for (i = 1; i <= 31; i++) {
		known = sigabbrev_np(i);
		if (known && strcasecmp(known, name) == 0)
			return i;
	}
	pips_fail("'%s' is not a signal: a name, or a number from 1 to 31",
		  text);
}

/* As pip-tgkill(1) does; who has ended meanwhile is no error. */
static int signal_one(const struct pips_options *options,
		      const struct target *target)
{
	if (options->verbose)
		printf("pip-tgkill %d %d %d\n", options->signal,
		       (int)target->pid, (int)target->tid);
	if (syscall(SYS_tgkill, target->pid, target->tid, options->signal) == 0
	    || errno == ESRCH)
		return 0;
	fprintf(stderr, "pips: SIG%s to process %d: %s\n",
		sigabbrev_np(options->signal), (int)target->pid,
		strerror(errno));
	return PIPS_ERROR;
}

/* Tasks first: a root that dies ends its tasks. */
int pips_signal_targets(const struct pips_options *options)
{
	int error = PIPS_LISTED;
	size_t i;
	int pass;

	for (pass = 0; pass < 2; pass++)
		for (i = 0; i < ntargets; i++)
			if (targets[i].root == pass &&
			    signal_one(options, &targets[i]))
				error = PIPS_ERROR;
	return error;
}

/* Options of -P and -T: words with commas between. */
static size_t take_words(char **argv, size_t n, size_t most, const char *list)
{
	char *copy = strdup(list), *word, *state = NULL;

	if (!copy)
		pips_fail("out of memory");
	for (word = strtok_r(copy, ",", &state); word && n < most;
	     word = strtok_r(NULL, ",", &state))
		argv[n++] = word;
	return n;
}

/* In thread mode several have one PID. */
static bool is_first_of_process(size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (targets[i].pid == targets[number].pid)
			return false;
	return true;
}

/* Becomes ps(1) or top(1). */
int pips_run_on_targets(const struct pips_options *options)
{
	char *argv[64], *list = malloc(ntargets * 12 + 1);
	size_t n = 0, i, used = 0, processes = 0;
	bool threads = false;

	if (!list)
		pips_fail("out of memory");
	for (i = 0; i < ntargets; i++) {
		threads = threads || targets[i].tid != targets[i].pid;
		if (is_first_of_process(i))
			used += (size_t)sprintf(list + used, "%s%d",
						processes++ ? "," : "",
						(int)targets[i].pid);
	}
	if (options->top && processes > TOP_PIDS_MAX)
		pips_fail("top(1) shows %d processes at most, these are %zu; "
			  "pip-top(1) shows all", TOP_PIDS_MAX, processes);
	argv[n++] = (char *)(options->top ? "top" : "ps");
	n = take_words(argv, n, 60, options->top ? options->top : options->ps);
	if (options->top && threads)
		argv[n++] = (char *)"-H";
	argv[n++] = (char *)"-p";
	argv[n++] = list;
	argv[n] = NULL;
	fflush(stdout);
	execvp(argv[0], argv);
	pips_fail("%s: %s", argv[0], strerror(errno));
}
