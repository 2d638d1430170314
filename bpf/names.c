// SPDX-License-Identifier: BSD-2-Clause
/* Names of events and system calls. */
#include <config.h>

#include "names.h"

#include <string.h>
#include <sys/syscall.h>

static const char *const events[] = {
	[PIP_EVENT_ROOT_INIT] = "root_init",
	[PIP_EVENT_ROOT_FIN] = "root_fin",
	[PIP_EVENT_SPAWN_BEGIN] = "spawn_begin",
	[PIP_EVENT_SPAWN_END] = "spawn_end",
	[PIP_EVENT_TASK_START] = "task_start",
	[PIP_EVENT_TASK_EXIT] = "task_exit",
	[PIP_EVENT_TASK_WAIT] = "task_wait",
	[PIP_EVENT_COUPLE_BEGIN] = "couple_begin",
	[PIP_EVENT_COUPLE_END] = "couple_end",
	[PIP_EVENT_DECOUPLE_BEGIN] = "decouple_begin",
	[PIP_EVENT_DECOUPLE_END] = "decouple_end",
	[PIP_EVENT_SWITCH] = "switch",
	[PIP_EVENT_SUSPEND] = "suspend",
	[PIP_EVENT_RESUME] = "resume",
	[PIP_EVENT_READY] = "ready",
	[PIP_EVENT_BARRIER_BEGIN] = "barrier_begin",
	[PIP_EVENT_BARRIER_END] = "barrier_end",
	[PIP_EVENT_MUTEX_BEGIN] = "mutex_begin",
	[PIP_EVENT_MUTEX_END] = "mutex_end",
	[PIP_EVENT_IMPORT_BEGIN] = "import_begin",
	[PIP_EVENT_IMPORT_END] = "import_end",
	[PIP_EVENT_EXPORT] = "export",
	[PIP_EVENT_SIGNAL] = "signal",
	[PIP_EVENT_EXCEPTION] = "exception",
	[PIP_EVENT_HOOK_BEGIN] = "hook_begin",
	[PIP_EVENT_HOOK_END] = "hook_end",
	[PIP_EVENT_PLUGIN_BEGIN] = "plugin_begin",
	[PIP_EVENT_PLUGIN_END] = "plugin_end",
	[PIP_EVENT_SUSPEND_ALL_BEGIN] = "suspend_all_begin",
	[PIP_EVENT_SUSPEND_ALL_STEP] = "suspend_all_step",
	[PIP_EVENT_SUSPEND_ALL_END] = "suspend_all_end",
	[PIP_EVENT_THREAD_STOP] = "thread_stop",
	[PIP_EVENT_THREAD_GO] = "thread_go",
	[PIP_EVENT_MARK] = "mark",
	[PIP_EVENT_BEGIN] = "begin",
	[PIP_EVENT_END] = "end",
	[PIP_EVENT_COUNTER] = "counter",
};

static const char *const kernel_events[] = {
	[TRACE_KERNEL_IN] = "sched_in",
	[TRACE_KERNEL_OUT] = "sched_out",
	[TRACE_KERNEL_WAKEUP] = "wakeup",
	[TRACE_KERNEL_ENTER] = "sys_enter",
	[TRACE_KERNEL_EXIT] = "sys_exit",
	[TRACE_KERNEL_FAULT] = "page_fault",
	[TRACE_KERNEL_MAJOR] = "major_fault",
	[TRACE_KERNEL_SIGNAL] = "signal_deliver",
	[TRACE_KERNEL_FORK] = "fork",
	[TRACE_KERNEL_GONE] = "exit",
	[TRACE_KERNEL_EXCEPTION] = "exception",
};

static const char *const syscalls[] = {
#include "syscall_names.h"
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

const char *name_of_event(const struct trace_event *event)
{
	const char *name = NULL;

	if (event->kernel && event->event < COUNT(kernel_events))
		name = kernel_events[event->event];
	else if (!event->kernel && event->event < COUNT(events))
		name = events[event->event];
	if (!event->kernel && event->event == TRACE_EVENT_LOST)
		name = "lost";
	return name != NULL ? name : "unknown";
}

const char *name_of_syscall(int number, char text[24])
{
	if (number >= 0 && (size_t)number < COUNT(syscalls) &&
	    syscalls[number] != NULL)
		return syscalls[number];
	snprintf(text, 24, "syscall-%d", number);
	return text;
}

bool syscall_is_own(int number)
{
	/* What acts on the address space, which all share, or on nothing of
	 * the process's. */
	static const short shared[] = {
		SYS_futex, SYS_sched_yield, SYS_mmap, SYS_munmap, SYS_mprotect,
		SYS_mremap, SYS_madvise, SYS_brk, SYS_msync, SYS_mincore,
		SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday,
		SYS_nanosleep, SYS_clock_nanosleep, SYS_getrandom,
		SYS_getcpu, SYS_membarrier, SYS_uname, SYS_sysinfo,
		SYS_restart_syscall,
	};

	for (size_t i = 0; i < COUNT(shared); i++)
		if (shared[i] == number)
			return false;
	return true;
}
