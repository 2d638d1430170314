/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending a task: on its own kernel thread, whatever it runs on. */
#include "exit.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip_coordinate.h>

#include "plugin_load.h"
#include "plugin_thread.h"
#include "probe.h"
#include "thread_mode.h"

PIP_EXPORT void exit(int status) __attribute__((__noreturn__));
PIP_EXPORT void quick_exit(int status) __attribute__((__noreturn__));
PIP_EXPORT void pthread_exit(void *value) __attribute__((__noreturn__));
PIP_EXPORT _Noreturn void _exit(int status);
PIP_EXPORT _Noreturn void _Exit(int status);

void exit_now(int status)
{
	struct pip_slot *task = thread_mode_current();

	if (task != NULL)
		thread_mode_end(task, (status & 0xff) << 8);
	for (;;)
		arch_syscall1(SYS_exit_group, status);
}

/*
 * Once, whichever way it ends; but not in a child that was made by vfork() and
 * has our memory.
 */
static void report_exit(int status)
{
	static atomic_flag reported = ATOMIC_FLAG_INIT;
	struct pip_slot *self = pip_self;

	if (self == NULL || slot_is_root(self) ||
	    (pid_t)arch_syscall1(SYS_getpid, 0) !=
		    (root_is_threaded(self->root) ? self->root->pid :
						    self->entry->pid) ||
	    atomic_flag_test_and_set(&reported))
		return;
	probe_task_exit(self->pipid, status);
}

static void end_plugins(int status)
{
	plugin_end(status);
	plugin_end_task(status);
}

/* Calls inside libc reach it by task_redirect_exit(); those from elsewhere,
 * because libpip comes first.  No symbol version, see interpose.c. */
void _exit(int status)
{
	blt_end();
	end_plugins(status);
	report_exit(status);
	exit_now(status);
}

void _Exit(int status)
{
	blt_end();
	end_plugins(status);
	report_exit(status);
	exit_now(status);
}

/* A task ends as a program does; in thread mode _exit() does the rest. */
void pip_exit(int status)
{
	exit(status);
}

/* Where libc itself calls exit(), for the last thread that ends; handlers of
 * the program have run elsewhere then, but nothing else does. */
static void end_at_home(int status, void *arg)
{
	(void)arg;
	blt_end();
	report_exit(status);
}

void exit_register(void)
{
	on_exit(end_at_home, NULL);
	at_quick_exit(blt_end);
}

/* In front of libc's: handlers of atexit(3) run at home, too. */
void exit(int status)
{
	void *symbol = dlsym(RTLD_NEXT, "exit");
	void (*libc_exit)(int) __attribute__((__noreturn__));

	blt_end();
	plugin_end(status);
	memcpy(&libc_exit, &symbol, sizeof(libc_exit));
	libc_exit(status);
}

/* Its handlers do not learn the status. */
void quick_exit(int status)
{
	void *symbol = dlsym(RTLD_NEXT, "quick_exit");
	void (*libc_exit)(int) __attribute__((__noreturn__));

	blt_end();
	end_plugins(status);
	report_exit(status);
	memcpy(&libc_exit, &symbol, sizeof(libc_exit));
	libc_exit(status);
}

/* It ends the kernel thread that it is called on. */
void pthread_exit(void *value)
{
	void *symbol = dlsym(RTLD_NEXT, "pthread_exit");
	void (*libc_exit)(void *) __attribute__((__noreturn__));

	(void)pip_resume_all(); /* if it holds all suspended */
	blt_end();
	plugin_thread_exits();
	memcpy(&libc_exit, &symbol, sizeof(libc_exit));
	libc_exit(value);
}
