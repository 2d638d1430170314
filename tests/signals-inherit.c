/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals of a new task are as after execve(2): ignored ones stay ignored,
 * caught ones are reset, the mask is inherited, nothing is pending, there is no
 * alternate stack.  Both with clone3(2) and in a sandbox that hides it.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/syscall.h>

#include "role.h"
#include "self.h"

static volatile int handled;

static void handle(int sig)
{
	(void)sig;
	handled++;
}

static void handle_with_info(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)info, (void)context;
	handled++;
}

/* Signals by what the root does with them. */
static bool is_ignored(int sig)
{
	return sig % 4 == 1;
}

static bool is_caught(int sig)
{
	return sig % 4 == 2 || sig % 4 == 3;
}

static bool is_blocked(int sig)
{
	return sig % 5 == 1;
}

static bool is_usable(int sig)
{
	/* SIGCHLD must not be blocked, SIGALRM is the watchdog's. */
	return sig != SIGKILL && sig != SIGSTOP && sig != SIGCHLD &&
	       sig != SIGALRM && sig != 32 && sig != 33;
}

static void set_all(void)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action;
	sigset_t mask;

	sigemptyset(&mask);
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (!is_usable(sig))
			continue;
		memset(&action, 0, sizeof(action));
		if (is_ignored(sig)) {
			action.sa_handler = SIG_IGN;
		} else if (sig % 4 == 2) {
			action.sa_handler = handle;
			action.sa_flags = SA_ONSTACK | SA_RESTART;
			sigfillset(&action.sa_mask);
		} else if (sig % 4 == 3) {
			action.sa_sigaction = handle_with_info;
			action.sa_flags = SA_SIGINFO;
		}
		NEED(sigaction(sig, &action, NULL) == 0);
		if (is_blocked(sig))
			sigaddset(&mask, sig);
	}
	NEED(sigaltstack(&alternate, NULL) == 0);
	NEED(sigprocmask(SIG_SETMASK, &mask, NULL) == 0);
}

/* In the root everything is as it was set. */
static void check_root(void)
{
	struct sigaction action;
	sigset_t mask;
	stack_t alternate;

	NEED(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (!is_usable(sig))
			continue;
		NEED(sigaction(sig, NULL, &action) == 0);
		if (is_ignored(sig))
			CHECK(action.sa_handler == SIG_IGN);
		else if (sig % 4 == 2)
			CHECK(action.sa_handler == handle &&
			      (action.sa_flags & SA_RESTART) != 0);
		else if (sig % 4 == 3)
			CHECK(action.sa_sigaction == handle_with_info);
		else
			CHECK(action.sa_handler == SIG_DFL);
		CHECK_INT(sigismember(&mask, sig), is_blocked(sig));
	}
	NEED(sigaltstack(NULL, &alternate) == 0);
	CHECK_INT(alternate.ss_flags & SS_DISABLE, 0);
}

static int play_task(int argc, char **argv)
{
	struct sigaction action;
	stack_t alternate;
	sigset_t mask;

	(void)argc, (void)argv;
	NEED(sigprocmask(SIG_SETMASK, NULL, &mask) == 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		if (!is_usable(sig))
			continue;
		NEED(sigaction(sig, NULL, &action) == 0);
		if (action.sa_handler != (is_ignored(sig) ? SIG_IGN : SIG_DFL))
			check_fail("signal %d is %s", sig,
				   action.sa_handler == SIG_IGN ? "ignored" :
				   action.sa_handler == SIG_DFL ? "default" :
								  "caught");
		if (sigismember(&mask, sig) != is_blocked(sig))
			check_fail("signal %d is%s blocked", sig,
				   is_blocked(sig) ? " not" : "");
	}
	NEED(sigpending(&mask) == 0);
	for (int sig = 1; sig <= SIGRTMAX; sig++)
		if (is_usable(sig))
			CHECK_INT(sigismember(&mask, sig), 0);
	NEED(sigaltstack(NULL, &alternate) == 0);
	CHECK_INT(alternate.ss_flags, SS_DISABLE);
	CHECK_INT(alarm(0), 0);
	/* The dispositions are the task's own. */
	NEED(signal(SIGUSR1, handle) != SIG_ERR);
	return check_finish();
}

/* A caught signal that is not blocked ends the task, not the root. */
static void check_delivery(void)
{
	int caught = 0, pipid = PIP_PIPID_ANY, status = -1;

	for (int sig = SIGRTMIN + 1; sig <= SIGRTMAX; sig++)
		if (is_caught(sig) && !is_blocked(sig))
			caught = sig;
	NEED(caught != 0);
	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	NEED(self_kill(pipid, caught) == 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(caught));
	CHECK_INT(handled, 0);
	raise(caught);
	CHECK_INT(handled, 1);
	handled = 0;
}

/* What is pending for the root is not pending for the task. */
static void check_pending(void)
{
	int blocked = 0;
	sigset_t pending;

	for (int sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		if (is_blocked(sig) && is_caught(sig))
			blocked = sig;
	NEED(blocked != 0);
	raise(blocked);
	CHECK_STATUS(role_run("task", NULL), EXITED(0));
	NEED(sigpending(&pending) == 0);
	CHECK_INT(sigismember(&pending, blocked), 1);
}

/* ENOSYS for clone3, as container sandboxes of old answer. */
static void hide_clone3(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
		check_say("no seccomp filters here: clone(2) is not tested");
		exit(check_finish());
	}
	errno = 0;
	CHECK_INT(syscall(SYS_clone3, NULL, 0), -1);
	CHECK_ERROR(errno, ENOSYS);
}

static int play_inner(int argc, char **argv)
{
	(void)argc;
	if (strcmp(argv[1], "clone") == 0)
		hide_clone3();
	role_init(4);
	set_all();
	for (int i = 0; i < 3; i++)
		CHECK_STATUS(role_run("task", NULL), EXITED(0));
	check_root();
	check_delivery();
	check_pending();
	/* Spawned by a task, too. */
	CHECK_STATUS(role_run("parent", NULL), EXITED(0));
	CHECK_ERROR(pip_wait_any(NULL, &argc), 0);
	CHECK_STATUS(argc, EXITED(0));
	check_root();
	return role_finish();
}

static int play_parent(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_ERROR(role_spawn(NULL, "task", NULL), 0);
	return check_finish();
}

static int play_test(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_STATUS(role_join(role_exec("inner", "clone3", NULL)), EXITED(0));
	CHECK_STATUS(role_join(role_exec("inner", "clone", NULL)), EXITED(0));
	return check_finish();
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "inner", play_inner },
	{ "parent", play_parent },
	{ "task", play_task },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
