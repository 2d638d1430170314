/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * User-level processes that pass a token round, all on the root's one kernel
 * thread: a hop is a context switch without the kernel.
 *
 *     examples/ulp_ring [ULPS [HOPS]]
 *
 * Each is a process nevertheless, with variables and a PID of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_util.h>

#define MAX_ULPS 1000

/* In the root's memory.  One kernel thread runs all who use it, and they
 * change places in pip_yield() only: nothing here needs a lock. */
struct ring {
	int members;
	int turn;  /* PIPID of who has the token */
	long hops; /* so far */
	long last; /* hop */
};

static long passed; /* private: each ULP counts its own */

static void check(int err, const char *what)
{
	if (err == 0)
		return;
	fprintf(stderr, "ulp_ring: %s: %s\n", what, strerror(err));
	exit(1);
}

/* Where each ULP starts; found by its name. */
int pass(void *arg);

int pass(void *arg)
{
	struct ring *ring = arg;
	pid_t scheduler = getpid(); /* who runs us makes the system call */
	int pipid;

	check(pip_get_pipid(&pipid), "pip_get_pipid");
	while (ring->hops < ring->last) {
		if (ring->turn == pipid) {
			ring->turn = (pipid + 1) % ring->members;
			ring->hops++;
			passed++;
		}
		pip_yield(PIP_YIELD_USER);
	}
	/* Go back to the own kernel thread: now it is our system call. */
	check(pip_couple(), "pip_couple");
	printf("ULP %d, process %d: %ld hops on the kernel thread of process "
	       "%d\n",
	       pipid, (int)getpid(), passed, (int)scheduler);
	return 0;
}

/* Suspended before they start, in a queue. */
static void spawn_ulps(char *program, struct ring *ring,
		       pip_task_queue_t *queue)
{
	pip_spawn_program_t what;

	pip_spawn_from_func(&what, program, "pass", ring, NULL, NULL, NULL);
	for (int pipid = 0; pipid < ring->members; pipid++)
		check(pip_blt_spawn(&what, PIP_CPUCORE_ASIS, PIP_TASK_INACTIVE,
				    &pipid, NULL, queue, NULL),
		      "pip_blt_spawn");
}

int main(int argc, char **argv)
{
	static struct ring ring;
	pip_task_queue_t queue;
	int all = PIP_TASK_ALL;
	double start;

	ring.members = argc > 1 ? atoi(argv[1]) : 4;
	ring.last = argc > 2 ? atol(argv[2]) : 1000000;
	if (ring.members < 1 || ring.members > MAX_ULPS || ring.last < 0) {
		fprintf(stderr, "ulp_ring: ULPS must be 1 to %d\n", MAX_ULPS);
		return 2;
	}
	check(pip_init(NULL, &ring.members, NULL, PIP_OPTS_NONE), "pip_init");
	check(pip_task_queue_init(&queue, NULL), "pip_task_queue_init");
	spawn_ulps(argv[0], &ring, &queue);
	start = pip_gettime();
	/* Start them in the root's scheduling domain. */
	check(pip_dequeue_and_resume_N(&queue, pip_task_self(), &all),
	      "pip_dequeue_and_resume_N");
	while (ring.hops < ring.last)
		pip_yield(PIP_YIELD_USER);
	printf("%ld hops, %.0f ns each\n", ring.hops,
	       (pip_gettime() - start) * 1e9 / (double)(ring.hops + 1));
	fflush(stdout);
	while (pip_wait_any(NULL, NULL) == 0)
		; /* meanwhile the others run */
	check(pip_fin(), "pip_fin");
	return 0;
}
