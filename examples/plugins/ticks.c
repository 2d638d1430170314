/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For timers: one that is not to expire, which still has time left when the
 * standard input has ended, and then one that does.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct itimerspec hour = { .it_value = { 3600, 0 } }, left;
	struct itimerspec soon = { .it_value = { 0, 1000000 } };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN };
	timer_t slow, fast;
	sigset_t set;
	char byte;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &slow) != 0 ||
	    timer_create(CLOCK_MONOTONIC, &event, &fast) != 0 ||
	    timer_settime(slow, 0, &hour, NULL) != 0) {
		perror("timer");
		return 1;
	}
	printf("timers %d and %d\n", (int)(intptr_t)slow, (int)(intptr_t)fast);
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	timer_gettime(slow, &left);
	printf("timer %d has %s left\n", (int)(intptr_t)slow,
	       left.it_value.tv_sec > 0 ? "time" : "no time");
	timer_settime(fast, 0, &soon, NULL);
	printf("timer %d: signal %s\n", (int)(intptr_t)fast,
	       sigwaitinfo(&set, NULL) == SIGRTMIN ? "came" : "is another");
	printf("deleted: %d %d\n", timer_delete(slow), timer_delete(fast));
	return 0;
}
