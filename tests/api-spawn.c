/* SPDX-License-Identifier: BSD-2-Clause */
/* The errors of pip_spawn() and pip_task_spawn(), and their order. */
#include <fcntl.h>
#include <sys/stat.h>

#include "capture.h"
#include "role.h"
#include "self.h"

#define NTASKS 4
#define UNKNOWN_FLAG 0x04000000

static char nowhere[] = "/nonexistent/program";

/* pip_task_spawn() of a program of this name. */
static int spawn(const char *prog, unsigned coreno, int *pipidp)
{
	pip_spawn_program_t program;
	char *argv[] = { (char *)"x", (char *)"end", NULL };

	pip_spawn_from_main(&program, (char *)prog, argv, NULL, NULL);
	if (prog == NULL)
		program.prog = NULL;
	return pip_task_spawn(&program, coreno, 0, pipidp, NULL);
}

static int spawn_at(const char *prog, unsigned coreno, int pipid)
{
	int requested = pipid, error = spawn(prog, coreno, &pipid);

	if (error != 0)
		CHECK_INT(pipid, requested);
	return error;
}

/* Each line is wrong in what it tests and in all that is tested later. */
static void check_arguments(void)
{
	CHECK_ERROR(pip_task_spawn(NULL, UNKNOWN_FLAG, 0, NULL, NULL), EINVAL);
	CHECK_ERROR(spawn_at(NULL, UNKNOWN_FLAG, -5), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, UNKNOWN_FLAG, -5), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, -5), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, NTASKS), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, 0x7fffffff), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, -1), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, PIP_PIPID_ROOT),
		    EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, PIP_PIPID_MYSELF),
		    EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, PIP_PIPID_NULL),
		    EINVAL);
	CHECK_ERROR(spawn_at(nowhere, UNKNOWN_FLAG, 0), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS | PIP_CPUCORE_ABS, 0),
		    EINVAL);
	CHECK_ERROR(spawn_at(nowhere, 0x80000000, 0), EINVAL);
	CHECK_ERROR(pip_spawn(NULL, NULL, NULL, PIP_CPUCORE_ASIS, NULL, NULL,
			      NULL, NULL),
		    EINVAL);
}

/* The largest core number differs between the versions. */
static void check_core_numbers(void)
{
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_CORENO_MAX - 1, 0), ENOENT);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_CORENO_MAX, 0), EINVAL);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_CORENO_MAX + 1, 0), EINVAL);
	CHECK_ERROR(spawn_at(nowhere,
			     PIP_CPUCORE_ABS | PIP_CPUCORE_CORENO_MAX, 0),
		    EINVAL);
#if PIP_VERSION_MAJOR == 2
	CHECK_INT(PIP_CPUCORE_CORENO_MAX, 1 << 20);
#else
	CHECK_INT(PIP_CPUCORE_CORENO_MAX, (1 << 20) - 1);
#endif
}

/* EAGAIN comes before any look at the program. */
static void check_slots(void)
{
	int pipid[NTASKS], status = -1, extra = PIP_PIPID_ANY;

	for (int i = 0; i < NTASKS; i++) {
		pipid[i] = i == 0 ? 2 : PIP_PIPID_ANY;
		CHECK_ERROR(role_spawn(&pipid[i], "sleep", NULL), 0);
	}
	/* The lowest that is free. */
	CHECK_INT(pipid[0], 2);
	CHECK_INT(pipid[1], 0);
	CHECK_INT(pipid[2], 1);
	CHECK_INT(pipid[3], 3);
	CHECK_ERROR(spawn_at(nowhere, PIP_CPUCORE_ASIS, 2), EAGAIN);
	CHECK_ERROR(spawn(nowhere, PIP_CPUCORE_ASIS, &extra), EAGAIN);
	CHECK_INT(extra, PIP_PIPID_ANY);
	CHECK_ERROR(spawn(nowhere, PIP_CPUCORE_ASIS, NULL), EAGAIN);
	CHECK_ERROR(pip_fin(), EBUSY);

	/* Ended but not waited for is still in use. */
	NEED(self_kill(1, SIGKILL) == 0);
	CHECK_ERROR(spawn_at(role_path, PIP_CPUCORE_ASIS, 1), EAGAIN);
	CHECK_ERROR(pip_wait(1, &status), 0);
	CHECK_STATUS(status, KILLED(SIGKILL));
	extra = PIP_PIPID_ANY;
	CHECK_ERROR(role_spawn(&extra, "end", NULL), 0);
	CHECK_INT(extra, 1);
	CHECK_ERROR(pip_wait(1, &status), 0);
	CHECK_STATUS(status, EXITED(0));

	for (int i = 0; i < NTASKS; i++)
		if (i != 1)
			NEED(self_kill(i, SIGKILL) == 0);
	for (int i = 0; i < NTASKS - 1; i++)
		CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
}

static void write_file(const char *path, const void *bytes, size_t size,
		       mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	NEED(fd >= 0);
	NEED(write(fd, bytes, size) == (ssize_t)size);
	NEED(fchmod(fd, mode) == 0);
	close(fd);
}

/* A program that cannot be started: its error, and one line that names it. */
static void check_refused(const char *path, int expected)
{
	char quoted[600];
	const char *text;

	capture_begin();
	CHECK_ERROR(spawn_at(path, PIP_CPUCORE_ASIS, 0), expected);
	text = capture_end();
	snprintf(quoted, sizeof(quoted), "'%s'", path);
	CHECK_CONTAINS(text, "PiP-ERR[");
	CHECK_CONTAINS(text, quoted);
	CHECK(strchr(text, '\n') == text + strlen(text) - 1);
}

/* Some bad files; the ELF reader has tests of its own. */
static void check_programs(void)
{
	char dir[] = "/tmp/pip-test.XXXXXX", path[64];
	char elf[4096] = "";
	int fd = open(role_path, O_RDONLY | O_CLOEXEC);

	NEED(fd >= 0 && read(fd, elf, sizeof(elf)) == sizeof(elf));
	close(fd);
	NEED(mkdtemp(dir) != NULL);
	snprintf(path, sizeof(path), "%s/program", dir);

	check_refused(nowhere, ENOENT);
	check_refused(dir, EACCES);
	check_refused("pip-test-no-such-program", ENOENT);
	write_file(path, "#!/bin/sh\n", 10, 0600);
	check_refused(path, EACCES);
	write_file(path, "#!/bin/sh\n", 10, 0700);
	check_refused(path, ELIBSCN);
	write_file(path, "", 0, 0700);
	check_refused(path, EUNATCH);
	write_file(path, elf, 63, 0700);
	check_refused(path, EUNATCH);
	elf[18] = 40; /* e_machine: another machine */
	write_file(path, elf, sizeof(elf), 0700);
	check_refused(path, ELIBBAD);
	elf[18] = 62;
	elf[16] = 2; /* e_type: ET_EXEC */
	write_file(path, elf, sizeof(elf), 0700);
	check_refused(path, ELIBEXEC);
	memset(elf, 'x', sizeof(elf));
	write_file(path, elf, sizeof(elf), 0700);
	check_refused(path, ELIBBAD);
	unlink(path);
	rmdir(dir);

	/* A name without a slash is not looked for here. */
	NEED(chdir("/usr") == 0);
	check_refused("bin", ENOENT);
}

/* Whatever failed, nothing of it is left. */
static void check_nothing_left(long maps, int fds)
{
	CHECK_INT(self_count_fds(), fds);
	CHECK(self_count_maps() <= maps + 4);
	CHECK_INT(self_table()->spawned_total, self_table()->ended_total);
	CHECK_ERROR(pip_trywait_any(NULL, NULL), ECHILD);
}

static int hook(void *arg)
{
	(void)arg;
	return 0;
}

/* Hooks are either called or refused, never forgotten. */
static void check_hooks(void)
{
	pip_spawn_program_t program;
	pip_spawn_hook_t none;
	char *argv[] = { role_path, (char *)"end", NULL };

	pip_spawn_hook(&none, NULL, NULL, NULL);
	pip_spawn_from_main(&program, NULL, argv, NULL, NULL);
	CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, NULL, &none),
		    0);
	CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
	if (pip_spawn(role_path, argv, NULL, PIP_CPUCORE_ASIS, NULL, hook,
		      hook, NULL) == 0)
		CHECK_ERROR(pip_wait_any(NULL, NULL), 0);
}

static int play_root(int argc, char **argv)
{
	long maps;
	int fds;

	(void)argc, (void)argv;
	role_init(NTASKS);
	/* Loads libelf, starts the guardian, ... */
	CHECK_STATUS(role_run("end", NULL), EXITED(0));
	maps = self_count_maps();
	fds = self_count_fds();
	check_arguments();
	check_core_numbers();
	check_nothing_left(maps, fds);
	check_programs();
	check_nothing_left(maps, fds);
	check_slots();
	check_hooks();
	return role_finish();
}

static int play_end(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "end", play_end },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
