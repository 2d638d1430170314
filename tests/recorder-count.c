/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The flight recorder counts exactly: marks of the root, of tasks, of their
 * threads, of signal handlers that interrupt marks, and of ULPs; starts and
 * ends of tasks, whichever way they end; 300 of them; and nothing that a child
 * made by fork() does.
 */
#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>

#include "recorder-check.h"

#define NTASKS 300
#define CROWD_MARKS 23
#define THREADS 3
enum { ID_MAIN = 1, ID_THREAD, ID_HANDLER, ID_ULP, ID_CROWD, ID_CHILD };

static struct {
	_Atomic uint64_t handled[NTASKS + 1];
	_Atomic int arrived;
} seen;
static typeof(seen) *shared;

static void mark(uint32_t id, int n)
{
	for (int i = 0; i < n; i++)
		pip_trace_mark(id, (uint64_t)i);
}

static void *mark_in_thread(void *arg)
{
	(void)arg;
	mark(ID_THREAD, MARKS);
	return NULL;
}

static int own_pipid = NTASKS;

static void mark_in_handler(int sig)
{
	(void)sig;
	pip_trace_mark(ID_HANDLER, 0);
	shared->handled[own_pipid]++;
}

static _Atomic bool ready;
static pid_t marker;

static void *send_signals(void *arg)
{
	while (!ready)
		check_sleep_ms(1);
	for (int i = 0; i < 1009; i++)
		NEED(syscall(SYS_tgkill, getpid(), marker, SIGUSR1) == 0);
	return arg;
}

/* The first thread is interrupted while it marks; others mark, too. */
static void mark_everything(void)
{
	struct sigaction action = { .sa_handler = mark_in_handler };
	pthread_t threads[THREADS], sender;
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	NEED(sigaction(SIGUSR1, &action, NULL) == 0);
	marker = (pid_t)syscall(SYS_gettid);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&threads[i], NULL, mark_in_thread,
				    NULL) == 0);
	NEED(pthread_create(&sender, NULL, send_signals, NULL) == 0);
	pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
	ready = true;
	mark(ID_MAIN, MARKS);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(sender, NULL);
	ready = false;
}

static int play_everything(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_get_pipid(&own_pipid), 0);
	mark_everything();
	return check_finish();
}

static int play_ulp(int argc, char **argv)
{
	pip_task_t *root;

	(void)argc;
	shared = role_shared();
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ROOT, &root), 0);
	CHECK_ERROR(pip_decouple(root), 0);
	shared->arrived++;
	while (shared->arrived < atoi(argv[1]))
		pip_yield(PIP_YIELD_USER);
	for (int i = 0; i < MARKS; i++) {
		pip_trace_mark(ID_ULP, (uint64_t)i);
		if (i % 7 == 0)
			pip_yield(PIP_YIELD_USER);
	}
	CHECK_ERROR(pip_couple(), 0);
	mark(ID_ULP, MARKS);
	return check_finish();
}

static int play_crowd(int argc, char **argv)
{
	(void)argc;
	mark(ID_CROWD, CROWD_MARKS);
	switch (atoi(argv[1]) % 5) {
	case 1:
		_exit(3);
	case 2:
		quick_exit(4);
	case 3:
		pip_exit(5);
	case 4:
		if (vfork() == 0)
			_exit(0); /* not the task's end */
		while (wait(NULL) < 0 && errno == EINTR)
			;
		break;
	}
	return 6;
}

static int play_crash(int argc, char **argv)
{
	(void)argc, (void)argv;
	mark(ID_MAIN, MARKS);
	raise(SIGSEGV);
	return 0;
}

/* On the root's kernel thread, by a fault or by a signal to itself. */
static int play_ulp_crash(int argc, char **argv)
{
	volatile int *volatile nowhere = (volatile int *)8;
	pip_task_t *root;

	(void)argc;
	CHECK_ERROR(pip_get_task_by_pipid(PIP_PIPID_ROOT, &root), 0);
	CHECK_ERROR(pip_decouple(root), 0);
	if (argv[1][0] == '0')
		*nowhere = 1;
	raise(SIGSEGV);
	return 0;
}

static void run_number(int n, const char *role, int pipid)
{
	char text[16];

	for (int i = 0; i < n; i++) {
		int at = pipid < 0 ? i : pipid;

		snprintf(text, sizeof(text), "%d", i);
		CHECK_ERROR(role_spawn(&at, role, text, NULL), 0);
		if (pipid >= 0)
			CHECK_ERROR(pip_wait(at, NULL), 0);
	}
	for (int i = 0; pipid < 0 && i < n; i++)
		CHECK_ERROR(pip_wait(i, NULL), 0);
}

static void check_everything(const struct recorder_view *view, bool threads)
{
	uint64_t handled = 0;

	mark_everything();
	run_number(3, "everything", -1);
	for (int i = -1; i < 3; i++) {
		int pipid = i < 0 ? PIP_PIPID_ROOT : i;
		uint64_t own = seen.handled[i < 0 ? NTASKS : i];

		handled += own;
		CHECK_INT(recorder_count(view, PIP_EVENT_MARK, pipid, ID_MAIN),
			  MARKS);
		CHECK_INT(recorder_count(view, PIP_EVENT_MARK, pipid,
					 ID_THREAD), THREADS * MARKS);
		CHECK_INT(recorder_count(view, PIP_EVENT_MARK, pipid,
					 ID_HANDLER), own);
		/* In thread mode the last handler is everybody's. */
		CHECK(own > 0 || threads);
	}
	CHECK(handled > 0);
}

/* On the root's kernel thread: in the root's ring, under their own PIPIDs. */
static void check_ulps(const struct recorder_view *view, int n)
{
	struct recorder_ring before, ring;
	char text[16];
	uint64_t marks = 0;

	seen.arrived = 0;
	CHECK_OR_STOP(recorder_read(view, 0, &before));
	snprintf(text, sizeof(text), "%d", n);
	for (int i = 0; i < n; i++)
		CHECK_ERROR(role_spawn(&i, "ulp", text, NULL), 0);
	while (seen.arrived < n)
		pip_yield(PIP_YIELD_USER);
	for (int i = 0; i < n; i++)
		CHECK_ERROR(pip_wait(i, NULL), 0);
	CHECK_OR_STOP(recorder_read(view, 0, &ring));
	for (uint64_t i = before.count; i < ring.count; i++)
		marks += ring.records[i].event == PIP_EVENT_MARK &&
			 ring.records[i].other == ID_ULP;
	CHECK_INT(marks, n * MARKS);
	for (int i = 0; i < n; i++) {
		CHECK_INT(recorder_count(view, PIP_EVENT_MARK, i, ID_ULP),
			  2 * MARKS);
		CHECK_INT(recorder_count(view, PIP_EVENT_DECOUPLE_BEGIN, i, -1),
			  1);
		CHECK_INT(recorder_count(view, PIP_EVENT_DECOUPLE_END, i, -1),
			  1);
		CHECK_INT(recorder_count(view, PIP_EVENT_COUPLE_BEGIN, i, -1),
			  1);
		CHECK_INT(recorder_count(view, PIP_EVENT_COUPLE_END, i, -1), 1);
	}
	free(before.records);
	free(ring.records);
}

static void check_crash(const struct recorder_view *view, bool threads)
{
	struct recorder_ring root;
	int pipid = 37, status; /* never used before */

	CHECK_ERROR(role_spawn(&pipid, "crash", NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(SIGSEGV));
	CHECK_INT(recorder_count(view, PIP_EVENT_MARK, pipid, ID_MAIN), MARKS);
	CHECK_INT(recorder_count(view, PIP_EVENT_TASK_EXIT, pipid, -1), 0);
	/* In process mode the kernel ends it, and nobody is asked. */
	CHECK_INT(recorder_count(view, PIP_EVENT_EXCEPTION, pipid, -1),
		  threads ? 1 : 0);
	CHECK_OR_STOP(recorder_read(view, 0, &root));
	CHECK(root.count > 0);
	CHECK_INT(root.records[root.count - 1].event, PIP_EVENT_TASK_WAIT);
	CHECK_INT(root.records[root.count - 1].argument & 0x7f, SIGSEGV);
	free(root.records);
}

static void crash(const char *role, const char *how, int pipid)
{
	int status;

	CHECK_ERROR(role_spawn(&pipid, role, how, NULL), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(SIGSEGV));
}

/* An exception is one event, also where two handlers get the signal. */
static void check_exceptions(const struct recorder_view *view)
{
	crash("ulp-crash", "0", 20);
	crash("ulp-crash", "1", 21);
	CHECK_INT(recorder_count(view, PIP_EVENT_EXCEPTION, 20, -1), 1);
	CHECK_INT(recorder_count(view, PIP_EVENT_EXCEPTION, 21, -1), 1);
	CHECK_INT(recorder_count(view, PIP_EVENT_TASK_EXIT, 20, -1), 0);
}

/* In a child made by fork(), and in what that starts. */
static void check_children(const struct recorder_view *view)
{
	char *argv[] = { "true", NULL };
	uint64_t lost, stopped, total = recorder_total(view, &lost, &stopped);
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		mark(ID_CHILD, MARKS);
		_exit(pip_trace_start(PIP_TRACE_STOP) == EPERM ? 0 : 1);
	}
	CHECK_STATUS(role_join(pid), EXITED(0));
	CHECK_INT(system("exit 3"), EXITED(3));
	NEED(posix_spawnp(&pid, "true", NULL, NULL, argv, environ) == 0);
	CHECK_STATUS(role_join(pid), EXITED(0));
	CHECK_INT(recorder_total(view, &lost, &stopped), total);
	CHECK_INT(recorder_count(view, PIP_EVENT_MARK, -1, ID_CHILD), 0);
}

static void check_crowd(void)
{
	struct recorder_view view;
	uint64_t lost, stopped;

	recorder_open_own(&view);
	run_number(NTASKS, "crowd", -1);
	for (int i = 0; i < NTASKS; i += 37) {
		CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, i, ID_CROWD),
			  CROWD_MARKS);
		CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_START, i, -1),
			  1);
		CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_EXIT, i, -1),
			  1);
	}
	CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, -1, ID_CROWD),
		  NTASKS * CROWD_MARKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_START, -1, -1), NTASKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_EXIT, -1, -1), NTASKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_SPAWN_BEGIN,
				 PIP_PIPID_ROOT, -1), NTASKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_SPAWN_END,
				 PIP_PIPID_ROOT, -1), NTASKS);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_WAIT,
				 PIP_PIPID_ROOT, -1), NTASKS);
	/* One PIPID again and again: one ring for all its lives. */
	run_number(11, "crowd", 5);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_START, 5, -1), 12);
	CHECK_INT(recorder_count(&view, PIP_EVENT_TASK_EXIT, 5, -1), 12);
	CHECK_INT(recorder_count(&view, PIP_EVENT_MARK, 5, ID_CROWD),
		  12 * CROWD_MARKS);
	(void)recorder_total(&view, &lost, &stopped);
	CHECK_INT(lost + stopped, 0);
}

static void start(uint32_t mode, const char *trace, int ntasks)
{
	NEED(setenv(PIP_ENV_TRACE, trace, 1) == 0);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, mode), 0);
	CHECK_ERROR(pip_export(&seen), 0);
	memset(&seen, 0, sizeof(seen));
}

static void check_mode(uint32_t mode)
{
	struct recorder_view view;
	uint64_t lost, stopped;

	start(mode, "overwrite:262144", 40);
	recorder_open_own(&view);
	check_everything(&view, mode == PIP_MODE_PTHREAD);
	CHECK_ERROR(pip_fin(), 0);

	start(mode, "stop:1048576", 40);
	recorder_open_own(&view);
	check_ulps(&view, 2);
	check_children(&view);
	(void)recorder_total(&view, &lost, &stopped);
	CHECK_INT(lost + stopped, 0);
	CHECK_ERROR(pip_fin(), 0);

	start(mode, "overwrite:1048576", 40);
	recorder_open_own(&view);
	check_ulps(&view, 19);
	check_crash(&view, mode == PIP_MODE_PTHREAD);
	CHECK_ERROR(pip_fin(), 0);

	start(mode, "overwrite", 40);
	recorder_open_own(&view);
	check_exceptions(&view);
	CHECK_ERROR(pip_fin(), 0);

	/* With handlers in every task, which run a program. */
	NEED(setenv(PIP_ENV_GDB_PATH, "/bin/true", 1) == 0);
	NEED(setenv("PIP_QUIET", "1", 1) == 0);
	start(mode, "overwrite", 40);
	recorder_open_own(&view);
	check_exceptions(&view);
	crash("crash", "", 22);
	CHECK_INT(recorder_count(&view, PIP_EVENT_EXCEPTION, 22, -1), 1);
	CHECK_ERROR(pip_fin(), 0);
	unsetenv(PIP_ENV_GDB_PATH);
	unsetenv("PIP_QUIET");

	start(mode, "overwrite", NTASKS);
	check_crowd();
	CHECK_ERROR(pip_fin(), 0);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	unsetenv(PIP_ENV_MODE);
	shared = &seen;
	/* They end the root if its default action is theirs. */
	signal(SIGUSR1, SIG_IGN);
	check_mode(PIP_MODE_PROCESS);
	check_mode(PIP_MODE_PTHREAD);
	CHECK(check_is_childless());
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },	 { "everything", play_everything },
	{ "ulp", play_ulp },	 { "crowd", play_crowd },
	{ "crash", play_crash }, { "ulp-crash", play_ulp_crash },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
