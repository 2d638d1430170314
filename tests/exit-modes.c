/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each way to end, in each mode: the status word that the root gets is the
 * same, hooks run as often as they should, and the root and another task go on.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "capture.h"
#include "role.h"
#include "self.h"

enum { PROCESS = 1, THREAD = 2, BOTH = 3 };

static struct {
	_Atomic int before, after, exit_handlers, ticks, leave;
	_Atomic int still; /* threads of a task that count on */
} seen;
static typeof(seen) *shared; /* in a task: the root's */

static void count_exit_handler(void)
{
	shared->exit_handlers++;
}

static void *run_for_ever(void *arg)
{
	for (;;) {
		shared->still++;
		check_sleep_ms(1);
	}
	return arg;
}

/* Makes no system call at all. */
static void *spin(void *arg)
{
	for (;;)
		__asm__ volatile("pause");
	return arg;
}

/* Has all signals blocked that can be. */
static void *block_signals(void *arg)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	return run_for_ever(arg);
}

static void start(void *(*run)(void *))
{
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, run, NULL) == 0);
}

static void end_return(void)
{
}

static void end_exit(void)
{
	exit(18);
}

static void end_underscore(void)
{
	_exit(19);
}

static void end_capital(void)
{
	_Exit(20);
}

static void end_quick(void)
{
	quick_exit(21);
}

static void end_pip_exit(void)
{
	pip_exit(22);
}

static void end_pthread_exit(void)
{
	pthread_exit(NULL);
}

static void end_large(void)
{
	exit(0x1234);
}

static void end_negative(void)
{
	_exit(-1);
}

static void end_threads(void)
{
	start(run_for_ever);
	start(spin);
	start(block_signals);
	check_sleep_ms(3);
}

static void end_threads_underscore(void)
{
	end_threads();
	_exit(23);
}

static void *exit_24(void *arg)
{
	(void)arg;
	exit(24);
}

static void end_second(void)
{
	start(spin);
	start(exit_24);
	for (;;)
		pause();
}

static void *underscore_25(void *arg)
{
	(void)arg;
	_exit(25);
}

static void end_second_underscore(void)
{
	start(underscore_25);
	run_for_ever(NULL);
}

static void *pip_exit_26(void *arg)
{
	(void)arg;
	pip_exit(26);
}

static void end_second_pip_exit(void)
{
	start(pip_exit_26);
	run_for_ever(NULL);
}

/* The task goes on without its first thread. */
static void *count_and_exit(void *arg)
{
	(void)arg;
	for (int i = 0; i < 10; i++) {
		check_sleep_ms(1);
		shared->ticks++;
	}
	exit(27);
}

static void *count(void *arg)
{
	for (int i = 0; i < 10; i++) {
		check_sleep_ms(1);
		shared->ticks++;
	}
	return arg;
}

static void end_first_leaves(void)
{
	start(count_and_exit);
	pthread_exit(NULL);
}

static void end_all_leave(void)
{
	start(count);
	pthread_exit(NULL);
}

static void end_fork(void)
{
	for (volatile int i = 0; i < 3; i++) {
		pid_t pid = fork();
		int status = -1;

		if (pid == 0)
			exit(i);
		NEED(waitpid(pid, &status, 0) == pid);
		CHECK_STATUS(status, EXITED(i));
		pid = vfork();
		if (pid == 0)
			_exit(40 + i);
		NEED(waitpid(pid, &status, 0) == pid);
		CHECK_STATUS(status, EXITED(40 + i));
	}
}

/* Nobody can tell anybody. */
static void end_by_system_call(void)
{
	syscall(SYS_exit, 0);
}

static void end_descriptors_used_up(void)
{
	struct rlimit before, limit;

	end_threads();
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void end_segv_null(void)
{
	*(volatile int *)(uintptr_t)getenv("PIP_TEST_NO_SUCH") = 1;
}

static void end_call_null(void)
{
	void (*volatile function)(void) = NULL;

	function();
}

static void end_not_canonical(void)
{
	*(volatile int *)0x1234567812345678 = 1;
}

static void end_bus(void)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	close(fd);
	(void)*page;
}

static void end_fpe(void)
{
	volatile int zero = 0, hundred = 100, result = hundred / zero;

	(void)result;
}

static void end_ill(void)
{
	__builtin_trap();
}

static void end_trap(void)
{
	raise(SIGTRAP);
}

static void end_pipe(void)
{
	int fds[2];

	NEED(pipe(fds) == 0);
	close(fds[0]);
	if (write(fds[1], "x", 1) < 0)
		_exit(1);
}

static volatile int depth;

__attribute__((noinline)) static int recurse(int n)
{
	volatile char frame[2000];

	frame[n % 2000] = (char)n;
	depth = n;
	return n < 0 ? 0 : recurse(n + 1) + frame[(n + 1) % 2000];
}

static void end_overflow(void)
{
	recurse(0);
}

static void *overflow(void *arg)
{
	recurse(0);
	return arg;
}

static void end_second_overflow(void)
{
	start(overflow);
	run_for_ever(NULL);
}

static void *fault(void *arg)
{
	end_segv_null();
	return arg;
}

static void end_second_fault(void)
{
	start(spin);
	start(fault);
	run_for_ever(NULL);
}

static void end_first_left_fault(void)
{
	start(fault);
	pthread_exit(NULL);
}

#define DEFINE_RAISE(name, sig)       \
	static void end_##name(void)  \
	{                             \
		raise(sig);           \
	}

DEFINE_RAISE(hup, SIGHUP)
DEFINE_RAISE(int, SIGINT)
DEFINE_RAISE(quit, SIGQUIT)
DEFINE_RAISE(usr1, SIGUSR1)
DEFINE_RAISE(usr2, SIGUSR2)
DEFINE_RAISE(alrm, SIGALRM)
DEFINE_RAISE(term, SIGTERM)
DEFINE_RAISE(stkflt, SIGSTKFLT)
DEFINE_RAISE(xcpu, SIGXCPU)
DEFINE_RAISE(xfsz, SIGXFSZ)
DEFINE_RAISE(vtalrm, SIGVTALRM)
DEFINE_RAISE(prof, SIGPROF)
DEFINE_RAISE(io, SIGIO)
DEFINE_RAISE(pwr, SIGPWR)
DEFINE_RAISE(sys, SIGSYS)
DEFINE_RAISE(rtmin, SIGRTMIN)
DEFINE_RAISE(rtmax, SIGRTMAX)

static void end_wait(void)
{
	shared->ticks++;
	for (;;)
		pause();
}

static void end_catch(void)
{
	struct sigaction action = { .sa_handler = _exit };

	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR2);
}

/* In one process, these end everybody. */
static void end_abort(void)
{
	abort();
}

static void end_kill(void)
{
	kill(getpid(), SIGKILL);
}

static void end_execve(void)
{
	execl("/bin/sh", "sh", "-c", "exit 33", (char *)NULL);
}

static void end_exit_group(void)
{
	syscall(SYS_exit_group, 34);
}

static const struct way {
	const char *name;
	int status;
	void (*end)(void);
	int after; /* how often the after hook runs, and exit handlers */
	int ticks; /* what it has to have done */
	int signal; /* that the root sends by pip_kill() */
	int modes;
} ways[] = {
	{ "return", EXITED(17), end_return, 1, 0, 0, BOTH },
	{ "exit", EXITED(18), end_exit, 1, 0, 0, BOTH },
	{ "_exit", EXITED(19), end_underscore, 0, 0, 0, BOTH },
	{ "_Exit", EXITED(20), end_capital, 0, 0, 0, BOTH },
	{ "quick_exit", EXITED(21), end_quick, 0, 0, 0, BOTH },
	{ "pip_exit", EXITED(22), end_pip_exit, 1, 0, 0, BOTH },
	{ "pthread_exit", EXITED(0), end_pthread_exit, 1, 0, 0, BOTH },
	{ "large", EXITED(0x34), end_large, 1, 0, 0, BOTH },
	{ "negative", EXITED(255), end_negative, 0, 0, 0, BOTH },
	{ "threads", EXITED(17), end_threads, 1, 0, 0, BOTH },
	{ "threads-_exit", EXITED(23), end_threads_underscore, 0, 0, 0, BOTH },
	{ "second", EXITED(24), end_second, 1, 0, 0, BOTH },
	{ "second-_exit", EXITED(25), end_second_underscore, 0, 0, 0, BOTH },
	{ "second-pip_exit", EXITED(26), end_second_pip_exit, 1, 0, 0, BOTH },
	{ "first-leaves", EXITED(27), end_first_leaves, 1, 10, 0, BOTH },
	{ "all-leave", EXITED(0), end_all_leave, 1, 10, 0, BOTH },
	{ "fork", EXITED(17), end_fork, 1, 0, 0, BOTH },
	{ "system-call", EXITED(0), end_by_system_call, 0, 0, 0, BOTH },
	{ "no-fd", EXITED(17), end_descriptors_used_up, 1, 0, 0, BOTH },
	{ "segv-null", KILLED(SIGSEGV), end_segv_null, 0, 0, 0, BOTH },
	{ "call-null", KILLED(SIGSEGV), end_call_null, 0, 0, 0, BOTH },
	{ "not-canonical", KILLED(SIGSEGV), end_not_canonical, 0, 0, 0, BOTH },
	{ "bus", KILLED(SIGBUS), end_bus, 0, 0, 0, BOTH },
	{ "fpe", KILLED(SIGFPE), end_fpe, 0, 0, 0, BOTH },
	{ "ill", KILLED(SIGILL), end_ill, 0, 0, 0, BOTH },
	{ "trap", KILLED(SIGTRAP), end_trap, 0, 0, 0, BOTH },
	{ "pipe", KILLED(SIGPIPE), end_pipe, 0, 0, 0, BOTH },
	{ "overflow", KILLED(SIGSEGV), end_overflow, 0, 0, 0, BOTH },
	{ "second-overflow", KILLED(SIGSEGV), end_second_overflow, 0, 0, 0,
	  BOTH },
	{ "second-fault", KILLED(SIGSEGV), end_second_fault, 0, 0, 0, BOTH },
	{ "first-left-fault", KILLED(SIGSEGV), end_first_left_fault, 0, 0, 0,
	  BOTH },
	{ "hup", KILLED(SIGHUP), end_hup, 0, 0, 0, BOTH },
	{ "int", KILLED(SIGINT), end_int, 0, 0, 0, BOTH },
	{ "quit", KILLED(SIGQUIT), end_quit, 0, 0, 0, BOTH },
	{ "usr1", KILLED(SIGUSR1), end_usr1, 0, 0, 0, BOTH },
	{ "usr2", KILLED(SIGUSR2), end_usr2, 0, 0, 0, BOTH },
	{ "alrm", KILLED(SIGALRM), end_alrm, 0, 0, 0, PROCESS },
	{ "term", KILLED(SIGTERM), end_term, 0, 0, 0, BOTH },
	{ "stkflt", KILLED(SIGSTKFLT), end_stkflt, 0, 0, 0, BOTH },
	{ "xcpu", KILLED(SIGXCPU), end_xcpu, 0, 0, 0, BOTH },
	{ "xfsz", KILLED(SIGXFSZ), end_xfsz, 0, 0, 0, BOTH },
	{ "vtalrm", KILLED(SIGVTALRM), end_vtalrm, 0, 0, 0, BOTH },
	{ "prof", KILLED(SIGPROF), end_prof, 0, 0, 0, BOTH },
	{ "io", KILLED(SIGIO), end_io, 0, 0, 0, BOTH },
	{ "pwr", KILLED(SIGPWR), end_pwr, 0, 0, 0, BOTH },
	{ "sys", KILLED(SIGSYS), end_sys, 0, 0, 0, BOTH },
	{ "rtmin", KILLED(34), end_rtmin, 0, 0, 0, BOTH },
	{ "rtmax", KILLED(64), end_rtmax, 0, 0, 0, BOTH },
	{ "pip_kill-term", KILLED(SIGTERM), end_wait, 0, 1, SIGTERM, BOTH },
	{ "pip_kill-int", KILLED(SIGINT), end_wait, 0, 1, SIGINT, BOTH },
	/* A handler that a task has set does not outlive it. */
	{ "catch", EXITED(SIGUSR2), end_catch, 0, 0, 0, BOTH },
	{ "usr2-again", KILLED(SIGUSR2), end_usr2, 0, 0, 0, BOTH },
	{ "abort", KILLED(SIGABRT), end_abort, 0, 0, 0, PROCESS },
	{ "kill", KILLED(SIGKILL), end_kill, 0, 0, 0, PROCESS },
	{ "execve", EXITED(33), end_execve, 0, 0, 0, PROCESS },
	{ "exit_group", EXITED(34), end_exit_group, 0, 0, 0, PROCESS },
};
#define NWAYS (int)(sizeof(ways) / sizeof(ways[0]))

static int before_hook(void *arg)
{
	(void)arg;
	seen.before++;
	return 0;
}

static int after_hook(void *arg)
{
	(void)arg;
	seen.after++;
	return 0;
}

static int refusing_hook(void *arg)
{
	(void)arg;
	return 42;
}

static int exiting_hook(void *arg)
{
	(void)arg;
	_exit(43);
}

static int faulting_hook(void *arg)
{
	end_segv_null();
	(void)arg;
	return 0;
}

static int spawn(const char *path, const char *what, pip_spawnhook_t before,
		 int *pipidp)
{
	char *argv[] = { role_path, "task", (char *)what, NULL };

	return pip_spawn((char *)path, argv, NULL, PIP_CPUCORE_ASIS, pipidp,
			 before, after_hook, NULL);
}

static void check_way(const struct way *way, int round)
{
	int pipid = PIP_PIPID_ANY, status = -1, which = -1, before = check_failures;
	struct rlimit limit;

	seen.before = seen.after = seen.exit_handlers = seen.ticks = 0;
	getrlimit(RLIMIT_NOFILE, &limit);
	CHECK_ERROR(spawn(role_path, way->name, before_hook, &pipid), 0);
	if (way->signal != 0) {
		CHECK_EVENTUALLY(seen.ticks != 0);
		CHECK_ERROR(pip_kill(pipid, way->signal), 0);
	}
	if (round % 2) {
		CHECK_ERROR(pip_wait(pipid, &status), 0);
	} else {
		CHECK_ERROR(pip_wait_any(&which, &status), 0);
		CHECK_INT(which, pipid);
	}
	setrlimit(RLIMIT_NOFILE, &limit);
	CHECK_STATUS(status, way->status);
	CHECK_INT(self_entry(pipid)->state, PIP_STATE_ENDED);
	CHECK_STATUS(self_entry(pipid)->wait_status, way->status);
	CHECK_ERROR(pip_kill(pipid, 0), ESRCH);
	CHECK_ERROR(pip_wait(pipid, &status), ECHILD);
	CHECK_INT(seen.before, 1);
	CHECK_INT(seen.after, way->after);
	CHECK_INT(seen.exit_handlers, way->after);
	CHECK_INT(seen.ticks, way->ticks);
	/* Its threads have ended with it. */
	seen.still = 0;
	if (strncmp(way->name, "threads", 7) == 0)
		check_sleep_ms(5);
	CHECK_INT(seen.still, 0);
	if (check_failures != before)
		check_say("that was '%s', mode %s", way->name,
			  pip_get_mode_str());
}

/* Copy this program to path, made to need a library that does not exist. */
static void copy_without_library(char *path)
{
	static const char have[] = "libpip.so.0", want[] = "libgon.so.0";
	int from = open(role_path, O_RDONLY | O_CLOEXEC), to = mkstemp(path);
	off_t size = lseek(from, 0, SEEK_END);
	char *image = malloc((size_t)size), *at;

	NEED(pread(from, image, (size_t)size, 0) == size);
	while ((at = memmem(image, (size_t)size, have, sizeof(have))) != NULL)
		memcpy(at, want, sizeof(want));
	NEED(write(to, image, (size_t)size) == size && fchmod(to, 0755) == 0);
	close(from);
	close(to);
	free(image);
}

/* What never gets as far as main(). */
static void check_not_started(void)
{
	int pipid = PIP_PIPID_ANY, status = -1;
	char path[] = "/tmp/pip-test.XXXXXX";
	static const struct {
		pip_spawnhook_t before;
		int status;
	} hooks[] = {
		{ refusing_hook, EXITED(42) }, { exiting_hook, EXITED(43) },
	};

	seen.after = 0;
	for (int i = 0; i < 2; i++) {
		pipid = PIP_PIPID_ANY;
		CHECK_ERROR(spawn(role_path, "return", hooks[i].before, &pipid),
			    i == 0 ? 0 : ELIBEXEC);
		if (i == 0) {
			CHECK_ERROR(pip_wait(pipid, &status), 0);
			CHECK_STATUS(status, hooks[i].status);
		}
	}
	pipid = PIP_PIPID_ANY;
	CHECK_ERROR(spawn(role_path, "return", faulting_hook, &pipid),
		    ELIBEXEC);
	CHECK_INT(seen.after, 0);
	/* A library is missing: its loader ends it. */
	copy_without_library(path);
	capture_begin();
	pipid = PIP_PIPID_ANY;
	CHECK_ERROR(spawn(path, "return", before_hook, &pipid), ELIBEXEC);
	CHECK_CONTAINS(capture_end(), "loader gave up");
	unlink(path);
	CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
	CHECK_INT(pipid, 0); /* the witness: there is no other task */
	CHECK_STATUS(status, EXITED(0));
}

static int play_mode(int argc, char **argv)
{
	int mode = atoi(argv[1]), witness = 0, rounds = 2, ntasks = 3;

	(void)argc;
	check_start();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL,
			     mode == THREAD ? PIP_MODE_PTHREAD :
					      PIP_MODE_PROCESS),
		    0);
	CHECK_ERROR(pip_export(&seen), 0);
	CHECK_ERROR(role_spawn(&witness, "witness", NULL), 0);
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < NWAYS; i++)
			if ((ways[i].modes & mode) != 0)
				check_way(&ways[i], round + i);
	CHECK_ERROR(pip_trywait(witness, NULL), ECHILD);
	seen.leave = 1;
	check_not_started();
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };

	(void)argc;
	setrlimit(RLIMIT_CORE, &no_core);
	shared = role_shared();
	atexit(count_exit_handler);
	for (int i = 0; i < NWAYS; i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			ways[i].end();
	return check_failures != 0 ? 98 : 17;
}

static int play_witness(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	self_witness(&shared->leave);
	return check_finish();
}

/* A root in thread mode whose task ends everybody. */
static int play_all(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };
	int ntasks = 3, status = -1;

	(void)argc;
	setrlimit(RLIMIT_CORE, &no_core);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_MODE_PTHREAD), 0);
	CHECK_ERROR(pip_export(&seen), 0);
	CHECK_ERROR(role_spawn(NULL, "witness", NULL), 0);
	CHECK_ERROR(role_spawn(NULL, "task", argv[1], NULL), 0);
	pip_wait_any(NULL, &status);
	return 97;
}

static int play_test(int argc, char **argv)
{
	static const struct {
		const char *way;
		int status;
	} all[] = {
		{ "abort", KILLED(SIGABRT) }, { "kill", KILLED(SIGKILL) },
		{ "execve", EXITED(33) }, { "exit_group", EXITED(34) },
	};

	(void)argc, (void)argv;
	unsetenv("PIP_MODE");
	CHECK_STATUS(role_join(role_exec("mode", "1", NULL)), EXITED(0));
	CHECK_STATUS(role_join(role_exec("mode", "2", NULL)), EXITED(0));
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK_STATUS(role_join(role_exec("all", all[i].way, NULL)),
			     all[i].status);
	return check_finish();
}

static const struct role roles[] = {
	{ "test", play_test }, { "mode", play_mode }, { "task", play_task },
	{ "witness", play_witness }, { "all", play_all }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
