/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads, as plugins learn of them; thread_start.c makes them. */
#ifndef PIP_PLUGIN_THREAD_H
#define PIP_PLUGIN_THREAD_H

#include <pthread.h>

#include "plugin.h"

/* Before the first event. */
PIP_HIDDEN void plugin_thread_start(void);

/* In the creator, and then in the new thread, whose function it calls. */
PIP_HIDDEN void plugin_thread_created(pthread_t thread,
				      void *(*function)(void *), void *arg);
PIP_HIDDEN void *plugin_thread_run(void *(*function)(void *), void *arg);

/* It is about to call libc's pthread_exit(). */
PIP_HIDDEN void plugin_thread_exits(void);

#endif
