/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * named: what it costs to import a name that is present, when the exporter has
 * 10,000 of them, beside pip_import(), a plain function call, and what
 * processes would do without PiP: look it up in a hash table in shared memory
 * that a process-shared mutex guards, and map a POSIX shared memory object
 * of that name.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <pip/pip.h>

#include "bench_args.h"
#include "shared_table.h"

#define ROUNDS_MAX 1001
#define CALLS 20000
/* A system call or four take longer. */
#define CALLS_SLOW 500
#define NAME_MAX_LENGTH 72

/* The least that importing can cost: a call to a function elsewhere. */
__attribute__((noinline)) static int plain_call(int pipid, void **expp)
{
	__asm__ volatile("" : : "r"(pipid), "r"(expp) : "memory");
	return 0;
}

/* --- A hash table in shared memory ------------------------------------------ */

struct shared_name {
	void *value; /* NULL: nothing here */
	char text[NAME_MAX_LENGTH];
};

static struct shared_table {
	struct shared_head head;
	struct shared_name names[];
} *table;

/* Where the name is, or could be put.  FNV-1a (Fowler, Noll, Vo). */
static struct shared_name *find_shared(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325ull;
	struct shared_name *name;

	for (const char *c = text; *c != '\0'; c++)
		hash = (hash ^ (uint8_t)*c) * 0x100000001b3ull;
	do
		name = &table->names[hash++ & (table->head.size - 1)];
	while (name->value != NULL && strcmp(name->text, text) != 0);
	return name;
}

static void put_shared(const char *text, void *value)
{
	struct shared_name *name = find_shared(text);

	name->value = value;
	snprintf(name->text, sizeof(name->text), "%s", text);
}

__attribute__((format(printf, 2, 3), noinline)) static int
look_up_shared(void **valuep, const char *format, ...)
{
	char text[NAME_MAX_LENGTH];
	va_list ap;

	va_start(ap, format);
	/* As libpip does: most names have nothing to format. */
	if (strchr(format, '%') != NULL) {
		vsnprintf(text, sizeof(text), format, ap);
		format = text;
	}
	va_end(ap);
	pthread_mutex_lock(&table->head.mutex);
	*valuep = find_shared(format)->value;
	pthread_mutex_unlock(&table->head.mutex);
	return *valuep == NULL;
}

/* --- A POSIX shared memory object ------------------------------------------- */

static char object_name[64];

static void make_object(void)
{
	int fd;

	snprintf(object_name, sizeof(object_name), "/pip-bench-%d",
		 (int)getpid());
	fd = shm_open(object_name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || ftruncate(fd, 4096) != 0 || write(fd, "1", 1) != 1)
		bench_fail("shm_open %s: %s", object_name, strerror(errno));
	close(fd);
}

/* Map it, look at it, and give it back: as often as is asked for. */
static int map_object(const char *name)
{
	int fd = shm_open(name, O_RDONLY | O_CLOEXEC, 0), byte;
	volatile char *data;

	if (fd < 0)
		return -1;
	data = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return -1;
	byte = *data;
	munmap((void *)data, 4096);
	return byte != '1';
}

static int names = 10000, rounds = 31;

/* Time n evaluations of an expression that is to be 0, after as many that
 * bring back what the case before has driven out of the caches. */
#define TIME(n, expression)                                           \
	({                                                            \
		double start_ = 0;                                    \
		for (int i = -(n); i < (n); i++) {                    \
			if (i == 0)                                   \
				start_ = bench_now_ns();              \
			if ((expression) != 0)                        \
				bench_fail("fails: %s", #expression); \
		}                                                     \
		(bench_now_ns() - start_) / (n);                      \
	})

#define LONG_NAME "a-name-of-sixty-four-characters--a-name-of-sixty-four-characters"

enum {
	PLAIN,
	IMPORT,
	CONSTANT,
	LONG,
	FIXED,
	FORMATTED,
	SHARED,
	SHARED_LONG,
	SHARED_FIXED,
	SHARED_FORMATTED,
	OBJECT,
	CASES
};

static const struct {
	const char *name;
	int beside; /* the ratio is to this one's time */
} cases[CASES] = {
	{ "plain function call", CONSTANT },
	{ "pip_import", CONSTANT },
	{ "pip_named_import, \"result\"", CONSTANT },
	{ "pip_named_import, 64 characters", LONG },
	{ "pip_named_import, \"name-%d\"", FIXED },
	{ "pip_named_import, \"name-%d\", one of all", FORMATTED },
	{ "table and mutex, \"result\"", CONSTANT },
	{ "table and mutex, 64 characters", LONG },
	{ "table and mutex, \"name-%d\"", FIXED },
	{ "table and mutex, \"name-%d\", one of all", FORMATTED },
	{ "shm_open, mmap, first byte, munmap", CONSTANT },
};

static int step; /* 7919, a prime, modulo names */

/* One of all, in an order that no cache can guess; without a division, which
 * would take as long as what is measured. */
static int one_of_all(void)
{
	static int at;

	at += step;
	if (at >= names)
		at -= names;
	return at;
}

static void measure(double samples[CASES][ROUNDS_MAX], int round)
{
	void *address = NULL;

	samples[PLAIN][round] =
		TIME(CALLS, plain_call(PIP_PIPID_ROOT, &address));
	samples[IMPORT][round] =
		TIME(CALLS, pip_import(PIP_PIPID_ROOT, &address));
	samples[CONSTANT][round] = TIME(
		CALLS, pip_named_import(PIP_PIPID_ROOT, &address, "result"));
	samples[SHARED][round] =
		TIME(CALLS, look_up_shared(&address, "result"));
	samples[LONG][round] = TIME(
		CALLS, pip_named_import(PIP_PIPID_ROOT, &address, LONG_NAME));
	samples[SHARED_LONG][round] =
		TIME(CALLS, look_up_shared(&address, LONG_NAME));
	samples[FIXED][round] =
		TIME(CALLS, pip_named_import(PIP_PIPID_ROOT, &address,
					     "name-%d", names / 2));
	samples[SHARED_FIXED][round] =
		TIME(CALLS, look_up_shared(&address, "name-%d", names / 2));
	samples[FORMATTED][round] =
		TIME(CALLS, pip_named_import(PIP_PIPID_ROOT, &address,
					     "name-%d", one_of_all()));
	samples[SHARED_FORMATTED][round] =
		TIME(CALLS, look_up_shared(&address, "name-%d", one_of_all()));
	samples[OBJECT][round] = TIME(CALLS_SLOW, map_object(object_name));
}

/* The names, in libpip's table and in the other one. */
static void export_all(void)
{
	double start = bench_now_ns();
	char text[NAME_MAX_LENGTH];

	for (int i = 0; i < names; i++)
		if (pip_named_export(&names, "name-%d", i) != 0)
			bench_fail("pip_named_export: name-%d", i);
	printf("%.1f ns per pip_named_export of \"name-%%d\", %d names\n",
	       (bench_now_ns() - start) / names, names);
	if (pip_named_export(&names, "result") != 0 ||
	    pip_named_export(&names, LONG_NAME) != 0)
		bench_fail("pip_named_export: result");
	table = shared_table_make(names, sizeof(*table),
				  sizeof(table->names[0]));
	for (int i = 0; i < names; i++) {
		snprintf(text, sizeof(text), "name-%d", i);
		put_shared(text, &names);
	}
	put_shared("result", &names);
	put_shared(LONG_NAME, &names);
}

static const struct bench_option options[] = {
	{ "names", "Names that there are (10000)", &names, 1000000, NULL },
	{ "rounds", "Rounds of 20000 imports (31)", &rounds, ROUNDS_MAX, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static double samples[CASES][ROUNDS_MAX], medians[CASES];
	int error;

	bench_parse(argc, argv,
		    "Time pip_named_import of a name that is present, beside "
		    "a hash table in shared memory and POSIX shared memory.",
		    options);
	bench_print_host();
	step = 7919 % names;
	error = pip_init(NULL, NULL, NULL, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	export_all();
	make_object();
	for (int round = -1; round < rounds; round++)
		measure(samples, round < 0 ? 0 : round);
	shm_unlink(object_name);
	for (int i = 0; i < CASES; i++)
		medians[i] = bench_median(samples[i], rounds);
	printf("%11s %8s  ratio: to pip_named_import of the same name\n",
	       "median", "ratio");
	for (int i = 0; i < CASES; i++)
		printf("%8.1f ns %8.2f  %s\n", medians[i],
		       medians[i] / medians[cases[i].beside], cases[i].name);
	return pip_fin();
}
