/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Signals at a high rate while contexts switch: a timer of the scheduler's
 * process, and signals sent to tasks that are coupled or decoupled.  The
 * handlers of a process run on its own kernel thread, whatever it runs there;
 * none is lost, and no context is disturbed.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <sched.h>
#include <sys/time.h>
#include <xmmintrin.h>

#include "blt-check.h"

#define NULPS 4
#define ROUNDS 50021    /* of each ULP */
#define NSIGNALS 5003   /* sent to each */
#define TIMER_US 100

enum { SCHEDULER = NULPS, SENDER, NTASKS };

struct shared {
	pip_task_queue_t parked;
	pip_barrier_t barrier;
	_Atomic long handled[NTASKS + 1]; /* [NTASKS]: the root's timer */
	_Atomic long wrong;               /* in another process, or domain */
	_Atomic long steps[NULPS];
	_Atomic bool sent;
	long sent_to[NTASKS];
};

static struct shared *shared;
static pid_t own_pid; /* of this task's process */
static int own_number;
static time_t deadline; /* of the root, whose watchdog uses the signal */

/* Real-time signals are queued: each one counts. */
static void handle(int sig, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	if (sig == SIGALRM && time(NULL) > deadline)
		check_watchdog_barks(sig);
	if (getpid() != own_pid)
		shared->wrong++;
	if (info->si_code == SI_QUEUE &&
	    info->si_value.sival_int != own_number)
		shared->wrong++;
	shared->handled[own_number]++;
	/* What interrupted code may have in use. */
	errno = -1;
	_mm_setcsr(0x1f80 | _MM_ROUND_UP);
	errno = error;
}

static void install(int sig, int number)
{
	struct sigaction action = { .sa_sigaction = handle,
				    .sa_flags = SA_SIGINFO | SA_RESTART };

	own_pid = getpid();
	own_number = number;
	sigemptyset(&action.sa_mask);
	NEED(sigaction(sig, &action, NULL) == 0);
}

static int play_ulp(int argc, char **argv)
{
	int pipid = blt_pipid(), domain = blt_domain();
	volatile double sum = 0;
	uint64_t random = (uint64_t)pipid + 1;

	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_couple(), 0);
	install(SIGRTMIN, pipid);
	CHECK_ERROR(pip_decouple(NULL), 0);
	_mm_setcsr(0x1f80 | (pipid % 2 ? _MM_ROUND_DOWN : 0));
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	for (long i = 0; i < ROUNDS || !shared->sent; i++) {
		double before = sum;

		errno = 200 + pipid;
		if (blt_random(&random) % 8 == 0) {
			CHECK_ERROR(pip_couple(), 0);
			CHECK_INT(getpid(), own_pid);
			CHECK_ERROR(pip_decouple(NULL), 0);
		} else {
			pip_yield(PIP_YIELD_USER);
		}
		CHECK_INT(errno, 200 + pipid);
		CHECK_INT(blt_domain(), domain);
		CHECK(sum == before);
		CHECK_INT(_mm_getcsr() & 0x6000,
			  pipid % 2 ? _MM_ROUND_DOWN : 0);
		sum = before + 1;
		shared->steps[pipid]++;
	}
	CHECK(sum == (double)shared->steps[pipid]);
	/* What is still on its way is delivered at home. */
	CHECK_ERROR(pip_couple(), 0);
	CHECK_EVENTUALLY(shared->handled[pipid] == shared->sent_to[pipid]);
	return check_finish() != 0 ? 1 : 51;
}

static int play_scheduler(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	install(SIGRTMIN, SCHEDULER);
	CHECK_ERROR(pip_suspend_and_enqueue(&shared->parked, NULL, NULL), 0);
	CHECK_EVENTUALLY(shared->handled[SCHEDULER] ==
			 shared->sent_to[SCHEDULER]);
	return check_finish() != 0 ? 1 : 52;
}

/* A coupled task sends them, to processes, as anybody may. */
static int play_sender(int argc, char **argv)
{
	(void)argc, (void)argv;
	shared = role_shared();
	CHECK_ERROR(pip_barrier_wait(&shared->barrier), 0);
	for (int i = 0; i < NSIGNALS; i++)
		for (int to = 0; to <= SCHEDULER; to++) {
			union sigval value = { .sival_int = to };

			/* EAGAIN: too many are waiting already. */
			while (sigqueue(blt_entry(to)->pid, SIGRTMIN, value) !=
			       0)
				NEED(errno == EAGAIN &&
				     sched_yield() == 0);
			shared->sent_to[to]++;
		}
	shared->sent = true;
	return check_finish() != 0 ? 1 : 53;
}

static void set_timer(long microseconds)
{
	struct itimerval timer = { { 0, microseconds }, { 0, microseconds } };

	NEED(setitimer(ITIMER_REAL, &timer, NULL) == 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared memory;
	pip_task_queue_t queue;
	int pipid = SCHEDULER;

	(void)argc, (void)argv;
	shared = &memory;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	CHECK_ERROR(pip_task_queue_init(&shared->parked, NULL), 0);
	CHECK_ERROR(pip_task_queue_init(&queue, NULL), 0);
	CHECK_ERROR(pip_barrier_init(&shared->barrier, NULPS + 1), 0);
	deadline = time(NULL) + CHECK_WATCHDOG_SECONDS;
	install(SIGALRM, NTASKS);
	set_timer(TIMER_US);
	CHECK_ERROR(blt_spawn(&pipid, 0, NULL, "scheduler", NULL), 0);
	BLT_EVENTUALLY(blt_count(&shared->parked) == 1);
	for (int i = 0; i < NULPS; i++) {
		pipid = i;
		CHECK_ERROR(blt_spawn(&pipid, PIP_TASK_INACTIVE |
				      PIP_SYNC_BLOCKING, &queue, "ulp", NULL),
			    0);
		CHECK_ERROR(pip_dequeue_and_resume(
				    &queue, i < NULPS / 2 ? pip_task_self() :
							    blt_handle(SCHEDULER)),
			    0);
	}
	pipid = SENDER;
	CHECK_ERROR(blt_spawn(&pipid, 0, NULL, "sender", NULL), 0);
	for (int i = 0; i < NULPS; i++)
		CHECK_STATUS(blt_join(i), EXITED(51));
	CHECK_STATUS(blt_join(SENDER), EXITED(53));
	CHECK_INT(blt_resume_all(&shared->parked, NULL), 1);
	CHECK_STATUS(blt_join(SCHEDULER), EXITED(52));
	set_timer(0);
	for (int i = 0; i <= SCHEDULER; i++) {
		CHECK_INT(shared->sent_to[i], NSIGNALS);
		CHECK_INT(shared->handled[i], NSIGNALS);
	}
	for (int i = 0; i < NULPS; i++)
		CHECK(shared->steps[i] >= ROUNDS);
	CHECK(shared->handled[NTASKS] > 10);
	CHECK_INT(shared->wrong, 0);
	return role_finish();
}

static const struct role roles[] = { { "root", play_root },
				     { "ulp", play_ulp },
				     { "scheduler", play_scheduler },
				     { "sender", play_sender },
				     { NULL, NULL } };

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
