/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spawn hooks: whose process they run in, whose variables they see, how often
 * they run for each way to end, and that libc works in them.
 */
#include <fcntl.h>
#include <pthread.h>

#include "role.h"

#define NSTORM 24

struct seen {
	_Atomic int before, after;
	_Atomic pid_t before_pid, after_pid;
	char *text; /* allocated by the before hook */
	int cloexec_fd, had_fd;
	int refuse; /* what the before hook is to return */
};

static struct seen seen; /* of the root: hooks must see this copy */
static _Atomic int go;
static int threaded; /* the mode: one PID, shared descriptors */

static int before_hook(void *arg)
{
	struct seen *mine = arg;

	mine->before++;
	mine->before_pid = getpid();
	mine->had_fd = fcntl(mine->cloexec_fd, F_GETFD) >= 0;
	mine->text = malloc(100);
	snprintf(mine->text, 100, "%d %s", (int)mine->before_pid, "written");
	free(malloc(100000));
	errno = 4711; /* of a thread that nobody else is */
	return mine->refuse;
}

static int after_hook(void *arg)
{
	struct seen *mine = arg;

	mine->after++;
	mine->after_pid = getpid();
	free(mine->text);
	mine->text = NULL;
	free(malloc(1000));
	return 99; /* nobody asks */
}

static int waiting_hook(void *arg)
{
	(void)arg;
	while (!go)
		check_sleep_ms(1);
	return 0;
}

static const struct way {
	const char *name;
	int status, after;
} ways[] = {
	{ "return", EXITED(3), 1 },   { "exit", EXITED(4), 1 },
	{ "pip_exit", EXITED(5), 1 }, { "_exit", EXITED(6), 0 },
	{ "kill", KILLED(SIGKILL), 0 }, { "fork", EXITED(7), 1 },
	{ "thread", EXITED(8), 1 },
};
#define NWAYS (int)(sizeof(ways) / sizeof(ways[0]))

static void *exit_8(void *arg)
{
	(void)arg;
	exit(8);
}

static int play_end(int argc, char **argv)
{
	int way = atoi(argv[1]);
	pthread_t thread;

	(void)argc;
	CHECK_INT(seen.before, 0); /* this program's own */
	switch (way) {
	case 0:
		return 3;
	case 1:
		exit(4);
	case 2:
		pip_exit(5);
	case 3:
		_exit(6);
	case 4:
		kill(getpid(), SIGKILL);
		return 1;
	case 5:
		if (fork() == 0)
			exit(0);
		wait(NULL);
		return 7;
	default:
		pthread_create(&thread, NULL, exit_8, NULL);
		pthread_join(thread, NULL);
		return 1;
	}
}

static int spawn_way(int way, pip_spawnhook_t before, pip_spawnhook_t after,
		     struct seen *arg, int *pipidp)
{
	char number[16], *argv[] = { role_path, "end", number, NULL };

	snprintf(number, sizeof(number), "%d", way);
	return pip_spawn(role_path, argv, NULL, PIP_CPUCORE_ASIS, pipidp,
			 before, after, arg);
}

static void check_way(int way)
{
	int pipid = PIP_PIPID_ANY, status = -1;

	memset(&seen, 0, sizeof(seen));
	seen.cloexec_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_ERROR(spawn_way(way, before_hook, after_hook, &seen, &pipid), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, ways[way].status);
	CHECK_INT(seen.before, 1);
	CHECK_INT(seen.after, ways[way].after);
	CHECK(seen.before_pid > 0);
	CHECK_INT(seen.before_pid == getpid(), threaded);
	if (seen.after != 0)
		CHECK_INT(seen.after_pid, seen.before_pid);
	CHECK_INT(seen.had_fd, 1);
	CHECK((seen.text == NULL) == (seen.after != 0));
	free(seen.text);
	close(seen.cloexec_fd);
}

static void check_refusal(void)
{
	int pipid = PIP_PIPID_ANY, status = -1;

	memset(&seen, 0, sizeof(seen));
	seen.refuse = 42;
	CHECK_ERROR(spawn_way(0, before_hook, after_hook, &seen, &pipid), 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(42));
	CHECK_INT(seen.before, 1);
	CHECK_INT(seen.after, 0);
	free(seen.text);
}

/* The hook waits for the root, which the spawn must let go on. */
static void check_waiting(void)
{
	int pipid = PIP_PIPID_ANY, status = -1;

	CHECK_ERROR(spawn_way(0, waiting_hook, NULL, NULL, &pipid), 0);
	go = 1;
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(3));
}

static void check_storm(void)
{
	static struct seen many[NSTORM];
	int status;

	for (int i = 0; i < NSTORM; i++)
		CHECK_ERROR(spawn_way(i % 3, before_hook, after_hook, &many[i],
				      NULL), 0);
	while (pip_wait_any(NULL, &status) == 0)
		CHECK(WIFEXITED(status));
	for (int i = 0; i < NSTORM; i++) {
		CHECK_INT(many[i].before, 1);
		CHECK_INT(many[i].after, 1);
	}
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), 0);
	CHECK_ERROR(pip_is_threaded(&threaded), 0);
	errno = 0;
	for (int round = 0; round < 3; round++)
		for (int way = 0; way < NWAYS; way++)
			if (!threaded || strcmp(ways[way].name, "kill") != 0)
				check_way(way);
	check_refusal();
	check_waiting();
	check_storm();
	CHECK_ERROR(pip_fin(), 0);
	return check_finish();
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "root", play_root },
		{ "end", play_end },
		{ NULL, NULL },
	};

	return role_main(argc, argv, roles);
}
