/* SPDX-License-Identifier: BSD-2-Clause */
/* PIP_MODE and opts as pip_init() sees them, and the names that ps shows. */
#include "capture.h"
#include "role.h"

static void comm_of_self(char comm[17])
{
	memset(comm, 0, 17);
	NEED(prctl(PR_GET_NAME, comm) == 0);
}

/* A root in the given mode, and its tasks: comm is "R:name" and "3:name". */
static void check_mode(const char *environment, unsigned opts,
		       const char *name, char letter)
{
	char comm[17], expected[64];
	int ntasks = 12;
	pid_t pid;

	/* A process each, because the root's name stays. */
	pid = fork();
	NEED(pid >= 0);
	if (pid != 0) {
		CHECK_STATUS(role_join(pid), EXITED(0));
		return;
	}
	NEED(setenv(PIP_ENV_MODE, environment, 1) == 0);
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, opts), 0);
	CHECK_STR(pip_get_mode_str(), name);
	comm_of_self(comm);
	snprintf(expected, sizeof(expected), "R%cmode-init", letter);
	CHECK_STR(comm, expected);
	for (int pipid = 0; pipid < ntasks; pipid += 11) {
		int given = pipid;

		snprintf(expected, sizeof(expected), "%d%cmode-init",
			 pipid % 10, letter);
		CHECK_ERROR(role_spawn(&given, "task", expected, name, NULL),
			    0);
		CHECK_ERROR(pip_wait(pipid, &given), 0);
		CHECK_STATUS(given, EXITED(0));
	}
	CHECK_ERROR(pip_fin(), 0);
	/* Again: the name does not grow. */
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, opts), 0);
	comm_of_self(comm);
	snprintf(expected, sizeof(expected), "R%cmode-init", letter);
	CHECK_STR(comm, expected);
	exit(role_finish());
}

/* The name of a start function follows that of the program, in version 3. */
static void check_start_function(void)
{
	pip_spawn_program_t program;
	int status = -1, pipid = 3;

	role_init(4);
	pip_spawn_from_func(&program, role_path, (char *)"start", NULL, NULL,
			    NULL);
	CHECK_ERROR(pip_task_spawn(&program, PIP_CPUCORE_ASIS, 0, &pipid,
				   NULL),
		    0);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_fin(), 0);
}

__attribute__((noinline, used)) int start(void *arg);
int start(void *arg)
{
	char comm[17];

	(void)arg;
	comm_of_self(comm);
	CHECK_STR(comm, "3:mode-init@sta");
	return check_finish();
}

static void check_refused(const char *environment, unsigned opts, int error,
			  const char *message)
{
	int ntasks = 1;

	NEED(setenv(PIP_ENV_MODE, environment, 1) == 0);
	capture_begin();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, opts), error);
	CHECK_CONTAINS(capture_end(), message);
	CHECK_INT(pip_is_initialized(), 0);
}

static int play_root(int argc, char **argv)
{
	(void)argc, (void)argv;
	check_mode("", 0, "process:preload", ':');
	check_mode("process", 0, "process:preload", ':');
	check_mode("Process:PipClone", 0, "process:pipclone", ';');
	check_mode("process:got", 0, "process:got", '.');
	check_mode("PROCESS:GOT", PIP_MODE_PROCESS, "process:got", '.');
	check_mode("", PIP_MODE_PROCESS_PIPCLONE, "process:pipclone", ';');

	check_refused("nonsense", 0, EPERM, "'nonsense'");
	check_refused("thread", PIP_MODE_PROCESS, EPERM, "'thread'");
	check_refused("process:preload", PIP_MODE_PROCESS_PIPCLONE, EPERM,
		      "'process:preload'");
	check_refused("nonsense", 0xff00, EINVAL, "");
	/* PIP_QUIET silences the messages, not the errors. */
	NEED(setenv("PIP_QUIET", "", 1) == 0);
	capture_begin();
	CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), EPERM);
	CHECK_STR(capture_end(), "");
	unsetenv("PIP_QUIET");

	unsetenv(PIP_ENV_MODE);
	check_start_function();
	CHECK(check_is_childless());
	return check_finish();
}

static int play_task(int argc, char **argv)
{
	char comm[17];

	(void)argc;
	comm_of_self(comm);
	CHECK_STR(comm, argv[1]);
	CHECK_STR(pip_get_mode_str(), argv[2]);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
