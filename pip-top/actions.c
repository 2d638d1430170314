// SPDX-License-Identifier: BSD-2-Clause
/*
 * What acts on tasks, and only because the user has asked for just that:
 * signals, backtraces, a debugger.
 */
#include <config.h>

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ui.h"

#define TARGETS_MAX 65536
#define OUTPUT_MAX (4u << 20)

extern char **environ;

/* Who is to get a signal, by identity: a PID may be used again. */
struct target {
	struct top_identity who;
	uint64_t started;
};

static void target_set(struct target *target, const struct top_task *task)
{
	target->who = sample_identify(task);
	target->started = task->task->facts.started_ns;
}

static size_t targets_find(struct top *top, struct target *target)
{
	size_t n = 0, i, j;

	for (i = 0; i < top->sample.nprograms; i++) {
		const struct top_program *program = top->sample.program[i];

		for (j = 0; j < program->nthreads && n < TARGETS_MAX; j++)
			if (program->thread[j].tagged)
				target_set(&target[n++], &program->thread[j]);
		/* Tasks first, roots last: a root's death ends its tasks. */
		for (j = program->count; j-- > 0 && n < TARGETS_MAX;)
			if (program->task[j].tagged)
				target_set(&target[n++], &program->task[j]);
	}
	if (n == 0 && ui_current(top))
		target_set(&target[n++], ui_current(top));
	return n;
}

/* As pip-tgkill(1): to the task's own thread; to another if it is one. */
static int target_signal(struct top *top, const struct target *target,
			 int signal_number)
{
	const struct top_task *task = sample_find(&top->sample, &target->who);

	if (!task || task->task->facts.error || task->task->pid < 2 ||
	    task->task->tid < 2 ||
	    task->task->facts.started_ns != target->started)
		return ESRCH;
	return syscall(SYS_tgkill, task->task->pid, task->task->tid,
		       signal_number) == 0 ? 0 : errno;
}

void action_signal(struct top *top, int signal_number)
{
	struct target *target = calloc(TARGETS_MAX, sizeof(*target));
	size_t n, i, sent = 0;
	int error = 0;

	if (!target)
		pips_fail("out of memory");
	n = targets_find(top, target);
	/* The screen may be old: who is it now? */
	threads_forget_age(&top->sample);
	ui_refresh(top, true);
	for (i = 0; i < n; i++) {
		int one = target_signal(top, &target[i], signal_number);

		if (one)
			error = one;
		else
			sent++;
	}
	if (error)
		ui_say(top, true, "SIG%s sent to %zu of %zu: %s",
		       sigabbrev_np(signal_number), sent, n,
		       strerror(error));
	else
		ui_say(top, false, "SIG%s sent to %zu task%s",
		       sigabbrev_np(signal_number), sent,
		       sent == 1 ? "" : "s");
	free(target);
	top->next_sample = sample_clock() + 200000000u;
}

/* A tool beside this program, in its build directory, or where PATH says. */
static const char *tool_find(const char *folder, const char *name, char *path,
			     size_t size)
{
	char self[PATH_MAX], *own;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return name;
	self[n] = '\0';
	own = dirname(self);
	snprintf(path, size, "%s/../%s/%s", own, folder, name);
	if (access(path, X_OK) == 0)
		return path;
	snprintf(path, size, "%s/%s", own, name);
	return access(path, X_OK) == 0 ? path : name;
}

/* Its output into lines; returns its exit status, or 127. */
static int tool_capture(const char *tool, char *const *argv,
			struct top_lines *lines)
{
	posix_spawn_file_actions_t actions;
	char *text = malloc(OUTPUT_MAX + 1), *line, *next;
	int ends[2], status = 0, error;
	size_t used = 0;
	ssize_t n;
	pid_t pid;

	if (!text)
		pips_fail("out of memory");
	if (pipe2(ends, O_CLOEXEC) != 0) {
		free(text);
		return 127;
	}
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
	error = posix_spawnp(&pid, tool, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(ends[1]);
	while (!error && used < OUTPUT_MAX) {
		n = read(ends[0], text + used, OUTPUT_MAX - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	close(ends[0]);
	text[used] = '\0';
	if (error) {
		lines_add(lines, COLOR_BAD, "%s: %s", tool, strerror(error));
		free(text);
		return 127;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	for (line = text; *line; line = next) {
		char shown[1024];
		size_t length = strcspn(line, "\n");

		next = line + length + (line[length] == '\n');
		observer_escape_text(shown, sizeof(shown), line, length);
		lines_add(lines, COLOR_TEXT, "%s", shown);
	}
	free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void action_backtrace(struct top *top)
{
	const struct top_task *task = ui_current(top);
	char path[PATH_MAX + 64], pid[16], title[64];
	int status;

	if (ui_refuses(top, "a backtrace stops the task"))
		return;
	if (!task || task->task->pid <= 0)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)task->task->pid);
	snprintf(title, sizeof(title), "Backtrace of process %s", pid);
	ui_open_pager(top, title, NULL);
	status = tool_capture(tool_find("pips", "pips", path, sizeof(path)),
			      (char *const[]){ (char *)"pips", (char *)"-b",
			      (char *)"-p", pid, NULL }, &top->pager.lines);
	/* A pips without -b: bad usage. */
	if (status != 2 && status != 127)
		return;
	lines_clear(&top->pager.lines);
	tool_capture(tool_find("gdb", "pip-gdb", path, sizeof(path)),
		     (char *const[]){ (char *)"pip-gdb", (char *)"-p", pid,
		     (char *)"-batch", (char *)"-ex", (char *)"pip bt", NULL },
		     &top->pager.lines);
}

void action_gdb(struct top *top)
{
	const struct top_task *task = ui_current(top);
	char path[PATH_MAX + 64], pid[16];
	const char *tool;
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int status, error;
	pid_t child;

	if (ui_refuses(top, "a debugger stops the program"))
		return;
	if (!task || task->task->pid <= 0)
		return;
	snprintf(pid, sizeof(pid), "%d", (int)task->task->pid);
	tool = tool_find("gdb", "pip-gdb", path, sizeof(path));
	def_prog_mode();
	endwin();
	/* ^C is for the debugger. */
	sigaction(SIGINT, &ignore, &before);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	error = posix_spawnp(&child, tool, NULL, &attributes,
			     (char *const[]){ (char *)"pip-gdb", (char *)"-p",
			     pid, NULL }, environ);
	posix_spawnattr_destroy(&attributes);
	while (!error && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	sigaction(SIGINT, &before, NULL);
	reset_prog_mode();
	clearok(stdscr, TRUE);
	if (error)
		ui_say(top, true, "%s: %s", tool, strerror(error));
	top->next_sample = 0;
}
