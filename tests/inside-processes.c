/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many tasks at once use all that makes processes and threads: fork, vfork,
 * posix_spawn, system, popen, execve, pthread_create.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>

#include "role.h"
#include "self.h"

#define NTASKS 30
#define ROUNDS 4

static int self = -1;

static void use_vfork(void)
{
	int status = -1;
	pid_t pid = vfork();

	NEED(pid >= 0);
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit 11", (char *)NULL);
		_exit(99);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STATUS(status, EXITED(11));
}

static void use_posix_spawn(void)
{
	char *argv[] = { (char *)"sh", (char *)"-c",
			 (char *)"read line && test \"$line\" = \"$WORD\"",
			 NULL };
	char word[32];
	char *envp[] = { word, NULL };
	posix_spawn_file_actions_t actions;
	int fds[2], status = -1;
	pid_t pid = -1;

	snprintf(word, sizeof(word), "WORD=task%d", self);
	NEED(pipe2(fds, O_CLOEXEC) == 0);
	NEED(posix_spawn_file_actions_init(&actions) == 0);
	NEED(posix_spawn_file_actions_adddup2(&actions, fds[0], 0) == 0);
	CHECK_ERROR(posix_spawn(&pid, "/bin/sh", &actions, NULL, argv, envp),
		    0);
	NEED(dprintf(fds[1], "task%d\n", self) > 0);
	close(fds[0]);
	close(fds[1]);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STATUS(status, EXITED(0));
	posix_spawn_file_actions_destroy(&actions);
	CHECK_ERROR(posix_spawn(&pid, "/nonexistent", NULL, NULL, argv, envp),
		    ENOENT);
}

static void use_system(void)
{
	char command[64];

	snprintf(command, sizeof(command), "exit %d", 130 + self);
	CHECK_STATUS(system(command), EXITED(130 + self));
}

static void use_popen(void)
{
	char command[64], line[32] = "", want[32];
	FILE *stream;

	snprintf(command, sizeof(command), "echo from-%d | cat", self);
	snprintf(want, sizeof(want), "from-%d\n", self);
	stream = popen(command, "re");
	NEED(stream != NULL);
	CHECK(fgets(line, sizeof(line), stream) == line);
	CHECK_STR(line, want);
	CHECK_STATUS(pclose(stream), EXITED(0));
}

static void use_fork(void)
{
	int fds[2], status = -1, value = 0;
	pid_t pid;

	NEED(pipe2(fds, O_CLOEXEC) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		value = 1000 + self;
		if (write(fds[1], &value, sizeof(value)) != sizeof(value))
			_exit(1);
		_exit(12);
	}
	NEED(read(fds[0], &value, sizeof(value)) == sizeof(value));
	CHECK_INT(value, 1000 + self);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STATUS(status, EXITED(12));
	close(fds[0]);
	close(fds[1]);
}

static __thread int local;

static void *count_in_thread(void *arg)
{
	char *block = malloc(1000);

	for (int i = 0; i < 1000; i++)
		local++;
	memset(block, local & 0xff, 1000);
	free(block);
	__atomic_fetch_add((int *)arg, local, __ATOMIC_RELAXED);
	return &local;
}

static void use_threads(void)
{
	pthread_t threads[8];
	int sum = 0;

	for (int i = 0; i < 8; i++)
		NEED(pthread_create(&threads[i], NULL, count_in_thread, &sum) ==
		     0);
	for (int i = 0; i < 8; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	CHECK_INT(sum, 8000);
	CHECK_INT(local, 0);
}

static void *wait_for_cancel(void *arg)
{
	for (;;)
		pause();
	return arg;
}

/* Signals within one task, which libc does itself: cancel, setuid. */
static void use_thread_signals(void)
{
	pthread_t thread;
	void *result = NULL;

	NEED(pthread_create(&thread, NULL, wait_for_cancel, NULL) == 0);
	/* It is sent to all threads of this task, and of this one only. */
	CHECK(setegid(getegid()) == 0);
	CHECK(setreuid((uid_t)-1, (uid_t)-1) == 0);
	NEED(pthread_cancel(thread) == 0);
	NEED(pthread_join(thread, &result) == 0);
	CHECK(result == PTHREAD_CANCELED);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	role_run_all(NTASKS, "task", EXITED(13));
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	int threaded = 0;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&self), 0);
	for (int round = 0; round < ROUNDS; round++) {
		use_vfork();
		use_posix_spawn();
		use_system();
		use_popen();
		use_fork();
		use_threads();
		use_thread_signals();
	}
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	/* In thread mode, children and execve(2) are everybody's. */
	CHECK(threaded || check_is_childless());
	if (check_finish() != 0)
		return 1;
	if (threaded)
		return 13;
	execl("/bin/sh", "sh", "-c", "exit 13", (char *)NULL);
	return 99;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
