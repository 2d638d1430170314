/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All that can be observed: each event is a USDT probe of provider "pip" and,
 * when it is on, a record of the flight recorder.  pip-probes(7) is this list
 * with more words.
 *
 * A probe is a one-byte nop and a note in the file that says where its
 * arguments are.  No semaphores: the kernel would count them in one of the
 * copies of libpip only.  Arguments are in registers or constants ("nr"):
 * others make the attachment fail (sys/sdt.h, STAP_SDT_ARG_CONSTRAINT).
 *
 * PIPIDs are int, addresses and status words 64 bits.  "who" is the PIPID whose
 * context it is; PIP_PIPID_ROOT (-748) is the root, PIP_PIPID_NULL (-751) a
 * kernel thread's idle context.
 */
#ifndef PIP_PROBE_H
#define PIP_PROBE_H

#include "config.h"

#include "recorder.h"

/* Only to measure what they cost; see docs/PERFORMANCE.md. */
#ifdef PIP_NO_PROBES
#undef HAVE_SYS_SDT_H
#define recorder_is_on() false
#endif

#ifdef HAVE_SYS_SDT_H
#define STAP_SDT_ARG_CONSTRAINT nr
#include <sys/sdt.h>
#else
#define STAP_PROBE1(p, n, a) ((void)(a))
#define STAP_PROBE2(p, n, a, b) ((void)(a), (void)(b))
#define STAP_PROBE3(p, n, a, b, c) ((void)(a), (void)(b), (void)(c))
#endif

/* The compiler takes the assembler text for long code, and would make calls. */
#define PROBE static inline __attribute__((always_inline))

/* The root has begun, or is about to end. */
PROBE void probe_root_init(int pid, int ntasks, int mode)
{
	STAP_PROBE3(pip, root__init, pid, ntasks, mode);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_ROOT_INIT, 0, (uint64_t)ntasks);
}

PROBE void probe_root_fin(int pid)
{
	STAP_PROBE1(pip, root__fin, pid);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_ROOT_FIN, 0, 0);
}

/* In the spawner.  parent: its PIPID; error: 0 or an errno value. */
PROBE void probe_spawn_begin(int pipid, int parent, const char *program)
{
	STAP_PROBE3(pip, spawn__begin, pipid, parent, program);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SPAWN_BEGIN, pipid, 0);
}

PROBE void probe_spawn_end(int pipid, int pid, int error)
{
	STAP_PROBE3(pip, spawn__end, pipid, pid, error);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SPAWN_END, pipid, (uint64_t)error);
}

/* In the task: before its constructors, and in an orderly end. */
PROBE void probe_task_start(int who, int pid)
{
	STAP_PROBE2(pip, task__start, who, pid);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_TASK_START, 0, (uint64_t)pid);
}

PROBE void probe_task_exit(int who, int status)
{
	STAP_PROBE2(pip, task__exit, who, status);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_TASK_EXIT, 0, (uint64_t)status);
}

/* Its end has been recorded; status is the wait status. */
PROBE void probe_task_wait(int pipid, int pid, int status)
{
	STAP_PROBE3(pip, task__wait, pipid, pid, status);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_TASK_WAIT, pipid, (uint64_t)status);
}

/* who leaves, and has left, the domain for its own kernel thread; and back. */
PROBE void probe_couple_begin(int who, int domain)
{
	STAP_PROBE2(pip, couple__begin, who, domain);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_COUPLE_BEGIN, domain, 0);
}

PROBE void probe_couple_end(int who)
{
	STAP_PROBE1(pip, couple__end, who);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_COUPLE_END, 0, 0);
}

PROBE void probe_decouple_begin(int who, int domain)
{
	STAP_PROBE2(pip, decouple__begin, who, domain);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_DECOUPLE_BEGIN, domain, 0);
}

PROBE void probe_decouple_end(int who, int domain)
{
	STAP_PROBE2(pip, decouple__end, who, domain);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_DECOUPLE_END, domain, 0);
}

/* A kernel thread (tid) runs "to" instead of "from" from here on.  The first is
 * for who has looked whether the recorder is on. */
PROBE void probe_switch_unrecorded(const struct blt_kernel *kernel, int from,
				  int to)
{
	STAP_PROBE3(pip, switch, from, to, kernel->tid);
}

PROBE void probe_switch(struct blt_kernel *kernel, int from, int to)
{
	probe_switch_unrecorded(kernel, from, to);
	if (recorder_is_on())
		recorder_put(kernel, PIP_EVENT_SWITCH, from, to, 0);
}

/* who waits for the object at that address, and is run no more. */
PROBE void probe_suspend(struct blt_kernel *kernel, int who,
			 const volatile void *object)
{
	STAP_PROBE2(pip, suspend, who, object);
	if (recorder_is_on())
		recorder_put(kernel, PIP_EVENT_SUSPEND, who, 0,
			     (uint64_t)object);
}

/* Somebody has resumed who, to run in that domain. */
PROBE void probe_resume(int who, int domain)
{
	STAP_PROBE2(pip, resume, who, domain);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_RESUME, who, (uint64_t)domain);
}

/* It has arrived there: its turn will come. */
PROBE void probe_ready(struct blt_kernel *kernel, int who, int domain)
{
	STAP_PROBE2(pip, ready, who, domain);
	if (recorder_is_on())
		recorder_put(kernel, PIP_EVENT_READY, who, domain, 0);
}

PROBE void probe_barrier_begin(int who, const volatile void *barrier)
{
	STAP_PROBE2(pip, barrier__begin, who, barrier);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_BARRIER_BEGIN, 0, (uint64_t)barrier);
}

PROBE void probe_barrier_end(int who, const volatile void *barrier)
{
	STAP_PROBE2(pip, barrier__end, who, barrier);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_BARRIER_END, 0, (uint64_t)barrier);
}

/* Only when it has to wait for the mutex. */
PROBE void probe_mutex_begin(int who, const volatile void *mutex)
{
	STAP_PROBE2(pip, mutex__begin, who, mutex);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_MUTEX_BEGIN, 0, (uint64_t)mutex);
}

PROBE void probe_mutex_end(int who, const volatile void *mutex)
{
	STAP_PROBE2(pip, mutex__end, who, mutex);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_MUTEX_END, 0, (uint64_t)mutex);
}

/* Only when it has to wait; name is not NUL-terminated. */
PROBE void probe_import_begin(int who, int from, const char *name,
			      uint64_t length)
{
#ifdef HAVE_SYS_SDT_H
	STAP_PROBE4(pip, import__begin, who, from, name, length);
#else
	(void)who, (void)name, (void)length;
#endif
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_IMPORT_BEGIN, from, 0);
}

PROBE void probe_import_end(int who, int from, int error)
{
	STAP_PROBE3(pip, import__end, who, from, error);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_IMPORT_END, from, (uint64_t)error);
}

/* name: NULL for pip_export(); not NUL-terminated. */
PROBE void probe_export(int who, const void *address, const char *name,
			uint64_t length)
{
#ifdef HAVE_SYS_SDT_H
	STAP_PROBE4(pip, export, who, address, name, length);
#else
	(void)who, (void)name, (void)length;
#endif
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_EXPORT, 0, (uint64_t)address);
}

/* who sends a signal by pip_kill() and its like. */
PROBE void probe_signal(int who, int to, int sig)
{
	STAP_PROBE3(pip, signal, who, to, sig);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SIGNAL, to, (uint64_t)sig);
}

/* A handler of libpip's has got a signal that is to end slot's task, or whose
 * context has to go home with it.  In the thread that was hit. */
PROBE void probe_exception(struct pip_slot *slot, int sig)
{
	STAP_PROBE2(pip, exception, slot->pipid, sig);
	if (recorder_is_on())
		recorder_put_of(slot, PIP_EVENT_EXCEPTION, 0, (uint64_t)sig);
}

/* The same while the context, or who else, runs on that kernel thread. */
PROBE void probe_exception_on(struct blt_kernel *kernel, int who,
			      int sig)
{
	STAP_PROBE2(pip, exception, who, sig);
	if (recorder_is_on())
		recorder_put(kernel, PIP_EVENT_EXCEPTION, who, 0,
			     (uint64_t)sig);
}

/* In the new task's kernel task: which is 0 for the before hook, 1 for the
 * after hook.  No record of the before hook: nothing runs there yet that has a
 * ring. */
PROBE void probe_hook_begin(int who, int which)
{
	STAP_PROBE2(pip, hook__begin, who, which);
	if (which == 1 && recorder_is_on())
		recorder_put_own(PIP_EVENT_HOOK_BEGIN, 0, (uint64_t)which);
}

PROBE void probe_hook_end(int who, int which, int value)
{
	STAP_PROBE3(pip, hook__end, who, which, value);
	if (which == 1 && recorder_is_on())
		recorder_put_own(PIP_EVENT_HOOK_END, 0, (uint64_t)value);
}

/* The hook of a plugin is called, and has returned.  number: in the order of
 * PIP_PLUGINS, from 0; event: pip_event_t. */
PROBE void probe_plugin_begin(int who, int number, int event, const char *name)
{
#ifdef HAVE_SYS_SDT_H
	STAP_PROBE4(pip, plugin__begin, who, number, event, name);
#else
	(void)who, (void)name;
#endif
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_PLUGIN_BEGIN, number,
				 (uint64_t)event);
}

PROBE void probe_plugin_end(int who, int number, int event)
{
	STAP_PROBE3(pip, plugin__end, who, number, event);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_PLUGIN_END, number, (uint64_t)event);
}

/* pip_suspend_all(), in the coordinator: step is a pip_event_t. */
PROBE void probe_suspend_all_begin(int who, int reason)
{
	STAP_PROBE2(pip, suspend__all__begin, who, reason);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SUSPEND_ALL_BEGIN, 0,
				 (uint64_t)reason);
}

PROBE void probe_suspend_all_step(int who, int step)
{
	STAP_PROBE2(pip, suspend__all__step, who, step);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SUSPEND_ALL_STEP, 0, (uint64_t)step);
}

PROBE void probe_suspend_all_end(int who, int error)
{
	STAP_PROBE2(pip, suspend__all__end, who, error);
	if (recorder_is_on())
		recorder_put_own(PIP_EVENT_SUSPEND_ALL_END, 0, (uint64_t)error);
}

/* A thread of slot's process, in its handler. */
PROBE void probe_thread_stop(struct pip_slot *slot, int tid)
{
	STAP_PROBE2(pip, thread__stop, slot->pipid, tid);
	if (recorder_is_on())
		recorder_put_of(slot, PIP_EVENT_THREAD_STOP, 0, (uint64_t)tid);
}

PROBE void probe_thread_go(struct pip_slot *slot, int tid)
{
	STAP_PROBE2(pip, thread__go, slot->pipid, tid);
	if (recorder_is_on())
		recorder_put_of(slot, PIP_EVENT_THREAD_GO, 0, (uint64_t)tid);
}

/* The program's own (pip_trace.h); kind is PIP_EVENT_MARK and so on. */
PROBE void probe_user(enum pip_event kind, uint32_t id, uint64_t value)
{
	STAP_PROBE3(pip, user, (int)kind, id, value);
	if (recorder_is_on())
		recorder_put_own(kind, (int32_t)id, value);
}

#endif
