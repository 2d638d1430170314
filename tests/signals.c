/* SPDX-License-Identifier: BSD-2-Clause */
/* pip_kill(), pip_sigmask(), pip_signal_wait(), pip_abort(), and the end of
 * all tasks. */
#include <fcntl.h>
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 4
#define API (PIP_VERSION_MAJOR)
#if API == 2
#define NEGATIVE ERANGE
#define kill_all pip_kill_all_child_tasks
#define KILL_ALL_SIGNAL SIGKILL
#else
#define NEGATIVE EINVAL
#define kill_all pip_kill_all_tasks
#define KILL_ALL_SIGNAL SIGTERM
#endif

struct shared {
	_Atomic int ready;
	_Atomic int handled;
	_Atomic pid_t pids[NTASKS];
};

static struct shared *shared_of_handler;

static void count_signal(int sig)
{
	(void)sig;
	shared_of_handler->handled++;
}

static void check_uninitialised(void)
{
	sigset_t set;

	sigemptyset(&set);
	CHECK_ERROR(pip_kill(PIP_PIPID_ROOT, 0), EPERM);
	CHECK_ERROR(pip_kill(PIP_PIPID_ANY, -1), EPERM);
	CHECK_ERROR(pip_sigmask(SIG_BLOCK, &set, NULL), EPERM);
	CHECK_ERROR(kill_all(), EPERM);
	CHECK_ERROR(pip_signal_wait(-1), EINVAL);
	CHECK_ERROR(pip_signal_wait(1000), EINVAL);
}

static void check_errors(void)
{
	CHECK_ERROR(pip_kill(PIP_PIPID_ANY, 0), EINVAL);
	CHECK_ERROR(pip_kill(PIP_PIPID_NULL, 0), EINVAL);
	CHECK_ERROR(pip_kill(-1, 0), NEGATIVE);
	CHECK_ERROR(pip_kill(-123, -1), NEGATIVE);
	CHECK_ERROR(pip_kill(NTASKS, 0), ERANGE);
	CHECK_ERROR(pip_kill(NTASKS - 1, -1), EINVAL); /* before ESRCH */
	CHECK_ERROR(pip_kill(NTASKS - 1, 65), EINVAL);
	CHECK_ERROR(pip_kill(NTASKS - 1, 0), ESRCH);
	CHECK_ERROR(pip_kill(PIP_PIPID_MYSELF, 0), 0);
	CHECK_ERROR(pip_kill(PIP_PIPID_ROOT, 0), 0);
	CHECK_ERROR(pip_sigmask(12345, &(sigset_t){ 0 }, NULL), EINVAL);
}

static void check_mask(void)
{
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	CHECK_ERROR(pip_sigmask(SIG_BLOCK, &set, &old), 0);
	CHECK_INT(sigismember(&old, SIGUSR2), 0);
	CHECK_ERROR(pip_kill(PIP_PIPID_MYSELF, SIGUSR2), 0);
	CHECK_ERROR(pip_sigmask(SIG_BLOCK, NULL, &old), 0);
	CHECK_INT(sigismember(&old, SIGUSR2), 1);
	CHECK_ERROR(pip_signal_wait(SIGUSR2), 0);
	CHECK_ERROR(pip_sigmask(SIG_UNBLOCK, &set, NULL), 0);
}

/* Answer each SIGUSR1 from the root with one. */
static int play_echo(int argc, char **argv)
{
	struct shared *shared = role_shared();
	sigset_t set;

	(void)argc, (void)argv;
	check_errors();
	check_mask();
	CHECK_ERROR(kill_all(), EPERM);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	CHECK_ERROR(pip_sigmask(SIG_BLOCK, &set, NULL), 0);
	shared->ready++;
	for (int i = 0; i < 50; i++) {
		CHECK_ERROR(pip_signal_wait(SIGUSR1), 0);
		CHECK_ERROR(pip_kill(PIP_PIPID_ROOT, SIGUSR1), 0);
	}
	return check_finish();
}

static void check_echo(struct shared *shared)
{
	int pipid = 2, status = -1;

	shared->ready = shared->handled = 0;
	CHECK_ERROR(role_spawn(&pipid, "echo", NULL), 0);
	CHECK_EVENTUALLY(shared->ready == 1);
	for (int i = 1; i <= 50; i++) {
		CHECK_ERROR(pip_kill(2, SIGUSR1), 0);
		CHECK_EVENTUALLY(shared->handled == i);
	}
	/* Ended, but not waited for; then waited for. */
	CHECK_EVENTUALLY(pip_kill(2, 0) == ESRCH);
	CHECK_ERROR(pip_wait(2, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_kill(2, SIGTERM), ESRCH);
}

static void check_kill_one(void)
{
	int pipid = 0, status = -1;

	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	CHECK_ERROR(pip_kill(0, SIGKILL), 0);
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, KILLED(SIGKILL));
}

/* More than once in the life of a root. */
static void check_kill_all(void)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < NTASKS; i++)
			CHECK_ERROR(role_spawn(NULL, "sleep", NULL), 0);
		CHECK_ERROR(kill_all(), 0);
		for (int i = 0; i < NTASKS; i++) {
			int status = -1;

			CHECK_ERROR(pip_wait_any(NULL, &status), 0);
			CHECK_STATUS(status, KILLED(KILL_ALL_SIGNAL));
		}
		CHECK_ERROR(kill_all(), 0);
	}
}

static int play_note(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int pipid;

	(void)argc;
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	shared->pids[pipid] = getpid();
	shared->ready++;
	if (argv[1] != NULL) {
		CHECK_EVENTUALLY(shared->ready == NTASKS);
		pip_abort();
	}
	return role_sleep(0, NULL);
}

/* A root of its own that ends by pip_abort(), of a task or of itself; it says
 * on a pipe which tasks it had. */
static int play_aborting_root(int argc, char **argv)
{
	static struct shared shared;
	int by_task = strcmp(argv[1], "task") == 0;

	(void)argc;
	signal(SIGABRT, SIG_DFL);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	for (int i = 0; i < NTASKS - 1; i++)
		CHECK_ERROR(role_spawn(NULL, "note", NULL), 0);
	CHECK_EVENTUALLY(shared.ready == NTASKS - 1);
	CHECK_ERROR(role_spawn(NULL, "note", by_task ? "abort" : NULL, NULL),
		    0);
	CHECK_EVENTUALLY(shared.pids[NTASKS - 1] != 0);
	NEED(write(atoi(argv[2]), shared.pids, sizeof(shared.pids)) ==
	     sizeof(shared.pids));
	if (!by_task)
		pip_abort();
	return role_sleep(0, NULL);
}

static void check_abort(const char *who)
{
	pid_t pids[NTASKS], root;
	char fd_text[16];
	int ends[2];

	NEED(pipe(ends) == 0);
	snprintf(fd_text, sizeof(fd_text), "%d", ends[1]);
	root = role_exec("aborting-root", who, fd_text, NULL);
	close(ends[1]);
	memset(pids, 0, sizeof(pids));
	/* If the last task is quick, the root is gone before it has told. */
	if (read(ends[0], pids, sizeof(pids)) != sizeof(pids))
		check_say("pip_abort() by a %s: no PIDs", who);
	close(ends[0]);
	CHECK_STATUS(role_join(root), KILLED(SIGABRT));
	/* They become children of this process, which is their subreaper. */
	while (waitpid(-1, NULL, __WALL) > 0 || errno == EINTR)
		;
	for (int i = 0; i < NTASKS; i++)
		if (pids[i] != 0)
			CHECK(kill(pids[i], 0) != 0 && errno == ESRCH);
}

static int play_lonely_abort(int argc, char **argv)
{
	(void)argc, (void)argv;
	pip_abort();
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	int ntasks = NTASKS;
	struct sigaction action;

	(void)argc, (void)argv;
	check_uninitialised();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_ERROR(pip_export(&shared), 0);
	shared_of_handler = &shared;
	memset(&action, 0, sizeof(action));
	action.sa_handler = count_signal;
	action.sa_flags = SA_RESTART;
	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	check_errors();
	check_mask();
	check_echo(&shared);
	check_kill_one();
	check_kill_all();
	CHECK_ERROR(pip_fin(), 0);
	check_abort("root");
	check_abort("task");
	CHECK_STATUS(role_join(role_exec("lonely-abort", NULL)),
		     KILLED(SIGABRT));
	CHECK(check_is_childless());
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "echo", play_echo },
	{ "sleep", role_sleep },
	{ "note", play_note },
	{ "aborting-root", play_aborting_root },
	{ "lonely-abort", play_lonely_abort },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
