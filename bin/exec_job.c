/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>

#include "exec_signal.h"
#include "exec_tasks.h"

static int spawn_task(const struct exec_section *section, int pipid)
{
	pip_spawn_program_t program;
	char **argv = section->argv;

	if (section->funcname != NULL)
		pip_spawn_from_func(&program, argv[0], section->funcname, NULL,
				    NULL, NULL, NULL);
	else
		pip_spawn_from_main(&program, argv[0], argv, NULL, NULL, NULL);
	return pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid, NULL);
}

static int spawn_all(const struct exec_args *args)
{
	int pipid = 0;

	for (int i = 0; i < args->nsections; i++) {
		const struct exec_section *section = &args->sections[i];

		for (int n = 0; n < section->ntasks; n++, pipid++) {
			int err;

			if (exec_signal_fatal_arrived())
				return 0;
			err = spawn_task(section, pipid);
			/* Ctrl-C reaches a half-started task as well. */
			if (err == 0 || exec_signal_fatal_arrived())
				continue;
			/* libpip has said why; here just who, and the status. */
			fprintf(stderr, "pip-exec: PIPID:%d '%s' cannot be started (%s)\n",
				pipid, section->argv[0], strerrorname_np(err));
			return err;
		}
	}
	return 0;
}

static void kill_all(struct exec_job *job)
{
	job->killed = true;
	exec_tasks_kill(SIGKILL, false);
}

void exec_job_start(struct exec_job *job, const struct exec_args *args)
{
	int ntasks = args->ntasks, threaded = 0;

	*job = (struct exec_job){ .args = args };
	if (pip_isa_task()) {
		job->failure = EPERM;
		fprintf(stderr, "pip-exec: is a task itself, and cannot be a root: start it from a shell\n");
		return;
	}
	exec_signal_catch_child();
	job->failure = pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE);
	if (job->failure != 0) {
		fprintf(stderr, "pip-exec: cannot become the root of %d tasks: %s\n",
			ntasks, strerror(job->failure));
		return;
	}
	/* Threads would share the handlers, and end with us in any case. */
	pip_is_threaded(&threaded);
	if (args->suspend_on != 0)
		exec_signal_catch_also(args->suspend_on);
	if (!threaded)
		exec_signal_catch();
	job->failure = spawn_all(args);
	exec_signal_hold();
	if (job->failure != 0)
		kill_all(job);
}

/* Count one ended task in, and report it if that was by a signal. */
static void note_end(struct exec_job *job, int pipid, int status)
{
	if (WIFEXITED(status)) {
		if (WEXITSTATUS(status) > job->exit_status)
			job->exit_status = WEXITSTATUS(status);
		return;
	}
	if (!WIFSIGNALED(status))
		return;
	if (job->first_signal == 0)
		job->first_signal = WTERMSIG(status);
	/* What pip-exec itself brought about needs no line per task. */
	if (WTERMSIG(status) != job->fatal_signal && !job->killed)
		fprintf(stderr, "pip-exec: PIPID:%d signaled (%s)\n", pipid,
			strsignal(WTERMSIG(status)));
}

static void collect(struct exec_job *job)
{
	int pipid, status;

	while (pip_trywait_any(&pipid, &status) == 0)
		note_end(job, pipid, status);
}

static void suspend_all(const struct exec_job *job)
{
	int error = pip_suspend_all(job->args->suspend_on, 0, 0);

	if (error != 0)
		fprintf(stderr, "pip-exec: not all tasks could be suspended (%s); all go on\n",
			strerror(error));
}

static void pass_on(struct exec_job *job, struct exec_signal signal)
{
	if (signal.number == job->args->suspend_on) {
		suspend_all(job);
		return;
	}
	if (exec_signal_is_fatal(signal.number)) {
		if (job->fatal_signal == 0) {
			job->fatal_signal = signal.number;
			clock_gettime(CLOCK_MONOTONIC, &job->kill_at);
			job->kill_at.tv_sec += job->args->grace;
		} else {
			/* Asked again: no more patience. */
			kill_all(job);
			return;
		}
	}
	exec_tasks_kill(signal.number, signal.from_kernel);
	if (job->fatal_signal != 0) /* a stopped task could not end */
		exec_tasks_kill(SIGCONT, false);
	if (signal.number == SIGTSTP)
		exec_signal_suffer(SIGTSTP);
}

/* What is left of the grace time; false when it is over. */
static bool grace_left(const struct exec_job *job, struct timespec *left)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left->tv_sec = job->kill_at.tv_sec - now.tv_sec;
	left->tv_nsec = job->kill_at.tv_nsec - now.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_sec--;
		left->tv_nsec += 1000000000;
	}
	return left->tv_sec >= 0;
}

static void sleep_until_signal(struct exec_job *job)
{
	struct timespec left;

	if (job->killed) {
		/* Again and again: a dying task may just have spawned one. */
		left = (struct timespec){ .tv_nsec = 100000000 };
		exec_signal_wait(&left);
		exec_tasks_kill(SIGKILL, false);
	} else if (job->fatal_signal == 0) {
		exec_signal_wait(NULL);
	} else if (grace_left(job, &left)) {
		exec_signal_wait(&left);
	} else {
		fprintf(stderr, "pip-exec: %d task(s) did not end within %d s of %s: killed\n",
			exec_tasks_count(), job->args->grace,
			strsignal(job->fatal_signal));
		kill_all(job);
	}
}

void exec_job_run(struct exec_job *job)
{
	struct exec_signal signal;

	for (;;) {
		collect(job);
		while (exec_signal_take(&signal))
			pass_on(job, signal);
		if (exec_tasks_count() == 0)
			return;
		sleep_until_signal(job);
	}
}

int exec_job_finish(struct exec_job *job)
{
	pip_fin();
	if (job->failure != 0)
		return job->failure;
	if (job->fatal_signal != 0)
		exec_signal_suffer(job->fatal_signal);
	return job->first_signal != 0 ? job->first_signal : job->exit_status;
}
