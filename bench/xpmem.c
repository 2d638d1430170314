/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * xpmem: how long it takes until data of another process can be read: by
 * XPMEM in a task, which attaches it, and in a forked process by POSIX shared
 * memory, process_vm_readv(2) and a pipe.
 *
 * The root has the data and tells one of the two readers, by turns, to get it;
 * both run on another core than it does.  The reader takes the time: until it
 * has the first byte, and until it has looked at each page.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <pip/pip.h>
#include <pip/xpmem.h>

#include "bench_args.h"

#define ROUNDS_MAX 1001
#define PAGE 4096
#define MIB (1l << 20)

enum { XPMEM, SHM, READV, PIPE, METHODS };
static const char *const method_names[METHODS] = {
	"xpmem in a task", "POSIX shm", "process_vm_readv", "pipe"
};

static const long sizes[] = { 4096, 65536, MIB, 16 * MIB, 64 * MIB };
#define SIZES ((int)(sizeof(sizes) / sizeof(sizes[0])))

/* Shared by fork() with one reader, by being a task with the other. */
struct shared {
	/* To whom: the task gets XPMEM, the child all others; -1: nothing to
	 * do, METHODS: the end. */
	_Atomic int wanted;
	long size;
	char *data; /* in the root */
	xpmem_segid_t segment;
	char name[64]; /* of the shared memory object */
	int pipe[2];
	pid_t root;
	cpu_set_t cpus;
	/* What the reader answers. */
	double first_ns, all_ns;
	long faults;
	int error;
};

static int rounds = 21;

static long count_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

/* A byte of each page; the root has made all of them 1. */
static long look_at(const volatile char *data, long size)
{
	long sum = 0;

	for (long at = 0; at < size; at += PAGE)
		sum += data[at];
	return sum;
}

static long read_xpmem(struct shared *shared, double start)
{
	xpmem_apid_t apid = xpmem_get(shared->segment, XPMEM_RDWR,
				      XPMEM_PERMIT_MODE, NULL);
	struct xpmem_addr address = { apid, 0 };
	char *data = xpmem_attach(address, (size_t)shared->size, NULL);
	long sum = *(volatile char *)data - 1;

	shared->first_ns = bench_now_ns() - start;
	sum += look_at(data, shared->size);
	xpmem_detach(data);
	xpmem_release(apid);
	return sum;
}

static long read_shm(struct shared *shared, double start)
{
	int fd = shm_open(shared->name, O_RDONLY, 0);
	char *data = fd < 0 ? MAP_FAILED :
			      mmap(NULL, (size_t)shared->size, PROT_READ,
				   MAP_SHARED, fd, 0);
	long sum;

	if (data == MAP_FAILED)
		return -1;
	close(fd);
	sum = *(volatile char *)data - 1;
	shared->first_ns = bench_now_ns() - start;
	sum += look_at(data, shared->size);
	munmap(data, (size_t)shared->size);
	return sum;
}

/* Into memory that is there already: no page of it is touched first. */
static long read_by_copy(struct shared *shared, int method, char *buffer,
			 double start)
{
	for (long at = 0; at < shared->size;) {
		size_t rest = (size_t)(shared->size - at);
		struct iovec to = { buffer + at, rest };
		struct iovec from = { shared->data + at, rest };
		ssize_t n = method == PIPE ?
				    read(shared->pipe[0], buffer + at, rest) :
				    process_vm_readv(shared->root, &to, 1,
						     &from, 1, 0);

		if (n <= 0)
			return -1;
		if (at == 0)
			shared->first_ns = bench_now_ns() - start;
		at += n;
	}
	return look_at(buffer, shared->size);
}

static void read_data(struct shared *shared, int method, char *buffer)
{
	long faults = count_faults(), sum;
	double start = bench_now_ns();

	if (method == XPMEM)
		sum = read_xpmem(shared, start);
	else if (method == SHM)
		sum = read_shm(shared, start);
	else
		sum = read_by_copy(shared, method, buffer, start);
	shared->all_ns = bench_now_ns() - start;
	shared->faults = count_faults() - faults;
	shared->error = sum == shared->size / PAGE ? 0 :
			sum < 0			   ? errno :
						     EIO;
}

/* The life of a reader: the task, or the child. */
static void play_reader(struct shared *shared, bool is_task)
{
	char *buffer = NULL;

	bench_bind(&shared->cpus, 1);
	if (!is_task) {
		size_t size = (size_t)sizes[SIZES - 1];

		buffer = mmap(NULL, size, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
			      0);
		if (buffer == MAP_FAILED)
			bench_fail("mmap of %zu bytes fails", size);
	}
	for (;;) {
		int wanted = atomic_load(&shared->wanted);

		if (wanted == METHODS)
			return;
		if (wanted < 0 || (wanted == XPMEM) != is_task) {
			sched_yield();
			continue;
		}
		read_data(shared, wanted, buffer);
		atomic_store(&shared->wanted, -1);
	}
}

static void write_pipe(const struct shared *shared)
{
	for (long at = 0; at < shared->size;) {
		ssize_t n = write(shared->pipe[1], shared->data + at,
				  (size_t)(shared->size - at));

		if (n <= 0)
			bench_fail("pipe: %s", strerror(errno));
		at += n;
	}
}

/* In the root: have it read once.  False: it does not work here. */
static bool request(struct shared *shared, int method)
{
	atomic_store(&shared->wanted, method);
	if (method == PIPE)
		write_pipe(shared);
	while (atomic_load(&shared->wanted) != -1)
		sched_yield();
	return shared->error == 0;
}

static void *make_data(int fd, long size)
{
	void *data = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
			  fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd,
			  0);

	if (data == MAP_FAILED)
		bench_fail("mmap of %ld bytes: %s", size, strerror(errno));
	memset(data, 1, (size_t)size);
	return data;
}

static void print_size(long size)
{
	if (size >= MIB)
		printf("%ld MiB\n", size / MIB);
	else
		printf("%ld KiB\n", size / 1024);
}

static void compare(struct shared *shared, long size)
{
	static double first[METHODS][ROUNDS_MAX], all[METHODS][ROUNDS_MAX];
	static double faults[METHODS][ROUNDS_MAX];
	bool works[METHODS] = { true, true, true, true };
	int fd = shm_open(shared->name, O_RDWR | O_CREAT | O_EXCL, 0600);
	double shm_first = 0, shm_all = 0;
	void *object;

	if (fd < 0 || ftruncate(fd, size) != 0)
		bench_fail("shm_open %s: %s", shared->name, strerror(errno));
	object = make_data(fd, size);
	shared->size = size;
	shared->data = make_data(-1, size);
	shared->segment = xpmem_make(shared->data, (size_t)size,
				     XPMEM_PERMIT_MODE, NULL);
	for (int round = -2; round < rounds; round++)
		for (int method = 0; method < METHODS; method++) {
			if (!works[method])
				continue;
			works[method] = request(shared, method);
			if (round < 0)
				continue;
			first[method][round] = shared->first_ns;
			all[method][round] = shared->all_ns;
			faults[method][round] = (double)shared->faults;
		}
	xpmem_remove(shared->segment);
	munmap(shared->data, (size_t)size);
	munmap(object, (size_t)size);
	close(fd);
	shm_unlink(shared->name);

	print_size(size);
	if (works[SHM]) {
		shm_first = bench_median(first[SHM], rounds);
		shm_all = bench_median(all[SHM], rounds);
	}
	for (int method = 0; method < METHODS; method++) {
		double a, b;

		if (!works[method]) {
			printf("  %-18s does not work here\n",
			       method_names[method]);
			continue;
		}
		a = bench_median(first[method], rounds);
		b = bench_median(all[method], rounds);
		printf("  %-18s %10.2f %8.4f %12.2f %8.4f %8.0f\n",
		       method_names[method], a / 1e3, a / shm_first, b / 1e3,
		       b / shm_all, bench_median(faults[method], rounds));
	}
	fflush(stdout);
}

static int play_task(void)
{
	struct shared *shared = NULL;

	if (pip_init(NULL, NULL, (void **)&shared, 0) != 0 || shared == NULL)
		bench_fail("pip_init fails in a task");
	play_reader(shared, true);
	return 0;
}

static pid_t fork_reader(struct shared *shared)
{
	pid_t root = getpid(), child = fork();

	if (child < 0)
		bench_fail("fork: %s", strerror(errno));
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == root)
			play_reader(shared, false);
		_exit(0);
	}
	return child;
}

static struct shared *make_shared(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED || pipe2(shared->pipe, O_CLOEXEC) != 0)
		bench_fail("mmap or pipe: %s", strerror(errno));
	atomic_store(&shared->wanted, -1);
	shared->root = getpid();
	snprintf(shared->name, sizeof(shared->name), "/pip-bench-%d",
		 (int)getpid());
	sched_getaffinity(0, sizeof(shared->cpus), &shared->cpus);
	return shared;
}

static const struct bench_option options[] = {
	{ "rounds", "Rounds for each size (21)", &rounds, ROUNDS_MAX, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	struct shared *shared;
	void *exp;
	pid_t child;
	int error;

	if (pip_isa_task())
		return play_task();
	bench_parse(argc, argv,
		    "Time how long it takes until another process's data can "
		    "be read: XPMEM in a task beside POSIX shared memory, "
		    "process_vm_readv and a pipe in a forked process.",
		    options);
	bench_print_host();
	exp = shared = make_shared();
	/* The child is Yama's idea of a stranger (PR_SET_PTRACER(2const)). */
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
	child = fork_reader(shared);
	error = pip_init(NULL, NULL, &exp, PIP_OPTS_NONE);
	if (error == 0)
		error = pip_spawn("/proc/self/exe", argv, NULL,
				  PIP_CPUCORE_ASIS, NULL, NULL, NULL, NULL);
	if (error != 0)
		bench_fail("pip_spawn: %s", strerror(error));
	bench_bind(&shared->cpus, 0);
	printf("%-20s %10s %8s %12s %8s %8s\n", "", "first us", "ratio",
	       "all pages us", "ratio", "faults");
	for (int i = 0; i < SIZES; i++)
		compare(shared, sizes[i]);
	atomic_store(&shared->wanted, METHODS);
	waitpid(child, NULL, 0);
	pip_wait_any(NULL, NULL);
	return pip_fin();
}
