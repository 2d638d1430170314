/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key-value pairs: what one task publishes all others find, whatever is in it
 * and however long it is; it outlives its publisher, also one that is killed
 * in the middle; of many that publish a new key one wins.
 */
#include <pip/pip_coordinate.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#include "role.h"

#define NTASKS 16
#define NKEYS 200
#define LARGE (5ul << 20)
#define NWRITERS 4

struct shared {
	_Atomic int winners, killed_ready;
	_Atomic int stop;
};

/* --- Facts about one process ------------------------------------------------- */

static void check_errors(void)
{
	char buffer[8];
	size_t length = sizeof(buffer);

	CHECK_ERROR(pip_query("absent", 6, buffer, &length), ENOENT);
	CHECK_INT(length, sizeof(buffer));
	CHECK_ERROR(pip_unpublish("absent", 6), ENOENT);
	CHECK_ERROR(pip_publish(NULL, 1, "v", 1), EINVAL);
	CHECK_ERROR(pip_publish("k", 1, NULL, 1), EINVAL);
	CHECK_ERROR(pip_publish("k", 1, "v", SIZE_MAX), ENOMEM);
	CHECK_ERROR(pip_query("k", SIZE_MAX, buffer, &length), ENOENT);
	CHECK_ERROR(pip_query(NULL, 3, buffer, &length), EINVAL);
	CHECK_ERROR(pip_query("k", 1, buffer, NULL), EINVAL);
	CHECK_ERROR(pip_query("k", 1, NULL, &length), EINVAL);
}

static void check_buffers(void)
{
	char buffer[8] = "........";
	size_t length;

	CHECK_ERROR(pip_publish("digits", 6, "0123456789", 10), 0);
	length = 4;
	CHECK_ERROR(pip_query("digits", 6, buffer, &length), EMSGSIZE);
	CHECK_INT(length, 10);
	CHECK(memcmp(buffer, "0123....", 8) == 0);
	length = 0;
	CHECK_ERROR(pip_query("digits", 6, NULL, &length), EMSGSIZE);
	CHECK_INT(length, 10);
	/* A shorter value, and none. */
	CHECK_ERROR(pip_publish("digits", 6, "ab", 2), 0);
	length = sizeof(buffer);
	CHECK_ERROR(pip_query("digits", 6, buffer, &length), 0);
	CHECK_INT(length, 2);
	CHECK(memcmp(buffer, "ab23....", 8) == 0);
	CHECK_ERROR(pip_publish("digits", 6, NULL, 0), 0);
	length = sizeof(buffer);
	CHECK_ERROR(pip_query("digits", 6, buffer, &length), 0);
	CHECK_INT(length, 0);
	length = 0;
	CHECK_ERROR(pip_query("digits", 6, NULL, &length), 0);
	CHECK_ERROR(pip_unpublish("digits", 6), 0);
	CHECK_ERROR(pip_query("digits", 6, NULL, &length), ENOENT);
}

/* Bytes, not strings; a key may be a part of another one, or nothing. */
static void check_keys(void)
{
	static const char keys[4][3] = { { 0, 0, 0 }, { 0, 0, 1 },
					 { 'a', 0, 'b' }, { 'a', 0, 'c' } };
	char value;
	size_t length;

	CHECK_ERROR(pip_publish(NULL, 0, "n", 1), 0);
	for (int i = 0; i < 4; i++)
		for (size_t n = 1; n <= 3; n++) {
			char wanted = (char)(10 * i + (int)n);

			/* Some are the same. */
			CHECK_ERROR(pip_publish(keys[i], n, &wanted, 1), 0);
			length = 1;
			CHECK_ERROR(pip_query(keys[i], n, &value, &length), 0);
			CHECK_INT(value, wanted);
		}
	length = 1;
	CHECK_ERROR(pip_query("", 0, &value, &length), 0);
	CHECK_INT(value, 'n');
	CHECK_ERROR(pip_query(keys[2], 1, &value, &length), 0);
	CHECK_INT(value, 31);
	CHECK_ERROR(pip_query(keys[2], 3, &value, &length), 0);
	CHECK_INT(value, 23);
	CHECK_ERROR(pip_publish_new(keys[2], 3, "x", 1), EEXIST);
	CHECK_ERROR(pip_query(keys[2], 3, &value, &length), 0);
	CHECK_INT(value, 23);
}

/* Of every size that memory is cut in, and beyond; they grow and shrink. */
static void check_sizes(void)
{
	char *bytes = malloc(LARGE), *back = malloc(LARGE);

	NEED(bytes != NULL && back != NULL);
	for (size_t i = 0; i < LARGE; i++)
		bytes[i] = (char)(i * 7 + i / 4093);
	for (int round = 0; round < 2; round++)
		for (size_t size = 1; size <= LARGE; size = size * 3 / 2 + 1) {
			size_t n = round == 0 ? size : LARGE / size, length = LARGE;

			CHECK_ERROR(pip_publish("size", 4, bytes, n), 0);
			CHECK_ERROR(pip_query("size", 4, back, &length), 0);
			CHECK_INT(length, n);
			CHECK(memcmp(back, bytes, n) == 0);
		}
	/* A large key, too. */
	CHECK_ERROR(pip_publish(bytes, LARGE, "K", 1), 0);
	bytes[LARGE - 1]++;
	CHECK_ERROR(pip_query(bytes, LARGE, back, &(size_t){ 1 }), ENOENT);
	bytes[LARGE - 1]--;
	CHECK_ERROR(pip_query(bytes, LARGE, back, &(size_t){ 1 }), 0);
	CHECK_INT(back[0], 'K');
	free(bytes);
	free(back);
}

/* Memory is used again: this would need gigabytes otherwise. */
static void check_reuse(void)
{
	static char bytes[30000];
	long before, after;
	FILE *file;

	for (int i = 0; i < 100000; i++) {
		if (i == 1000) {
			file = fopen("/proc/self/statm", "re");
			NEED(file != NULL && fscanf(file, "%*d %ld", &before) == 1);
			fclose(file);
		}
		CHECK_ERROR(pip_publish("again", 5, bytes,
					(size_t)(i * 37 % (int)sizeof(bytes))), 0);
		if (i % 3 == 0)
			CHECK_ERROR(pip_unpublish("again", 5), 0);
	}
	file = fopen("/proc/self/statm", "re");
	NEED(file != NULL && fscanf(file, "%*d %ld", &after) == 1);
	fclose(file);
	CHECK(after - before < 2000); /* pages */
}

/* --- Tasks -------------------------------------------------------------------- */

static size_t make_key(char key[32], int owner, int number)
{
	int n = snprintf(key, 32, "key %d of %d", number, owner);

	key[3] = '\0';
	return (size_t)n;
}

static int role_publisher(int argc, char **argv)
{
	struct shared *shared = role_shared();
	int self = argc > 1 ? atoi(argv[1]) : -1;
	char key[32];

	for (int i = 0; i < NKEYS; i++) {
		long value = self * 1000L + i;

		CHECK_ERROR(pip_publish(key, make_key(key, self, i), &value,
					sizeof(value)), 0);
		if (pip_publish_new("first", 5, &self, sizeof(self)) == 0)
			shared->winners++;
	}
	return check_finish();
}

static void check_all_found(void)
{
	char key[32];

	for (int task = 0; task < NTASKS; task++)
		for (int i = 0; i < NKEYS; i++) {
			long value = -1;
			size_t length = sizeof(value);

			CHECK_ERROR(pip_query(key, make_key(key, task, i),
					      &value, &length), 0);
			CHECK_INT(value, task * 1000L + i);
		}
}

static int role_reader(int argc, char **argv)
{
	(void)argc, (void)argv;
	check_all_found();
	return check_finish();
}

/* Values of which every byte says the same. */
static void *write_values(void *arg)
{
	struct shared *shared = arg;
	unsigned char bytes[3000];

	for (unsigned i = 0; !shared->stop; i++) {
		memset(bytes, (int)(i % 251), sizeof(bytes));
		CHECK_ERROR(pip_publish("contended", 9, bytes,
					1 + i * 97 % sizeof(bytes)), 0);
		if (i == 100)
			shared->killed_ready++;
	}
	return NULL;
}

static int role_writer(int argc, char **argv)
{
	(void)argc, (void)argv;
	write_values(role_shared());
	return check_finish();
}

static void check_whole(int n)
{
	unsigned char bytes[3000];

	for (int i = 0; i < n; i++) {
		size_t length = sizeof(bytes);

		CHECK_ERROR(pip_query("contended", 9, bytes, &length), 0);
		CHECK_OR_STOP(length >= 1 && length <= sizeof(bytes));
		for (size_t at = 1; at < length; at++)
			CHECK_OR_STOP(bytes[at] == bytes[0]);
	}
}

/* Writers are killed at any point; the others, and readers, go on. */
static void check_killed(struct shared *shared)
{
	int threaded = 0;

	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	CHECK_ERROR(pip_publish("contended", 9, "x", 1), 0);
	for (int round = 0; round < 8 && !threaded; round++) {
		int pipids[NWRITERS];

		shared->killed_ready = 0;
		for (int i = 0; i < NWRITERS; i++) {
			pipids[i] = PIP_PIPID_ANY;
			CHECK_ERROR(role_spawn(&pipids[i], "writer", NULL), 0);
		}
		CHECK_EVENTUALLY(shared->killed_ready == NWRITERS);
		check_whole(300);
		for (int i = 0; i < NWRITERS; i++) {
			int status;

			CHECK_ERROR(pip_kill(pipids[i], SIGKILL), 0);
			check_whole(50);
			CHECK_ERROR(pip_wait(pipids[i], &status), 0);
			CHECK_STATUS(status, KILLED(SIGKILL));
		}
		check_whole(50);
		CHECK_ERROR(pip_publish("contended", 9, "y", 1), 0);
	}
}

static int check(void)
{
	struct shared *shared = mmap(NULL, sizeof(*shared),
				     PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pthread_t thread;
	int winner;
	size_t length = sizeof(winner);

	CHECK_ERROR(pip_publish("k", 1, "v", 1), EPERM);
	CHECK_ERROR(pip_query("k", 1, NULL, &length), EPERM);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(shared), 0);
	check_errors();
	check_buffers();
	check_keys();
	check_sizes();
	check_reuse();
	for (int i = 0; i < NTASKS; i++) {
		char number[12];

		snprintf(number, sizeof(number), "%d", i);
		CHECK_ERROR(role_spawn(&(int){ i }, "publisher", number, NULL), 0);
	}
	for (int i = 0; i < NTASKS; i++) {
		int status = -1;

		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	/* They have ended; what they have published is there, also when
	 * others have their PIPIDs. */
	check_all_found();
	CHECK_STATUS(role_run("reader", NULL), EXITED(0));
	CHECK_INT(shared->winners, 1);
	CHECK_ERROR(pip_query("first", 5, &winner, &length), 0);
	CHECK(winner >= 0 && winner < NTASKS);
	check_killed(shared);
	/* Threads of one process. */
	NEED(pthread_create(&thread, NULL, write_values, shared) == 0);
	check_whole(10000);
	shared->stop = 1;
	pthread_join(thread, NULL);
	/* A new root begins with nothing. */
	CHECK_ERROR(pip_fin(), 0);
	role_init(1);
	CHECK_ERROR(pip_query("first", 5, &winner, &length), ENOENT);
	return role_finish();
}

static int role_test(int argc, char **argv)
{
	(void)argc, (void)argv;
	return check();
}

static const struct role roles[] = {
	{ "test", role_test },	   { "publisher", role_publisher },
	{ "reader", role_reader }, { "writer", role_writer },
	{ NULL, NULL },
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
