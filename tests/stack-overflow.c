/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task that overflows its stack gets SIGSEGV, before it has touched what lies
 * below; nobody else notices.  Of its threads, too, each has a guard.
 */
#include <pthread.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "maps.h"
#include "role.h"

static volatile int depth;

__attribute__((noinline)) static int recurse(int n)
{
	volatile char frame[2000];

	frame[n % 2000] = (char)n;
	depth = n;
	if (n < 0)
		return 0; /* never */
	return recurse(n + 1) + frame[(n + 1) % 2000];
}

static void *recurse_in_thread(void *arg)
{
	recurse(0);
	return arg;
}

/* A frame as large as the guard is wide must still hit it. */
__attribute__((noinline)) static int overflow_at_once(size_t size)
{
	volatile char *block = __builtin_alloca(size);

	block[0] = 1;
	return block[size - 1];
}

/* On an alternate stack the task may see it coming. */
static void catch_overflow(int sig, siginfo_t *info, void *context)
{
	const struct pip_table_entry *entry = self_entry(0);
	unsigned long at = (unsigned long)info->si_addr;

	(void)sig, (void)context;
	_exit(at < entry->stack_low && at >= entry->stack_low - (1 << 20) ?
		      44 : 45);
}

static int play_task(int argc, char **argv)
{
	static char stack[1 << 16];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct rlimit no_core = { 0, 0 };
	struct sigaction action;
	pthread_t thread;

	(void)argc;
	setrlimit(RLIMIT_CORE, &no_core);
	if (strcmp(argv[1], "thread") == 0) {
		NEED(pthread_create(&thread, NULL, recurse_in_thread, NULL) ==
		     0);
		pthread_join(thread, NULL);
	}
	if (strcmp(argv[1], "caught") == 0) {
		memset(&action, 0, sizeof(action));
		action.sa_sigaction = catch_overflow;
		action.sa_flags = SA_SIGINFO | SA_ONSTACK;
		NEED(sigaltstack(&alternate, NULL) == 0);
		NEED(sigaction(SIGSEGV, &action, NULL) == 0);
	}
	if (strcmp(argv[1], "at-once") == 0) {
		unsigned long here = (unsigned long)&no_core;

		overflow_at_once(here - self_entry(0)->stack_low +
				 (1 << 20) - 8192);
	}
	return recurse(0);
}

static int play_root(int argc, char **argv)
{
	static const struct {
		const char *how;
		int status;
	} rows[] = {
		{ "main", KILLED(SIGSEGV) },
		{ "thread", KILLED(SIGSEGV) },
		{ "caught", EXITED(44) },
		{ "at-once", KILLED(SIGSEGV) },
	};
	const struct pip_table_entry *entry;
	static struct maps maps;
	int neighbour = 1, status = -1;

	(void)argc, (void)argv;
	setenv("PIP_STACKSIZE", "4M", 1);
	role_init(2);
	CHECK_ERROR(role_spawn(&neighbour, "sleep", NULL), 0);
	for (size_t i = 0; i < 4; i++) {
		int pipid = 0;

		CHECK_ERROR(role_spawn(&pipid, "task", rows[i].how, NULL), 0);
		CHECK_ERROR(pip_wait(0, &status), 0);
		if ((status & ~0x80) != rows[i].status)
			check_say("overflow in '%s':", rows[i].how);
		CHECK_STATUS(status, rows[i].status);
		CHECK_ERROR(pip_trywait(neighbour, NULL), ECHILD);
	}
	/* Below every stack there is nothing. */
	entry = self_entry(neighbour);
	maps_take(&maps);
	CHECK_INT(maps_count_in(&maps, entry->stack_low - (1 << 20),
				entry->stack_low),
		  0);
	NEED(self_kill(neighbour, SIGKILL) == 0);
	CHECK_ERROR(pip_wait(neighbour, NULL), 0);
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
