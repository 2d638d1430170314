/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Descriptors that are missing: a spawn without a free one fails cleanly, and
 * a root whose standard ones are closed, or whose table's is, works.
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "capture.h"
#include "role.h"
#include "self.h"

/* All numbers are taken: an error, and nothing half-made. */
static void check_exhausted(void)
{
	struct rlimit before, low;
	int error, fds = self_count_fds(), last;
	long maps;

	NEED(getrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK_STATUS(role_run("task", NULL), EXITED(0));
	maps = self_count_maps();
	capture_begin();
	last = open("/dev/null", O_RDONLY | O_CLOEXEC);
	low = before;
	/* One or two are left, and more than two are needed. */
	for (int room = 0; room < 3; room++) {
		low.rlim_cur = (rlim_t)(last + room);
		NEED(setrlimit(RLIMIT_NOFILE, &low) == 0);
		error = role_spawn(NULL, "task", NULL);
		NEED(setrlimit(RLIMIT_NOFILE, &before) == 0);
		if (error == 0) {
			CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
		} else {
			CHECK_ERROR(error, EMFILE);
		}
	}
	close(last);
	CHECK_CONTAINS(capture_end(), "Too many open files");
	CHECK_INT(self_count_fds(), fds);
	CHECK(self_count_maps() <= maps + 4);
	CHECK_STATUS(role_run("task", NULL), EXITED(0));
}

/* As a daemon's: 0, 1 and 2 are closed and stay so. */
static int play_closed(int argc, char **argv)
{
	int fds;

	(void)argc, (void)argv;
	close(0);
	close(1);
	close(2);
	role_init(2);
	fds = self_count_fds();
	CHECK_STATUS(role_run("no-stdio", NULL), EXITED(0));
	CHECK_INT(fcntl(0, F_GETFD), -1);
	CHECK_INT(fcntl(2, F_GETFD), -1);
	CHECK_INT(self_count_fds(), fds);
	return role_finish();
}

/* A program that closes all it does not know, then uses the number. */
static int play_closes_table(int argc, char **argv)
{
	int table, reused;

	(void)argc, (void)argv;
	role_init(2);
	table = self_table()->memfd;
	CHECK(table > 2);
	close(table);
	NEED((reused = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0);
	NEED(dup2(reused, table) == table);
	CHECK_STATUS(role_run("task", NULL), EXITED(0));
	CHECK_ERROR(pip_fin(), 0);
	/* It is not ours any more. */
	CHECK(fcntl(table, F_GETFD) >= 0);
	CHECK(check_is_childless());
	return check_finish();
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_STATUS(role_join(role_exec("closed", NULL)), EXITED(0));
	CHECK_STATUS(role_join(role_exec("closes-table", NULL)), EXITED(0));
	role_init(2);
	check_exhausted();
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static int play_no_stdio(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int fd = 0; fd < 3; fd++)
		CHECK_INT(fcntl(fd, F_GETFD), -1);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "closed", play_closed },
	{ "closes-table", play_closes_table },
	{ "task", play_task },
	{ "no-stdio", play_no_stdio },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
