/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publish: what it costs to publish a key-value pair and to ask for one, beside
 * a hash table in shared memory that a process-shared mutex guards.  libpip's
 * outlives any process that is killed with its lock held, and may be used by
 * signal handlers; the other one is the least that processes would do.
 */
#include <pthread.h>
#include <sys/mman.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>

#include "bench_args.h"
#include "shared_table.h"

#define ROUNDS_MAX 1001
#define CALLS 20000
#define VALUE_SIZE 64

struct value {
	char bytes[VALUE_SIZE];
};

/* --- A hash table in shared memory ------------------------------------------ */

static struct table {
	struct shared_head head;
	struct pair {
		uint64_t key; /* 0: nothing here */
		struct value value;
	} pairs[];
} *table;

/* Where it is, or could be put (Fibonacci hashing, Knuth 6.4). */
static struct pair *find_pair(uint64_t key)
{
	size_t at = (size_t)(key * 0x9e3779b97f4a7c15ull >> 20);

	while (table->pairs[at & (table->head.size - 1)].key != 0 &&
	       table->pairs[at & (table->head.size - 1)].key != key)
		at++;
	return &table->pairs[at & (table->head.size - 1)];
}

static int table_put(uint64_t key, const struct value *value)
{
	struct pair *pair;

	pthread_mutex_lock(&table->head.mutex);
	pair = find_pair(key);
	pair->key = key;
	pair->value = *value;
	pthread_mutex_unlock(&table->head.mutex);
	return 0;
}

static int table_get(uint64_t key, struct value *value)
{
	const struct pair *pair;

	pthread_mutex_lock(&table->head.mutex);
	pair = find_pair(key);
	*value = pair->value;
	pthread_mutex_unlock(&table->head.mutex);
	return pair->key != key;
}

/* --- libpip's ----------------------------------------------------------------- */

static int publish(uint64_t key, const struct value *value)
{
	return pip_publish(&key, sizeof(key), value, sizeof(*value));
}

static int query(uint64_t key, struct value *value)
{
	size_t size = sizeof(*value);

	return pip_query(&key, sizeof(key), value, &size);
}

/* ------------------------------------------------------------------------------ */

static int keys = 10000, rounds = 31;
static int step; /* 7919, a prime, modulo keys */

/* One of all, in an order that no cache can guess. */
static uint64_t one_of_all(void)
{
	static int at;

	at += step;
	if (at >= keys)
		at -= keys;
	return (uint64_t)at + 1;
}

enum { PUBLISH, QUERY, QUERY_SAME, PUT, GET, GET_SAME, CASES };

static const struct {
	const char *name;
	int beside; /* the ratio is to this one's time */
} cases[CASES] = {
	[PUBLISH] = { "pip_publish, one of all", PUT },
	[QUERY] = { "pip_query, one of all", GET },
	[QUERY_SAME] = { "pip_query, the same", GET_SAME },
	[PUT] = { "table and mutex: put, one of all", PUT },
	[GET] = { "table and mutex: get, one of all", GET },
	[GET_SAME] = { "table and mutex: get, the same", GET_SAME },
};

#define TIME(expression)                                              \
	({                                                            \
		double start_ = bench_now_ns();                       \
		for (int i = 0; i < CALLS; i++)                       \
			if ((expression) != 0)                        \
				bench_fail("fails: %s", #expression); \
		(bench_now_ns() - start_) / CALLS;                    \
	})

static void measure(double samples[CASES][ROUNDS_MAX], int round)
{
	struct value value = { "a value" };

	samples[PUBLISH][round] = TIME(publish(one_of_all(), &value));
	samples[PUT][round] = TIME(table_put(one_of_all(), &value));
	samples[QUERY][round] = TIME(query(one_of_all(), &value));
	samples[GET][round] = TIME(table_get(one_of_all(), &value));
	samples[QUERY_SAME][round] = TIME(query(1, &value));
	samples[GET_SAME][round] = TIME(table_get(1, &value));
}

static const struct bench_option options[] = {
	{ "keys", "Pairs that there are (10000)", &keys, 1000000, NULL },
	{ "rounds", "Rounds of 20000 calls (31)", &rounds, ROUNDS_MAX, NULL },
	{ NULL, NULL, NULL, 0, NULL },
};

int main(int argc, char **argv)
{
	static double samples[CASES][ROUNDS_MAX], medians[CASES];
	struct value value = { "a value" };
	int error;

	bench_parse(argc, argv,
		    "Time pip_publish and pip_query, beside a hash table in "
		    "shared memory.", options);
	bench_print_host();
	step = 7919 % keys;
	error = pip_init(NULL, NULL, NULL, PIP_OPTS_NONE);
	if (error != 0)
		bench_fail("pip_init: %s", strerror(error));
	table = shared_table_make(keys, sizeof(*table),
				  sizeof(table->pairs[0]));
	for (int i = 1; i <= keys; i++)
		if (publish((uint64_t)i, &value) != 0 ||
		    table_put((uint64_t)i, &value) != 0)
			bench_fail("key %d cannot be published", i);
	for (int round = -1; round < rounds; round++)
		measure(samples, round < 0 ? 0 : round);
	for (int i = 0; i < CASES; i++)
		medians[i] = bench_median(samples[i], rounds);
	printf("%d pairs of 8 and %d bytes\n", keys, VALUE_SIZE);
	for (int i = 0; i < CASES; i++)
		printf("%8.1f ns %6.2f  %s\n", medians[i],
		       medians[i] / medians[cases[i].beside], cases[i].name);
	return pip_fin();
}
