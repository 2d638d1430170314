/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What thread mode adds to the threads that a task makes, and plugins that
 * learn of them; in the root, and in process mode, they are libc's otherwise.
 *
 * A handler for the overflow of a stack needs another stack.  It is the low
 * end of the same one: when it is needed for that, what lies there is of no
 * use any more; and before, the kernel goes on where the stack pointer is if
 * that is in there already.  Only where a report is wanted, with the stack in
 * it, has a task's first thread one of its own.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "exception_settings.h"
#include "plugin_thread.h"
#include "thread_mode.h"

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

/* What the handlers need, besides what the kernel saves. */
#define HANDLER_SIZE (24ul << 10)
#define REPORT_SIZE (64ul << 10)

PIP_EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
			      void *(*start)(void *), void *arg);

struct thread_start {
	void *(*function)(void *);
	void *arg;
	bool is_threaded; /* thread mode */
};

void thread_start_signal_stack(uint64_t low, uint64_t high)
{
	stack_t stack = { .ss_sp = (void *)low };

	stack.ss_size = getauxval(AT_MINSIGSTKSZ) + HANDLER_SIZE;
	/* A small stack is better whole. */
	if (stack.ss_size <= (high - low) / 2)
		arch_syscall2(SYS_sigaltstack, &stack, NULL);
}

/* In the task's window: it goes with that. */
static bool use_own_signal_stack(char **envp)
{
	stack_t stack = { .ss_size = getauxval(AT_MINSIGSTKSZ) + REPORT_SIZE };

	if (!exception_settings_exist(envp))
		return false;
	stack.ss_sp = mmap(NULL, stack.ss_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return stack.ss_sp != MAP_FAILED &&
	       arch_syscall2(SYS_sigaltstack, &stack, NULL) == 0;
}

void thread_start_task_stack(const struct pip_table_entry *entry, char **envp)
{
	if (!use_own_signal_stack(envp))
		thread_start_signal_stack(entry->stack_low, entry->stack_high);
}

static void set_signal_stack(void)
{
	pthread_attr_t attr;
	size_t size;
	void *low;

	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		if (pthread_attr_getstack(&attr, &low, &size) == 0)
			thread_start_signal_stack((uint64_t)low,
						  (uint64_t)low + size);
		pthread_attr_destroy(&attr);
	}
}

static void *start_thread(void *arg)
{
	struct thread_start start = *(struct thread_start *)arg;

	free(arg);
	if (start.is_threaded)
		set_signal_stack();
	if (plugin_is_active())
		return plugin_thread_run(start.function, start.arg);
	return start.function(start.arg);
}

/* libc's function of that name. */
static void find_libc(void *function, const char *name)
{
	void *symbol = dlsym(RTLD_NEXT, name);

	if (symbol == NULL)
		abort();
	memcpy(function, &symbol, sizeof(symbol));
}

static bool is_threaded(void)
{
	return pip_self != NULL && root_is_threaded(pip_self->root);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
		   void *(*function)(void *), void *arg)
{
	static int (*_Atomic found)(pthread_t *, const pthread_attr_t *,
				    void *(*)(void *), void *);
	int (*libc)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
		    void *) = atomic_load(&found);
	bool in_task = is_threaded() && pip_isa_task();
	struct thread_start *start = NULL;
	int error;

	if (libc == NULL) {
		find_libc(&libc, "pthread_create");
		atomic_store(&found, libc);
	}
	if (in_task || plugin_is_active())
		start = malloc(sizeof(*start));
	if (start != NULL) {
		start->function = function;
		start->arg = arg;
		start->is_threaded = in_task;
		error = libc(thread, attr, start_thread, start);
		if (error != 0)
			free(start);
	} else {
		error = libc(thread, attr, function, arg);
	}
	if (error == 0 && plugin_is_active())
		plugin_thread_created(*thread, function, arg);
	return error;
}
