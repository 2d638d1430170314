// SPDX-License-Identifier: BSD-2-Clause
/* Beginning and ending a recording: the program, the switch, the kernel. */
#include <config.h>

#include "session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_SOON 20       /* microseconds: for a CMD's pip_init() */
#define LOOK_LATE 1000     /* the same, when it does not come */
#define LOOKS_SOON 10000
#define NO_RECORDER_NS 5000000000u /* a table may be there before it */
#define COST_EVENTS 100000
#define COST_RECORDS 4096

/* What lib/recorder.c does for an event, in memory of our own. */
static uint64_t measure_event(void)
{
	struct pip_record *records = calloc(COST_RECORDS, sizeof(*records));
	uint64_t begin, best = UINT64_MAX;

	if (records == NULL)
		return 0;
	for (int round = 0; round < 5; round++) {
		begin = trace_now();
		for (uint32_t i = 0; i < COST_EVENTS; i++) {
			volatile struct pip_record *record =
				&records[i % COST_RECORDS];

			record->sequence = 0;
#ifdef __x86_64__
			record->timestamp = __builtin_ia32_rdtsc();
#endif
			record->event = PIP_EVENT_MARK;
			record->pipid = 0;
			record->other = 0;
			record->argument = i;
			record->sequence = i + 1;
		}
		begin = trace_now() - begin;
		best = begin < best ? begin : best;
	}
	free(records);
	return best * 1000 / COST_EVENTS;
}

/* Until CMD, or what it starts, is a root that has a recorder. */
static int wait_for_program(struct trace_session *session)
{
	uint64_t table_seen = 0;
	int error;

	for (unsigned i = 0; session_signal() == 0; i++) {
		bool ended = program_has_ended(&session->program);

		session->root = program_find_root(&session->program,
						  session->observer);
		error = ENOENT;
		if (session->root != NULL)
			error = recorder_reader_open(session->root,
						     session->program.memory,
						     RECORDER_FROM_START,
						     &session->reader);
		if (error == 0)
			return 0;
		if (error == ENODATA && table_seen == 0)
			table_seen = trace_now();
		if (error == EPROTONOSUPPORT || error == EPERM ||
		    (error == ENODATA &&
		     trace_now() - table_seen > NO_RECORDER_NS))
			return error;
		if (ended)
			return error == ENODATA ? ENODATA : ENOENT;
		usleep(i < LOOKS_SOON ? LOOK_SOON : LOOK_LATE);
	}
	return EINTR;
}

static int put_record(void *argument, unsigned stream,
		      const struct trace_kernel_record *record)
{
	struct trace_session *session = argument;

	writer_put_kernel(&session->writer, stream, record);
	return 0;
}

/* Late turns on a CPU are what loses events.  Not permitted is well, too; not
 * before a fork, or it would be the program's. */
static void hurry(void)
{
	(void)setpriority(PRIO_PROCESS, 0, -20);
}

static int start_command(struct trace_session *session)
{
	program_fork(&session->program, session->options);
	hurry();
	session->started = trace_now();
	if (session->options->kernel &&
	    kernel_events_open(session->program.pid,
			       session->options->kernel_kinds,
			       session->options->kernel_buffer,
			       session->options->overhead, put_record, session,
			       &session->kernel, session->why) != 0)
		trace_warn("no kernel events: %s", session->why);
	return program_release(&session->program) ? wait_for_program(session) :
						    ENOEXEC;
}

static int attach_program(struct trace_session *session)
{
	session->root = program_attach(session->observer,
				       session->options->pid);
	if (session->root == NULL)
		return EINVAL;
	hurry();
	session->started = trace_now();
	return recorder_reader_open(session->root, -1,
				    session->options->past ?
					    RECORDER_FROM_PAST :
					    RECORDER_FROM_NOW,
				    &session->reader);
}

static void explain(const struct trace_session *session, int error)
{
	const char *name = session->program.pid != 0 ? session->options->program[0] :
						 "the program";

	if (error == ENOENT)
		trace_warn("%s ended without becoming a PiP program, or too "
			   "soon", name);
	else if (error == ENODATA)
		trace_warn("%s has no flight recorder: its libpip is older, "
			   "or had no memory for it", name);
	else if (error == EPROTONOSUPPORT)
		trace_warn("the flight recorder of %s has another version",
			   name);
	else if (error != EINVAL && error != EINTR && error != ENOEXEC)
		trace_warn("the flight recorder of %s: %s", name,
			   observer_explain_error(error));
}

static int attach_kernel(struct trace_session *session)
{
	if (session->program.pid != 0) {
		if (session->kernel != NULL &&
		    session->root->pid != session->program.pid)
			return kernel_events_follow(session->kernel,
						    session->root->pid);
		return 0;
	}
	if (session->options->kernel &&
	    kernel_events_open(session->root->pid,
			       session->options->kernel_kinds,
			       session->options->kernel_buffer,
			       session->options->overhead, put_record, session,
			       &session->kernel, session->why) != 0)
		trace_warn("no kernel events: %s", session->why);
	return 0;
}

static struct trace_session *current;

/* Also where something has gone wrong meanwhile. */
static void restore_switch(void)
{
	uint32_t mode;

	if (current != NULL && current->switched && !current->reader->gone)
		(void)recorder_reader_switch(current->reader,
					     current->switch_before, &mode);
	current = NULL;
}

static int switch_on(struct trace_session *session)
{
	int error;

	current = session;
	atexit(restore_switch);

	error = recorder_reader_switch(session->reader, PIP_RECORDER_OVERWRITE,
				       &session->switch_before);
	session->switched = error == 0 && session->switch_before !=
						  PIP_RECORDER_OVERWRITE;
	if (error != 0)
		trace_warn("cannot switch the flight recorder of process %d "
			   "on: %s; start the program with "
			   "PIP_TRACE=overwrite", (int)session->root->pid,
			   observer_explain_error(error));
	return error;
}

struct trace_session *session_open(const struct trace_options *options,
				   int *statusp)
{
	struct trace_session *session = calloc(1, sizeof(*session));
	int error;

	if (session == NULL)
		trace_fail("out of memory");
	session->options = options;
	session->pidfd = -1;
	strcpy(session->why, "not asked for");
	session->progress = !options->quiet && !options->all &&
			    isatty(STDERR_FILENO);
	if (options->overhead)
		session->event_ps = measure_event();
	error = observer_open(&session->observer);
	if (error != 0)
		trace_fail("/proc: %s", strerror(error));
	session_catch_signals();
	error = options->program != NULL ? start_command(session) :
					   attach_program(session);
	if (error == 0)
		error = attach_kernel(session);
	if (error == 0) {
		session->pidfd = (int)syscall(SYS_pidfd_open,
					      session->root->pid, 0);
		error = switch_on(session) == 0 ? 0 : EINVAL;
	}
	if (session->program.pid != 0)
		recorder_reader_let_go(session->program.memory);
	if (error == 0)
		return session;
	explain(session, error);
	*statusp = session_close(session);
	if (*statusp == TRACE_DONE)
		*statusp = TRACE_NOTHING;
	return NULL;
}

int session_close(struct trace_session *session)
{
	int status;

	kernel_events_close(session->kernel);
	restore_switch();
	status = program_wait(&session->program);
	if (session->pidfd >= 0)
		close(session->pidfd);
	recorder_reader_close(session->reader);
	observer_free_tasks(&session->tasks);
	observer_close(session->observer);
	free(session);
	return status;
}
