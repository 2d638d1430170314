/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crash WHO HOW [N]: die in the way HOW as the root, as a task (N of them at
 * the same time), or in a child that a task has forked.  The root prints each
 * task's "PIPID status" in hexadecimal.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pip/pip.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int *nowhere;

__attribute__((noinline)) static void crash_here(void)
{
	*nowhere = 1; /* LINE crash */
}

static const int constant = 1;

__attribute__((noinline)) static void write_constant(void)
{
	*(volatile int *)&constant = 2; /* LINE constant */
}

__attribute__((noinline)) static void call_nowhere(void)
{
	void (*volatile function)(void) = NULL;

	function(); /* LINE call */
	nowhere++;
}

/* The allocator finds out, holds its lock, and calls abort(). */
__attribute__((noinline)) static void corrupt_heap(void)
{
	char *volatile blocks[20];

	for (int i = 0; i < 20; i++)
		blocks[i] = malloc(2000);
	for (int i = 0; i < 19; i++)
		memset(blocks[i], 0x41, 2040);
	for (int i = 0; i < 20; i++)
		free(blocks[i]); /* LINE heap */
}

__attribute__((noinline)) static int overflow(int n)
{
	volatile char frame[1000];

	frame[n % 1000] = (char)n;
	if (n < 0)
		return 0; /* never */
	return overflow(n + 1) + frame[(n + 1) % 1000]; /* LINE overflow */
}

static void *crash_in_thread(void *arg)
{
	crash_here();
	return arg;
}

/* The kernel sends SIGSYS in its place (seccomp(2), SECCOMP_RET_TRAP). */
__attribute__((noinline)) static void call_forbidden(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		return;
	syscall(SYS_getpgid, 0); /* LINE seccomp */
}

static void nothing(int sig)
{
	(void)sig;
}

static int die(const char *how)
{
	pthread_t threads[3];
	pid_t child;
	int status;

	if (strcmp(how, "segv") == 0) {
		crash_here();
	} else if (strcmp(how, "constant") == 0) {
		write_constant();
	} else if (strcmp(how, "call") == 0) {
		call_nowhere();
	} else if (strcmp(how, "seccomp") == 0) {
		call_forbidden();
	} else if (strcmp(how, "heap") == 0) {
		corrupt_heap();
	} else if (strcmp(how, "overflow") == 0) {
		overflow(0);
	} else if (strcmp(how, "thread") == 0) {
		pthread_create(&threads[0], NULL, crash_in_thread, NULL);
		pthread_join(threads[0], NULL);
	} else if (strcmp(how, "threads") == 0) { /* all of them */
		for (int i = 0; i < 3; i++)
			pthread_create(&threads[i], NULL, crash_in_thread,
				       NULL);
		crash_here();
	} else if (strcmp(how, "fork") == 0) {
		child = fork();
		if (child == 0)
			crash_here();
		waitpid(child, &status, 0);
		return WTERMSIG(status);
	} else if (strcmp(how, "handled") == 0) {
		signal(SIGTERM, nothing);
		raise(SIGTERM);
	} else if (strcmp(how, "fin") == 0) {
		if (pip_isa_task())
			pip_fin();
		crash_here();
	} else if (strcmp(how, "exit") == 0) {
		return 3;
	} else {
		raise(atoi(how));
	}
	return 0;
}

/* Of the root: it has spawned all and waits. */
static volatile int waiting;

static int sleeps(pid_t pid)
{
	char path[32], text[512], *end;
	FILE *stat;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stat = fopen(path, "re");
	n = stat != NULL ? fread(text, 1, sizeof(text) - 1, stat) : 0;
	if (stat != NULL)
		fclose(stat);
	text[n] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' && end[2] == 'S';
}

/* So that reports show where the root is. */
static void wait_for_root(void)
{
	volatile int *flag = NULL;
	void *exported = NULL;

	if (pip_import(PIP_PIPID_ROOT, &exported) != 0 || exported == NULL)
		return;
	flag = exported;
	while (!*flag || !sleeps(getppid()))
		usleep(1000);
}

int main(int argc, char **argv)
{
	int ntasks = argc > 3 ? atoi(argv[3]) : 1, pipid, status, error;
	struct rlimit no_core = { 0, 0 };

	if (argc < 3)
		return 99;
	setrlimit(RLIMIT_CORE, &no_core);
	error = pip_init(&pipid, &ntasks, NULL, 0);
	if (error != 0)
		return 99;
	if (pipid != PIP_PIPID_ROOT)
		wait_for_root();
	if (pipid != PIP_PIPID_ROOT || strcmp(argv[1], "root") == 0)
		return die(argv[2]);
	pip_export((void *)&waiting);
	for (int i = 0; i < ntasks; i++)
		if (pip_spawn(argv[0], argv, NULL, PIP_CPUCORE_ASIS, NULL, NULL,
			      NULL, NULL) != 0)
			return 98;
	waiting = 1;
	while (pip_wait_any(&pipid, &status) == 0)
		printf("%d %x\n", pipid, status & ~0x80);
	return pip_fin();
}
