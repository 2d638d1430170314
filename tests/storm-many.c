/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * 300 tasks at once, the original's limit, and 1,000: all run at the same time,
 * each with its own variables, and all end well.
 */
#include <sys/resource.h>

#include "maps.h"
#include "role.h"

#define NTASKS 1000

static int private_variable = 1;

static struct shared {
	_Atomic int started, leave;
	int *variables[NTASKS];
} shared;

static void spawn_all(int n)
{
	shared.started = shared.leave = 0;
	for (int i = 0; i < n; i++) {
		int pipid = PIP_PIPID_ANY;
		int error = role_spawn(&pipid, "task", NULL);

		if (error != 0) {
			check_fail("task %d: %s", i, check_errno_name(error));
			exit(1);
		}
		CHECK_INT(pipid, i);
	}
	CHECK_EVENTUALLY(shared.started == n);
}

static void run(int n)
{
	int sum = 0, pipid, status;
	long fds = self_count_fds();

	spawn_all(n);
	check_say("%d tasks: %ld mappings, %ld MiB resident", n,
		  self_count_maps(), self_rss_kib() / 1024);
	CHECK_INT(self_count_fds(), fds);
	for (int i = 0; i < n; i++) {
		CHECK_INT(*shared.variables[i], i + 1);
		*shared.variables[i] = 2 * i;
	}
	/* There is no room for one more. */
	if (n == NTASKS)
		CHECK_ERROR(role_spawn(NULL, "task", NULL), EAGAIN);
	shared.leave = 1;
	for (int i = 0; i < n; i++) {
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_STATUS(status, EXITED(pipid & 0x7f));
		sum += pipid;
	}
	CHECK_INT(sum, n * (n - 1) / 2);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	/* All are readable still. */
	for (int i = 0; i < n; i++)
		CHECK_INT(*shared.variables[i], 2 * i);
}

/* Say which limit is in the way, if one is. */
static void check_limits(void)
{
	FILE *file = fopen("/proc/sys/vm/max_map_count", "re");
	struct rlimit limit;
	long max = 0;

	if (file != NULL && fscanf(file, "%ld", &max) == 1 &&
	    max < 40 * NTASKS)
		SKIP("vm.max_map_count is %ld, too few for %d tasks", max,
		     NTASKS);
	if (file != NULL)
		fclose(file);
	if (getuid() != 0 && getrlimit(RLIMIT_NPROC, &limit) == 0 &&
	    limit.rlim_cur < NTASKS + 200)
		SKIP("RLIMIT_NPROC is %ld, too few for %d tasks",
		     (long)limit.rlim_cur, NTASKS);
	file = fopen("/proc/sys/kernel/pid_max", "re");
	if (file != NULL && fscanf(file, "%ld", &max) == 1 &&
	    max < 2 * NTASKS)
		SKIP("kernel.pid_max is %ld, too few for %d tasks", max,
		     NTASKS);
	if (file != NULL)
		fclose(file);
}

static int play_root(int argc, char **argv)
{
	static struct maps maps;
	unsigned long low, high;

	(void)argc, (void)argv;
	check_limits();
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	run(300);
	run(NTASKS);
	run(300);
	low = self_table()->window_base;
	high = low + NTASKS * self_table()->window_size;
	CHECK_ERROR(pip_fin(), 0);
	maps_take(&maps);
	CHECK_INT(maps_count_in(&maps, low, high), 0);
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	struct shared *root = role_shared();
	int self = -1;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&self), 0);
	CHECK_INT(private_variable, 1);
	private_variable += self;
	root->variables[self] = &private_variable;
	root->started++;
	while (!root->leave)
		check_sleep_ms(20);
	CHECK_INT(private_variable, 2 * self);
	return check_finish() ? 0xff : self & 0x7f;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
