/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * overlap: what bi-level threads are for.  Workers that compute a while, and
 * then write a block so that it is on the disk, again and again, all on one
 * core: how many such units get done in a second when one's writing and the
 * other's computing overlap by ULPs that couple for the write, by threads, by
 * io_uring and by POSIX AIO, and when nothing overlaps.
 */
#include <pip/pip.h>

#include <aio.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench_args.h"
#include "bench_ulp.h"

#define WORKERS_MAX 64
#define SAMPLES_MAX 101
#define BLOCK 4096

static int workers = 4, units = 50, computing = 200, samples = 7;
static const char *folder = ".";

/* For the ULPs, whose variables are their own. */
struct shared {
	pip_barrier_t turn;
	int units, samples;
	long loops; /* of a computation */
	char folder[PATH_MAX];
};

static struct shared shared;

static long compute(long loops)
{
	volatile long sum = 0;

	for (long i = 0; i < loops; i++)
		sum += i;
	return sum;
}

/* How many loops take so long, while the machine is as it is now. */
static long calibrate(double ns)
{
	double best = 1e18;

	for (int i = 0; i < 20; i++) {
		double start = bench_now_ns(), took;

		compute(100000);
		took = bench_now_ns() - start;
		if (took < best)
			best = took;
	}
	return (long)(ns / best * 100000);
}

/* A file of the caller's that is gone when it is closed; the block is there
 * already, so that writing changes the data only. */
static int open_file(const char *where)
{
	static const char block[BLOCK];
	int fd = open(where, O_TMPFILE | O_RDWR | O_DSYNC | O_CLOEXEC, 0600);

	if (fd < 0)
		bench_fail("%s: %s", where, strerror(errno));
	if (pwrite(fd, block, BLOCK, 0) != BLOCK)
		bench_fail("write: %s", strerror(errno));
	return fd;
}

static void write_block(int fd, char *block)
{
	block[0]++;
	if (pwrite(fd, block, BLOCK, 0) != BLOCK)
		bench_fail("write: %s", strerror(errno));
}

/* --- ULPs that couple ------------------------------------------------------- */

static void play_ulp(void)
{
	static char block[BLOCK];
	struct shared *all = bench_task(NULL);
	int fd;

	pip_couple(); /* the descriptor is to be the own process's */
	fd = open_file(all->folder);
	pip_decouple(NULL);
	for (int sample = 0; sample < all->samples; sample++) {
		pip_barrier_wait(&all->turn);
		for (int i = 0; i < all->units; i++) {
			compute(all->loops);
			if (pip_couple() != 0)
				bench_fail("pip_couple fails");
			write_block(fd, block);
			pip_decouple(NULL);
		}
		pip_barrier_wait(&all->turn);
	}
	pip_couple();
	close(fd);
}

static bool ulps_begin(void)
{
	bench_init_root(workers, &shared, PIP_SYNC_BLOCKING);
	if (pip_barrier_init(&shared.turn, workers + 1) != 0)
		bench_fail("pip_barrier_init fails");
	bench_start_ulps(workers, PIP_SYNC_BLOCKING);
	return true;
}

static void ulps_run(void)
{
	pip_barrier_wait(&shared.turn);
	pip_barrier_wait(&shared.turn);
}

static void ulps_end(void)
{
	bench_wait_ulps(workers);
	if (pip_fin() != 0)
		bench_fail("pip_fin fails");
}

/* --- Threads; and one that does all work ------------------------------------ */

static int fds[WORKERS_MAX];
static char blocks[WORKERS_MAX][BLOCK];

static void *play_thread(void *arg)
{
	int self = (int)(intptr_t)arg;

	for (int i = 0; i < units; i++) {
		compute(shared.loops);
		write_block(fds[self], blocks[self]);
	}
	return NULL;
}

static void threads_run(void)
{
	pthread_t threads[WORKERS_MAX];

	for (int i = 0; i < workers; i++)
		if (pthread_create(&threads[i], NULL, play_thread,
				   (void *)(intptr_t)i) != 0)
			bench_fail("pthread_create fails");
	for (int i = 0; i < workers; i++)
		pthread_join(threads[i], NULL);
}

static void sequential_run(void)
{
	for (int i = 0; i < workers; i++)
		play_thread((void *)(intptr_t)i);
}

static void computing_run(void)
{
	for (int i = 0; i < workers * units; i++)
		compute(shared.loops);
}

static void writing_run(void)
{
	for (int i = 0; i < workers * units; i++)
		write_block(fds[i % workers], blocks[i % workers]);
}

/* --- Asynchronous writing: one computes for all ----------------------------- */

/* start() a worker's write; wait() for whichever ends next. */
struct asynchronous {
	void (*start)(int worker);
	int (*wait)(void);
};

static void asynchronous_run(const struct asynchronous *method)
{
	int done[WORKERS_MAX] = { 0 }, left = workers;

	/* Each has computed once when the first one is waited for. */
	for (int i = 0; i < workers; i++) {
		compute(shared.loops);
		method->start(i);
	}
	while (left > 0) {
		int worker = method->wait();

		if (++done[worker] == units) {
			left--;
			continue;
		}
		compute(shared.loops);
		method->start(worker);
	}
}

/* By system calls: liburing may not be there. */
static struct {
	int fd;
	void *submissions, *completions;
	size_t submissions_size, completions_size, entries_size;
	struct io_uring_params params;
	struct io_uring_sqe *entries;
} uring;

static void *map_ring(size_t size, off_t what)
{
	void *ring = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_POPULATE, uring.fd, what);

	if (ring == MAP_FAILED)
		bench_fail("io_uring: mmap: %s", strerror(errno));
	return ring;
}

static bool uring_begin(void)
{
	struct io_uring_params *params = &uring.params;

	memset(&uring, 0, sizeof(uring));
	uring.fd = (int)syscall(SYS_io_uring_setup, WORKERS_MAX, params);
	if (uring.fd < 0) {
		printf("io_uring: %s\n", strerror(errno));
		return false;
	}
	uring.submissions_size = params->sq_off.array +
				 params->sq_entries * sizeof(uint32_t);
	uring.completions_size =
		params->cq_off.cqes +
		params->cq_entries * sizeof(struct io_uring_cqe);
	uring.entries_size = params->sq_entries * sizeof(struct io_uring_sqe);
	uring.submissions = map_ring(uring.submissions_size,
				     IORING_OFF_SQ_RING);
	uring.completions = map_ring(uring.completions_size,
				     IORING_OFF_CQ_RING);
	uring.entries = map_ring(uring.entries_size, IORING_OFF_SQES);
	return true;
}

static void uring_end(void)
{
	munmap(uring.submissions, uring.submissions_size);
	munmap(uring.completions, uring.completions_size);
	munmap(uring.entries, uring.entries_size);
	close(uring.fd);
}

static uint32_t *ring_word(void *ring, uint32_t offset)
{
	return (uint32_t *)((char *)ring + offset);
}

static void uring_enter(unsigned submit, unsigned wait)
{
	while (syscall(SYS_io_uring_enter, uring.fd, submit, wait,
		       wait != 0 ? IORING_ENTER_GETEVENTS : 0, NULL, 0) < 0)
		if (errno != EINTR)
			bench_fail("io_uring_enter: %s", strerror(errno));
}

static void uring_start(int worker)
{
	const struct io_sqring_offsets *offsets = &uring.params.sq_off;
	uint32_t *tail = ring_word(uring.submissions, offsets->tail);
	uint32_t mask = *ring_word(uring.submissions, offsets->ring_mask);
	uint32_t index = *tail & mask;
	struct io_uring_sqe *entry = &uring.entries[index];

	blocks[worker][0]++;
	memset(entry, 0, sizeof(*entry));
	entry->opcode = IORING_OP_WRITE;
	entry->fd = fds[worker];
	entry->addr = (uint64_t)blocks[worker];
	entry->len = BLOCK;
	entry->user_data = (uint64_t)worker;
	ring_word(uring.submissions, offsets->array)[index] = index;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	uring_enter(1, 0);
}

static int uring_wait(void)
{
	const struct io_cqring_offsets *offsets = &uring.params.cq_off;
	uint32_t *head = ring_word(uring.completions, offsets->head);
	uint32_t *tail = ring_word(uring.completions, offsets->tail);
	uint32_t mask = *ring_word(uring.completions, offsets->ring_mask);
	const struct io_uring_cqe *entry;
	int worker;

	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head)
		uring_enter(0, 1);
	entry = (struct io_uring_cqe *)ring_word(uring.completions,
						 offsets->cqes) +
		(*head & mask);
	if (entry->res != BLOCK)
		bench_fail("io_uring: write: %s", strerror(-entry->res));
	worker = (int)entry->user_data;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return worker;
}

static void uring_run(void)
{
	static const struct asynchronous method = { uring_start, uring_wait };

	asynchronous_run(&method);
}

static struct aiocb requests[WORKERS_MAX];
static bool under_way[WORKERS_MAX];

static void aio_start(int worker)
{
	struct aiocb *request = &requests[worker];

	blocks[worker][0]++;
	memset(request, 0, sizeof(*request));
	request->aio_fildes = fds[worker];
	request->aio_buf = blocks[worker];
	request->aio_nbytes = BLOCK;
	if (aio_write(request) != 0)
		bench_fail("aio_write: %s", strerror(errno));
	under_way[worker] = true;
}

static int aio_wait(void)
{
	const struct aiocb *list[WORKERS_MAX];

	for (;;) {
		int n = 0;

		for (int i = 0; i < workers; i++) {
			if (!under_way[i])
				continue;
			if (aio_error(&requests[i]) == EINPROGRESS) {
				list[n++] = &requests[i];
				continue;
			}
			if (aio_return(&requests[i]) != BLOCK)
				bench_fail("aio_write fails");
			under_way[i] = false;
			return i;
		}
		aio_suspend(list, n, NULL);
	}
}

static void aio_run(void)
{
	static const struct asynchronous method = { aio_start, aio_wait };

	asynchronous_run(&method);
}

/* --- All of them ------------------------------------------------------------ */

static const struct contender {
	const char *name;
	void (*run)(void);
	bool (*begin)(void);
	void (*end)(void);
} contenders[] = {
	{ "one after the other", sequential_run, NULL, NULL },
	{ "ULPs that couple", ulps_run, ulps_begin, ulps_end },
	{ "threads", threads_run, NULL, NULL },
	{ "io_uring", uring_run, uring_begin, uring_end },
	{ "POSIX AIO", aio_run, NULL, NULL },
	{ "only computing", computing_run, NULL, NULL },
	{ "only writing", writing_run, NULL, NULL },
};
enum { CONTENDERS = sizeof(contenders) / sizeof(contenders[0]) };

static void compare(void)
{
	double *ns[CONTENDERS], sequential;
	bool there[CONTENDERS];

	for (int i = 0; i < CONTENDERS; i++) {
		ns[i] = bench_samples(samples);
		there[i] = contenders[i].begin == NULL || contenders[i].begin();
	}
	for (int sample = 0; sample < samples; sample++)
		for (int i = 0; i < CONTENDERS; i++) {
			double start = bench_now_ns();

			if (!there[i])
				continue;
			contenders[i].run();
			ns[i][sample] = bench_now_ns() - start;
		}
	for (int i = 0; i < CONTENDERS; i++)
		if (there[i] && contenders[i].end != NULL)
			contenders[i].end();
	printf("%d workers on one core, %d us of computing and a write each\n",
	       workers, computing);
	printf("  %-24s %12s %8s %12s\n", "", "units/s", "ratio",
	       "us per unit");
	sequential = bench_median(ns[0], samples);
	for (int i = 0; i < CONTENDERS; i++) {
		double median = bench_median(ns[i], samples);

		if (there[i])
			printf("  %-24s %12.0f %8.2f %12.1f\n",
			       contenders[i].name,
			       workers * units / median * 1e9,
			       sequential / median,
			       median / 1e3 / workers / units);
		free(ns[i]);
	}
}

static const struct bench_option options[] = {
	{ "workers", "How many (4)", &workers, WORKERS_MAX, NULL },
	{ "units", "Units of each in a sample (50)", &units, 1000000, NULL },
	{ "computing", "Microseconds of computing in a unit (200)", &computing,
	  1000000, NULL },
	{ "samples", "Samples of each (7)", &samples, SAMPLES_MAX, NULL },
	{ "folder", "Where the files are (.)", NULL, 0, &folder },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	cpu_set_t cpus;

	if (pip_isa_task()) {
		play_ulp();
		return 0;
	}
	bench_parse(argc, argv,
		    "Count units of computing and writing of workers on one "
		    "core, as ULPs that couple for the write, beside threads, "
		    "io_uring and POSIX AIO.",
		    options);
	bench_print_host();
	sched_getaffinity(0, sizeof(cpus), &cpus);
	bench_bind(&cpus, 0);
	shared.units = units;
	shared.samples = samples;
	shared.loops = calibrate(computing * 1e3);
	snprintf(shared.folder, sizeof(shared.folder), "%s", folder);
	for (int i = 0; i < workers; i++)
		fds[i] = open_file(folder);
	compare();
	return 0;
}
