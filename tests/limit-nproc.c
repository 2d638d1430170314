/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RLIMIT_NPROC is reached: EAGAIN, a message with the limit's name and value,
 * nothing half-made, and spawning works again when there is room.  A task that
 * spawns and waits makes room for itself, whatever the root does.
 *
 * Root may make as many processes as it likes, so the test goes on as nobody,
 * under a user id that nothing else on the machine uses.
 */
#include <sys/resource.h>
#include <sys/stat.h>

#include "capture.h"
#include "role.h"
#include "self.h"

/* The limit counts all processes of a user: two runs at once must differ. */
#define USER(pid) (54321 + (uid_t)(pid))
#define LIMIT 12
#define NTASKS 40

static char dir[] = "/tmp/pip-test.XXXXXX";

static void copy(const char *from, const char *name)
{
	char command[2 * PATH_MAX + 64];

	snprintf(command, sizeof(command),
		 "cp -L '%s' '%s/%s' && chmod 755 '%s/%s'", from, dir, name,
		 dir, name);
	NEED(system(command) == 0);
}

/* The path of the libpip that this program runs with. */
static void note_libpip(const struct self_map *map, void *path)
{
	if (strstr(map->name, "/libpip.so") != NULL)
		strcpy(path, map->name);
}

/* Nobody may not be able to read the build tree. */
static int play_test(int argc, char **argv)
{
	char libpip[512] = "", path[64];
	int status;
	pid_t pid;

	(void)argc, (void)argv;
	if (getuid() != 0)
		SKIP("needs to be run by root, to become another user");
	NEED(mkdtemp(dir) != NULL && chmod(dir, 0755) == 0);
	self_for_each_map(note_libpip, libpip);
	NEED(libpip[0] == '/');
	copy(libpip, "libpip.so.0");
	copy(role_path, "limit-nproc");
	snprintf(path, sizeof(path), "%s/limit-nproc", dir);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		NEED(setenv("LD_LIBRARY_PATH", dir, 1) == 0);
		NEED(chdir("/") == 0);
		NEED(setgid(USER(getpid())) == 0 &&
		     setuid(USER(getpid())) == 0);
		NEED(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
		execl(path, path, "limited", (char *)NULL);
		_exit(99);
	}
	status = role_join(pid);
	snprintf(path, sizeof(path), "%s/limit-nproc", dir);
	unlink(path);
	snprintf(path, sizeof(path), "%s/libpip.so.0", dir);
	unlink(path);
	rmdir(dir);
	CHECK_STATUS(status, EXITED(0));
	return check_finish();
}

static void end_all(int n)
{
	int status;

	for (int i = 0; i < n; i++) {
		NEED(self_kill(i, SIGKILL) == 0);
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, KILLED(SIGKILL));
	}
}

/* How many fit, and what is said when no more do. */
static int fill(void)
{
	const char *text;
	char value[16];
	int n = 0, error;
	int pipid = PIP_PIPID_ANY;

	capture_begin();
	while ((error = role_spawn(&pipid, "sleep", NULL)) == 0) {
		CHECK_INT(pipid, n);
		pipid = PIP_PIPID_ANY;
		n++;
	}
	text = capture_end();
	CHECK_ERROR(error, EAGAIN);
	CHECK_INT(pipid, PIP_PIPID_ANY);
	snprintf(value, sizeof(value), "%d", LIMIT);
	CHECK_CONTAINS(text, "RLIMIT_NPROC");
	CHECK_CONTAINS(text, value);
	CHECK_CONTAINS(text, role_path);
	return n;
}

/* Far more than there is room for; and the root calls nothing of libpip's. */
static void check_spawner(void)
{
	static _Atomic bool done;
	int spawner = PIP_PIPID_ANY, status = -1;

	CHECK_ERROR(pip_export((void *)&done), 0);
	CHECK_ERROR(role_spawn(&spawner, "spawner", NULL), 0);
	CHECK_EVENTUALLY(done);
	CHECK_ERROR(pip_wait(spawner, &status), 0);
	CHECK_STATUS(status, EXITED(0));
}

static int play_spawner(int argc, char **argv)
{
	_Atomic bool *done = role_shared();

	(void)argc, (void)argv;
	for (int i = 0; i < 4 * LIMIT; i++)
		CHECK_STATUS(role_run("nothing", NULL), EXITED(0));
	*done = true;
	return check_finish();
}

static int play_limited(int argc, char **argv)
{
	struct rlimit limit = { LIMIT, LIMIT };
	long maps, spawned;
	int n, fds;

	(void)argc, (void)argv;
	role_init(NTASKS);
	NEED(setrlimit(RLIMIT_NPROC, &limit) == 0);
	n = fill();
	CHECK_INT(n, LIMIT - 2); /* the root and the guardian */
	maps = self_count_maps();
	fds = self_count_fds();
	spawned = (long)self_table()->spawned_total;
	setenv("PIP_QUIET", "", 1);
	for (int i = 0; i < 20; i++)
		CHECK_ERROR(role_spawn(NULL, "sleep", NULL), EAGAIN);
	unsetenv("PIP_QUIET");
	CHECK(self_count_maps() <= maps + 4);
	CHECK_INT(self_count_fds(), fds);
	CHECK_INT(self_table()->spawned_total, spawned);
	CHECK_INT(self_entry(n)->state, PIP_STATE_FREE);
	CHECK_INT(self_entry(n)->pid, 0);
	/* One makes room for one. */
	NEED(self_kill(3, SIGKILL) == 0);
	CHECK_ERROR(pip_wait(3, NULL), 0);
	CHECK_STATUS(role_run("nothing", NULL), EXITED(0));
	CHECK_ERROR(role_spawn(NULL, "sleep", NULL), 0);
	CHECK_ERROR(role_spawn(NULL, "sleep", NULL), EAGAIN);
	end_all(n);
	CHECK_INT(fill(), n);
	end_all(n);
	check_spawner();
	CHECK_ERROR(pip_fin(), 0);

	/* No room even for the guardian. */
	limit.rlim_cur = 1;
	NEED(setrlimit(RLIMIT_NPROC, &limit) == 0);
	role_init(NTASKS);
	maps = self_count_maps();
	capture_begin();
	CHECK_ERROR(role_spawn(NULL, "nothing", NULL), EAGAIN);
	CHECK_CONTAINS(capture_end(), "RLIMIT_NPROC");
	CHECK(self_count_maps() <= maps + 4);
	limit.rlim_cur = LIMIT;
	NEED(setrlimit(RLIMIT_NPROC, &limit) == 0);
	CHECK_STATUS(role_run("nothing", NULL), EXITED(0));
	return role_finish();
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "limited", play_limited },
	{ "nothing", play_nothing },
	{ "spawner", play_spawner },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
