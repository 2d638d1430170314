/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGCHLD of the root: its handler runs for tasks as for other children, tells
 * who it was, and interrupts what it interrupts otherwise; the end of the
 * guardian and the spawns of tasks are not told.
 */
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 4
#define ROUNDS 50

static _Atomic int count;
static volatile pid_t last_pid;
static volatile int last_status, last_code;

static void handle(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	last_pid = info->si_pid;
	last_status = info->si_status;
	last_code = info->si_code;
	count++;
}

static void catch_chld(int flags)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_sigaction = handle;
	action.sa_flags = SA_SIGINFO | flags;
	NEED(sigaction(SIGCHLD, &action, NULL) == 0);
}

/* One task at a time: one signal each, with its PID and status. */
static void check_told(void)
{
	for (int i = 0; i < ROUNDS; i++) {
		int pipid = PIP_PIPID_ANY, status = -1;
		pid_t pid;

		count = 0;
		CHECK_ERROR(role_spawn(&pipid, i % 2 ? "code" : "sleep", NULL),
			    0);
		pid = self_entry(pipid)->pid;
		if (i % 2 == 0) {
			CHECK_INT(count, 0);
			NEED(self_kill(pipid, SIGTERM) == 0);
		}
		if (i % 3)
			CHECK_ERROR(pip_wait(pipid, &status), 0);
		else
			CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, i % 2 ? EXITED(77) : KILLED(SIGTERM));
		CHECK_EVENTUALLY(count == 1);
		CHECK_INT(last_pid, pid);
		CHECK_INT(last_status, i % 2 ? 77 : SIGTERM);
		CHECK_INT(last_code, i % 2 ? CLD_EXITED : CLD_KILLED);
	}
}

/* A task that another task has spawned is the root's child. */
static void check_nested(void)
{
	int status;

	count = 0;
	CHECK_ERROR(role_spawn(NULL, "parent", NULL), 0);
	for (int i = 0; i < 2; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(77));
	}
	CHECK(count >= 1 && count <= 2);
}

/* Another signal, again and again, does not make a wait give up. */
static void *disturb(void *arg)
{
	pthread_t *waiter = arg;

	for (int i = 0; i < 40; i++) {
		check_sleep_ms(2);
		pthread_kill(*waiter, SIGUSR1);
	}
	return NULL;
}

static void ignore(int sig)
{
	(void)sig;
}

static void check_interrupted(void)
{
	struct sigaction action;
	pthread_t self = pthread_self(), thread;
	int status = -1;

	memset(&action, 0, sizeof(action));
	action.sa_handler = ignore; /* no SA_RESTART */
	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	for (int i = 0; i < 2; i++) {
		int pipid = PIP_PIPID_ANY;

		CHECK_ERROR(role_spawn(&pipid, "delay", NULL), 0);
		NEED(pthread_create(&thread, NULL, disturb, &self) == 0);
		CHECK_ERROR(i == 0 ? pip_wait(pipid, &status) :
				     pip_wait_any(NULL, &status),
			    0);
		CHECK_STATUS(status, EXITED(77));
		NEED(pthread_join(thread, NULL) == 0);
	}
	/* Nor a spawn. */
	NEED(pthread_create(&thread, NULL, disturb, &self) == 0);
	for (int i = 0; i < 60; i++)
		CHECK_STATUS(role_run("code", NULL), EXITED(77));
	NEED(pthread_join(thread, NULL) == 0);
}

/* SIGCHLD may be blocked after pip_init(), for sigwait(3) or signalfd(2). */
static void check_blocked(void)
{
	sigset_t chld;
	int status = -1, sig = 0;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	NEED(pthread_sigmask(SIG_BLOCK, &chld, NULL) == 0);
	CHECK_ERROR(role_spawn(NULL, "code", NULL), 0);
	NEED(sigwait(&chld, &sig) == 0);
	CHECK_INT(sig, SIGCHLD);
	CHECK_ERROR(pip_trywait_any(NULL, &status), 0);
	CHECK_STATUS(status, EXITED(77));
	CHECK_ERROR(role_spawn(NULL, "code", NULL), 0);
	CHECK_ERROR(pip_wait_any(NULL, &status), 0);
	NEED(pthread_sigmask(SIG_UNBLOCK, &chld, NULL) == 0);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	catch_chld(SA_RESTART);
	check_told();
	catch_chld(0);
	check_told();
	check_nested();
	check_interrupted();
	check_blocked();
	count = 0;
	CHECK_ERROR(pip_fin(), 0);
	CHECK_INT(count, 0);
	CHECK(check_is_childless());
	return check_finish();
}

static int play_code(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 77;
}

static int play_delay(int argc, char **argv)
{
	(void)argc, (void)argv;
	check_sleep_ms(50);
	return 77;
}

static int play_parent(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_ERROR(role_spawn(NULL, "code", NULL), 0);
	return check_finish() ? 1 : 77;
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "code", play_code },
	{ "delay", play_delay },
	{ "parent", play_parent },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
