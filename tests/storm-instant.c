/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tasks that end the moment they start, while the spawner is held up in the
 * middle of pip_spawn(): their status is not lost.
 *
 * The spawner shares one core with busy processes, so that it is preempted at
 * every place in turn; and where it asks whether the task has ended already, it
 * is held up on purpose.
 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "role.h"
#include "self.h"

#define NTASKS 4
#define NBUSY 3
#define ROUNDS 200
#define ROUNDS_DELAYED 40

static volatile int delay_ms;

static void hold_up(int options)
{
	if (delay_ms != 0 && (options & WNOHANG) != 0)
		check_sleep_ms(delay_ms);
}

/* These two stand before libc's for libpip, too. */

pid_t waitpid(pid_t pid, int *status, int options)
{
	hold_up(options);
	return wait4(pid, status, options, NULL);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
	hold_up(options);
	return (int)syscall(SYS_waitid, type, id, info, options, NULL);
}

/* Ends before main, as soon as libpip has said that it is loaded. */
__attribute__((constructor)) static void end_at_once(void)
{
	if (pip_isa_task())
		_exit(13);
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
		busy[i] = role_busy();
	role_init(NTASKS);
	for (int i = 0; i < ROUNDS + ROUNDS_DELAYED; i++) {
		int pipid = PIP_PIPID_ANY, status = -1;

		delay_ms = i < ROUNDS ? 0 : 20;
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
