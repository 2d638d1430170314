/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual ids: they translate to real ones and back, whatever the order in
 * which they come and go, among threads, and in a child that was forked while
 * others were changing the table.
 */
#include <pip/pip_virtual_id.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "check.h"

#define FIRST 1000
#define LAST 1000999

static pip_virtual_ids_t *make(int64_t first, int64_t last)
{
	pip_virtual_ids_t *table = NULL;

	CHECK_ERROR(pip_virtual_ids_create(&table, first, last), 0);
	CHECK_OR_STOP(table != NULL);
	return table;
}

static void check_few(void)
{
	pip_virtual_ids_t *table = make(10, 12);
	int64_t id = -1;

	CHECK_ERROR(pip_virtual_ids_create(NULL, 1, 2), EINVAL);
	CHECK_ERROR(pip_virtual_ids_create(&(pip_virtual_ids_t *){ NULL }, 2, 1),
		    EINVAL);
	CHECK_ERROR(pip_virtual_id_to_real(table, 10, &id), ENOENT);
	CHECK_ERROR(pip_virtual_id_to_virtual(table, 0, &id), ENOENT);
	CHECK_ERROR(pip_virtual_id_remove(table, 10), ENOENT);
	CHECK_INT(id, -1);
	for (int i = 0; i < 3; i++) {
		CHECK_ERROR(pip_virtual_id_add(table, -100 - i, &id), 0);
		CHECK_INT(id, 10 + i);
	}
	/* The same one again. */
	CHECK_ERROR(pip_virtual_id_add(table, -101, &id), 0);
	CHECK_INT(id, 11);
	CHECK_ERROR(pip_virtual_id_add(table, 5, &id), ENOSPC);
	CHECK_INT(pip_virtual_id_count(table), 3);
	CHECK_ERROR(pip_virtual_id_remove(table, 11), 0);
	CHECK_ERROR(pip_virtual_id_to_virtual(table, -101, &id), ENOENT);
	CHECK_ERROR(pip_virtual_id_add(table, 5, &id), 0);
	CHECK_INT(id, 11);
	/* A new meaning, as after a restart. */
	CHECK_ERROR(pip_virtual_id_set(table, 11, 6), 0);
	CHECK_ERROR(pip_virtual_id_to_real(table, 11, &id), 0);
	CHECK_INT(id, 6);
	CHECK_ERROR(pip_virtual_id_to_virtual(table, 5, &id), ENOENT);
	CHECK_ERROR(pip_virtual_id_to_virtual(table, 6, &id), 0);
	CHECK_INT(id, 11);
	CHECK_ERROR(pip_virtual_id_set(table, 11, 6), 0);
	CHECK_ERROR(pip_virtual_id_set(table, 12, 6), EEXIST);
	/* Outside of the range, of all numbers there are. */
	CHECK_ERROR(pip_virtual_id_set(table, INT64_MIN, INT64_MAX), 0);
	CHECK_ERROR(pip_virtual_id_to_virtual(table, INT64_MAX, &id), 0);
	CHECK(id == INT64_MIN);
	CHECK_INT(pip_virtual_id_count(table), 4);
	pip_virtual_ids_destroy(table);
	pip_virtual_ids_destroy(NULL);
	table = make(INT64_MIN, INT64_MAX);
	CHECK_ERROR(pip_virtual_id_add(table, 1, &id), 0);
	CHECK(id == INT64_MIN);
	pip_virtual_ids_destroy(table);
}

static int sum_pair(int64_t virtual_id, int64_t real, void *arg)
{
	int64_t *sums = arg;

	sums[0] += virtual_id;
	sums[1] += real;
	return sums[2] != 0 && --sums[2] == 0 ? 77 : 0;
}

/* Against a plain array, with many that come and go. */
static void check_model(void)
{
	enum { N = 5000 };
	static int64_t real_of[N]; /* by virtual id - FIRST; 0: free */
	pip_virtual_ids_t *table = make(FIRST, FIRST + N - 1);
	int64_t sums[3] = { 0 }, wanted[2] = { 0 }, next_real = 1;
	uint64_t random = 88172645463325252ull;
	size_t count = 0;

	for (int i = 0; i < 400000; i++) {
		int64_t id, back;
		int at;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		at = (int)(random % N);
		if (real_of[at] != 0) {
			CHECK_ERROR(pip_virtual_id_to_real(table, FIRST + at, &back), 0);
			CHECK_OR_STOP(back == real_of[at]);
			CHECK_ERROR(pip_virtual_id_to_virtual(table, back, &id), 0);
			CHECK_OR_STOP(id == FIRST + at);
			CHECK_ERROR(pip_virtual_id_remove(table, id), 0);
			real_of[at] = 0;
			count--;
		} else if (pip_virtual_id_add(table, next_real, &id) == 0) {
			CHECK_OR_STOP(id >= FIRST && id < FIRST + N &&
				      real_of[id - FIRST] == 0);
			real_of[id - FIRST] = next_real++;
			count++;
		} else {
			CHECK_INT(count, N);
		}
		CHECK_OR_STOP(pip_virtual_id_count(table) == count);
	}
	for (int at = 0; at < N; at++)
		if (real_of[at] != 0) {
			wanted[0] += FIRST + at;
			wanted[1] += real_of[at];
		}
	CHECK_INT(pip_virtual_id_for_each(table, sum_pair, sums), 0);
	CHECK_INT(sums[0], wanted[0]);
	CHECK_INT(sums[1], wanted[1]);
	sums[2] = 3;
	CHECK_INT(pip_virtual_id_for_each(table, sum_pair, sums), 77);
	pip_virtual_ids_destroy(table);
}

/* --- Threads ------------------------------------------------------------------ */

static pip_virtual_ids_t *shared;
static _Atomic int stop;

/* Its own real ids are always where it has put them. */
static void *change(void *arg)
{
	int64_t base = (int64_t)(intptr_t)arg * 1000000;

	for (int64_t round = 0; !stop; round++) {
		int64_t real = base + round % 1000, id, back;

		CHECK_ERROR(pip_virtual_id_add(shared, real, &id), 0);
		CHECK_ERROR(pip_virtual_id_to_real(shared, id, &back), 0);
		CHECK_INT(back, real);
		if (round % 3 != 0)
			CHECK_ERROR(pip_virtual_id_remove(shared, id), 0);
	}
	return NULL;
}

/* What stays is always found. */
static void *look(void *arg)
{
	const int64_t *ids = arg;

	while (!stop)
		for (int i = 0; i < 100; i++) {
			int64_t real = 0, id = 0;

			CHECK_ERROR(pip_virtual_id_to_real(shared, ids[i], &real), 0);
			CHECK_INT(real, -i - 1);
			CHECK_ERROR(pip_virtual_id_to_virtual(shared, -i - 1, &id), 0);
			CHECK_INT(id, ids[i]);
		}
	return NULL;
}

static void check_in_child(const int64_t *ids)
{
	int64_t id, back;
	size_t count = pip_virtual_id_count(shared);

	for (int i = 0; i < 100; i++) {
		CHECK_ERROR(pip_virtual_id_to_real(shared, ids[i], &back), 0);
		CHECK_INT(back, -i - 1);
	}
	for (int i = 0; i < 2000; i++) {
		CHECK_ERROR(pip_virtual_id_add(shared, 1000000000 + i, &id), 0);
		CHECK_ERROR(pip_virtual_id_to_virtual(shared, 1000000000 + i, &back), 0);
		CHECK_INT(back, id);
	}
	CHECK(pip_virtual_id_count(shared) >= count + 1999 &&
	      pip_virtual_id_count(shared) <= count + 2001);
}

static void check_threads(void)
{
	int64_t ids[100];
	pthread_t threads[4];

	shared = make(FIRST, LAST);
	for (int i = 0; i < 100; i++)
		CHECK_ERROR(pip_virtual_id_add(shared, -i - 1, &ids[i]), 0);
	for (int i = 0; i < 3; i++)
		NEED(pthread_create(&threads[i], NULL, change,
				    (void *)(intptr_t)(i + 1)) == 0);
	NEED(pthread_create(&threads[3], NULL, look, ids) == 0);
	for (int i = 0; i < 200; i++) {
		pid_t child = fork();
		int status = -1;

		NEED(child >= 0);
		if (child == 0) {
			alarm(100); /* its own */
			check_in_child(ids);
			_exit(check_failures != 0);
		}
		NEED(waitpid(child, &status, 0) == child);
		CHECK_STATUS(status, EXITED(0));
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	pip_virtual_ids_destroy(shared);
}

int main(void)
{
	check_start();
	check_few();
	check_model();
	check_threads();
	return check_finish();
}
