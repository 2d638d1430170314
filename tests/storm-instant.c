/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that end the moment they start, while the spawner is held up in the
 * middle of pip_spawn(): their status is not lost.
 *
 * The spawner shares one core with busy processes, so that it is preempted at
 * every place in turn.
 */
#include <sched.h>

#include "role.h"
#include "self.h"

#define NTASKS 4
#define NBUSY 3
#define ROUNDS 300

/* Ends before main, as soon as libpip has said that it is loaded. */
__attribute__((constructor)) static void end_at_once(void)
{
	if (pip_isa_task())
		_exit(13);
}

static pid_t make_busy(void)
{
	pid_t parent = getpid(), pid = fork();

	NEED(pid >= 0);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
		    getppid() != parent)
			_exit(0);
		for (;;)
			;
	}
	return pid;
}

static int play_root(int argc, char **argv)
{
	pid_t busy[NBUSY];
	cpu_set_t all, one;

	(void)argc, (void)argv;
	NEED(sched_getaffinity(0, sizeof(all), &all) == 0);
	CPU_ZERO(&one);
	for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
		if (CPU_ISSET(cpu, &all))
			CPU_SET(cpu, &one);
	NEED(sched_setaffinity(0, sizeof(one), &one) == 0);
	for (int i = 0; i < NBUSY; i++)
		busy[i] = make_busy();
	role_init(NTASKS);
	for (int i = 0; i < ROUNDS; i++) {
		int pipid = PIP_PIPID_ANY, status = -1;

		CHECK_ERROR(role_spawn(&pipid, "task", NULL), 0);
		if (i % 2)
			CHECK_ERROR(pip_wait(pipid, &status), 0);
		else
			CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(13));
	}
	for (int i = 0; i < NBUSY; i++) {
		NEED(kill(busy[i], SIGKILL) == 0);
		CHECK_STATUS(role_join(busy[i]), KILLED(SIGKILL));
	}
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
