/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks of the same program share addresses and nothing else: each has its own
 * variables, thread-local ones, errno, environment, working directory, umask,
 * descriptors, signal handlers and stdio; and every pointer is good in all.
 */
#include <fcntl.h>
#include <locale.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "role.h"
#include "self.h"

#define NTASKS 8

static int global = 100;
static __thread int local = 200;
static int zeroed[1000];
static const char *text = "initial";

struct shared {
	pthread_barrier_t barrier;
	int number;               /* tasks write it */
	int *globals[NTASKS];     /* of each task */
	int *locals[NTASKS];
	int fds[NTASKS];
	char dirs[NTASKS][64];
	int handled[NTASKS];      /* signals that each has had */
};

static struct shared *shared;
static int self = -1;

static void meet(void)
{
	int result = pthread_barrier_wait(&shared->barrier);

	NEED(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void handle(int sig)
{
	(void)sig;
	shared->handled[self]++;
}

static void check_variables(void)
{
	CHECK_INT(global, 100);
	CHECK_INT(local, 200);
	CHECK_INT(zeroed[999], 0);
	CHECK_STR(text, "initial");
	global += self;
	local += self;
	zeroed[999] = self;
	text = getenv("PATH");
	errno = 1000 + self;
	shared->globals[self] = &global;
	shared->locals[self] = &local;
	meet();
	CHECK_INT(errno, 1000 + self);
	CHECK_INT(global, 100 + self);
	CHECK_INT(local, 200 + self);
	CHECK_INT(zeroed[999], self);
	/* All the others', through their pointers. */
	for (int i = 0; i < NTASKS; i++) {
		CHECK_INT(*shared->globals[i], 100 + i);
		CHECK_INT(*shared->locals[i], 200 + i);
		if (i != self)
			CHECK(shared->globals[i] != &global);
	}
	meet();
	/* Each writes its neighbour's. */
	*shared->globals[(self + 1) % NTASKS] = 300 + self;
	*shared->locals[(self + 1) % NTASKS] = 400 + self;
	meet();
	CHECK_INT(global, 300 + (self + NTASKS - 1) % NTASKS);
	CHECK_INT(local, 400 + (self + NTASKS - 1) % NTASKS);
}

static void check_environment(void)
{
	char value[16];

	CHECK_PTR(getenv("PIP_TEST_OWN"), NULL);
	CHECK_STR(getenv("PIP_TEST_COMMON"), "root's");
	snprintf(value, sizeof(value), "%d", self);
	NEED(setenv("PIP_TEST_OWN", value, 1) == 0);
	NEED(setenv("PIP_TEST_COMMON", value, 1) == 0);
	meet();
	CHECK_STR(getenv("PIP_TEST_OWN"), value);
	CHECK_STR(getenv("PIP_TEST_COMMON"), value);
}

static void check_directory_and_umask(void)
{
	char dir[64], cwd[256];

	snprintf(dir, sizeof(dir), "/tmp/pip-test.%d.%d", (int)getpid(), self);
	NEED(mkdir(dir, 0700) == 0);
	strcpy(shared->dirs[self], dir);
	NEED(chdir(dir) == 0);
	CHECK_INT(umask((mode_t)self), 022);
	meet();
	CHECK_STR(getcwd(cwd, sizeof(cwd)), dir);
	CHECK_INT(umask(022), self);
	NEED(chdir("/") == 0 && rmdir(dir) == 0);
}

static void check_descriptors(void)
{
	char name[32], link[64], seen[64] = "";
	int fd;

	/* All get the same number, for different files. */
	snprintf(name, sizeof(name), "task-%d", self);
	fd = memfd_create(name, 0);
	shared->fds[self] = fd;
	meet();
	for (int i = 0; i < NTASKS; i++)
		CHECK_INT(shared->fds[i], fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	NEED(readlink(link, seen, sizeof(seen) - 1) > 0);
	CHECK(strstr(seen, name) != NULL);
	meet();
	if (self == 0)
		close(fd);
	meet();
	CHECK_INT(fcntl(fd, F_GETFD) >= 0, self != 0);
}

static void check_signals(void)
{
	sigset_t mask;

	if (self % 2)
		NEED(signal(SIGUSR1, handle) != SIG_ERR);
	else
		NEED(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	NEED(sigemptyset(&mask) == 0);
	NEED(sigaddset(&mask, self < 4 ? SIGUSR2 : SIGHUP) == 0);
	NEED(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
	meet();
	raise(SIGUSR1);
	meet();
	CHECK_INT(shared->handled[self], self % 2);
	NEED(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	CHECK_INT(sigismember(&mask, SIGUSR2), self < 4);
	CHECK_INT(sigismember(&mask, SIGHUP), self >= 4);
}

/* libc's own state: locale, strtok, random numbers. */
static void check_libc_state(void)
{
	char words[32], next[8];
	int first;

	snprintf(words, sizeof(words), "a%d b%d", self, self);
	snprintf(next, sizeof(next), "b%d", self);
	CHECK(strtok(words, " ") == words);
	srand(4711);
	first = rand();
	CHECK_STR(setlocale(LC_ALL, NULL), "C");
	meet();
	CHECK_STR(strtok(NULL, " "), next);
	if (self % 2)
		NEED(setlocale(LC_ALL, "C.UTF-8") != NULL);
	srand(4711);
	CHECK_INT(rand(), first);
	meet();
	CHECK_STR(setlocale(LC_ALL, NULL), self % 2 ? "C.UTF-8" : "C");
}

static int play_root(int argc, char **argv)
{
	static struct shared root_shared;
	pthread_barrierattr_t attr;
	char cwd[2][PATH_MAX];
	int status = -1, fds;

	(void)argc, (void)argv;
	umask(022);
	unsetenv("PIP_TEST_OWN");
	NEED(setenv("PIP_TEST_COMMON", "root's", 1) == 0);
	NEED(getcwd(cwd[0], sizeof(cwd[0])) != NULL);
	NEED(pthread_barrierattr_init(&attr) == 0);
	NEED(pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) ==
	     0);
	NEED(pthread_barrier_init(&root_shared.barrier, &attr, NTASKS) == 0);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&root_shared), 0);
	global = -1;
	local = -2;
	fds = self_count_fds();
	for (int i = 0; i < NTASKS; i++) {
		int pipid = i;

		CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
	}
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	CHECK_INT(root_shared.number, NTASKS);
	/* The root is what it was. */
	CHECK_INT(global, -1);
	CHECK_INT(local, -2);
	CHECK_STR(text, "initial");
	CHECK_STR(getcwd(cwd[1], sizeof(cwd[1])), cwd[0]);
	CHECK_INT(umask(022), 022);
	CHECK_INT(self_count_fds(), fds);
	CHECK_PTR(getenv("PIP_TEST_OWN"), NULL);
	CHECK_STR(getenv("PIP_TEST_COMMON"), "root's");
	CHECK(signal(SIGUSR1, SIG_DFL) == SIG_DFL);
	CHECK_STR(setlocale(LC_ALL, NULL), "C");
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_get_pipid(&self), 0);
	check_variables();
	check_environment();
	check_directory_and_umask();
	check_descriptors();
	check_signals();
	check_libc_state();
	__atomic_fetch_add(&shared->number, 1, __ATOMIC_RELAXED);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
