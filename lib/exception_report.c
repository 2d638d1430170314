/* SPDX-License-Identifier: BSD-2-Clause */
#include "exception_report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "arch.h"
#include "blt_crash.h"
#include "exception_settings.h"
#include "line.h"
#include "plugin_crash.h"
#include "run.h"

#define STACK_SIZE (64ul << 10)

/* All in one mapping, which exists only if it is needed. */
struct reporter {
	struct exception_settings settings;
	pid_t pid;             /* whose it is: a child of fork() has a copy */
	_Atomic pid_t thread;  /* the one that reports */
	char run_stack[RUN_STACK_SIZE];
	char stack[STACK_SIZE]; /* for handlers, in an overflow of the other */
	struct line line, other_line; /* arguments of a program */
	size_t size;            /* of all this */
	char *envp[];           /* setenv(3) moves the program's own */
};
static struct reporter *reporter;

static void finish(struct line *line)
{
	if (!reporter->settings.quiet)
		line_write(line);
}

static void report_signal(const struct pip_slot *self, int sig)
{
	struct line line;

	line_begin(&line, self);
	line_put(&line, "Exception signal: SIG");
	line_put_signal(&line, sig);
	line_put(&line, " (");
	line_put_number(&line, sig);
	line_put(&line, ") !!");
	finish(&line);
}

static void report_failure(const struct pip_slot *self, const char *variable,
			   const char *path, int error)
{
	const char *name = strerrorname_np(error);
	struct line line;

	line_begin(&line, self);
	line_put(&line, variable);
	line_put(&line, ": '");
	line_put(&line, path);
	if (error == ETIMEDOUT) {
		line_put(&line, "' was killed after ");
		line_put_number(&line, (long)reporter->settings.time_limit);
		line_put(&line, " s (PIP_REPORT_TIMEOUT)");
	} else {
		line_put(&line, "' cannot be executed (");
		line_put(&line, name != NULL ? name : "?");
		line_put(&line, ")");
	}
	finish(&line);
}

static void show_maps(void)
{
	char text[4096];
	long n, fd = arch_syscall4(SYS_openat, AT_FDCWD, "/proc/self/maps",
				   O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	while ((n = arch_syscall3(SYS_read, fd, text, sizeof(text))) > 0)
		line_write_text(text, (size_t)n);
	arch_syscall1(SYS_close, fd);
}

/*
 * What a task of this root runs may trace this process, too, where Yama lets a
 * process trace its descendants only: whoever reports wants to show all stacks.
 * 0: nobody needs that.
 */
static pid_t find_tracer(const struct pip_slot *self,
			 const struct exception_settings *settings)
{
	return settings->pip_backtrace[0] != '\0' || settings->gdb[0] != '\0' ||
			       settings->show_pips ?
		       self->root->pid : 0;
}

static void run_program(const struct pip_slot *self, const char *variable,
			const char *path, const char *const *argv,
			bool may_trace)
{
	const struct exception_settings *settings = &reporter->settings;
	struct run run = { .path = path, .argv = (char *const *)argv,
			   .envp = reporter->envp,
			   .stack = reporter->run_stack,
			   .seconds = settings->time_limit,
			   .tracer = find_tracer(self, settings) };
	int error = run_and_wait(&run, may_trace);

	if (error != 0)
		report_failure(self, variable, path, error);
}

static void show_pips(const struct pip_slot *self, const char *pid)
{
	const char *argv[] = { "pips", "-l", "-p", pid, NULL };

	run_program(self, PIP_ENV_SHOW_PIPS, reporter->settings.pips, argv,
		    true);
}

static void run_pip_backtrace(const struct pip_slot *self, const char *tid,
			      const siginfo_t *info, const void *context)
{
	const struct exception_settings *settings = &reporter->settings;
	struct line *frame = &reporter->line, *limit = &reporter->other_line;
	const char *argv[] = {
		"pip-backtrace", "-p", tid, "--crash", frame->text,
		"--time-limit", limit->text, "--output",
		settings->backtrace_file,
		settings->backtrace_stops ? "--stop" : NULL, NULL
	};

	frame->used = limit->used = 0;
	line_put_hexadecimal(frame, (uint64_t)info);
	line_put(frame, ",");
	line_put_hexadecimal(frame, (uint64_t)context);
	frame->text[frame->used] = '\0';
	line_put_number(limit, (long)settings->time_limit);
	limit->text[limit->used] = '\0';
	run_program(self, "PIP_BACKTRACE", settings->pip_backtrace, argv, true);
}

/* TID of the thread: GDB then selects it, whichever of the task's it is. */
static void run_gdb(const struct pip_slot *self, const char *tid)
{
	const struct exception_settings *settings = &reporter->settings;
	const char *built_in[] = {
		settings->gdb, "-quiet", "-p", tid, "-batch",
		"-ex", "info inferiors", "-ex", "bt 100", "-ex", "detach",
		"-ex", "quit", NULL
	};
	const char *file[] = { settings->gdb, "-quiet", "-p", tid, "-x",
			       settings->command, "-batch", NULL };

	run_program(self, PIP_ENV_GDB_PATH, settings->gdb,
		    settings->command[0] != '\0' ? file : built_in, true);
}

/*
 * One thread of a process reports.  Others wait for the end that it brings;
 * if it gets an exception itself meanwhile, that is the end.
 */
static bool is_first(void)
{
	struct timespec pause = { 0, 10 * 1000 * 1000 };
	pid_t self = (pid_t)arch_syscall1(SYS_gettid, 0), thread = 0;

	while (!atomic_compare_exchange_strong(&reporter->thread, &thread,
					       self)) {
		if (thread == self)
			return false;
		arch_syscall2(SYS_nanosleep, &pause, NULL);
		/* In thread mode it may have been ended with its task. */
		if (arch_syscall3(SYS_tgkill, reporter->pid, thread, 0) !=
		    -ESRCH)
			thread = 0;
	}
	return true;
}

/* The state of a thread in /proc/TID/stat says that it will not go on. */
static bool is_zombie(pid_t tid)
{
	struct line path = { .used = 0 };
	char text[512], *at;
	long n, fd;

	line_put(&path, "/proc/");
	line_put_number(&path, tid);
	line_put(&path, "/stat");
	path.text[path.used] = '\0';
	fd = arch_syscall4(SYS_openat, AT_FDCWD, path.text,
			   O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT;
	n = arch_syscall3(SYS_read, fd, text, sizeof(text));
	arch_syscall1(SYS_close, fd);
	/* "pid (comm) S ...", and comm may hold anything (proc(5)). */
	for (at = text + (n > 0 ? n : 0); at > text && at[-1] != ')'; at--)
		;
	return at > text && at + 1 < text + n && (at[1] == 'Z' || at[1] == 'X');
}

/* All processes of a program report one after the other: one report is not to
 * be in the middle of another, and debuggers would be in each other's way. */
static void take_turn(struct pip_root *root)
{
	struct timespec pause = { 0, 5 * 1000 * 1000 };
	pid_t self = (pid_t)arch_syscall1(SYS_gettid, 0), holder = 0;

	while (!atomic_compare_exchange_strong(&root->reporter, &holder, self)) {
		/* It may have been killed meanwhile. */
		if (arch_syscall2(SYS_tkill, holder, 0) == -ESRCH ||
		    is_zombie(holder))
			atomic_compare_exchange_strong(&root->reporter, &holder,
						       0);
		else
			arch_syscall2(SYS_nanosleep, &pause, NULL);
		holder = 0;
	}
}

void exception_report(const struct pip_slot *self, int sig,
		      const siginfo_t *info, const void *context)
{
	const struct exception_settings *settings;
	struct line number = { .used = 0 };

	if (reporter == NULL ||
	    arch_syscall1(SYS_getpid, 0) != reporter->pid || !is_first())
		return;
	settings = &reporter->settings;
	take_turn(self->root);
	line_put_number(&number, arch_syscall1(SYS_gettid, 0));
	number.text[number.used] = '\0';
	report_signal(self, sig);
	if (settings->show_maps)
		show_maps();
	if (settings->show_pips)
		show_pips(self, number.text);
	if (settings->pip_backtrace[0] != '\0' && sig < 64 &&
	    (settings->backtrace_signals >> sig & 1) != 0)
		run_pip_backtrace(self, number.text, info, context);
	if (settings->gdb[0] != '\0' && sig < 64 &&
	    (settings->gdb_signals >> sig & 1) != 0)
		run_gdb(self, number.text);
	atomic_store(&self->root->reporter, 0);
	/* There only the task ends now. */
	if (root_is_threaded(self->root))
		atomic_store(&reporter->thread, 0);
}

/*
 * The wait status is to be the kernel's, a core dump included.  A fault comes
 * again by itself when the handler returns, with the registers as they were.
 */
void exception_take_default_action(int sig, const siginfo_t *info)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	bool is_fault = info->si_code > 0 &&
			(sig == SIGSEGV || sig == SIGBUS || sig == SIGILL ||
			 sig == SIGFPE);

	sigaction(sig, &action, NULL);
	/* It is blocked until the handler has returned. */
	if (!is_fault)
		arch_syscall3(SYS_tgkill, arch_syscall1(SYS_getpid, 0),
			      arch_syscall1(SYS_gettid, 0), sig);
}

static void handle(int sig, siginfo_t *info, void *context)
{
	if (pip_self != NULL) {
		blt_crash_report(pip_self, sig, context);
		plugin_crash_report(sig, info, context);
		exception_report(pip_self, sig, info, context);
	}
	exception_take_default_action(sig, info);
}

static void install_handlers(void)
{
	struct sigaction action = {
		.sa_sigaction = handle,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART,
	};
	stack_t stack = { .ss_sp = reporter->stack,
			  .ss_size = sizeof(reporter->stack) }, old;

	if (sigaltstack(NULL, &old) == 0 && (old.ss_flags & SS_DISABLE) != 0)
		sigaltstack(&stack, NULL);
	/* Signals for the whole process that come meanwhile wait; a fault
	 * cannot, and is the end at once. */
	sigfillset(&action.sa_mask);
	for (unsigned i = 0; i < exception_signals_count; i++) {
		struct sigaction before;
		int sig = exception_signals[i].number;

		if (sigaction(sig, NULL, &before) == 0 &&
		    (before.sa_flags & SA_SIGINFO) == 0 &&
		    before.sa_handler == SIG_DFL)
			sigaction(sig, &action, NULL);
	}
}

void exception_report_start(struct pip_slot *self, char **envp, bool install)
{
	size_t count = 0, size;
	void *at;

	if (!exception_settings_exist(envp))
		return;
	while (envp[count] != NULL)
		count++;
	size = sizeof(*reporter) + (count + 1) * sizeof(*envp);
	at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return;
	reporter = at;
	reporter->size = size;
	reporter->pid = getpid();
	memcpy(reporter->envp, envp, count * sizeof(*envp));
	if (!exception_settings_read(&reporter->settings, self->root, envp,
				     slot_is_root(self))) {
		munmap(reporter, size);
		reporter = NULL;
		return;
	}
	(void)strerrorname_np(0); /* bound now, not in the handler */
	/* Fails where there is no Yama: then it is not needed. */
	if (find_tracer(self, &reporter->settings) != 0)
		prctl(PR_SET_PTRACER, self->root->pid, 0, 0, 0);
	plugin_crash_stop();
	if (install)
		install_handlers();
}

void exception_report_stop(void)
{
	struct sigaction action = { .sa_handler = SIG_DFL }, now;
	stack_t stack, none = { .ss_flags = SS_DISABLE };

	if (reporter == NULL)
		return;
	for (unsigned i = 0; i < exception_signals_count; i++)
		if (sigaction(exception_signals[i].number, NULL, &now) == 0 &&
		    (now.sa_flags & SA_SIGINFO) != 0 &&
		    now.sa_sigaction == handle)
			sigaction(exception_signals[i].number, &action, NULL);
	if (sigaltstack(NULL, &stack) == 0 && stack.ss_sp == reporter->stack)
		sigaltstack(&none, NULL);
	munmap(reporter, reporter->size);
	reporter = NULL;
	plugin_crash_start();
}
