// SPDX-License-Identifier: BSD-2-Clause
/* A lock that is taken by a task, from various functions; each time passes the
 * probe pip_effect:lock. */
#include <config.h>

#include "load.h"

#include <pthread.h>

#ifdef HAVE_SYS_SDT_H
/* Arguments in registers: others make some tracers refuse the probe. */
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#else
#define STAP_PROBE1(provider, name, argument) ((void)(argument))
#endif

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static volatile uint64_t guarded;

static void *do_nothing(void *arg)
{
	return arg;
}

/* The lock is taken at the end of call chains of different depth. */
__attribute__((noinline)) static void take_lock(void)
{
	pthread_mutex_lock(&mutex);
	STAP_PROBE1(pip_effect, lock, guarded);
	load_mark(guarded);
	guarded = guarded + 1;
	pthread_mutex_unlock(&mutex);
}

__attribute__((noinline)) static void lock_from_here(void)
{
	take_lock();
	__asm__ volatile("" : : : "memory"); /* no tail call */
}

__attribute__((noinline)) static void lock_from_there(unsigned depth)
{
	if (depth == 0)
		take_lock();
	else
		lock_from_there(depth - 1);
	__asm__ volatile("" : : : "memory");
}

int load_lock_task(const struct load_shared *shared)
{
	pthread_t thread;

	/* Without a second thread glibc leaves the atomics out. */
	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
	load_begin();
	for (uint64_t i = 0; i < shared->events; i++)
		if (i % 4 == 0)
			lock_from_here();
		else
			lock_from_there(i % 4);
	load_end(guarded);
	return guarded == shared->events ? 0 : 3;
}

int load_play_lock(uint64_t events)
{
	return load_play_one(WORK_LOCK, events);
}
