/* SPDX-License-Identifier: BSD-2-Clause */
/* pip_init(): who answers what, its errors and their order. */
#include <pthread.h>
#include <sys/resource.h>

#include "capture.h"
#include "role.h"
#include "self.h"

#define EXPORTED ((void *)0x1234567)

static int init(int ntasks, unsigned opts)
{
	return pip_init(NULL, &ntasks, NULL, opts);
}

static void check_root_values(void)
{
	int pipid = 1, ntasks = 7, mode = 0;
	void *exp = EXPORTED, *imported = &pipid;

	CHECK_ERROR(pip_init(&pipid, &ntasks, &exp, 0), 0);
	CHECK_INT(pipid, PIP_PIPID_ROOT);
	CHECK_INT(ntasks, 7);
	CHECK_PTR(exp, EXPORTED);
	CHECK_INT(pip_isa_root(), 1);
	CHECK_INT(pip_isa_task(), 0);
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	CHECK_INT(pipid, PIP_PIPID_ROOT);
	CHECK_ERROR(pip_get_pipid(NULL), 0);
	ntasks = 0;
	CHECK_ERROR(pip_get_ntasks(&ntasks), 0);
	CHECK_INT(ntasks, 7);
	CHECK_ERROR(pip_get_ntasks(NULL), 0);
	CHECK_ERROR(pip_get_mode(NULL), 0);
	CHECK_ERROR(pip_get_mode(&mode), 0);
	CHECK_INT(mode, PIP_MODE_PROCESS_PRELOAD);
	CHECK_STR(pip_get_mode_str(), "process:preload");
#if PIP_VERSION_MAJOR == 2
	CHECK_INT(pip_is_initialized(), PIP_MODE_PROCESS);
#else
	CHECK_INT(pip_is_initialized(), PIP_MODE_PROCESS_PRELOAD);
#endif
	/* What the tasks are given is not what the root exports. */
	CHECK_ERROR(pip_import(PIP_PIPID_ROOT, &imported), 0);
	CHECK_PTR(imported, NULL);
}

/* EBUSY comes before everything else. */
static void check_busy(void)
{
	CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), EBUSY);
	CHECK_ERROR(init(0, 0), EBUSY);
	CHECK_ERROR(init(PIP_NTASKS_MAX + 1, 0xffff), EBUSY);
}

static void check_null_pointers(void)
{
	int ntasks = 0;

	CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), 0);
	CHECK_ERROR(pip_get_ntasks(&ntasks), 0);
	CHECK_INT(ntasks, PIP_NTASKS_DEFAULT);
	CHECK_INT(PIP_NTASKS_DEFAULT, 300);
}

/* The number of tasks is judged first, then opts, then SIGCHLD. */
static void check_order_of_errors(void)
{
	sigset_t chld, before;
	int pipid = 4711, ntasks = -1;

	CHECK_ERROR(init(0, 0), EINVAL);
	CHECK_ERROR(init(-1, 0xffff), EINVAL);
	CHECK_ERROR(init(PIP_NTASKS_MAX + 1, 0xff00), EOVERFLOW);
	CHECK_ERROR(init(0x7fffffff, 0), EOVERFLOW);
	CHECK_ERROR(init(1, 0xff00), EINVAL);
	CHECK_ERROR(init(1, 0x0200), EINVAL);

	NEED(sigemptyset(&chld) == 0 && sigaddset(&chld, SIGCHLD) == 0);
	NEED(sigprocmask(SIG_BLOCK, &chld, &before) == 0);
	CHECK_ERROR(init(PIP_NTASKS_MAX + 1, 0), EOVERFLOW);
	CHECK_ERROR(init(1, 0xff00), EINVAL);
	CHECK_ERROR(init(1, 0), EPERM);
	NEED(sigprocmask(SIG_SETMASK, &before, NULL) == 0);

	/* A failed pip_init() changes nothing. */
	CHECK_ERROR(pip_init(&pipid, &ntasks, NULL, 0), EINVAL);
	CHECK_INT(pipid, 4711);
	CHECK_INT(ntasks, -1);
	CHECK_INT(pip_is_initialized(), 0);
	CHECK_ERROR(init(1, 0), 0);
	CHECK_ERROR(pip_fin(), 0);
}

/* Bits below the mode: version 3 knows four of them (PIP_SYNC_*). */
static void check_low_bits(void)
{
#if PIP_VERSION_MAJOR == 2
	CHECK_ERROR(init(1, 0x00ff), 0);
#else
	CHECK_ERROR(init(1, 0x00ff), EINVAL);
	CHECK_ERROR(init(1, 0x0010), EINVAL);
	CHECK_ERROR(init(1, 0x10000), EINVAL);
	CHECK_ERROR(init(1, 0x80000000), EINVAL);
	CHECK_ERROR(init(1, 0x0008), 0);
#endif
	CHECK_ERROR(pip_fin(), 0);
}

static void check_modes(void)
{
	static const struct {
		unsigned opts;
		int mode;
		const char *name;
	} rows[] = {
		{ PIP_MODE_PROCESS, PIP_MODE_PROCESS_PRELOAD,
		  "process:preload" },
		{ PIP_MODE_PROCESS_PRELOAD, PIP_MODE_PROCESS_PRELOAD,
		  "process:preload" },
		{ PIP_MODE_PROCESS_PIPCLONE, PIP_MODE_PROCESS_PIPCLONE,
		  "process:pipclone" },
#if PIP_VERSION_MAJOR == 3
		{ PIP_MODE_PROCESS_GOT, PIP_MODE_PROCESS_GOT, "process:got" },
#endif
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int mode = 0;

		CHECK_ERROR(init(1, rows[i].opts), 0);
		CHECK_ERROR(pip_get_mode(&mode), 0);
		CHECK_INT(mode, rows[i].mode);
		CHECK_STR(pip_get_mode_str(), rows[i].name);
		CHECK_ERROR(pip_fin(), 0);
	}
#if PIP_VERSION_MAJOR == 2
	CHECK_ERROR(init(1, PIP_MODE_PROCESS_GOT_OBS), EINVAL);
#endif
	CHECK_ERROR(init(1, PIP_MODE_PTHREAD | PIP_MODE_PROCESS_PRELOAD),
		    EINVAL);
}

/* The largest number there is; one more is too many. */
static void check_limit(void)
{
	int ntasks = 0;

	CHECK_INT(PIP_NTASKS_MAX, 4096);
	CHECK_ERROR(init(PIP_NTASKS_MAX, 0), 0);
	CHECK_ERROR(pip_get_ntasks(&ntasks), 0);
	CHECK_INT(ntasks, 4096);
	ntasks = 4095;
	CHECK_ERROR(pip_spawn(role_path,
			      (char *[]){ role_path, (char *)"task", NULL },
			      NULL, PIP_CPUCORE_ASIS, &ntasks, NULL, NULL,
			      NULL),
		    0);
	CHECK_INT(ntasks, 4095);
	CHECK_ERROR(pip_wait(4095, &ntasks), 0);
	CHECK_ERROR(pip_fin(), 0);
}

/* No descriptor for the table: nothing is left behind, and it works later. */
static void check_no_descriptor(void)
{
	struct rlimit before, low;
	long maps = self_count_maps();
	int fds = self_count_fds();

	NEED(getrlimit(RLIMIT_NOFILE, &before) == 0);
	low = before;
	low.rlim_cur = 3;
	NEED(setrlimit(RLIMIT_NOFILE, &low) == 0);
	CHECK_ERROR(init(8, 0), EMFILE);
	NEED(setrlimit(RLIMIT_NOFILE, &before) == 0);
	CHECK_INT(self_count_fds(), fds);
	CHECK(self_count_maps() <= maps + 1); /* malloc may take one */
	CHECK_ERROR(init(8, 0), 0);
	CHECK_ERROR(pip_fin(), 0);
	CHECK_INT(self_count_fds(), fds);
}

static void *init_in_thread(void *result)
{
	*(int *)result = init(4, 0);
	return NULL;
}

/* Of several threads exactly one makes the root. */
static void check_threads(void)
{
	pthread_t threads[8];
	int results[8], winners = 0;

	for (int i = 0; i < 8; i++)
		NEED(pthread_create(&threads[i], NULL, init_in_thread,
				    &results[i]) == 0);
	for (int i = 0; i < 8; i++) {
		NEED(pthread_join(threads[i], NULL) == 0);
		winners += results[i] == 0;
		CHECK(results[i] == 0 || results[i] == EBUSY);
	}
	CHECK_INT(winners, 1);
	CHECK_ERROR(pip_fin(), 0);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	unsetenv(PIP_ENV_MODE);
	check_order_of_errors();
	check_low_bits();
	check_modes();
	check_no_descriptor();
	check_limit();
	check_null_pointers();
	check_busy();
	CHECK_ERROR(pip_fin(), 0);
	check_threads();
	check_root_values();
	check_busy();
	/* Tasks of a root that gave an address, and of one that gave none. */
	CHECK_STATUS(role_run("task", "7", "given", NULL), EXITED(0));
	CHECK_ERROR(pip_fin(), 0);
	role_init(3);
	CHECK_STATUS(role_run("task", "3", "none", NULL), EXITED(0));
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	int pipid = -1, ntasks = -1;
	void *exp = &pipid;

	if (argc < 3)
		return 0;
	/* opts and numbers do not matter, however often. */
	CHECK_ERROR(pip_init(&pipid, &ntasks, &exp, 0xff00), 0);
	CHECK_INT(pipid, 0);
	CHECK_INT(ntasks, atoi(argv[1]));
	CHECK_PTR(exp, strcmp(argv[2], "given") == 0 ? EXPORTED : &pipid);
	for (int i = 0; i < 10; i++)
		CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), 0);
	ntasks = 0;
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_INT(ntasks, atoi(argv[1]));
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
