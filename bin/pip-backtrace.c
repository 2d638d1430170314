/* SPDX-License-Identifier: BSD-2-Clause */
/* pip-backtrace: the stacks of a PiP task, by hand or when it crashes. */
#include "config.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backtrace_report.h"

const char *argp_program_version =
	"pip-backtrace (" PACKAGE_NAME ") " PACKAGE_VERSION;

enum { KEY_CRASH = 256, KEY_STOP, KEY_FRAMES, KEY_TIME_LIMIT, KEY_ONLY };

static const struct argp_option option_list[] = {
	{ "pid", 'p', "PID", 0, "The process or thread to report on", 0 },
	{ "output", 'o', "FILE", 0,
	  "Append the report to FILE; %p in it is the PID, %i the PIPID", 0 },
	{ "only", KEY_ONLY, NULL, 0, "Not the stacks of other tasks", 0 },
	{ "frames", KEY_FRAMES, "N", 0, "N frames of a stack at most (128)",
	  0 },
	{ "stop", KEY_STOP, NULL, 0,
	  "Stop each thread for a moment, running ones too", 0 },
	{ "time-limit", KEY_TIME_LIMIT, "SECONDS", 0,
	  "End after so long, with what there is", 0 },
	{ "crash", KEY_CRASH, "SIGINFO,UCONTEXT", 0,
	  "The thread is in a signal handler, which was given these addresses "
	  "(libpip says so)", 0 },
	{ 0 },
};

void report_fail(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("pip-backtrace: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(REPORT_ERROR);
}

static unsigned parse_number(const char *what, const char *text,
			     unsigned least, unsigned most)
{
	char *rest;
	unsigned long number;

	errno = 0;
	number = strtoul(text, &rest, 10);
	if (errno != 0 || *text < '0' || *text > '9' || *rest != '\0' ||
	    number < least || number > most)
		report_fail("'%s' is no %s: it must be a number from %u to %u",
			    text, what, least, most);
	return (unsigned)number;
}

static void parse_crash(struct report_options *options, const char *text)
{
	char *rest;

	errno = 0;
	options->siginfo = strtoull(text, &rest, 16);
	if (errno == 0 && rest != text && *rest == ',') {
		text = rest + 1;
		options->context = strtoull(text, &rest, 16);
		options->crash = true;
	}
	if (errno != 0 || rest == text || *rest != '\0' || !options->crash)
		report_fail("'%s' is not two addresses, SIGINFO,UCONTEXT",
			    text);
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case 'p':
		options->pid = (pid_t)parse_number("PID", argument, 1, INT_MAX);
		return 0;
	case 'o':
		options->output = argument;
		return 0;
	case KEY_ONLY:
		options->others = false;
		return 0;
	case KEY_FRAMES:
		options->frames = parse_number("number of frames", argument, 1,
					       INT_MAX);
		return 0;
	case KEY_STOP:
		options->stop = true;
		return 0;
	case KEY_TIME_LIMIT:
		options->time_limit = parse_number("time limit", argument, 0,
						   86400);
		return 0;
	case KEY_CRASH:
		parse_crash(options, argument);
		return 0;
	case ARGP_KEY_ARG:
		report_fail("what is '%s'? A process is given by -p", argument);
	case ARGP_KEY_SUCCESS:
		if (options->pid == 0)
			report_fail("which process? Give it by -p PID");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The last resort; parts of a report are written as soon as they are there. */
static void end_late(int sig)
{
	static const char text[] =
		"pip-backtrace: the time limit has been reached\n";

	(void)sig;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(REPORT_ERROR);
}

static void start_clock(unsigned seconds)
{
	if (seconds == 0)
		return;
	signal(SIGALRM, end_late);
	/* Before libpip does it. */
	alarm(seconds > 1 ? seconds - 1 : 1);
}

/* --help and --version end in argp. */
static void check_stdout(void)
{
	if (fflush(stdout) != 0 || ferror(stdout) != 0)
		_exit(REPORT_ERROR);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		option_list, parse_option, NULL,
		"Report where a task of a PiP program is, or the root: its "
		"stacks, with functions and lines, and those of the other "
		"tasks.\vExit status: 0 the report was written, 2 error.",
		NULL, NULL, NULL,
	};
	struct report_options options = { .others = true };

	atexit(check_stdout);
	argp_err_exit_status = REPORT_ERROR;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	start_clock(options.time_limit);
	return report_write(&options);
}
