/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * THREAD_START and THREAD_EXIT are about a thread of the kernel: its first and
 * its last moment that can be had, behind the destructors of its thread-local
 * data.  PTHREAD_START and PTHREAD_EXIT are about the program's function.
 */
#include "plugin_thread.h"

#include <limits.h>

#define TLS __thread __attribute__((tls_model("initial-exec")))

struct thread {
	void *(*function)(void *);
	void *arg;
};
static TLS struct thread own;
static TLS bool is_in_function;
static TLS int destructions;
static pthread_key_t key;
static bool has_key;

static void raise_thread(pip_event_t event, pthread_t thread,
			 const struct thread *what)
{
	pip_event_data_t data = {
		.thread = { .thread = (uint64_t)thread,
			    .start = (uint64_t)what->function,
			    .arg = (uint64_t)what->arg },
	};

	plugin_raise(event, &data);
}

/* The last of the rounds that pthread_key_create(3) promises. */
static void destroy(void *value)
{
	if (++destructions < PTHREAD_DESTRUCTOR_ITERATIONS &&
	    pthread_setspecific(key, value) == 0)
		return;
	raise_thread(PIP_PLUGIN_EVENT_THREAD_EXIT, pthread_self(), &own);
}

void plugin_thread_start(void)
{
	has_key = pthread_key_create(&key, destroy) == 0;
}

void plugin_thread_created(pthread_t thread, void *(*function)(void *),
			   void *arg)
{
	struct thread what = { function, arg };

	raise_thread(PIP_PLUGIN_EVENT_THREAD_CREATED, thread, &what);
}

void plugin_thread_exits(void)
{
	bool is_first = own.function == NULL;

	if (!plugin_is_active() || (!is_first && !is_in_function))
		return;
	is_in_function = false;
	raise_thread(PIP_PLUGIN_EVENT_PTHREAD_EXIT, pthread_self(), &own);
}

/* Also when the thread is cancelled. */
static void leave_function(void *arg)
{
	(void)arg;
	plugin_thread_exits();
}

void *plugin_thread_run(void *(*function)(void *), void *arg)
{
	void *result;

	own = (struct thread){ function, arg };
	if (has_key)
		(void)!pthread_setspecific(key, &own);
	raise_thread(PIP_PLUGIN_EVENT_THREAD_START, pthread_self(), &own);
	raise_thread(PIP_PLUGIN_EVENT_PTHREAD_START, pthread_self(), &own);
	is_in_function = true;
	pthread_cleanup_push(leave_function, NULL);
	result = function(arg);
	pthread_cleanup_pop(1);
	return result;
}
