/* SPDX-License-Identifier: BSD-2-Clause */
/* What a task is told when it asks: it is initialised without pip_init(). */
#include <fcntl.h>
#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 5

static int play_root(int argc, char **argv)
{
	char pid_text[16], pipid_text[16];
	int status = -1;

	(void)argc, (void)argv;
	unsetenv(PIP_ENV_MODE);
	snprintf(pid_text, sizeof(pid_text), "%d", (int)getpid());
	for (int mode = 0; mode < 3; mode++) {
		static const unsigned opts[] = { 0, PIP_MODE_PROCESS_PRELOAD,
						 PIP_MODE_PROCESS_PIPCLONE };
		int ntasks = NTASKS;

		CHECK_ERROR(pip_init(NULL, &ntasks, NULL, opts[mode]), 0);
		for (int i = NTASKS - 1; i >= 0; i--) {
			int pipid = i;

			snprintf(pipid_text, sizeof(pipid_text), "%d", i);
			CHECK_ERROR(role_spawn(&pipid, "task", pid_text,
					       pipid_text,
					       mode == 2 ? "2" : "1", NULL),
				    0);
			CHECK_ERROR(pip_wait(i, &status), 0);
			CHECK_STATUS(status, EXITED(0));
		}
		CHECK_ERROR(pip_fin(), 0);
	}
	CHECK(check_is_childless());
	return check_finish();
}

/* Any thread of a task is the task. */
static void *ask_in_thread(void *arg)
{
	int pipid = -1;

	(void)arg;
	CHECK_INT(pip_isa_task(), 1);
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	return (void *)(long)pipid;
}

static int play_task(int argc, char **argv)
{
	int root_pid = atoi(argv[1]), expected = atoi(argv[2]), number = -1;
	bool is_pipclone = argv[3][0] == '2';
	int mode = is_pipclone ? PIP_MODE_PROCESS_PIPCLONE :
				 PIP_MODE_PROCESS_PRELOAD;
	pthread_t thread;
	void *result = NULL;

	(void)argc;
	CHECK_INT(pip_isa_task(), 1);
	CHECK_INT(pip_isa_root(), 0);
#if PIP_VERSION_MAJOR == 2
	CHECK_INT(pip_is_initialized(), 0x500);
#else
	CHECK_INT(pip_is_initialized(), mode);
#endif
	CHECK_ERROR(pip_get_pipid(&number), 0);
	CHECK_INT(number, expected);
	CHECK_ERROR(pip_get_pipid(NULL), 0);
	CHECK_ERROR(pip_get_ntasks(&number), 0);
	CHECK_INT(number, NTASKS);
	CHECK_ERROR(pip_get_ntasks(NULL), 0);
	CHECK_ERROR(pip_get_mode(&number), 0);
	CHECK_INT(number, mode);
	CHECK_ERROR(pip_get_mode(NULL), 0);
	CHECK_STR(pip_get_mode_str(),
		  is_pipclone ? "process:pipclone" : "process:preload");

	/* A process of its own, in the root's address space. */
	CHECK(getpid() != root_pid);
	CHECK_INT(getppid(), root_pid);
	CHECK_INT(gettid(), getpid());
	CHECK_INT(self_table()->root_pid, root_pid);
	CHECK_INT(self_entry(expected)->pid, getpid());
	CHECK_INT(self_entry(expected)->state, PIP_STATE_RUNNING);
	CHECK_PTR((void *)self_entry(expected)->argv, argv - 1);

	NEED(pthread_create(&thread, NULL, ask_in_thread, NULL) == 0);
	NEED(pthread_join(thread, &result) == 0);
	CHECK_INT((long)result, expected);

	/* Of no effect on anybody. */
	CHECK_ERROR(pip_fin(), 0);
	CHECK_ERROR(pip_fin(), 0);
	CHECK_INT(pip_isa_task(), 1);
	CHECK_ERROR(pip_get_pipid(&number), 0);
	CHECK_INT(number, expected);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
