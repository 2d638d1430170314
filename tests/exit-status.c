/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * However a task ends, the root gets the status word that wait(2) gives, the
 * PIPID is free at once, and nobody else notices.
 */
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "role.h"
#include "self.h"

#define NTASKS 3

struct way {
	const char *name;
	int status; /* what the root gets */
	void (*end)(void);
};

static struct {
	_Atomic int leave;
	_Atomic int exit_handlers;
} *shared;

static void count_exit_handler(void)
{
	shared->exit_handlers++;
}

static void end_return(void)
{
	/* play_task() returns 17 */
}

static void end_exit(void)
{
	exit(18);
}

static void end_exit_underscore(void)
{
	_exit(19);
}

static void end_exit_group(void)
{
	syscall(SYS_exit_group, 20);
}

static void end_quick_exit(void)
{
	quick_exit(21);
}

static void end_pip_exit(void)
{
	pip_exit(22);
}

static void end_exit_large(void)
{
	exit(0x1234);
}

static void end_exit_negative(void)
{
	exit(-1);
}

static void end_exit_zero(void)
{
	exit(0);
}

static void end_abort(void)
{
	abort();
}

static void end_kill(void)
{
	kill(getpid(), SIGKILL);
}

static void end_term(void)
{
	raise(SIGTERM);
}

static void end_realtime(void)
{
	raise(SIGRTMAX);
}

/* Real faults: by the hardware, not by kill(2). */

static void end_segv_null(void)
{
	*(volatile int *)(uintptr_t)getenv("PIP_TEST_NO_SUCH") = 1;
}

static void end_segv_code(void)
{
	*(volatile char *)(uintptr_t)&end_segv_code = 1;
}

static void end_segv_jump(void)
{
	char *data = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void (*code)(void);

	memcpy(&code, &data, sizeof(code));
	code();
}

static void end_bus(void)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	volatile char *page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);

	(void)*page; /* behind the end of the file */
}

static void end_fpe(void)
{
	/* Not 1 / zero, which compilers make without a division. */
	volatile int zero = 0, hundred = 100, result = hundred / zero;

	(void)result;
}

static void end_ill(void)
{
	__builtin_trap();
}

static void end_trap(void)
{
	__asm__ volatile("int3");
}

static void end_xcpu(void)
{
	struct rlimit limit = { 1, 30 };

	setrlimit(RLIMIT_CPU, &limit);
	for (;;)
		;
}

static void end_execve(void)
{
	execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
}

static void end_execve_killed(void)
{
	execl("/bin/sh", "sh", "-c", "kill -USR1 $$", (char *)NULL);
}

static const struct way ways[] = {
	{ "return", EXITED(17), end_return },
	{ "exit", EXITED(18), end_exit },
	{ "_exit", EXITED(19), end_exit_underscore },
	{ "exit_group", EXITED(20), end_exit_group },
	{ "quick_exit", EXITED(21), end_quick_exit },
	{ "pip_exit", EXITED(22), end_pip_exit },
	{ "exit-large", EXITED(0x34), end_exit_large },
	{ "exit-negative", EXITED(255), end_exit_negative },
	{ "exit-zero", EXITED(0), end_exit_zero },
	{ "abort", KILLED(SIGABRT), end_abort },
	{ "kill-9", KILLED(SIGKILL), end_kill },
	{ "term", KILLED(SIGTERM), end_term },
	{ "realtime", KILLED(64), end_realtime },
	{ "segv-null", KILLED(SIGSEGV), end_segv_null },
	{ "segv-code", KILLED(SIGSEGV), end_segv_code },
	{ "segv-jump", KILLED(SIGSEGV), end_segv_jump },
	{ "bus", KILLED(SIGBUS), end_bus },
	{ "fpe", KILLED(SIGFPE), end_fpe },
	{ "ill", KILLED(SIGILL), end_ill },
	{ "trap", KILLED(SIGTRAP), end_trap },
	{ "xcpu", KILLED(SIGXCPU), end_xcpu },
	{ "execve", EXITED(7), end_execve },
	{ "execve-killed", KILLED(SIGUSR1), end_execve_killed },
};
#define NWAYS (sizeof(ways) / sizeof(ways[0]))

static int play_root(int argc, char **argv)
{
	static typeof(*shared) root_shared;
	int witness = 0, pipid = 2, status = -1;
	uint64_t generation;

	(void)argc, (void)argv;
	shared = &root_shared;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(role_spawn(&witness, "witness", NULL), 0);
	generation = self_entry(pipid)->generation;
	for (size_t i = 0; i < NWAYS; i++) {
		const struct pip_table_entry *entry = self_entry(pipid);

		CHECK_ERROR(role_spawn(&pipid, "task", ways[i].name, NULL), 0);
		CHECK_INT(entry->generation, ++generation);
		if (i % 2) {
			CHECK_ERROR(pip_wait(pipid, &status), 0);
		} else {
			int which = -1;

			CHECK_ERROR(pip_wait_any(&which, &status), 0);
			CHECK_INT(which, pipid);
		}
		if ((status & ~0x80) != ways[i].status)
			check_say("the way is '%s':", ways[i].name);
		CHECK_STATUS(status, ways[i].status);
		CHECK_STATUS(entry->wait_status, ways[i].status);
		CHECK_INT(entry->state, PIP_STATE_ENDED);
		CHECK(entry->ended >= entry->spawned);
		CHECK_ERROR(pip_wait(pipid, &status), ECHILD);
		/* The witness, its neighbour, has noticed nothing. */
		CHECK_ERROR(pip_trywait(witness, &status), ECHILD);
	}
	/* return, exit, pip_exit, and the three odd values run atexit(3). */
	CHECK_INT(shared->exit_handlers, 6);
	CHECK_INT(self_table()->spawned_total, NWAYS + 1);
	CHECK_INT(self_table()->ended_total, NWAYS);
	shared->leave = 1;
	CHECK_ERROR(pip_wait(witness, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	struct rlimit no_core = { 0, 0 };

	(void)argc;
	setrlimit(RLIMIT_CORE, &no_core);
	shared = role_shared();
	atexit(count_exit_handler);
	for (size_t i = 0; i < NWAYS; i++)
		if (strcmp(ways[i].name, argv[1]) == 0)
			ways[i].end();
	return 17;
}

static int play_witness(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	self_witness(&shared->leave);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "task", play_task },
	{ "witness", play_witness },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
