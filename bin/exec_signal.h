/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The signals that pip-exec passes on.  They are caught, not blocked, while
 * tasks are spawned: a task inherits the signal mask, as over execve(2), but
 * no handlers.  Afterwards they are held, and taken one by one.
 */
#ifndef PIP_EXEC_SIGNAL_H
#define PIP_EXEC_SIGNAL_H

#include <stdbool.h>
#include <time.h>

struct exec_signal {
	int number;
	/*
	 * Sent by the kernel, as Ctrl-C and Ctrl-Z are: then the terminal's
	 * whole foreground process group has it already (signal(7), si_code).
	 */
	bool from_kernel;
};

/* Catch SIGCHLD, which ends exec_signal_wait(); before pip_init(). */
void exec_signal_catch_child(void);

/*
 * Catch them from now on.  What is ignored stays ignored: nohup(1), and
 * shells for INT and QUIT of what they start with "&", rely on that.
 */
void exec_signal_catch(void);

/*
 * A name, with or without SIG, or a number.  False: it is none, or not to be
 * caught: KILL, STOP, what a crash raises, CHLD, and libc's own.
 */
bool exec_signal_parse(const char *text, int *number);

/* Catch this one, too, in any mode; exec_signal_take() takes it.  Before tasks
 * are spawned. */
void exec_signal_catch_also(int number);

/* Has one arrived that ends the job? */
bool exec_signal_fatal_arrived(void);

/* Hold them: from now on they arrive only in exec_signal_wait(). */
void exec_signal_hold(void);

/*
 * Sleep until a signal arrives, SIGCHLD among them, or the timeout is over
 * (NULL: none).
 */
void exec_signal_wait(const struct timespec *timeout);

/* Take one that has arrived; false when there is none. */
bool exec_signal_take(struct exec_signal *signal);

/* Does it end a program by default (and is no USR1 or USR2)? */
bool exec_signal_is_fatal(int number);

/*
 * Let the signal do what it does by default: stop (returns after SIGCONT) or
 * end this process.
 */
void exec_signal_suffer(int number);

#endif
