/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip_suspend_all(): all tasks and all their threads stop, whatever they were
 * doing, and go on as if nothing had happened; also when somebody dies
 * meanwhile, or cannot be stopped.
 */
#include <fcntl.h>
#include <pip/pip_coordinate.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>

#include "blt-check.h"

#define SIGNAL 33 /* the one that is used */
#define NCOUNTERS 64
#define NTHREADS 3
#define ROUNDS 20

struct shared {
	_Atomic unsigned long counters[NCOUNTERS];
	_Atomic int ready, stop, returned, results[2], held;
	int pipe[2];
};

static int threaded;

/* --- Those who are stopped ---------------------------------------------------- */

struct runner {
	struct shared *shared;
	int number;
};

static void *count_on(void *arg)
{
	const struct runner *runner = arg;
	struct shared *shared = runner->shared;

	shared->ready++;
	while (!shared->stop) {
		free(malloc((size_t)shared->counters[runner->number] % 5000));
		shared->counters[runner->number]++;
	}
	return NULL;
}

/* It computes, in several threads that allocate all the time. */
static int role_compute(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int self = blt_pipid();
	struct runner runners[NTHREADS];
	pthread_t threads[NTHREADS];

	(void)argc, (void)argv;
	for (int i = 0; i < NTHREADS; i++) {
		runners[i] = (struct runner){ shared, self * NTHREADS + i };
		if (i > 0)
			NEED(pthread_create(&threads[i], NULL, count_on,
					    &runners[i]) == 0);
	}
	count_on(&runners[0]);
	for (int i = 1; i < NTHREADS; i++)
		pthread_join(threads[i], NULL);
	return check_finish();
}

static void handle_nothing(int sig)
{
	(void)sig;
}

/* It waits in the kernel, in a call that does not go on after a handler. */
static int wait_how(const char *how, int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct timespec long_time = { 1000, 0 };
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t none, usr1;
	fd_set set;
	char byte;
	int epoll;

	sigemptyset(&none);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	FD_ZERO(&set);
	FD_SET(fd, &set);
	if (strcmp(how, "read") == 0)
		return read(fd, &byte, 1) == 1;
	if (strcmp(how, "poll") == 0)
		return poll(&poll_fd, 1, -1) == 1;
	if (strcmp(how, "ppoll") == 0)
		return ppoll(&poll_fd, 1, &long_time, NULL) == 1;
	if (strcmp(how, "select") == 0)
		return select(fd + 1, &set, NULL, NULL, NULL) == 1;
	if (strcmp(how, "epoll") == 0) {
		epoll = epoll_create1(0);
		NEED(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0);
		return epoll_wait(epoll, &event, 1, -1) == 1;
	}
	/* These are ended by a signal. */
	if (strcmp(how, "pause") == 0)
		return pause() == -1 && errno == EINTR;
	if (strcmp(how, "nanosleep") == 0)
		return nanosleep(&long_time, NULL) == -1 && errno == EINTR;
	if (strcmp(how, "sleep") == 0)
		return sleep(1000) > 0;
	NEED(sigprocmask(SIG_BLOCK, &usr1, NULL) == 0);
	if (strcmp(how, "sigsuspend") == 0)
		return sigsuspend(&none) == -1 && errno == EINTR;
	if (strcmp(how, "sigwaitinfo") == 0)
		return sigwaitinfo(&usr1, NULL) == SIGUSR1;
	return 0;
}

static const char *const blocking[] = {
	"read",	  "poll",      "ppoll",	 "select",     "epoll",
	"pause", "nanosleep", "sleep", "sigsuspend", "sigwaitinfo",
};
#define NBLOCKING ((int)(sizeof(blocking) / sizeof(blocking[0])))
#define NSIGNALLED 5 /* from pause on */

static void *wait_for_ever(void *arg)
{
	static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	static pthread_cond_t never = PTHREAD_COND_INITIALIZER;

	pthread_mutex_lock(&mutex);
	for (;;)
		pthread_cond_wait(&never, &mutex);
	return arg;
}

/* WHAT FD THREADS: with two, libc makes these calls in another way. */
static int role_wait(int argc, char **argv)
{
	struct shared *shared = role_shared();
	struct sigaction action = { .sa_handler = handle_nothing };

	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	if (strcmp(argv[3], "2") == 0) {
		sigset_t usr1;
		pthread_t thread;

		/* The signal is for the first one. */
		sigemptyset(&usr1);
		sigaddset(&usr1, SIGUSR1);
		NEED(pthread_sigmask(SIG_BLOCK, &usr1, NULL) == 0 &&
		     pthread_create(&thread, NULL, wait_for_ever, NULL) == 0 &&
		     pthread_sigmask(SIG_UNBLOCK, &usr1, NULL) == 0);
	}
	shared->ready++;
	CHECK(wait_how(argv[1], atoi(argv[2])));
	(void)argc;
	shared->returned++;
	return check_finish();
}

static bool is_sleeping(int pipid)
{
	char path[64], text[512], *at;
	pip_id_t id = 0;
	FILE *file;
	int tid;

	CHECK_ERROR(pip_get_system_id(pipid, &id), 0);
	tid = blt_entry(pipid)->tid;
	snprintf(path, sizeof(path), "/proc/%d/stat", tid);
	file = fopen(path, "re");
	if (file == NULL || fgets(text, sizeof(text), file) == NULL)
		return false;
	fclose(file);
	at = strrchr(text, ')');
	return at != NULL && at[2] == 'S';
}

/* --- Whether they are --------------------------------------------------------- */

static void note(const struct shared *shared, unsigned long *values, int n)
{
	for (int i = 0; i < n; i++)
		values[i] = shared->counters[i];
}

static void check_frozen(struct shared *shared, int n)
{
	unsigned long before[NCOUNTERS];

	note(shared, before, n);
	check_sleep_ms(20);
	for (int i = 0; i < n; i++)
		CHECK_INT(shared->counters[i], before[i]);
}

static void check_moving(struct shared *shared, int n)
{
	unsigned long before[NCOUNTERS];

	note(shared, before, n);
	for (int i = 0; i < n; i++)
		CHECK_EVENTUALLY(shared->counters[i] != before[i]);
}

static void begin(struct shared *shared)
{
	for (int i = 0; i < NCOUNTERS; i++)
		shared->counters[i] = 0;
	shared->ready = shared->stop = shared->returned = shared->held = 0;
}

static void spawn_computers(struct shared *shared, int n)
{
	begin(shared);
	for (int i = 0; i < n; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, "compute", NULL), 0);
	CHECK_EVENTUALLY(shared->ready == n * NTHREADS);
}

static void join(int n)
{
	for (int i = 0; i < n; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
}

/* --- The tests ---------------------------------------------------------------- */

static void check_errors(void)
{
	CHECK_ERROR(pip_suspend_all(0, 8, 0), EINVAL);
	CHECK_ERROR(pip_resume_all(), EPERM);
	CHECK_ERROR(pip_suspend_all(0, 0, 0), 0); /* nobody else is there */
	CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 0), 0);
	CHECK_ERROR(pip_suspend_all(0, 0, 0), EDEADLK);
	CHECK_ERROR(role_spawn(&(int){ 0 }, "compute", NULL), EDEADLK);
	CHECK_ERROR(pip_global_barrier(0, PIP_BARRIER_ROOT), EDEADLK);
	CHECK_ERROR(pip_local_barrier(), EDEADLK);
	CHECK_ERROR(pip_publish("held", 4, "1", 1), 0);
	CHECK_ERROR(pip_resume_all(), 0);
	CHECK_ERROR(pip_resume_all(), EPERM);
}

static void check_computing(struct shared *shared)
{
	struct runner runner = { shared, 3 * NTHREADS };
	pthread_t thread;

	spawn_computers(shared, 3);
	/* A thread of the root stops, too. */
	NEED(pthread_create(&thread, NULL, count_on, &runner) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
		check_frozen(shared, 3 * NTHREADS + 1);
		CHECK_ERROR(pip_resume_all(), 0);
		check_moving(shared, 3 * NTHREADS + 1);
		CHECK_ERROR(pip_suspend_all(0, 0, 60000), 0);
	}
	shared->stop = 1;
	pthread_join(thread, NULL);
	join(3);
}

static void check_blocked(struct shared *shared, const char *threads)
{
	/* In thread mode handlers are shared, and go with who has set them. */
	int n = threaded ? NBLOCKING - NSIGNALLED : NBLOCKING;
	char fd[12];

	begin(shared);
	NEED(pipe(shared->pipe) == 0);
	snprintf(fd, sizeof(fd), "%d", shared->pipe[0]);
	for (int i = 0; i < n; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, "wait", blocking[i], fd,
				       threads, NULL), 0);
	CHECK_EVENTUALLY(shared->ready == n);
	for (int i = 0; i < n; i++)
		CHECK_EVENTUALLY(is_sleeping(i));
	for (int round = 0; round < ROUNDS; round++) {
		CHECK_ERROR(pip_suspend_all(0, 0, 60000), 0);
		for (int i = 0; i < n; i++)
			CHECK_EVENTUALLY(is_sleeping(i));
	}
	CHECK_INT(shared->returned, 0);
	/* What comes while all are stopped is not lost. */
	CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
	NEED(write(shared->pipe[1], "x", 1) == 1);
	for (int i = NBLOCKING - NSIGNALLED; i < n; i++)
		CHECK_ERROR(pip_kill(i, SIGUSR1), 0);
	check_sleep_ms(5);
	CHECK_INT(shared->returned, 0);
	CHECK_ERROR(pip_resume_all(), 0);
	/* One reads the byte, and perhaps others do not see it any more. */
	for (int i = 0; i < 20; i++)
		NEED(write(shared->pipe[1], "x", 1) == 1);
	join(n);
	CHECK_INT(shared->returned, n);
	close(shared->pipe[0]);
	close(shared->pipe[1]);
}

/* A task, in a thread that is not its first one. */
static void *suspend_others(void *arg)
{
	struct shared *shared = arg;

	for (int i = 0; i < ROUNDS; i++) {
		int error;

		while ((error = pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000)) ==
		       EBUSY)
			shared->results[1]++;
		CHECK_ERROR(error, 0);
		CHECK_INT(atomic_fetch_add(&shared->held, 1), 0);
		check_frozen(shared, 2 * NTHREADS);
		CHECK_INT(atomic_fetch_sub(&shared->held, 1), 1);
		CHECK_ERROR(pip_resume_all(), 0);
		shared->results[0]++;
	}
	return NULL;
}

static int role_suspend(int argc, char **argv)
{
	struct shared *shared = role_shared();
	pthread_t thread;

	(void)argc, (void)argv;
	NEED(pthread_create(&thread, NULL, suspend_others, shared) == 0);
	pthread_join(thread, NULL);
	return check_finish();
}

/* Two tasks, and a thread of one of them, at the same time. */
static void check_callers(struct shared *shared)
{
	spawn_computers(shared, 2);
	shared->results[0] = shared->results[1] = 0;
	for (int i = 2; i < 5; i++)
		CHECK_ERROR(role_spawn(&(int){ i }, "suspend", NULL), 0);
	for (int i = 2; i < 5; i++)
		CHECK_STATUS(blt_join(i), EXITED(0));
	CHECK_INT(shared->results[0], 3 * ROUNDS);
	check_moving(shared, 2 * NTHREADS);
	shared->stop = 1;
	join(2);
}

static int role_ulp(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int self = blt_pipid();

	(void)argc;
	CHECK_ERROR(pip_decouple(blt_handle(atoi(argv[1]))), 0);
	shared->ready++;
	while (!shared->stop) {
		shared->counters[self]++;
		pip_yield(PIP_YIELD_DEFAULT);
		if (self == 2 && shared->counters[self] % 256 == 0) {
			/* One that has decoupled itself suspends all. */
			int error = pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000);

			CHECK(error == 0 || error == EBUSY);
			if (error == 0) {
				CHECK_ERROR(pip_resume_all(), 0);
				shared->held++;
			}
			/* The scheduler may be about to end. */
			if (!shared->stop)
				CHECK_INT(blt_domain(), atoi(argv[1]));
		}
	}
	return check_finish();
}

static int role_scheduler(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	shared->ready++;
	while (!shared->stop) {
		shared->counters[0]++;
		pip_yield(PIP_YIELD_DEFAULT);
	}
	return check_finish();
}

/* Contexts 1 to 3 on the kernel thread of task 0. */
static void check_ulps(struct shared *shared)
{
	begin(shared);
	CHECK_ERROR(blt_spawn(&(int){ 0 }, PIP_TASK_ACTIVE, NULL, "scheduler", NULL), 0);
	for (int i = 1; i < 4; i++)
		CHECK_ERROR(blt_spawn(&(int){ i }, PIP_TASK_ACTIVE, NULL, "ulp", "0", NULL), 0);
	CHECK_EVENTUALLY(shared->ready == 4);
	for (int round = 0; round < ROUNDS; round++) {
		int error;

		while ((error = pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000)) == EBUSY)
			;
		CHECK_ERROR(error, 0);
		check_frozen(shared, 4);
		CHECK_ERROR(pip_resume_all(), 0);
		check_moving(shared, 4);
	}
	CHECK_EVENTUALLY(shared->held > 0);
	shared->stop = 1;
	join(4);
}

static void mask_signal(int how)
{
	uint64_t mask = (uint64_t)1 << (SIGNAL - 1);

	NEED(syscall(SYS_rt_sigprocmask, how, &mask, NULL, sizeof(mask)) == 0);
}

static int role_block(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	mask_signal(SIG_BLOCK);
	shared->held = 1;
	while (shared->held)
		check_sleep_ms(1);
	mask_signal(SIG_UNBLOCK);
	shared->held = 1;
	while (!shared->stop)
		shared->counters[NCOUNTERS - 1]++;
	return check_finish();
}

/* It is named, and everybody goes on. */
static void check_blocking(struct shared *shared)
{
	char expected[80], text[400] = "";
	int out[2], err = dup(2);
	ssize_t n;

	spawn_computers(shared, 2);
	CHECK_ERROR(role_spawn(&(int){ 2 }, "block", NULL), 0);
	CHECK_EVENTUALLY(shared->held == 1);
	NEED(pipe2(out, O_CLOEXEC) == 0 && err >= 0);
	NEED(dup2(out[1], 2) == 2);
	CHECK_ERROR(pip_suspend_all(0, 0, 300), ETIMEDOUT);
	NEED(dup2(err, 2) == 2);
	close(err);
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	close(out[0]);
	snprintf(expected, sizeof(expected), "PIPID:2 does not stop (PID %d, thread %d): it blocks signal 33\n",
		 blt_entry(2)->pid, blt_entry(2)->tid);
	CHECK(n > 0 && strstr(text, expected) != NULL);
	if (n <= 0 || strstr(text, expected) == NULL)
		check_say("it says: %s", text);
	check_moving(shared, 2 * NTHREADS);
	shared->held = 0;
	CHECK_EVENTUALLY(shared->held == 1);
	CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
	check_frozen(shared, NCOUNTERS);
	CHECK_ERROR(pip_resume_all(), 0);
	check_moving(shared, 2 * NTHREADS);
	shared->stop = 1;
	join(3);
}

static int role_hold(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
	shared->results[0] = getpid();
	shared->held = 1;
	for (;;)
		pause();
	return 0;
}

/* Made before all are stopped: it waits for that, and kills who has done it. */
static pid_t start_killer(struct shared *shared)
{
	pid_t killer = fork();

	NEED(killer >= 0);
	if (killer != 0)
		return killer;
	while (!shared->held)
		check_sleep_ms(1);
	check_sleep_ms(20);
	kill((pid_t)shared->results[0], SIGKILL);
	_exit(0);
}

/* The one that is suspended is killed; and the one that suspends all. */
static void check_killed(struct shared *shared)
{
	int status;
	pid_t killer;

	spawn_computers(shared, 3);
	CHECK_ERROR(pip_suspend_all(0, PIP_SUSPEND_HOLD, 60000), 0);
	CHECK_ERROR(pip_kill(1, SIGKILL), 0);
	CHECK_ERROR(pip_resume_all(), 0);
	CHECK_ERROR(pip_wait(1, &status), 0);
	CHECK_STATUS(status, KILLED(SIGKILL));
	CHECK_ERROR(pip_suspend_all(0, 0, 60000), 0);
	check_moving(shared, NTHREADS);
	/* Somebody else has to kill it: we are stopped. */
	killer = start_killer(shared);
	CHECK_ERROR(role_spawn(&(int){ 1 }, "hold", NULL), 0);
	CHECK_ERROR(pip_wait(1, &status), 0);
	CHECK_STATUS(status, KILLED(SIGKILL));
	check_moving(shared, NTHREADS);
	CHECK_ERROR(pip_suspend_all(0, 0, 60000), 0);
	CHECK_STATUS(role_join(killer), EXITED(0));
	shared->stop = 1;
	CHECK_STATUS(blt_join(0), EXITED(0));
	CHECK_STATUS(blt_join(2), EXITED(0));
}

static int role_test(int argc, char **argv)
{
	/* Also of the process that kills in check_killed(). */
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)argc, (void)argv;
	CHECK_ERROR(pip_suspend_all(0, 0, 0), EPERM);
	CHECK_ERROR(pip_resume_all(), EPERM);
	role_init(NBLOCKING);
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	CHECK_ERROR(pip_export(shared), 0);
	check_errors();
	check_computing(shared);
	check_blocked(shared, "1");
	check_blocked(shared, "2");
	check_callers(shared);
	check_ulps(shared);
	check_blocking(shared);
	if (!threaded)
		check_killed(shared);
	return role_finish();
}

static const struct role roles[] = {
	{ "test", role_test },		 { "compute", role_compute },
	{ "wait", role_wait },		 { "suspend", role_suspend },
	{ "ulp", role_ulp },		 { "scheduler", role_scheduler },
	{ "block", role_block },	 { "hold", role_hold },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
