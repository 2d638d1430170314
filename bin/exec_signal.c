/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_signal.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * What is passed on.  Not SIGWINCH: only a terminal sends it, and to all of
 * the process group.
 */
static const struct {
	int number;
	bool fatal;
} passed_on[] = {
	{ SIGHUP, true },   { SIGINT, true },   { SIGQUIT, true },
	{ SIGTERM, true },  { SIGUSR1, false }, { SIGUSR2, false },
	{ SIGTSTP, false }, { SIGCONT, false },
};
#define NPASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

/* How each of passed_on arrived, if it did. */
enum { NOT_ARRIVED, FROM_KERNEL, FROM_PROCESS };
static volatile sig_atomic_t arrived[NPASSED_ON];

/* That of exec_signal_catch_also(), 0: none. */
static int also;
static volatile sig_atomic_t also_arrived;

static sigset_t unheld; /* the mask before exec_signal_hold() */

/*
 * In thread mode it may come to a thread of a task.  It is the first thread
 * that waits; errno is not touched, which would be the wrong libc's.
 */
static void note_also(int number)
{
	pid_t pid = getpid();

	also_arrived = 1;
	if ((pid_t)syscall(SYS_gettid) != pid)
		syscall(SYS_tgkill, pid, pid, number);
}

static void note_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (number == also) {
		note_also(number);
		return;
	}
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (passed_on[i].number == number)
			arrived[i] = info->si_code == SI_KERNEL ? FROM_KERNEL :
								  FROM_PROCESS;
}

/* SIGCHLD must be caught to end a ppoll(2); it says nothing by itself. */
static void note_child(int number)
{
	(void)number;
}

static bool is_ignored(int number)
{
	struct sigaction old;

	return sigaction(number, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
}

void exec_signal_catch_child(void)
{
	struct sigaction action = { .sa_flags = SA_RESTART };
	sigset_t child;

	/*
	 * Whoever started us may have left SIGCHLD ignored (then nothing could
	 * be waited for) or blocked (which pip_init() refuses).
	 */
	sigemptyset(&action.sa_mask);
	action.sa_handler = note_child;
	sigaction(SIGCHLD, &action, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &child, NULL);
}

void exec_signal_catch(void)
{
	struct sigaction action = { .sa_flags = SA_RESTART | SA_SIGINFO };

	sigemptyset(&action.sa_mask);
	action.sa_sigaction = note_signal;
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (passed_on[i].number != also &&
		    !is_ignored(passed_on[i].number))
			sigaction(passed_on[i].number, &action, NULL);
}

static bool can_be_caught(int number)
{
	static const int not[] = { SIGKILL, SIGSTOP, SIGCHLD, SIGSEGV, SIGBUS,
				   SIGILL,  SIGFPE,  SIGTRAP, SIGSYS,  SIGABRT };

	if (number < 1 || number >= NSIG || number == 32 || number == 33)
		return false;
	for (size_t i = 0; i < sizeof(not) / sizeof(not[0]); i++)
		if (not[i] == number)
			return false;
	return true;
}

bool exec_signal_parse(const char *text, int *number)
{
	if (*text >= '0' && *text <= '9') {
		char *end;
		long value = strtol(text, &end, 10);

		*number = value < NSIG ? (int)value : 0;
		return *end == '\0' && can_be_caught(*number);
	}
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (*number = 1; *number < NSIG; ++*number) {
		const char *name = sigabbrev_np(*number);

		if (name != NULL && strcasecmp(text, name) == 0)
			return can_be_caught(*number);
	}
	return false;
}

void exec_signal_catch_also(int number)
{
	struct sigaction action = { .sa_flags = SA_RESTART | SA_SIGINFO };
	sigset_t set;

	also = number;
	sigemptyset(&action.sa_mask);
	action.sa_sigaction = note_signal;
	sigaction(number, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

bool exec_signal_fatal_arrived(void)
{
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (passed_on[i].fatal && arrived[i] != NOT_ARRIVED)
			return true;
	return false;
}

void exec_signal_hold(void)
{
	sigset_t held;

	sigemptyset(&held);
	sigaddset(&held, SIGCHLD);
	for (size_t i = 0; i < NPASSED_ON; i++)
		sigaddset(&held, passed_on[i].number);
	if (also != 0)
		sigaddset(&held, also);
	sigprocmask(SIG_BLOCK, &held, &unheld);
	/*
	 * What the kernel sent to the process group so far has missed the
	 * tasks that did not exist yet: pass it on in any case.
	 */
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (arrived[i] == FROM_KERNEL)
			arrived[i] = FROM_PROCESS;
}

void exec_signal_wait(const struct timespec *timeout)
{
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (arrived[i] != NOT_ARRIVED)
			return;
	if (also_arrived)
		return;
	ppoll(NULL, 0, timeout, &unheld);
}

bool exec_signal_take(struct exec_signal *signal)
{
	if (also_arrived) {
		also_arrived = 0;
		*signal = (struct exec_signal){ .number = also };
		return true;
	}
	for (size_t i = 0; i < NPASSED_ON; i++) {
		if (arrived[i] == NOT_ARRIVED)
			continue;
		signal->number = passed_on[i].number;
		signal->from_kernel = arrived[i] == FROM_KERNEL;
		arrived[i] = NOT_ARRIVED;
		return true;
	}
	return false;
}

bool exec_signal_is_fatal(int number)
{
	for (size_t i = 0; i < NPASSED_ON; i++)
		if (passed_on[i].number == number)
			return passed_on[i].fatal;
	return false;
}

void exec_signal_suffer(int number)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, old;
	sigset_t only, mask;

	/* SIGQUIT: a core file of pip-exec itself helps nobody. */
	if (exec_signal_is_fatal(number))
		prctl(PR_SET_DUMPABLE, 0);
	sigemptyset(&action.sa_mask);
	sigaction(number, &action, &old);
	raise(number);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, &mask); /* here it happens */
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(number, &old, NULL);
}
