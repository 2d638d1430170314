/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Blocks of a task that has ended, in whatever way: they can be read, written,
 * resized and freed by the root and by other tasks, before and after the wait.
 */
#include <malloc.h>
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NBLOCKS 500

struct shared {
	char *volatile blocks[NBLOCKS];
	_Atomic int filled;
};

static size_t size_of(int i)
{
	return (size_t)1 << (i % 21);
}

static void fill(struct shared *shared)
{
	for (int i = 0; i < NBLOCKS; i++) {
		shared->blocks[i] = malloc(size_of(i));
		CHECK_OR_STOP(shared->blocks[i] != NULL);
		memset(shared->blocks[i], i & 0xff, size_of(i));
	}
	shared->filled = 1;
}

static void check_contents(const struct shared *shared)
{
	for (int i = 0; i < NBLOCKS; i++) {
		const char *block = shared->blocks[i];

		CHECK_INT(block[0], (char)i);
		CHECK_INT(block[size_of(i) - 1], (char)i);
		CHECK(malloc_usable_size((void *)block) >= size_of(i));
	}
}

/* Free a third, resize and free a third, move the rest to blocks of ours. */
static void consume(struct shared *shared)
{
	for (int i = 0; i < NBLOCKS; i++) {
		char *block = shared->blocks[i];
		size_t size = size_of(i);

		if (i % 3 != 0) {
			block = realloc(block, i % 3 == 1 ? size + 100 :
							   (size + 1) / 2);
			CHECK_OR_STOP(block != NULL);
			CHECK_INT(block[0], (char)i);
			CHECK_INT(block[(size + 1) / 2 - 1], (char)i);
		}
		free(block);
		shared->blocks[i] = NULL;
	}
}

/* Our own heap is sound afterwards. */
static void check_own_heap(void)
{
	static char *blocks[2000];

	for (int i = 0; i < 2000; i++) {
		blocks[i] = malloc((size_t)(i % 300) + 1);
		CHECK_OR_STOP(blocks[i] != NULL);
		memset(blocks[i], i & 0x7f, (size_t)(i % 300) + 1);
	}
	for (int i = 0; i < 2000; i++) {
		CHECK_INT(blocks[i][i % 300], i & 0x7f);
		free(blocks[i]);
	}
}

static int play_root(int argc, char **argv)
{
	static const struct {
		const char *how;
		int status;
	} ends[] = {
		{ "return", EXITED(0) },
		{ "_exit", EXITED(3) },
		{ "kill", KILLED(SIGKILL) },
		{ "thread", EXITED(0) },
	};
	static struct shared shared;
	int pipid, status;

	(void)argc, (void)argv;
	role_init(4);
	CHECK_ERROR(pip_export(&shared), 0);
	for (int round = 0; round < 10; round++)
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			pipid = PIP_PIPID_ANY;
			shared.filled = 0;
			CHECK_ERROR(role_spawn(&pipid, "owner", ends[i].how,
					       NULL),
				    0);
			CHECK_ERROR(pip_wait(pipid, &status), 0);
			CHECK_STATUS(status, ends[i].status);
			CHECK_INT(shared.filled, 1);
			check_contents(&shared);
			if (round % 2) {
				consume(&shared);
			} else {
				pipid = 3;
				CHECK_ERROR(role_spawn(&pipid, "consumer",
						       NULL),
					    0);
				CHECK_ERROR(pip_wait(pipid, &status), 0);
				CHECK_STATUS(status, EXITED(0));
			}
			check_own_heap();
		}

	/* The owner still lives, and goes on allocating. */
	pipid = 0;
	shared.filled = 0;
	CHECK_ERROR(role_spawn(&pipid, "owner", "stay", NULL), 0);
	CHECK_EVENTUALLY(shared.filled);
	consume(&shared);
	check_own_heap();
	shared.filled = 2;
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	return role_finish();
}

static void *fill_in_thread(void *shared)
{
	fill(shared);
	return NULL;
}

static int play_owner(int argc, char **argv)
{
	struct shared *shared = role_shared();
	pthread_t thread;

	(void)argc;
	if (strcmp(argv[1], "thread") == 0) {
		NEED(pthread_create(&thread, NULL, fill_in_thread, shared) ==
		     0);
		NEED(pthread_join(thread, NULL) == 0);
	} else {
		fill(shared);
	}
	if (strcmp(argv[1], "_exit") == 0)
		_exit(3);
	if (strcmp(argv[1], "kill") == 0)
		raise(SIGKILL);
	if (strcmp(argv[1], "stay") == 0) {
		CHECK_EVENTUALLY(shared->filled == 2);
		check_own_heap();
	}
	return check_finish();
}

static int play_consumer(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	check_contents(shared);
	consume(shared);
	check_own_heap();
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "owner", play_owner },
	{ "consumer", play_consumer },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
