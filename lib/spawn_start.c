/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting a task in a slot that is ready for it, and waiting until it runs. */
#include "spawn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "alive.h"
#include "futex.h"
#include "hook.h"
#include "message.h"
#include "mode.h"
#include "reap.h"
#include "stop.h"
#include "table.h"

/* A loader that has not started libpip after this long never will: its glibc
 * cannot load it.  The task is then tracked from outside.  Time in which it
 * waits for a CPU or a disk that others use does not count. */
#define OUTSIDE_AFTER_NS (5l * 1000 * 1000 * 1000)

/* A before hook may wait for what the spawner does after the spawn: it is not
 * waited for longer than this, nor is what comes after it. */
#define HOOK_PATIENCE_NS (200l * 1000 * 1000)

/* "3:name", or in version 3 "3:name@func": what ps and top show. */
static void make_comm(const struct pip_slot *slot, const char *path, int api,
		      char comm[COMM_SIZE])
{
	const char *name = strrchr(path, '/');
	const char *func = api == 3 && slot->start.by_name ? slot->start.name :
							     "";
	char text[3 * COMM_SIZE];

	snprintf(text, sizeof(text), "%d%c%.15s%s%.15s", slot->pipid % 10,
		 mode_letter(slot->root->mode), name != NULL ? name + 1 : path,
		 *func != '\0' ? "@" : "", func);
	text[COMM_SIZE - 1] = '\0';
	memcpy(comm, text, COMM_SIZE);
}

static void publish(struct pip_slot *slot, const struct program *program,
		    char *const *argv, const struct stack_layout *layout)
{
	struct pip_table_entry *entry = slot->entry;

	table_write_begin(entry);
	entry->state = PIP_STATE_LOADING;
	if (root_is_threaded(slot->root))
		entry->pid = slot->root->pid;
	entry->spawned = table_now();
	entry->flags |= slot->outside ? PIP_TASK_FLAG_OUTSIDE : 0;
	entry->stack_low = layout->low;
	entry->stack_high = layout->high;
	entry->argc = layout->argc;
	entry->argv = layout->argv;
	entry->envp = layout->envp;
	entry->auxv = layout->auxv;
	table_put_text(entry, entry->program, sizeof(entry->program),
		       program->path);
	table_put_command(entry, argv);
	if (slot->start.by_name)
		table_put_text(entry, entry->func, sizeof(entry->func),
			       slot->start.name);
	table_write_end(entry);
}

static int fail_start_function(struct pip_slot *slot, const char *path)
{
	error_message("'%s': start function '%s' is in neither its symbol "
		      "table nor its libraries",
		      path, slot->start.name);
	return ENOEXEC;
}

static int fail_thread_mode(const char *path)
{
	error_message("'%s' cannot be a task in thread mode: the _exit() of "
		      "its libc cannot be replaced, and would end all tasks",
		      path);
	return ELIBEXEC;
}

/* The task ended before its program was loaded. */
static int fail_loading(const char *path, int status)
{
	if (limit_memory_exhausted()) {
		limit_explain(ENOMEM, path);
		return ENOMEM;
	}
	if (WIFSIGNALED(status))
		error_message("'%s': killed by signal %d (%s) while it was "
			      "being loaded",
			      path, WTERMSIG(status),
			      strsignal(WTERMSIG(status)));
	else
		error_message("'%s': its loader gave up (exit status %d); "
			      "its own message says why",
			      path, WEXITSTATUS(status));
	return ELIBEXEC;
}

/* What libpip would write into the entry if it were in the task. */
static void publish_outside(struct pip_slot *slot)
{
	table_write_begin(slot->entry);
	slot->entry->state = PIP_STATE_RUNNING;
	slot->entry->flags |= PIP_TASK_FLAG_OUTSIDE;
	table_write_end(slot->entry);
}

/* Has the before hook kept the spawner waiting for long enough? */
static bool is_hook_busy(const struct pip_slot *slot, long waited)
{
	return slot->hook.before != NULL && waited > HOOK_PATIENCE_NS &&
	       atomic_load(&slot->loaded) == LOADED_NOT;
}

static long cpu_ns(pid_t pid)
{
	struct timespec used = { 0, 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) == 0)
		clock_gettime(clock, &used);
	return used.tv_sec * 1000000000l + used.tv_nsec;
}

/* Wait until libpip runs in the task, or the before hook ends it. */
static int wait_until_loaded(struct pip_slot *slot, const char *path)
{
	long timeout = 2 * 1000 * 1000, waited = 0, slept = 0;
	pid_t pid = atomic_load(&slot->pid);
	uint32_t loaded;

	while ((loaded = atomic_load(&slot->loaded)) < LOADED_REFUSED) {
		futex_wait(&slot->loaded, loaded, timeout);
		if (atomic_load(&slot->loaded) != loaded)
			continue;
		if (is_hook_busy(slot, waited))
			return 0;
		if (reap_has_ended(slot)) {
			/* Perhaps after it had told us, just now. */
			if (atomic_load(&slot->loaded) >= LOADED_REFUSED)
				continue;
			return fail_loading(path, reap_failed(slot));
		}
		/* By PIP_STOP_ON_START, or a debugger. */
		if (alive_is_stopped(pid))
			continue;
		waited += timeout;
		if (alive_is_sleeping(pid))
			slept += timeout;
		if (waited > OUTSIDE_AFTER_NS &&
		    slept + cpu_ns(pid) > OUTSIDE_AFTER_NS &&
		    !root_is_threaded(slot->root)) {
			warning_message("'%s': libpip does not start in it; "
					"it is tracked from outside", path);
			slot->outside = true;
			publish_outside(slot);
			break;
		}
		if (timeout < 64 * 1000 * 1000)
			timeout *= 2;
	}
	if (loaded == LOADED_NO_START || loaded == LOADED_NO_EXIT ||
	    loaded == LOADED_NO_PLUGIN) {
		while (!reap_has_ended(slot))
			futex_wait(&slot->loaded, loaded, 1000 * 1000);
		reap_failed(slot);
		if (loaded == LOADED_NO_PLUGIN) /* it has said which */
			return ELIBACC;
		return loaded == LOADED_NO_START ?
			       fail_start_function(slot, path) :
			       fail_thread_mode(path);
	}
	return 0;
}

int spawn_start(struct pip_slot *slot, const struct program *program,
		      const struct spawn_request *request, char *const *argv,
		      char *const *envp)
{
	struct child_plan plan = { .slot = slot, .bind = request->bind,
				   .cores = request->cores };
	struct stack_layout layout;
	int error, memory_fd = -1;
	const char *script;
	pid_t pid;

	error = loader_prepare(slot, program, argv, envp, &plan, &layout);
	if (error != 0)
		return error;
	if (slot->outside && request->inactive) {
		error_message("'%s': a program that libpip cannot be in "
			      "cannot wait to be resumed", program->path);
		return ENOTSUP;
	}
	error = hook_prepare(slot, request->hook);
	if (error != 0) {
		limit_explain(error, program->path);
		return error;
	}
	make_comm(slot, program->path, request->api, plan.comm);
	plan.stop = stop_is_wanted(slot, &script);
	publish(slot, program, argv, &layout);
	/* Only the root has it; a task's descriptor of that number is its
	 * own. */
	if (!slot->outside && slot_is_root(pip_self))
		memory_fd = slot->root->memory_fd;
	if (!root_is_threaded(slot->root))
		descriptor_list_cloexec(&plan.cloexec, memory_fd);
	pid = child_clone(&plan, !slot_is_root(pip_self));
	if (pid == -EAGAIN && reap_make_room(slot->root))
		pid = child_clone(&plan, !slot_is_root(pip_self));
	if (pid < 0) {
		limit_explain(-pid, program->path);
		return -pid;
	}
	/* The task stores the same when it starts to run. */
	slot->entry->tid = pid;
	if (!root_is_threaded(slot->root))
		slot->entry->pid = pid;
	if (plan.stop)
		stop_attend(slot, script, program->path);
	if (!slot->outside) {
		error = wait_until_loaded(slot, program->path);
		if (error == 0 && atomic_load(&slot->loaded) == LOADED_OK)
			loader_learn(slot, program);
		return error;
	}
	publish_outside(slot);
	return 0;
}
