/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread mode: what tasks share (PID, descriptors, working directory, signal
 * handlers), what each has of its own (variables, libc), and what the runtime
 * says of it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "role.h"
#include "self.h"

#define NTASKS 4

static struct {
	pid_t root_pid;
	int fd;
	_Atomic int opened[NTASKS], arrived, leave, caught;
	_Atomic pid_t catcher;
	pip_barrier_t barrier;
	pip_id_t ids[NTASKS];
} seen;
static typeof(seen) *shared;

static int own_variable = 7;
static __thread int own_thread_variable = 8;
static volatile sig_atomic_t caught_here;

static void note_child(int sig)
{
	(void)sig;
	seen.caught++;
}

static void catch_in_task(int sig)
{
	(void)sig;
	caught_here = 1;
	shared->catcher = pip_gettid();
}

static void check_answers(void)
{
	int flag = -1, mode = -1;

	CHECK_ERROR(pip_get_mode(&mode), 0);
	CHECK_INT(mode, PIP_MODE_PTHREAD);
	CHECK_STR(pip_get_mode_str(), "pthread");
	CHECK_ERROR(pip_is_threaded(&flag), 0);
	CHECK_INT(flag, 1);
	CHECK_ERROR(pip_is_shared_fd(&flag), 0);
	CHECK_INT(flag, 1);
}

static int play_task(int argc, char **argv)
{
	int pipid = -1, fd;
	pip_id_t id = 0;
	char cwd[PATH_MAX];
	sigset_t set, old;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	CHECK_INT(getpid(), shared->root_pid);
	CHECK(gettid() != getpid());
	check_answers();
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_MYSELF, &id), 0);
	CHECK_INT(id, (pip_id_t)pthread_self());
	shared->ids[pipid] = id;
	CHECK_INT(self_entry(pipid)->pid, getpid());
	CHECK_INT(self_entry(pipid)->tid, gettid());
	CHECK_INT(self_entry(pipid)->mode, PIP_TABLE_MODE_THREAD);
	/* Its own. */
	CHECK_INT(own_variable, 7);
	own_variable = pipid;
	own_thread_variable = pipid;
	errno = pipid;
	/* Everybody's. */
	CHECK(fcntl(shared->fd, F_GETFD) == FD_CLOEXEC);
	fd = open("/dev/null", O_RDONLY);
	NEED(fd >= 0);
	shared->opened[pipid] = fd;
	if (pipid == 0) {
		NEED(chdir("/") == 0);
		signal(SIGUSR1, catch_in_task);
		signal(SIGWINCH, catch_in_task);
	}
	/* The mask is the thread's. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	if (pipid == 1)
		CHECK_ERROR(pip_sigmask(SIG_BLOCK, &set, NULL), 0);
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	CHECK_ERROR(pip_sigmask(SIG_BLOCK, NULL, &old), 0);
	CHECK_INT(sigismember(&old, SIGUSR2), pipid == 1);
	CHECK(getcwd(cwd, sizeof(cwd)) != NULL);
	CHECK_STR(cwd, "/");
	CHECK_INT(errno, pipid);
	CHECK_INT(own_variable, pipid);
	CHECK_INT(own_thread_variable, pipid);
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	/* Its handler runs in the thread that is hit, whosever that is. */
	if (pipid == 1) {
		CHECK_ERROR(pip_kill(2, SIGUSR1), 0);
		CHECK_EVENTUALLY(shared->catcher != 0);
		CHECK_INT(shared->catcher, self_entry(2)->tid);
	}
	while (!shared->leave)
		check_sleep_ms(1);
	return check_finish();
}

static int play_root(int argc, char **argv)
{
	int ntasks = NTASKS, status = -1, pipid, mode = -1;
	pip_id_t id = 0;

	(void)argc, (void)argv;
	unsetenv("PIP_MODE");
	signal(SIGCHLD, note_child);
	signal(SIGWINCH, note_child);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, PIP_MODE_PTHREAD), 0);
	check_answers();
	CHECK_ERROR(pip_get_system_id(PIP_PIPID_ROOT, &id), 0);
	CHECK_INT(id, (pip_id_t)pthread_self());
	CHECK_ERROR(pip_get_mode(&mode), 0);
	seen.root_pid = getpid();
	seen.fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_ERROR(pip_barrier_init(&seen.barrier, NTASKS + 1), 0);
	CHECK_ERROR(pip_export(&seen), 0);
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	CHECK_ERROR(pip_barrier_wait(&seen.barrier), 0);
	CHECK_INT(own_variable, 7);
	CHECK_ERROR(pip_barrier_wait(&seen.barrier), 0);
	for (int i = 0; i < NTASKS; i++) {
		/* Open here, and all are different. */
		CHECK(fcntl(seen.opened[i], F_GETFD) == 0);
		CHECK_ERROR(pip_get_system_id(i, &id), 0);
		CHECK_INT(id, seen.ids[i]);
		for (int j = 0; j < i; j++)
			CHECK(seen.opened[i] != seen.opened[j]);
	}
	CHECK_INT(seen.caught, 0);
	/* When a task ends, its handler does. */
	CHECK_EVENTUALLY(seen.catcher != 0);
	seen.leave = 1;
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		/* No end without a SIGCHLD. */
		CHECK_EVENTUALLY(seen.caught >= 1);
		CHECK(fcntl(seen.opened[pipid], F_GETFD) == 0);
		close(seen.opened[pipid]);
	}
	/* What a task has set instead of the root's handler went with it. */
	CHECK(signal(SIGWINCH, SIG_DFL) == note_child);
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
