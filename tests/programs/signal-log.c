/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Print "ready", then the name of each signal that arrives.  USR1, USR2 and
 * CONT are just printed; a signal that would end a program ends this one as
 * well, but only half a second later, so that a second one is not missed.
 * With an argument it does not end at all.  Knows nothing of PiP.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(int argc, char **argv)
{
	static const int signals[] = { SIGHUP,	SIGINT,	 SIGQUIT, SIGTERM,
				       SIGUSR1, SIGUSR2, SIGCONT };
	const struct timespec half_a_second = { .tv_nsec = 500000000 };
	const struct timespec *patience = NULL;
	sigset_t set;

	(void)argv;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	for (;;) {
		int number = sigtimedwait(&set, NULL, patience);

		/* EINTR also after a stop: signal(7), "Interruption by a stop" */
		if (number < 0 && errno == EINTR)
			continue;
		if (number < 0)
			return patience != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
		puts(sigabbrev_np(number));
		if (argc == 1 && number != SIGUSR1 && number != SIGUSR2 &&
		    number != SIGCONT)
			patience = &half_a_second;
	}
}
