// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pip/pip_trace.h>

#include "session.h"

#define DEPTH_MAX 4 /* of children of the child */

/* A number that the program, and shells before it, will leave alone. */
#define MEMORY_FD_MIN 220

/* The rings outlive the program if they are in our memory. */
static void hand_over_memory(int memory)
{
	char text[16];
	int fd;

	if (memory < 0)
		return;
	fd = fcntl(memory, F_DUPFD, MEMORY_FD_MIN);
	if (fd < 0)
		fd = dup(memory);
	snprintf(text, sizeof(text), "%d", fd);
	if (fd >= 0)
		setenv(PIP_ENV_TRACE_FD, text, 1);
}

/* The child, before it becomes the program: it waits until all is ready. */
_Noreturn static void become_program(const struct trace_options *options,
				     int gate, int report, int memory)
{
	char text[64], go;
	int error;

	snprintf(text, sizeof(text), "overwrite:%u", options->records);
	if (options->command->takes & TAKES_LIVE)
		setenv(PIP_ENV_TRACE, text, 0);
	hand_over_memory(memory);
	signal(SIGPIPE, SIG_DFL);
	if (read(gate, &go, 1) != 1)
		_exit(127);
	execvp(options->program[0], options->program);
	error = errno;
	(void)!write(report, &error, sizeof(error));
	_exit(127);
}

void program_fork(struct trace_program *program,
		  const struct trace_options *options)
{
	int gate[2], report[2];

	program->arguments = options->program;
	if (pipe2(gate, O_CLOEXEC) != 0 || pipe2(report, O_CLOEXEC) != 0)
		trace_fail("pipe: %s", strerror(errno));
	program->memory = options->command->takes & TAKES_LIVE ?
			memfd_create(PIP_RECORDER_NAME, MFD_CLOEXEC) : -1;
	program->pid = fork();
	if (program->pid < 0)
		trace_fail("fork: %s", strerror(errno));
	if (program->pid == 0) {
		close(gate[1]);
		become_program(options, gate[0], report[1], program->memory);
	}
	close(gate[0]);
	close(report[1]);
	program->gate = gate[1];
	program->report = report[0];
}

bool program_release(struct trace_program *program)
{
	int error = 0;

	(void)!write(program->gate, "", 1);
	close(program->gate);
	if (read(program->report, &error, sizeof(error)) == sizeof(error))
		trace_warn("%s: %s", program->arguments[0], strerror(error));
	close(program->report);
	return error == 0;
}

bool program_has_ended(const struct trace_program *program)
{
	siginfo_t info;

	info.si_pid = 0;
	return waitid(P_PID, (id_t)program->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) != 0 ||
	       info.si_pid != 0;
}

static struct observer_root *scan(struct observer *observer, pid_t pid)
{
	if (observer_scan(observer, pid) != 0)
		return NULL;
	return observer_get_root(observer, 0);
}

static struct observer_root *look(struct observer *observer, pid_t pid,
				  int depth)
{
	struct observer_root *root = scan(observer, pid);
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
		root = look(observer, pid, depth - 1);
	}
	return root;
}

struct observer_root *program_find_root(const struct trace_program *program,
					struct observer *observer)
{
	return look(observer, program->pid, DEPTH_MAX);
}

int program_wait(struct trace_program *program)
{
	int status, sent = 0;

	if (program->pid <= 0)
		return TRACE_DONE;
	if (program->memory >= 0)
		close(program->memory);
	if (session_signal() != 0 && session_signal() != SIGINT)
		kill(program->pid, session_signal());
	while (waitpid(program->pid, &status, 0) < 0) {
		if (errno != EINTR)
			return TRACE_ERROR;
		/* The terminal has sent SIGINT to it, too. */
		if (session_signal() != SIGINT && !sent++)
			kill(program->pid, session_signal());
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

struct observer_root *program_attach(struct observer *observer, pid_t pid)
{
	const struct observer_problem *problem;
	struct observer_root *root;
	int error = observer_scan(observer, pid);

	root = error == 0 ? observer_get_root(observer, 0) : NULL;
	if (root != NULL)
		return root;
	problem = observer_get_problem(observer, 0);
	if (error == ESRCH || error == EACCES)
		trace_warn("process %d: %s", (int)pid, error == ESRCH ?
			   "no such process" : "you may not look into it");
	else if (problem != NULL)
		trace_warn("%s", problem->text);
	else
		trace_warn("process %d does not belong to a PiP program",
			   (int)pid);
	return NULL;
}
