/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a process, as plugins learn of it. */
#include <pthread.h>
#include <stdlib.h>

#include "arch.h"
#include "plugin_exec.h"
#include "plugin_list.h"
#include "plugin_load.h"
#include "plugin_restart.h"
#include "plugin_thread.h"

static pid_t process;       /* whose life it is */
static int32_t pipid_before = PIP_PIPID_NULL; /* a fork */
static atomic_flag has_ended = ATOMIC_FLAG_INIT;
static atomic_flag task_has_ended = ATOMIC_FLAG_INIT;

bool plugin_is_own_process(void)
{
	return (pid_t)arch_syscall1(SYS_getpid, 0) == process;
}

static void prepare_fork(void)
{
	pipid_before = pip_self != NULL ? pip_self->pipid : PIP_PIPID_NULL;
	plugin_raise(PIP_PLUGIN_EVENT_ATFORK_PREPARE, NULL);
}

static void after_fork(pip_event_t event)
{
	pip_event_data_t data = { .fork.parent_pipid = pipid_before };

	plugin_raise(event, &data);
}

static void after_fork_in_parent(void)
{
	after_fork(PIP_PLUGIN_EVENT_ATFORK_PARENT);
}

/* It has an end of its own. */
static void after_fork_in_child(void)
{
	process = (pid_t)arch_syscall1(SYS_getpid, 0);
	atomic_flag_clear(&has_ended);
	atomic_flag_clear(&task_has_ended);
	after_fork(PIP_PLUGIN_EVENT_ATFORK_CHILD);
}

static bool have_hooks(void)
{
	for (unsigned i = 0; i < plugin_count; i++)
		if (plugin_list[i].hook != NULL)
			return true;
	return false;
}

static void raise_executed(char **argv)
{
	pip_event_data_t data = { .exec = { .argv = argv, .envp = environ } };

	plugin_raise(PIP_PLUGIN_EVENT_POST_EXEC, &data);
}

void plugin_begin(int argc, char **argv, char **envp)
{
	pip_event_data_t init = {
		.init = { .argc = argc, .argv = argv,
			  .is_task = pip_isa_task() },
	};
	bool was_executed;

	if (plugin_has_hooks)
		return;
	plugin_load_rest();
	was_executed = plugin_restart_was_executed(envp);
	plugin_restart_tidy(argv != NULL ? envp : NULL);
	if (!have_hooks())
		return;
	process = (pid_t)arch_syscall1(SYS_getpid, 0);
	pthread_atfork(prepare_fork, after_fork_in_parent, after_fork_in_child);
	plugin_thread_start();
	init.init.envp = environ;
	plugin_has_hooks = true;
	if (was_executed)
		raise_executed(argv);
	plugin_raise(PIP_PLUGIN_EVENT_INIT, &init);
}

static void end_all(int status, void *arg)
{
	(void)arg;
	plugin_end(status);
	plugin_end_task(status);
}

/* What libc calls at the end comes in the reverse order of this: after what
 * the program registers from here on, before destructors of libraries. */
void plugin_main_begins(void)
{
	static bool is_registered;

	if (!plugin_is_active() || is_registered)
		return;
	is_registered = true;
	on_exit(end_all, NULL);
	if (pip_isa_task())
		plugin_raise(PIP_PLUGIN_EVENT_TASK_START, NULL);
}

/* Not in a child made by vfork(), which has our memory. */
static void end(pip_event_t event, atomic_flag *flag, int status)
{
	pip_event_data_t data = { .exit.status = status };

	if (plugin_is_own_process() && !atomic_flag_test_and_set(flag))
		plugin_raise(event, &data);
}

void plugin_end(int status)
{
	if (plugin_is_active())
		end(PIP_PLUGIN_EVENT_EXIT, &has_ended, status);
}

void plugin_end_task(int status)
{
	if (plugin_is_active() && pip_isa_task())
		end(PIP_PLUGIN_EVENT_TASK_EXIT, &task_has_ended, status);
}
