/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task inherits descriptors under their numbers, except those that are
 * close-on-exec, however many there are; the root's are not touched.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/resource.h>

#include "role.h"
#include "self.h"

#define FIRST 1000 /* far from the table's */
#define NFDS_MAX 3000

/* Opens descriptors FIRST to FIRST + n - 1; kept says which stay open. */
static bool is_kept(int i)
{
	return i % 3 == 1;
}

static void open_all(int n)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	NEED(null >= 0);
	for (int i = 0; i < n; i++)
		NEED(fcntl(null, is_kept(i) ? F_DUPFD : F_DUPFD_CLOEXEC,
			   FIRST + i) == FIRST + i);
	close(null);
}

static void close_all(int n)
{
	for (int i = 0; i < n; i++)
		NEED(close(FIRST + i) == 0);
}

/* Numbers that are odd in size: around what fits into the spawner's list. */
static const int sizes[] = { 0, 1, 2, 3, 45, 46, 47, 48, 49, 50, 51, 52, 53,
			     100, 300, NFDS_MAX };

/* base: how many are inherited beside them. */
static void check_inherited(int n, int base)
{
	int fds = self_count_fds();
	char text[2][16];

	snprintf(text[0], sizeof(text[0]), "%d", n);
	snprintf(text[1], sizeof(text[1]), "%d", base);
	CHECK_STATUS(role_run("task", text[0], text[1], NULL), EXITED(0));
	CHECK_INT(self_count_fds(), fds);
	for (int i = 0; i < n; i++) {
		int flags = fcntl(FIRST + i, F_GETFD);

		CHECK_INT(flags, is_kept(i) ? 0 : FD_CLOEXEC);
	}
}

static void *do_nothing(void *arg)
{
	return arg;
}

static int play_root(int argc, char **argv)
{
	struct rlimit limit;
	pthread_t thread;
	int fds, base = self_count_fds();

	(void)argc, (void)argv;
	NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	role_init(4);
	/* A root that never had a second thread, and one that had. */
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			int n = sizes[i];

			if (limit.rlim_cur < (rlim_t)(FIRST + n + 100))
				continue;
			open_all(n);
			check_inherited(n, base);
			close_all(n);
		}
		NEED(pthread_create(&thread, NULL, do_nothing, NULL) == 0);
		NEED(pthread_join(thread, NULL) == 0);
	}

	/* Nothing piles up in the root. */
	fds = self_count_fds();
	for (int i = 0; i < 500; i++)
		check_inherited(0, base);
	CHECK_INT(self_count_fds(), fds);
	CHECK_ERROR(pip_fin(), 0);
	CHECK_INT(self_count_fds(), fds - 2); /* the table, /proc/self/mem */
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	int n = atoi(argv[1]), count = atoi(argv[2]);

	(void)argc;
	for (int i = 0; i < n; i++) {
		bool is_open = fcntl(FIRST + i, F_GETFD) >= 0;

		if (is_open != is_kept(i))
			check_fail("of %d: descriptor %d is %s", n, FIRST + i,
				   is_open ? "open" : "closed");
		count += is_kept(i);
	}
	/* Neither the table nor a file of the program. */
	CHECK_INT(self_count_fds(), count);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
