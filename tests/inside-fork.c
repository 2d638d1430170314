/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork(2) and PiP: the child of a task or of a root is an ordinary process, no
 * task and no root, which may become a root and spawn tasks itself.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "role.h"
#include "self.h"

#define NTASKS 8
#define ROUNDS 5

static int variable = 1;

/* It is nobody, and its memory is its own. */
static void check_is_nobody(void)
{
	CHECK_INT(pip_is_initialized(), 0);
	CHECK_INT(pip_isa_task(), 0);
	CHECK_INT(pip_isa_root(), 0);
	CHECK_ERROR(pip_get_pipid(NULL), EPERM);
	CHECK_ERROR(pip_wait_any(NULL, NULL), EPERM);
	CHECK_ERROR(pip_export(&variable), EPERM);
	CHECK_ERROR(pip_fin(), EPERM);
	free(malloc(100000));
}

/* A root in the child, with tasks. */
static void be_root(void)
{
	int ntasks = 3, sum = 0, pipid, status;

	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_INT(pip_isa_root(), 1);
	CHECK_ERROR(pip_get_ntasks(&ntasks), 0);
	CHECK_INT(ntasks, 3);
	CHECK_ERROR(pip_export(&sum), 0);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 3; i++)
			CHECK_ERROR(role_spawn(NULL, "grandchild", NULL), 0);
		for (int i = 0; i < 3; i++) {
			CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
			CHECK_STATUS(status, EXITED(0));
		}
	}
	CHECK_INT(sum, 6);
	CHECK_ERROR(pip_fin(), 0);
}

static void run_child(void (*body)(void))
{
	pid_t pid = fork();
	int status = -1;

	NEED(pid >= 0);
	if (pid == 0) {
		alarm(CHECK_WATCHDOG_SECONDS);
		check_failures = 0;
		variable = 2;
		if (body != NULL)
			body();
		_exit(check_finish());
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STATUS(status, EXITED(0));
	CHECK_INT(variable, 1);
}

/* It exits by itself, with all handlers: nothing of the parent is harmed. */
static void run_exiting_child(void)
{
	pid_t pid = fork();
	int status = -1;

	NEED(pid >= 0);
	if (pid == 0)
		exit(21);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STATUS(status, EXITED(21));
}

/* A child maps: that is not written into the parent's entry. */
static void map_a_lot(void)
{
	for (int i = 0; i < 100; i++)
		NEED(mmap(NULL, 1 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			  -1, 0) != MAP_FAILED);
	NEED(mmap(NULL, 4096, PROT_READ,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0) !=
	     MAP_FAILED);
}

static void *fork_in_thread(void *arg)
{
	run_child(check_is_nobody);
	return arg;
}

static void check_all(void)
{
	pthread_t thread;

	run_child(NULL);
	run_child(check_is_nobody);
	run_child(be_root);
	run_child(map_a_lot);
	run_exiting_child();
	NEED(pthread_create(&thread, NULL, fork_in_thread, NULL) == 0);
	NEED(pthread_join(thread, NULL) == 0);
}

static int play_root(int argc, char **argv)
{
	int status, pipid;

	(void)argc, (void)argv;
	role_init(NTASKS);
	check_all();
	for (int i = 0; i < NTASKS; i++)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	/* With tasks that run. */
	check_all();
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		CHECK_INT(self_entry(pipid)->flags & PIP_TASK_FLAG_UNPLACED, 0);
	}
	CHECK_INT(self_table()->spawned_total, NTASKS);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	int self = -1, again = -1;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&self), 0);
	for (int round = 0; round < ROUNDS; round++)
		check_all();
	CHECK_INT(pip_isa_task(), 1);
	CHECK_ERROR(pip_get_pipid(&again), 0);
	CHECK_INT(again, self);
	CHECK_INT(self_entry(self)->pid, getpid());
	return check_finish();
}

static int play_grandchild(int argc, char **argv)
{
	int *sum = role_shared();

	(void)argc, (void)argv;
	CHECK_INT(variable, 1);
	__atomic_fetch_add(sum, 1, __ATOMIC_RELAXED);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "grandchild", play_grandchild },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
