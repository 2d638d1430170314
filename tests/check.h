/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test program needs to say what is wrong.
 *
 * A failed CHECK prints where and what, and the test goes on; its exit status
 * is check_finish(): 0, or 1 if any failed.  Automake's other two: 77, skipped
 * with a reason, and 99, the test itself could not be carried out.
 *
 * Each line is one write(2), so that those of many tasks do not mix.
 */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A test that takes longer than this hangs, also on a machine that is busy
 * with twenty others. */
#define CHECK_WATCHDOG_SECONDS 600
/* A condition that does not hold after this long never will. */
#define CHECK_PATIENCE_SECONDS 180

static int check_failures;

__attribute__((format(printf, 1, 2), unused))
static void check_say(const char *format, ...)
{
	char line[2048];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n > sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(STDERR_FILENO, line, (size_t)n) < 0)
		check_failures++; /* nobody can be told */
}

/* A log of more than this many complaints is not read. */
#define CHECK_SAY_MAX 30

#define check_fail(...)                                                   \
	do {                                                              \
		if (__atomic_add_fetch(&check_failures, 1,                \
				       __ATOMIC_RELAXED) <= CHECK_SAY_MAX) \
			check_say(__VA_ARGS__);                           \
	} while (0)

/* The condition holds. */
#define CHECK(condition)                                              \
	do {                                                          \
		if (!(condition))                                     \
			check_fail("%s:%d: not so: %s", __FILE__,     \
				   __LINE__, #condition);             \
	} while (0)

/* The condition holds; if not, the rest makes no sense. */
#define CHECK_OR_STOP(condition)                                      \
	do {                                                          \
		if (!(condition)) {                                   \
			check_fail("%s:%d: not so: %s (errno %d, %s)", \
				   __FILE__, __LINE__, #condition, errno, \
				   strerror(errno));                  \
			exit(1);                                      \
		}                                                     \
	} while (0)

/* Something that is not under test has to work. */
#define NEED(condition)                                               \
	do {                                                          \
		if (!(condition)) {                                   \
			check_say("%s:%d: cannot test: %s: %s", __FILE__, \
				  __LINE__, #condition, strerror(errno)); \
			exit(99);                                     \
		}                                                     \
	} while (0)

#define SKIP(...)                      \
	do {                           \
		check_say("skipped: " __VA_ARGS__); \
		exit(77);              \
	} while (0)

/* Two numbers are equal. */
#define CHECK_INT(actual, expected)                                        \
	do {                                                               \
		long long actual_ = (long long)(actual);                   \
		long long expected_ = (long long)(expected);               \
		if (actual_ != expected_)                                  \
			check_fail("%s:%d: %s is %lld (0x%llx), not %lld (0x%llx)", \
				   __FILE__, __LINE__, #actual, actual_,   \
				   actual_, expected_, expected_);         \
	} while (0)

#define CHECK_PTR(actual, expected)                                        \
	do {                                                               \
		const void *actual_ = (actual), *expected_ = (expected);   \
		if (actual_ != expected_)                                  \
			check_fail("%s:%d: %s is %p, not %p", __FILE__,    \
				   __LINE__, #actual, actual_, expected_); \
	} while (0)

#define CHECK_STR(actual, expected)                                         \
	do {                                                                \
		const char *actual_ = (actual), *expected_ = (expected);    \
		if (actual_ == NULL || strcmp(actual_, expected_) != 0)     \
			check_fail("%s:%d: %s is '%s', not '%s'", __FILE__, \
				   __LINE__, #actual,                       \
				   actual_ != NULL ? actual_ : "(NULL)",    \
				   expected_);                              \
	} while (0)

__attribute__((unused))
static const char *check_errno_name(int error)
{
	const char *name = error == 0 ? "0" : strerrorname_np(error);

	return name != NULL ? name : "?";
}

/* An errno value (or 0) is the expected one. */
#define CHECK_ERROR(actual, expected)                                     \
	do {                                                              \
		int actual_ = (actual), expected_ = (expected);           \
		if (actual_ != expected_)                                 \
			check_fail("%s:%d: %s gives %d (%s), not %d (%s)", \
				   __FILE__, __LINE__, #actual, actual_,  \
				   check_errno_name(actual_), expected_,  \
				   check_errno_name(expected_));          \
	} while (0)

/* Status words of wait(2), to compare with. */
#define EXITED(code) (((code) & 0xff) << 8)
#define KILLED(sig) (sig)

__attribute__((unused))
static const char *check_status_text(int status, char text[48])
{
	if (WIFEXITED(status))
		snprintf(text, 48, "exited %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		snprintf(text, 48, "killed by signal %d%s", WTERMSIG(status),
			 WCOREDUMP(status) ? ", core dumped" : "");
	else
		snprintf(text, 48, "neither exited nor killed");
	return text;
}

/* A status word; whether a core was dumped is the machine's business. */
#define CHECK_STATUS(actual, expected)                                    \
	do {                                                              \
		int actual_ = (actual), expected_ = (expected);           \
		char text_[2][48];                                        \
		if ((actual_ & ~0x80) != expected_)                       \
			check_fail("%s:%d: status %s is 0x%x (%s), not 0x%x (%s)", \
				   __FILE__, __LINE__, #actual, actual_,  \
				   check_status_text(actual_, text_[0]),  \
				   expected_,                             \
				   check_status_text(expected_, text_[1])); \
	} while (0)

__attribute__((unused))
static void check_sleep_ms(long ms)
{
	struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&time, &time) != 0 && errno == EINTR)
		;
}

/* Seconds on a clock that nobody sets. */
__attribute__((unused))
static time_t check_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Look again and again until the condition holds. */
#define CHECK_EVENTUALLY(condition)                                        \
	do {                                                               \
		time_t end_ = check_now() + CHECK_PATIENCE_SECONDS;        \
		bool holds_;                                               \
		while (!(holds_ = (condition)) && check_now() < end_)      \
			check_sleep_ms(2);                                 \
		if (!holds_)                                               \
			check_fail("%s:%d: not even after %d s: %s",       \
				   __FILE__, __LINE__,                     \
				   CHECK_PATIENCE_SECONDS, #condition);    \
	} while (0)

__attribute__((unused))
static void check_watchdog_barks(int sig)
{
	static const char message[] = "watchdog: the test hangs\n";
	ssize_t n = write(STDERR_FILENO, message, sizeof(message) - 1);

	(void)sig;
	_exit(n < 0 ? 1 : 1);
}

/* Whoever started the test may ignore or block signals: nohup(1), a shell that
 * runs it in the background. */
__attribute__((unused))
static void check_default_signals(void)
{
	sigset_t none;

	for (int sig = 1; sig < _NSIG; sig++)
		signal(sig, SIG_DFL); /* of those that can be set */
	sigemptyset(&none);
	NEED(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
}

/* First of all.  Orphans of the test become its children: none can hide. */
__attribute__((unused))
static void check_start(void)
{
	struct sigaction action;

	check_default_signals();
	memset(&action, 0, sizeof(action));
	action.sa_handler = check_watchdog_barks;
	NEED(sigaction(SIGALRM, &action, NULL) == 0);
	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	alarm(CHECK_WATCHDOG_SECONDS);
}

/* No child of any kind exists, zombies included. */
__attribute__((unused))
static int check_is_childless(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) !=
		       0 && errno == ECHILD;
}

__attribute__((unused))
static int check_finish(void)
{
	if (check_failures != 0)
		check_say("%d checks failed", check_failures);
	return check_failures != 0;
}

#endif
