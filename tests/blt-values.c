/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a context sees wherever it runs: thread-local variables, errno, floating
 * point modes, stack and libc are its own; PID, descriptors, directory and
 * signal mask are those of its kernel thread, so its own while it is coupled.
 */
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <xmmintrin.h>

#include "blt-check.h"

#define NULPS 6
#define ROUNDS 300
#define FD 55 /* each process has its own file there */

struct shared {
	pip_barrier_t barrier;
	pip_task_queue_t parked;
	char directory[64];
};

static struct shared *shared;
static __thread int thread_local_zero;
static __thread long thread_local_data = 4711;
static int global;

/* --- Floating point --------------------------------------------------------- */

static unsigned get_x87_control(void)
{
	unsigned short control;

	__asm__ volatile("fnstcw %0" : "=m"(control));
	return control;
}

static void set_x87_control(unsigned value)
{
	unsigned short control = (unsigned short)value;

	__asm__ volatile("fldcw %0" : : "m"(control));
}

/* Control bits; the others are status, which a call may change. */
#define MXCSR_CONTROL 0xffc0u

static unsigned own_mxcsr(int pipid)
{
	static const unsigned rounding[] = { _MM_ROUND_NEAREST, _MM_ROUND_DOWN,
					     _MM_ROUND_UP,
					     _MM_ROUND_TOWARD_ZERO };

	return 0x1f80u | rounding[pipid % 4] |
	       (pipid % 3 == 0 ? _MM_FLUSH_ZERO_ON : 0);
}

static unsigned own_x87(int pipid)
{
	/* Rounding, and precision: single, double, extended. */
	return 0x007fu | ((unsigned)pipid % 4) << 10 |
	       (unsigned)(pipid % 3 == 1 ? 0 : pipid % 3 + 1) << 8;
}

static void set_own_modes(int pipid)
{
	_mm_setcsr(own_mxcsr(pipid));
	set_x87_control(own_x87(pipid));
}

static void check_own_modes(int pipid)
{
	CHECK_INT(_mm_getcsr() & MXCSR_CONTROL,
		  own_mxcsr(pipid) & MXCSR_CONTROL);
	CHECK_INT(get_x87_control() & ~0x40u, own_x87(pipid) & ~0x40u);
}

static void set_modes_back(void)
{
	_mm_setcsr(0x1f80);
	set_x87_control(0x037f);
}

/* --- What is the context's own ---------------------------------------------- */

static void check_stack(void)
{
	const struct pip_table_entry *entry = blt_entry(blt_pipid());
	char here, *low;
	pthread_attr_t attr;
	size_t size;
	void *at;

	NEED(pthread_getattr_np(pthread_self(), &attr) == 0);
	NEED(pthread_attr_getstack(&attr, &at, &size) == 0);
	NEED(pthread_attr_destroy(&attr) == 0);
	low = at;
	CHECK(&here >= low && &here < low + size);
	CHECK((uint64_t)low < entry->stack_high &&
	      (uint64_t)low + size <= entry->stack_high);
	CHECK((uint64_t)&here >= entry->stack_low &&
	      (uint64_t)&here < entry->stack_high);
}

static void check_libc(int pipid, int round)
{
	size_t size = 1 + (size_t)(pipid * 8191 + round * 97) % 100000;
	char text[32], expected[32], *memory = malloc(size);
	long number;

	CHECK_OR_STOP(memory != NULL);
	memset(memory, pipid, size);
	CHECK(pip_yield(PIP_YIELD_USER) != EPERM);
	CHECK_INT(memory[size - 1], pipid);
	memory = realloc(memory, size * 2);
	CHECK_OR_STOP(memory != NULL);
	CHECK_INT(memory[size - 1], pipid);
	free(memory);
	snprintf(text, sizeof(text), "%d:%.3f:%s", pipid, round / 8.0, "x");
	snprintf(expected, sizeof(expected), "%d:%d.%03d:x", pipid, round / 8,
		 round % 8 * 125);
	CHECK_STR(text, expected);
	number = strtol("12z", NULL, 36);
	CHECK_INT(number, 1 * 36 * 36 + 2 * 36 + 35);
	CHECK_STR(setlocale(LC_ALL, NULL), pipid % 2 ? "C.UTF-8" : "C");
	errno = 0;
	CHECK_INT(close(-1), -1);
	CHECK_INT(errno, EBADF);
}

struct values {
	int errno_value;
	void *errno_address;
	pthread_t self;
};

static void check_values(const struct values *values, int pipid, int round)
{
	int error = errno;

	CHECK_INT(error, values->errno_value);
	CHECK_PTR(&errno, values->errno_address);
	CHECK(pthread_equal(pthread_self(), values->self));
	CHECK_INT(thread_local_zero, pipid * 1000 + round);
	CHECK_INT(thread_local_data, 4711 + pipid);
	CHECK_INT(global, pipid);
	CHECK_PTR(pip_task_self(), blt_handle(pipid));
	CHECK_INT(blt_pipid(), pipid);
	CHECK(sched_getcpu() >= 0 && sched_getcpu() < CPU_SETSIZE);
}

/* --- What is the kernel thread's -------------------------------------------- */

/* Make the caller's process recognisable; in thread mode, its thread. */
static void mark_process(int number)
{
	char path[128];
	sigset_t mask;
	int fd;

	sigemptyset(&mask);
	sigaddset(&mask, SIGRTMIN + number + 1);
	NEED(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
	if (self_is_threaded())
		return;
	snprintf(path, sizeof(path), "%s/%d", shared->directory, number + 1);
	NEED(mkdir(path, 0700) == 0 && chdir(path) == 0);
	fd = open(".", O_RDONLY | O_DIRECTORY);
	NEED(fd >= 0 && dup2(fd, FD) == FD && close(fd) == 0);
	NEED(umask(0100 + (mode_t)number) != (mode_t)-1);
}

/* What the process has of its own, and is everybody's in thread mode. */
static void check_files(int number)
{
	char path[128], cwd[PATH_MAX], target[PATH_MAX];
	struct stat here, at_fd;
	mode_t old;

	snprintf(path, sizeof(path), "%s/%d", shared->directory, number + 1);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK_STR(cwd, realpath(path, target));
	CHECK(stat(".", &here) == 0 && fstat(FD, &at_fd) == 0);
	CHECK_INT(here.st_ino, at_fd.st_ino);
	old = umask(0100 + (mode_t)number);
	CHECK_INT(old, 0100 + number);
}

static void check_process(int number, const struct pip_table_entry *entry)
{
	sigset_t mask;

	CHECK_INT(getpid(), entry->pid);
	CHECK_INT(gettid(), entry->tid);
	NEED(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	for (int i = 0; i <= NULPS + 1; i++)
		CHECK_INT(sigismember(&mask, SIGRTMIN + i), i == number + 1);
	if (!self_is_threaded())
		check_files(number);
}

/* --- Roles ------------------------------------------------------------------ */

static int play_ulp(int argc, char **argv)
{
	int pipid = blt_pipid(), domain = blt_domain();
	const struct pip_table_entry *entry, *scheduler;
	struct values values;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_INT(domain, pipid % 2 ? NULPS : PIP_PIPID_ROOT);
	entry = blt_entry(pipid);
	scheduler = blt_entry(domain);
	CHECK_ERROR(pip_couple(), 0);
	mark_process(pipid);
	CHECK_ERROR(pip_decouple(NULL), 0);
	NEED(setlocale(LC_ALL, pipid % 2 ? "C.UTF-8" : "C") != NULL);
	CHECK_INT(thread_local_zero, 0);
	CHECK_INT(thread_local_data, 4711);
	thread_local_data += pipid;
	global = pipid;
	values.errno_address = &errno;
	values.self = pthread_self();
	set_own_modes(pipid);
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	for (int round = 0; round < ROUNDS; round++) {
		int error;

		thread_local_zero = pipid * 1000 + round;
		errno = values.errno_value = 100 + pipid;
		/* Others of the domain yield, too. */
		error = pip_yield(round % 2 ? PIP_YIELD_USER :
					      PIP_YIELD_DEFAULT);
		CHECK(error == EINTR || error == 0);
		check_values(&values, pipid, round);
		check_own_modes(pipid);
		check_stack();
		check_process(domain == NULPS ? NULPS : -1, scheduler);
		check_libc(pipid, round);
		errno = values.errno_value;
		CHECK_ERROR(pip_couple(), 0);
		check_values(&values, pipid, round);
		check_own_modes(pipid);
		check_stack();
		CHECK_INT(blt_domain(), pipid);
		check_process(pipid, entry);
		check_libc(pipid, round);
		errno = values.errno_value;
		CHECK_ERROR(pip_decouple(NULL), 0);
		check_values(&values, pipid, round);
		check_own_modes(pipid);
		CHECK_INT(blt_domain(), domain);
	}
	set_modes_back();
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	return check_finish() != 0 ? 1 : 20 + pipid;
}

/* Alone in its domain, nothing switches; with another one, it does. */
static int play_pair(int argc, char **argv)
{
	int n = 0;

	(void)argc;
	shared = role_shared();
	CHECK_ERROR(pip_count_runnable_tasks(&n), 0);
	/* 0: it and the root; 1: both of them. */
	while (strcmp(argv[1], "0") == 0 && n < 3)
		CHECK_ERROR(pip_count_runnable_tasks(&n), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_ERROR(pip_yield(PIP_YIELD_USER), EINTR);
		CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), EINTR);
		CHECK_ERROR(pip_yield_to(NULL), EINTR);
		CHECK_ERROR(pip_yield_to(blt_handle(PIP_PIPID_ROOT)), EINTR);
		CHECK_ERROR(pip_yield_to(pip_task_self()), 0);
		CHECK_ERROR(pip_yield(PIP_YIELD_SYSTEM), 0);
	}
	CHECK_ERROR(pip_couple(), 0);
	for (int i = 0; i < 100; i++) {
		CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
		CHECK_ERROR(pip_yield(PIP_YIELD_DEFAULT), 0);
		CHECK_ERROR(pip_yield_to(NULL), 0);
	}
	return check_finish();
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	mark_process(blt_pipid());
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	check_process(blt_pipid(), blt_entry(blt_pipid()));
	return check_finish();
}

/* --- The root --------------------------------------------------------------- */

static void check_yields(void)
{
	pip_task_queue_t queue;
	int zero = 0, one = 1;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
	CHECK_ERROR(blt_spawn(&zero, PIP_TASK_INACTIVE, &queue, "pair", "0",
			      NULL), 0);
	CHECK_ERROR(blt_spawn(&one, PIP_TASK_INACTIVE, &queue, "pair", "1",
			      NULL), 0);
	CHECK_INT(blt_resume_all(&queue, pip_task_self()), 2);
	/* Both must always find somebody to run. */
	while (blt_state(blt_entry(0)) != PIP_BLT_COUPLED ||
	       blt_state(blt_entry(1)) != PIP_BLT_COUPLED)
		pip_yield(PIP_YIELD_USER);
	CHECK_STATUS(blt_join(0), EXITED(0));
	CHECK_STATUS(blt_join(1), EXITED(0));
	CHECK_ERROR(pip_yield(PIP_YIELD_USER), 0);
}

static void spawn_all(void)
{
	pip_task_queue_t queue;
	int scheduler = NULPS;

	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(blt_spawn(&scheduler, PIP_SYNC_BLOCKING, NULL, "scheduler",
			      NULL), 0);
	CHECK_EVENTUALLY(blt_count(&shared->parked) == 1);
	for (int i = 0; i < NULPS; i++) {
		int pipid = i;

		CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE, &queue, "ulp",
				      NULL), 0);
		CHECK_ERROR(pip_dequeue_and_resume(
				    &queue, i % 2 ? blt_handle(NULPS) :
						    pip_task_self()), 0);
	}
}

static void remove_directory(void)
{
	char path[128];

	NEED(chdir("/") == 0);
	for (int i = 0; i <= NULPS + 1 && !self_is_threaded(); i++) {
		snprintf(path, sizeof(path), "%s/%d", shared->directory, i);
		CHECK_INT(rmdir(path), 0);
	}
	CHECK_INT(rmdir(shared->directory), 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;
	sigset_t none;

	(void)argc, (void)argv;
	shared = &memory;
	role_init(NULPS + 1);
	CHECK_ERROR(pip_export(shared), 0);
	check_yields();
	strcpy(shared->directory, "/tmp/blt-values.XXXXXX");
	NEED(mkdtemp(shared->directory) != NULL);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	CHECK_ERROR(pip_barrier_init(&shared->barrier, NULPS), 0);
	mark_process(-1);
	spawn_all();
	for (int i = 0; i < NULPS; i++)
		CHECK_STATUS(blt_join(i), EXITED(20 + i));
	check_process(-1, blt_entry(PIP_PIPID_ROOT));
	CHECK_INT(_mm_getcsr() & MXCSR_CONTROL, 0x1f80);
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(NULPS), EXITED(0));
	sigemptyset(&none);
	NEED(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
	remove_directory();
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ulp", play_ulp },
				     { "pair", play_pair },
				     { "scheduler", play_scheduler },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
