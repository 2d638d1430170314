/* SPDX-License-Identifier: BSD-2-Clause */
/* Tasks can be waited for in any order, and before or after they end. */
#include "role.h"
#include "self.h"

#define NTASKS 20

static struct shared {
	_Atomic int leave[NTASKS];
} shared;

static void spawn_all(void)
{
	memset(&shared, 0, sizeof(shared));
	for (int i = 0; i < NTASKS; i++) {
		int pipid = i;
		char code[8];

		snprintf(code, sizeof(code), "%d", i);
		CHECK_ERROR(role_spawn(&pipid, "task", code, NULL), 0);
	}
}

static bool is_zombie(int pipid)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)self_entry(pipid)->pid, &info,
		      WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

static void check_one(int pipid)
{
	int status = -1;

	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(pipid));
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);

	/* All have ended; from the last to the first. */
	spawn_all();
	for (int i = 0; i < NTASKS; i++)
		shared.leave[i] = 1;
	for (int i = 0; i < NTASKS; i++)
		CHECK_EVENTUALLY(is_zombie(i));
	for (int i = NTASKS - 1; i >= 0; i--)
		check_one(i);

	/* They end one by one; any is the one that has ended. */
	spawn_all();
	for (int i = 0; i < NTASKS; i++) {
		int which = i * 7 % NTASKS, pipid = -1, status = -1;

		CHECK_ERROR(pip_trywait_any(&pipid, &status), ECHILD);
		shared.leave[which] = 1;
		if (i % 2)
			CHECK_EVENTUALLY(is_zombie(which));
		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK_INT(pipid, which);
		CHECK_STATUS(status, EXITED(which));
	}

	/* One that runs does not hide those that have ended. */
	spawn_all();
	for (int i = 1; i < NTASKS; i++)
		shared.leave[i] = 1;
	for (int i = 1; i < NTASKS; i++) {
		int pipid = -1, status = -1;

		CHECK_ERROR(pip_wait_any(&pipid, &status), 0);
		CHECK(pipid != 0);
		CHECK_STATUS(status, EXITED(pipid));
	}
	CHECK_ERROR(pip_trywait(0, NULL), ECHILD);
	shared.leave[0] = 1;
	check_one(0);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	struct shared *root = role_shared();
	int self = atoi(argv[1]);

	(void)argc;
	CHECK_EVENTUALLY(root->leave[self]);
	return check_finish() ? 99 : self;
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
