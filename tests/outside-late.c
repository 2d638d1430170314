/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program of glibc that libpip does not get into, because its file is gone:
 * pip_spawn() gives up waiting for it, says so, and tracks it from outside.
 */
#include <sys/stat.h>

#include "capture.h"
#include "role.h"
#include "self.h"

static void note_libpip(const struct self_map *map, void *path)
{
	if (strstr(map->name, "/libpip.so") != NULL)
		strcpy(path, map->name);
}

/* The root gets a libpip of its own, to remove. */
static int play_test(int argc, char **argv)
{
	char dir[] = "/tmp/pip-test.XXXXXX", libpip[512] = "", copy[64];
	char command[1024];
	int status;

	(void)argc, (void)argv;
	if (access("/bin/sleep", X_OK) != 0)
		SKIP("there is no /bin/sleep");
	NEED(mkdtemp(dir) != NULL);
	self_for_each_map(note_libpip, libpip);
	snprintf(copy, sizeof(copy), "%s/libpip.so.0", dir);
	snprintf(command, sizeof(command), "cp -L '%s' '%s'", libpip, copy);
	NEED(system(command) == 0);
	NEED(setenv("LD_LIBRARY_PATH", dir, 1) == 0);
	status = role_join(role_exec("root", copy, NULL));
	unlink(copy);
	rmdir(dir);
	CHECK_STATUS(status, EXITED(0));
	return check_finish();
}

static int play_root(int argc, char **argv)
{
	char *args[] = { (char *)"sleep", (char *)"100", NULL };
	const struct pip_table_entry *entry;
	int pipid = 1, status = -1;
	const char *text;

	(void)argc;
	role_init(2);
	NEED(unlink(argv[1]) == 0);
	unsetenv("LD_LIBRARY_PATH");
	capture_begin();
	CHECK_ERROR(pip_spawn((char *)"/bin/sleep", args, NULL,
			      PIP_CPUCORE_ASIS, &pipid, NULL, NULL, NULL),
		    0);
	text = capture_end();
	CHECK_CONTAINS(text, "PiP-WARN");
	CHECK_CONTAINS(text, "'/bin/sleep'");
	entry = self_entry(1);
	CHECK_INT(entry->state, PIP_STATE_RUNNING);
	CHECK_INT(entry->flags & PIP_TASK_FLAG_OUTSIDE, PIP_TASK_FLAG_OUTSIDE);
	CHECK_OR_STOP(entry->pid > 0);
	CHECK_ERROR(pip_trywait(pipid, NULL), ECHILD);
	NEED(kill(entry->pid, SIGTERM) == 0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, KILLED(SIGTERM));
	return role_finish();
}

static const struct role roles[] = {
	{ "test", play_test }, { "root", play_root }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
