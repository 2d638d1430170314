/* SPDX-License-Identifier: BSD-2-Clause */
/* pip-tgkill: send a signal to one kernel task, tgkill(2) as a command. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define ID_MIN 2 /* 1 is init; 0 and below mean something else to the kernel */

static const char usage[] =
	"Usage: pip-tgkill SIGNAL PID TID [ANYTHING]\n"
	"       pip-tgkill --help | --version\n"
	"Send SIGNAL, a name with or without SIG or a number, to the kernel task TID\n"
	"of process PID.  With a fourth argument it is no error if there is none.\n"
	"See pip-tgkill(1).\n";

/* A decimal number without sign or blanks, up to max. */
static bool parse_number(const char *text, int max, int *number)
{
	long value;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return false;
	errno = 0;
	value = strtol(text, NULL, 10);
	if (errno != 0 || value > max)
		return false;
	*number = (int)value;
	return true;
}

/* "RTMIN", "RTMIN+3", "RTMAX-2": the names that kill(1) has for them. */
static bool parse_realtime(const char *name, int *number)
{
	int base, offset = 0;

	if (strncasecmp(name, "RTMIN", 5) == 0)
		base = SIGRTMIN;
	else if (strncasecmp(name, "RTMAX", 5) == 0)
		base = SIGRTMAX;
	else
		return false;
	if (name[5] != '\0') {
		if (name[5] != (base == SIGRTMIN ? '+' : '-') ||
		    !parse_number(name + 6, SIGRTMAX - SIGRTMIN, &offset))
			return false;
	}
	*number = base == SIGRTMIN ? base + offset : base - offset;
	return true;
}

static bool parse_signal(const char *text, int *number)
{
	static const struct {
		const char *name;
		int number;
	} aliases[] = {
		{ "CLD", SIGCHLD },
		{ "IOT", SIGABRT },
		{ "IO", SIGIO },
		{ "POLL", SIGPOLL },
	};

	if (isdigit((unsigned char)*text))
		return parse_number(text, SIGRTMAX, number);
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int candidate = 1; candidate < SIGRTMIN; candidate++) {
		const char *name = sigabbrev_np(candidate);

		if (name != NULL && strcasecmp(name, text) == 0) {
			*number = candidate;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcasecmp(aliases[i].name, text) == 0) {
			*number = aliases[i].number;
			return true;
		}
	return parse_realtime(text, number);
}

static bool parse_id(const char *what, const char *text, int *id)
{
	if (parse_number(text, INT_MAX, id) && *id >= ID_MIN)
		return true;
	fprintf(stderr, "pip-tgkill: '%s' is no %s: it must be a number from "
			"%d\n", text, what, ID_MIN);
	return false;
}

static int send_signal(char **argv, bool may_be_gone)
{
	int signal_number, pid, tid, error;

	if (!parse_signal(argv[1], &signal_number)) {
		fprintf(stderr, "pip-tgkill: '%s' is no signal: it must be a "
				"name such as TERM, or a number to %d\n",
			argv[1], SIGRTMAX);
		return EXIT_USAGE;
	}
	if (!parse_id("PID", argv[2], &pid) || !parse_id("TID", argv[3], &tid))
		return EXIT_USAGE;
	if (syscall(SYS_tgkill, pid, tid, signal_number) == 0)
		return EXIT_SUCCESS;
	error = errno;
	if (error == ESRCH && may_be_gone)
		return EXIT_SUCCESS;
	fprintf(stderr, "pip-tgkill %s %s %s: %s\n", argv[1], argv[2], argv[3],
		strerror(error));
	return error;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
	} else if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("pip-tgkill (" PACKAGE_NAME ") " PACKAGE_VERSION);
	} else if (argc != 4 && argc != 5) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	} else {
		return send_signal(argv, argc == 5);
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
