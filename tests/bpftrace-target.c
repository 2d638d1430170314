/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that does things a given number of times, for tracers to count:
 *     bpftrace-target WHAT [wait] MODE:NTASKS:COUNT...
 * It becomes a root for each of these, one after the other.  With "wait", it
 * spawns its tasks, prints "ready", and goes on after a line on stdin.
 * WHAT: switches, couples, spawns, blocked, syscalls, consistency.
 */
#include <sys/syscall.h>

#include "role.h"
#include "self.h"

#define NTASKS_MAX 320

static struct {
	int ntasks, count;
	_Atomic bool go;
	_Atomic bool arrived[NTASKS_MAX];
	_Atomic int pair;    /* whose turn it is to switch */
	_Atomic int leaving; /* who may leave */
	_Atomic int done;
	pip_task_t *root;
	pip_barrier_t barrier;
} work;
static typeof(work) *shared;

static int self;

static void start_task(void)
{
	shared = role_shared();
	NEED(pip_get_pipid(&self) == 0);
}

/* There may be hundreds, and a tracer that is to get the CPU. */
static void await_go(void)
{
	while (!shared->go)
		check_sleep_ms(20);
}

/* To the root's kernel thread, which is about to wait for all. */
static void leave(void)
{
	NEED(pip_decouple(shared->root) == 0);
	shared->arrived[self] = true;
}

static void ask_parent(int count)
{
	for (int i = 0; i < count; i++)
		(void)syscall(SYS_getppid);
}

/* EINTR says that others have run. */
static bool yield_to(pip_task_t *task)
{
	return pip_yield_to(task) == EINTR;
}

/* Of a pair, one switches to the other and back, count times; between, and
 * whenever else it runs, it hands on to the root. */
static int play_switches(int argc, char **argv)
{
	(void)argc, (void)argv;
	start_task();
	await_go();
	leave();
	while (shared->pair != self / 2)
		pip_yield_to(shared->root);
	for (int i = 0; i < shared->count; i++) {
		pip_task_t *other;

		NEED(pip_get_task_by_pipid(self ^ 1, &other) == 0);
		NEED(yield_to(other));
	}
	if (self % 2 == 0)
		shared->pair = -1;
	while (shared->leaving != self)
		pip_yield_to(shared->root);
	return pip_couple();
}

static int play_couples(int argc, char **argv)
{
	(void)argc, (void)argv;
	start_task();
	await_go();
	for (int i = 0; i < shared->count; i++) {
		leave();
		NEED(pip_couple() == 0);
	}
	return 0;
}

static int play_blocked(int argc, char **argv)
{
	(void)argc, (void)argv;
	start_task();
	await_go();
	leave();
	for (int i = 0; i < shared->count; i++)
		NEED(pip_barrier_wait(&shared->barrier) == 0);
	return pip_couple();
}

static int play_syscalls(int argc, char **argv)
{
	(void)argc, (void)argv;
	start_task();
	await_go();
	ask_parent(shared->count);
	return 0;
}

static int play_consistency(int argc, char **argv)
{
	(void)argc, (void)argv;
	start_task();
	await_go();
	if (self % 2 == 0) {
		leave();
		ask_parent(shared->count);
		NEED(pip_couple() == 0);
	}
	ask_parent(shared->count);
	return 0;
}

static int play_quit(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 7;
}

static pip_task_t *task_of(int pipid)
{
	pip_task_t *task;

	NEED(pip_get_task_by_pipid(pipid, &task) == 0);
	return task;
}

/* The root's part of the switches: who runs when. */
static void conduct_switches(void)
{
	for (int i = 0; i < work.ntasks; i++)
		while (!work.arrived[i])
			if (!yield_to(task_of(i)))
				check_sleep_ms(1);
	for (int pair = 0; pair < work.ntasks / 2; pair++) {
		work.pair = pair;
		while (work.pair == pair)
			NEED(yield_to(task_of(2 * pair)));
	}
	/* Odd ones first: then nobody leaves to the other one of a pair. */
	for (int first = 1; first >= 0; first--)
		for (int i = first; i < work.ntasks; i += 2) {
			work.leaving = i;
			while (yield_to(task_of(i)))
				;
		}
}

static void spawn_quits(void)
{
	for (int done = 0; done < work.count; done += work.ntasks) {
		int n = work.count - done < work.ntasks ? work.count - done :
							  work.ntasks;

		for (int i = 0; i < n; i++)
			NEED(role_spawn(&i, "quit", NULL) == 0);
		for (int i = 0; i < n; i++)
			NEED(pip_wait(i, NULL) == 0);
	}
}

/* Be a root with so many tasks, and again an ordinary program. */
static void play_round(const char *what, int mode, int ntasks, int count,
		       bool waits)
{
	bool spawns = strcmp(what, "spawns") == 0;
	int status;

	memset(&work, 0, sizeof(work));
	work.ntasks = ntasks;
	work.count = count;
	work.pair = work.leaving = -1;
	NEED(work.ntasks > 0 && work.ntasks <= NTASKS_MAX);
	NEED(pip_init(NULL, &work.ntasks, NULL, mode) == 0);
	NEED(pip_export(&work) == 0);
	work.root = pip_task_self();
	NEED(pip_barrier_init(&work.barrier, work.ntasks) == 0);
	for (int i = 0; i < work.ntasks && !spawns; i++)
		NEED(role_spawn(&i, what, NULL) == 0);
	if (waits) {
		puts("ready");
		fflush(stdout);
		(void)getchar();
	}
	work.go = true;
	if (spawns)
		spawn_quits();
	else if (strcmp(what, "switches") == 0)
		conduct_switches();
	else if (strcmp(what, "syscalls") != 0)
		/* Who waits in the kernel sees the first guest late. */
		while (!work.arrived[0])
			(void)pip_yield(PIP_YIELD_DEFAULT);
	for (int i = 0; i < work.ntasks && !spawns; i++) {
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	/* The other source. */
	for (int i = 0; i < work.ntasks && !spawns; i++)
		printf("suspends %d: %llu\n", i,
		       (unsigned long long)self_entry(i)
			       ->counters[PIP_COUNT_SUSPENDS]);
	CHECK_ERROR(pip_fin(), 0);
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "switches", play_switches },
		{ "couples", play_couples },
		{ "blocked", play_blocked },
		{ "syscalls", play_syscalls },
		{ "consistency", play_consistency },
		{ "quit", play_quit },
		{ NULL, NULL }
	};
	bool waits = argc > 2 && strcmp(argv[2], "wait") == 0;

	if (pip_isa_task())
		return role_main(argc, argv, roles);
	NEED(realpath("/proc/self/exe", role_path) != NULL);
	check_start();
	NEED(argc > 2 + waits);
	for (int i = 2 + waits; i < argc; i++) {
		char mode[16];
		int ntasks, count;

		NEED(sscanf(argv[i], "%15[a-z]:%d:%d", mode, &ntasks, &count) ==
		     3);
		play_round(argv[1],
			   strcmp(mode, "thread") == 0 ? PIP_MODE_PTHREAD :
							 PIP_MODE_PROCESS,
			   ntasks, count, waits);
	}
	return check_finish();
}
