/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * barrier: one round of a barrier, of four kinds, by turns: one that only
 * spins and version 2's pip_barrier_t among tasks, a process-shared
 * pthread_barrier_t in POSIX shared memory among forked processes, and a
 * pthread_barrier_t among threads.  With cores for all, with too few, and with
 * one who always comes late; and how much CPU time a round takes, of all its
 * participants, which says whether who waits burns a core.
 *
 * With too few cores the spinning one yields: it would never end.
 */
#define PIP_VERSION_MAJOR 2
#include <fcntl.h>
#include <pip/pip.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "bench_args.h"

#define SAMPLES_MAX 1001
#define MEMBERS_MAX 64

/* What can hardly be beaten: arrivals and rounds, each in a cache line. */
struct spinning_barrier {
	_Alignas(64) int n;
	int arrived;
	_Alignas(64) int round;
};

enum { SPINNING, PIP, PROCESSES, THREADS, KINDS };
static const char *const kind_names[KINDS] = {
	"spinning, tasks",
	"pip_barrier_t, tasks",
	"pthread pshared, processes",
	"pthread, threads",
};

struct scenario {
	const char *name;
	int members, cores;
	int late_us; /* how much later than the others number 0 arrives */
	int rounds;  /* in a sample */
};

/* In POSIX shared memory, inherited by the processes, and the tasks' anyway. */
struct shared {
	struct spinning_barrier spinning;
	_Alignas(64) pip_barrier_t pip;
	_Alignas(64) pthread_barrier_t processes;
	_Alignas(64) pthread_barrier_t threads;
	_Alignas(64) struct scenario scenario;
	int kind;
	bool over, may_spin;
	cpu_set_t cpus;
	sem_t start[KINDS][MEMBERS_MAX], finished;
	/* What each has measured: nanoseconds of a round. */
	double wall[MEMBERS_MAX], cpu[MEMBERS_MAX];
};

static int members = 8, samples = 31, rounds = 5000;

static inline void spin_wait(struct shared *shared)
{
	struct spinning_barrier *barrier = &shared->spinning;
	int round = barrier->round;

	if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) ==
	    barrier->n) {
		__atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
		return;
	}
	while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round)
		if (!shared->may_spin)
			sched_yield();
}

static double cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* One loop for each kind, with nothing in it but the barrier. */
#define ROUNDS(wait)                                     \
	for (int i = 0; i < shared->scenario.rounds; i++) { \
		if (late_us > 0)                         \
			usleep((useconds_t)late_us);     \
		wait;                                    \
	}

static void wait_rounds(struct shared *shared, int late_us)
{
	switch (shared->kind) {
	case SPINNING:
		ROUNDS(spin_wait(shared));
		break;
	case PIP:
		ROUNDS(pip_barrier_wait(&shared->pip));
		break;
	case PROCESSES:
		ROUNDS(pthread_barrier_wait(&shared->processes));
		break;
	case THREADS:
		ROUNDS(pthread_barrier_wait(&shared->threads));
		break;
	}
}

/* The life of a participant: task, process or thread. */
static void play_member(struct shared *shared, int kind, int number)
{
	for (;;) {
		double wall, cpu;

		while (sem_wait(&shared->start[kind][number]) != 0)
			;
		if (shared->over)
			return;
		bench_bind(&shared->cpus, number % shared->scenario.cores);
		wall = bench_now_ns();
		cpu = cpu_now_ns();
		wait_rounds(shared,
			    number == 0 ? shared->scenario.late_us : 0);
		shared->wall[number] = bench_now_ns() - wall;
		shared->cpu[number] = cpu_now_ns() - cpu;
		sem_post(&shared->finished);
	}
}

/* The kinds that tasks play: number 2n and 2n + 1 are not the same task, so
 * that each waits for its own semaphore only. */
static int play_task(void)
{
	struct shared *shared = NULL;
	int pipid = 0;

	if (pip_init(&pipid, NULL, (void **)&shared, 0) != 0 || shared == NULL)
		bench_fail("pip_init fails in a task");
	play_member(shared, pipid % 2 == 0 ? SPINNING : PIP, pipid / 2);
	return 0;
}

struct thread {
	struct shared *shared;
	int number;
};

static void *play_thread(void *argument)
{
	struct thread *thread = argument;

	play_member(thread->shared, THREADS, thread->number);
	return NULL;
}

static void fork_member(struct shared *shared, int number)
{
	pid_t root = getpid(), child = fork();

	if (child < 0)
		bench_fail("fork: %s", strerror(errno));
	if (child > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == root)
		play_member(shared, PROCESSES, number);
	_exit(0);
}

static struct shared *make_shared(void)
{
	struct shared *shared;
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "/pip-bench-%d", (int)getpid());
	fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*shared)) != 0)
		bench_fail("shm_open %s: %s", name, strerror(errno));
	shm_unlink(name);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	if (shared == MAP_FAILED)
		bench_fail("mmap: %s", strerror(errno));
	close(fd);
	sem_init(&shared->finished, 1, 0);
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < MEMBERS_MAX; i++)
			sem_init(&shared->start[kind][i], 1, 0);
	sched_getaffinity(0, sizeof(shared->cpus), &shared->cpus);
	return shared;
}

static void start_members(struct shared *shared, char **argv, pthread_t *ids)
{
	static struct thread threads[MEMBERS_MAX];
	int ntasks = 2 * members, error;
	void *exp = shared;

	for (int i = 0; i < members; i++)
		fork_member(shared, i);
	error = pip_init(NULL, &ntasks, &exp, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	for (int i = 0; i < ntasks; i++) {
		error = pip_spawn("/proc/self/exe", argv, NULL,
				  (int)PIP_CPUCORE_ASIS, NULL, NULL, NULL,
				  NULL);
		if (error != 0)
			bench_fail("pip_spawn: %s", strerror(error));
	}
	for (int i = 0; i < members; i++) {
		threads[i] = (struct thread){ shared, i };
		if (pthread_create(&ids[i], NULL, play_thread, &threads[i]))
			bench_fail("pthread_create fails");
	}
}

static void end_members(struct shared *shared, const pthread_t *ids)
{
	shared->over = true;
	for (int kind = 0; kind < KINDS; kind++)
		for (int i = 0; i < members; i++)
			sem_post(&shared->start[kind][i]);
	for (int i = 0; i < members; i++)
		pthread_join(ids[i], NULL);
	while (pip_wait_any(NULL, NULL) == 0)
		;
	while (wait(NULL) > 0)
		;
}

static void prepare_barriers(struct shared *shared)
{
	unsigned n = (unsigned)shared->scenario.members;
	pthread_barrierattr_t attribute;

	memset(&shared->spinning, 0, sizeof(shared->spinning));
	shared->spinning.n = (int)n;
	shared->may_spin = shared->scenario.members <= shared->scenario.cores;
	pthread_barrierattr_init(&attribute);
	pthread_barrierattr_setpshared(&attribute, PTHREAD_PROCESS_SHARED);
	if (pip_barrier_init(&shared->pip, (int)n) != 0 ||
	    pthread_barrier_init(&shared->processes, &attribute, n) != 0 ||
	    pthread_barrier_init(&shared->threads, NULL, n) != 0)
		bench_fail("a barrier cannot be initialised");
}

static void remove_barriers(struct shared *shared)
{
	pthread_barrier_destroy(&shared->threads);
	pthread_barrier_destroy(&shared->processes);
	if (pip_barrier_fin(&shared->pip) != 0)
		bench_fail("pip_barrier_fin fails");
}

/* One sample of a kind; this thread sleeps meanwhile. */
static void measure(struct shared *shared, int kind, double *wall, double *cpu)
{
	int n = shared->scenario.members;
	double longest = 0, sum = 0;

	shared->kind = kind;
	for (int i = 0; i < n; i++)
		sem_post(&shared->start[kind][i]);
	for (int i = 0; i < n; i++)
		while (sem_wait(&shared->finished) != 0)
			;
	for (int i = 0; i < n; i++) {
		if (shared->wall[i] > longest)
			longest = shared->wall[i];
		sum += shared->cpu[i];
	}
	*wall = longest / shared->scenario.rounds;
	*cpu = sum / shared->scenario.rounds;
}

static void compare(struct shared *shared, const struct scenario *scenario)
{
	static double wall[KINDS][SAMPLES_MAX], cpu[KINDS][SAMPLES_MAX];
	double least = 0, least_best = 0;

	shared->scenario = *scenario;
	prepare_barriers(shared);
	for (int sample = -2; sample < samples; sample++)
		for (int kind = 0; kind < KINDS; kind++) {
			double unused[2], *w = &unused[0], *c = &unused[1];

			if (sample >= 0) {
				w = &wall[kind][sample];
				c = &cpu[kind][sample];
			}
			measure(shared, kind, w, c);
		}
	remove_barriers(shared);
	printf("%s, %d rounds\n", scenario->name, scenario->rounds);
	for (int kind = 0; kind < KINDS; kind++) {
		double ns = bench_median(wall[kind], samples);

		if (kind == SPINNING) {
			least = ns;
			least_best = wall[kind][0];
		}
		printf("  %-27s %10.3f %7.2f %10.3f %7.2f %10.3f\n",
		       kind_names[kind], ns / 1e3, ns / least,
		       wall[kind][0] / 1e3, wall[kind][0] / least_best,
		       bench_median(cpu[kind], samples) / 1e3);
	}
	fflush(stdout);
}

static const struct bench_option options[] = {
	{ "rounds", "Rounds in a sample, with cores for all (5000)", &rounds,
	  100000000, NULL },
	{ "members", "Participants where cores are too few (8)", &members,
	  MEMBERS_MAX, NULL },
	{ "samples", "Samples of each kind (31)", &samples, SAMPLES_MAX, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	pthread_t ids[MEMBERS_MAX];
	struct shared *shared;
	char title[64];
	int few, cores;

	if (pip_isa_task())
		return play_task();
	bench_parse(argc, argv,
		    "Time a round of pip_barrier_t among tasks beside a "
		    "spinning barrier and pthread barriers of processes and "
		    "of threads, and the CPU time that it takes.",
		    options);
	if (members < 2)
		members = 2;
	bench_print_host();
	shared = make_shared();
	start_members(shared, argv, ids);
	few = rounds / 25 > 0 ? rounds / 25 : 1;
	cores = CPU_COUNT(&shared->cpus);
	printf("%-29s %10s %7s %10s %7s %10s\n", "us of a round", "median",
	       "ratio", "best", "ratio", "CPU of all");
	if (cores > 1)
		compare(shared, &(struct scenario){ "2 on 2 cores", 2, 2, 0,
						    rounds });
	compare(shared,
		&(struct scenario){ "2 on 1 core", 2, 1, 0, few });
	snprintf(title, sizeof(title), "%d on %d core%s", members, cores,
		 cores > 1 ? "s" : "");
	compare(shared, &(struct scenario){ title, members, cores, 0, few });
	if (cores > 1)
		compare(shared,
			&(struct scenario){ "2 on 2 cores, one 1 ms late", 2, 2,
					    1000, few / 10 > 0 ? few / 10 : 1 });
	end_members(shared, ids);
	return pip_fin();
}
