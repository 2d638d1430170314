/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: POSIX timers stand still while all are suspended, and a program
 * knows them by numbers of ours, so that they could be made anew.
 *
 * (Only timers that send a signal: timer_create(2) with SIGEV_THREAD is passed
 * on as it is.)
 */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pip/pip_plugin.h>
#include <pip/pip_virtual_id.h>

PIP_PLUGIN("timers");

#define NTIMERS 32

/* A virtual number is an index of this, and one more: 0 is no good timer. */
static struct timer {
	struct itimerspec left; /* while all are suspended */
	int stopped;
} timers[NTIMERS];

static pip_virtual_ids_t *table; /* timer_t is a pointer, or looks like one */

static int64_t number(timer_t timer)
{
	return (int64_t)(intptr_t)timer;
}

static timer_t to_real(timer_t timer)
{
	int64_t real;

	return table != NULL &&
			       pip_virtual_id_to_real(table, number(timer),
						      &real) == 0 ?
		       (timer_t)(intptr_t)real :
		       timer;
}

/* --- Wrapper functions ------------------------------------------------------ */

int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer)
{
	int error = NEXT_FNC(timer_create)(clock, event, timer);
	int64_t id;

	if (error != 0 || table == NULL ||
	    (event != NULL && event->sigev_notify == SIGEV_THREAD))
		return error;
	error = pip_virtual_id_add(table, number(*timer), &id);
	if (error == 0) {
		memset(&timers[id - 1], 0, sizeof(timers[0]));
		*timer = (timer_t)(intptr_t)id;
		return 0;
	}
	NEXT_FNC(timer_delete)(*timer);
	errno = EAGAIN;
	return -1;
}

int timer_settime(timer_t timer, int flags, const struct itimerspec *value,
		  struct itimerspec *old)
{
	return NEXT_FNC(timer_settime)(to_real(timer), flags, value, old);
}

int timer_gettime(timer_t timer, struct itimerspec *value)
{
	return NEXT_FNC(timer_gettime)(to_real(timer), value);
}

int timer_getoverrun(timer_t timer)
{
	return NEXT_FNC(timer_getoverrun)(to_real(timer));
}

int timer_delete(timer_t timer)
{
	int result = NEXT_FNC(timer_delete)(to_real(timer));

	if (result == 0 && table != NULL)
		(void)pip_virtual_id_remove(table, number(timer));
	return result;
}

/* --- Events ----------------------------------------------------------------- */

static int stop_timer(int64_t id, int64_t real, void *arg)
{
	static const struct itimerspec none;
	struct timer *timer = &timers[id - 1];
	timer_t kernel = (timer_t)(intptr_t)real;

	timer->stopped =
		NEXT_FNC(timer_settime)(kernel, 0, &none, &timer->left) == 0 &&
		(timer->left.it_value.tv_sec | timer->left.it_value.tv_nsec) != 0;
	*(int *)arg += timer->stopped;
	return 0;
}

/* After a restart it would first be created, and its number be set. */
static int start_timer(int64_t id, int64_t real, void *arg)
{
	struct timer *timer = &timers[id - 1];

	if (timer->stopped &&
	    NEXT_FNC(timer_settime)((timer_t)(intptr_t)real, 0, &timer->left,
				    NULL) == 0)
		++*(int *)arg;
	timer->stopped = 0;
	return 0;
}

static void for_each(const char *done, int pipid,
		     int (*function)(int64_t, int64_t, void *))
{
	char line[128];
	int count = 0, n;

	(void)pip_virtual_id_for_each(table, function, &count);
	if (count == 0)
		return;
	n = snprintf(line, sizeof(line), "timers: PIPID %d: %s %d\n", pipid,
		     done, count);
	if (write(STDOUT_FILENO, line, (size_t)n) < 0)
		return;
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	if (event == PIP_PLUGIN_EVENT_INIT &&
	    pip_virtual_ids_create(&table, 1, NTIMERS) != 0)
		table = NULL;
	if (event == PIP_PLUGIN_EVENT_SUSPENDED && table != NULL)
		for_each("stopped", data->pipid, stop_timer);
	/* The others' hooks may take time: last of all. */
	PIP_NEXT_EVENT_HOOK(event, data);
	if (event == PIP_PLUGIN_EVENT_REFILL && table != NULL)
		for_each("started", data->pipid, start_timer);
}
