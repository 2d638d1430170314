// SPDX-License-Identifier: BSD-2-Clause
/* Beginning and ending a recording: the program, the switch, the kernel. */
#include <config.h>

#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip_trace.h>

#define LOOK_SOON 20       /* microseconds: for a CMD's pip_init() */
#define LOOK_LATE 1000     /* the same, when it does not come */
#define LOOKS_SOON 10000
#define DEPTH_MAX 4        /* of children of CMD */
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

/* The child, before it becomes CMD: it waits until all is ready. */
_Noreturn static void become_program(const struct trace_options *options,
				     int gate, int report)
{
	char text[64], go;
	int error;

	snprintf(text, sizeof(text), "overwrite:%u", options->records);
	setenv(PIP_ENV_TRACE, text, 0);
	signal(SIGPIPE, SIG_DFL);
	if (read(gate, &go, 1) != 1)
		_exit(127);
	execvp(options->program[0], options->program);
	error = errno;
	(void)!write(report, &error, sizeof(error));
	_exit(127);
}

/* Let it go.  Fails where it cannot be executed. */
static bool start_program(struct trace_session *session, int gate, int report)
{
	int error = 0;

	(void)!write(gate, "", 1);
	close(gate);
	if (read(report, &error, sizeof(error)) == sizeof(error))
		trace_warn("%s: %s", session->options->program[0],
			   strerror(error));
	close(report);
	return error == 0;
}

static struct observer_root *scan(struct trace_session *session, pid_t pid)
{
	if (observer_scan(session->observer, pid) != 0)
		return NULL;
	return observer_get_root(session->observer, 0);
}

/* The child, or what has come from it, if that is a shell. */
static struct observer_root *look_for_root(struct trace_session *session,
					   pid_t pid, int depth)
{
	struct observer_root *root = scan(session, pid);
	char path[64], text[1024], *at, *rest;
	ssize_t n;
	int fd;

	if (root != NULL || depth == 0)
		return root;
	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
		 (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	for (at = text; root == NULL; at = rest) {
		pid = (pid_t)strtol(at, &rest, 10);
		if (rest == at)
			break;
		root = look_for_root(session, pid, depth - 1);
	}
	return root;
}

/* Until CMD, or what it starts, is a root that has a recorder. */
static int wait_for_program(struct trace_session *session)
{
	uint64_t table_seen = 0;
	siginfo_t info;
	int error;

	for (unsigned i = 0; session_signal() == 0; i++) {
		bool ended;

		info.si_pid = 0;
		ended = waitid(P_PID, (id_t)session->child, &info,
			       WEXITED | WNOHANG | WNOWAIT) != 0 ||
			info.si_pid != 0;
		session->root = look_for_root(session, session->child,
					      DEPTH_MAX);
		error = ENOENT;
		if (session->root != NULL)
			error = recorder_reader_open(session->root,
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

static int put_record(void *argument, const struct trace_kernel_record *record)
{
	struct trace_session *session = argument;

	writer_put_kernel(&session->writer, record);
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
	int gate[2], report[2];

	if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
		trace_fail("pipe: %s", strerror(errno));
	session->child = fork();
	if (session->child < 0)
		trace_fail("fork: %s", strerror(errno));
	if (session->child == 0) {
		close(gate[1]);
		become_program(session->options, gate[0], report[1]);
	}
	close(gate[0]);
	close(report[1]);
	hurry();
	session->started = trace_now();
	if (session->options->kernel &&
	    kernel_events_open(session->child,
			       session->options->kernel_buffer,
			       session->options->overhead, put_record, session,
			       &session->kernel, session->why) != 0)
		trace_warn("no kernel events: %s", session->why);
	return start_program(session, gate[1], report[0]) ?
		       wait_for_program(session) :
		       ENOEXEC;
}

static int attach_program(struct trace_session *session)
{
	pid_t pid = session->options->pid;
	int error = observer_scan(session->observer, pid);

	if (error == ESRCH || error == EACCES) {
		trace_warn("process %d: %s", (int)pid,
			   error == ESRCH ? "no such process" :
					    "you may not look into it");
		return EINVAL;
	}
	session->root = observer_get_root(session->observer, 0);
	if (error != 0 || session->root == NULL) {
		const struct observer_problem *problem =
			observer_get_problem(session->observer, 0);

		if (problem != NULL)
			trace_warn("%s", problem->text);
		else
			trace_warn("process %d does not belong to a PiP "
				   "program", (int)pid);
		return EINVAL;
	}
	hurry();
	session->started = trace_now();
	return recorder_reader_open(session->root,
				    session->options->past ?
					    RECORDER_FROM_PAST :
					    RECORDER_FROM_NOW,
				    &session->reader);
}

static void explain(const struct trace_session *session, int error)
{
	const char *name = session->child != 0 ? session->options->program[0] :
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
			   strerror(error));
}

static int attach_kernel(struct trace_session *session)
{
	if (session->child != 0) {
		if (session->kernel != NULL &&
		    session->root->pid != session->child)
			return kernel_events_follow(session->kernel,
						    session->root->pid);
		return 0;
	}
	if (session->options->kernel &&
	    kernel_events_open(session->root->pid,
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
			   strerror(error));
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
	session->progress = !options->quiet && isatty(STDERR_FILENO);
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
		error = switch_on(session);
		if (error == 0)
			return session;
		error = EINVAL;
	}
	explain(session, error);
	*statusp = session_close(session);
	if (*statusp == TRACE_DONE)
		*statusp = TRACE_NOTHING;
	return NULL;
}

/* As a shell has it. */
static int wait_for_child(pid_t child)
{
	int status, sent = 0;

	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return TRACE_ERROR;
		/* The terminal has sent SIGINT to CMD, too. */
		if (session_signal() != SIGINT && !sent++)
			kill(child, session_signal());
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

int session_close(struct trace_session *session)
{
	int status = TRACE_DONE;

	kernel_events_close(session->kernel);
	restore_switch();
	if (session->child > 0) {
		if (session_signal() != 0 && session_signal() != SIGINT)
			kill(session->child, session_signal());
		status = wait_for_child(session->child);
	}
	if (session->pidfd >= 0)
		close(session->pidfd);
	recorder_reader_close(session->reader);
	observer_free_tasks(&session->tasks);
	observer_close(session->observer);
	free(session);
	return status;
}
