/* SPDX-License-Identifier: BSD-2-Clause */
/* pip_named_export(), pip_named_import() and pip_named_tryimport(). */
/* A name may be no literal, and empty; gcc and clang disagree on how to say so
 * without a warning. */
#pragma GCC diagnostic ignored "-Wformat-security"

#include <pthread.h>

#include "role.h"
#include "self.h"

#define NTASKS 6
#define API (PIP_VERSION_MAJOR)
#define MANY 20000

struct shared {
	_Atomic int flag;
	_Atomic int leave;
	_Atomic int rounds;
	_Atomic int successes;
	int data[MANY];
};

static void check_uninitialised(void)
{
	void *imported = &imported;

	CHECK_ERROR(pip_named_export(&imported, "name"), EPERM);
	CHECK_ERROR(pip_named_import(PIP_PIPID_ROOT, &imported, "name"), EPERM);
	CHECK_ERROR(pip_named_import(PIP_PIPID_ANY, &imported, "name"), EPERM);
	CHECK_ERROR(pip_named_tryimport(0, &imported, "name"), EPERM);
	CHECK_PTR(imported, &imported);
}

static void check_pipids(void)
{
	static const struct {
		int pipid, error;
	} cases[] = {
		{ PIP_PIPID_ANY, EINVAL },
		{ PIP_PIPID_NULL, EINVAL },
		{ -1, API == 2 ? ERANGE : EINVAL },
		{ -123, API == 2 ? ERANGE : EINVAL },
		{ NTASKS, ERANGE },
		{ 2147483647, ERANGE },
		{ NTASKS - 1, ESRCH }, /* never spawned */
		{ PIP_PIPID_MYSELF, EDEADLK },
	};
	void *imported = &imported;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_ERROR(pip_named_import(cases[i].pipid, &imported,
					     "absent"),
			    cases[i].error);
		CHECK_ERROR(pip_named_tryimport(cases[i].pipid, &imported,
						"absent %d", 1),
			    cases[i].error);
		CHECK_ERROR(pip_named_import(cases[i].pipid, NULL, "absent"),
			    cases[i].error);
	}
	CHECK_PTR(imported, &imported);
}

/* What the caller exports it can import itself, under whatever name. */
static void check_names(void)
{
	static char large[100000], other[100000];
	int values[8];
	void *imported = NULL;
	char *nothing = NULL;

	memset(large, 'x', sizeof(large) - 1);
	memset(other, 'x', sizeof(other) - 1);
	other[sizeof(other) - 2] = 'y';
	CHECK_ERROR(pip_named_export(&values[0], "plain"), 0);
	CHECK_ERROR(pip_named_export(&values[1], "%s-%d", "plain", 1), 0);
	CHECK_ERROR(pip_named_export(&values[2], "%s", ""), 0);
	CHECK_ERROR(pip_named_export(NULL, "nothing"), 0);
	CHECK_ERROR(pip_named_export(&values[3], "%s", large), 0);
	CHECK_ERROR(pip_named_export(&values[4], "%s", other), 0);
	CHECK_ERROR(pip_named_export(&values[5], "100%%"), 0);

	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "plain"), 0);
	CHECK_PTR(imported, &values[0]);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "%cl%sin",
				     'p', "a"), 0);
	CHECK_PTR(imported, &values[0]);
	CHECK_ERROR(pip_named_tryimport(PIP_PIPID_MYSELF, &imported,
					"plain-1"), 0);
	CHECK_PTR(imported, &values[1]);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, nothing), 0);
	CHECK_PTR(imported, &values[2]);
	imported = &imported;
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "nothing"),
		    0);
	CHECK_PTR(imported, NULL);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "%s", large),
		    0);
	CHECK_PTR(imported, &values[3]);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "%s", other),
		    0);
	CHECK_PTR(imported, &values[4]);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "%d%%", 100),
		    0);
	CHECK_PTR(imported, &values[5]);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, NULL, "plain"), 0);

	CHECK_ERROR(pip_named_export(&values[6], "plain"), EBUSY);
	CHECK_ERROR(pip_named_export(&values[6], nothing), EBUSY);
	CHECK_ERROR(pip_named_export(&values[6], "nothing"), EBUSY);
	CHECK_ERROR(pip_named_export(NULL, "%s", large), EBUSY);
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported, "plain"), 0);
	CHECK_PTR(imported, &values[0]);
	large[sizeof(large) - 2] = '\0';
	CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, NULL, "%s", large),
		    EDEADLK);
}

static void check_many(struct shared *shared, int pipid)
{
	void *imported;

	for (int i = 0; i < MANY; i++) {
		imported = NULL;
		CHECK_ERROR(pip_named_tryimport(pipid, &imported, "many %d", i),
			    0);
		CHECK_PTR(imported, &shared->data[i]);
	}
	CHECK_ERROR(pip_named_tryimport(pipid, &imported, "many %d", MANY),
		    EAGAIN);
	CHECK_ERROR(pip_named_tryimport(pipid, &imported, "many "), EAGAIN);
}

static int play_many(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc, (void)argv;
	check_pipids();
	check_names();
	for (int i = 0; i < MANY; i++)
		CHECK_ERROR(pip_named_export(&shared->data[i], "many %d", i),
			    0);
	shared->flag = 1;
	CHECK_EVENTUALLY(shared->leave);
	return check_finish();
}

static void check_task_with_many(struct shared *shared)
{
	int pipid = 0, status = -1;
	void *imported = &imported;

	shared->flag = shared->leave = 0;
	CHECK_ERROR(role_spawn(&pipid, "many", NULL), 0);
	CHECK_EVENTUALLY(shared->flag);
	check_many(shared, pipid);
	shared->leave = 1;
	/* It has ended, but its names count until it is waited for. */
	CHECK_EVENTUALLY(pip_named_import(0, &imported, "never") == ESRCH);
	CHECK_ERROR(pip_named_tryimport(0, &imported, "never"), ESRCH);
	CHECK_ERROR(pip_named_import(0, &imported, "many %d", 7), 0);
	CHECK_PTR(imported, &shared->data[7]);
	CHECK_ERROR(pip_wait(pipid, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_named_import(0, &imported, "many %d", 7), ESRCH);
	CHECK_ERROR(pip_named_tryimport(0, &imported, "many %d", 7), ESRCH);
	CHECK_ERROR(pip_named_import(0, &imported, "never"), ESRCH);

	/* A new life knows nothing of the old one. */
	CHECK_ERROR(role_spawn(&pipid, "sleep", NULL), 0);
	CHECK_ERROR(pip_named_tryimport(0, &imported, "many %d", 7), EAGAIN);
	CHECK_ERROR(pip_named_tryimport(0, &imported, "plain"), EAGAIN);
	NEED(self_kill(0, SIGKILL) == 0);
	CHECK_EVENTUALLY(pip_named_tryimport(0, &imported, "plain") == ESRCH);
	CHECK_ERROR(pip_wait(pipid, NULL), 0);
}

/* A chain: task N exports what it imports from task N - 1, 0 from the root. */
static int play_chain(int argc, char **argv)
{
	int pipid = -1, from;
	void *imported = NULL;

	(void)argc, (void)argv;
	CHECK_ERROR(pip_get_pipid(&pipid), 0);
	from = pipid == 0 ? PIP_PIPID_ROOT : pipid - 1;
	/* All are spawned before the root exports anything. */
	CHECK_ERROR(pip_named_import(from, &imported, "chain"), 0);
	CHECK_ERROR(pip_named_export((int *)imported + 1, "chain"), 0);
	CHECK_ERROR(pip_named_import(PIP_PIPID_ROOT, &imported, "done"), 0);
	return check_finish();
}

static void check_chain(struct shared *shared)
{
	void *imported = NULL;
	int status = -1;

	for (int i = 0; i < NTASKS; i++) {
		int pipid = i;

		CHECK_ERROR(role_spawn(&pipid, "chain", NULL), 0);
	}
	check_sleep_ms(20);
	CHECK_ERROR(pip_named_export(shared->data, "chain"), 0);
	CHECK_ERROR(pip_named_import(NTASKS - 1, &imported, "chain"), 0);
	CHECK_PTR(imported, &shared->data[NTASKS]);
	CHECK_ERROR(pip_named_export(NULL, "done"), 0);
	for (int i = 0; i < NTASKS; i++) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
}

/* Stay until told to leave, in the way that argv[1] says. */
static int play_exporter(int argc, char **argv)
{
	struct shared *shared = role_shared();

	(void)argc;
	shared->flag = 1;
	while (shared->leave == 0)
		check_sleep_ms(1);
	if (strcmp(argv[1], "_exit") == 0)
		_exit(0);
	if (strcmp(argv[1], "exports") == 0)
		CHECK_ERROR(pip_named_export(shared, "awaited"), 0);
	return check_finish();
}

/* In a task or in a thread of the root: what waiting for PIPID 0 gives. */
static int wait_for_exporter(struct shared *shared)
{
	void *imported = NULL;
	int error;

	shared->flag = 2;
	error = pip_named_import(0, &imported, "awaited");
	if (error == 0)
		CHECK_PTR(imported, shared);
	return error;
}

static int play_importer(int argc, char **argv)
{
	(void)argc, (void)argv;
	return wait_for_exporter(role_shared());
}

static void *import_in_thread(void *shared)
{
	return (void *)(long)wait_for_exporter(shared);
}

/* The exporter ends in a way while somebody waits: what that one gets. */
static int end_exporter(struct shared *shared, const char *how, int by_task,
			int patience)
{
	int exporter = 0, importer = 1, status = -1;
	pthread_t thread;
	void *result = (void *)-1l;

	shared->flag = shared->leave = 0;
	CHECK_ERROR(role_spawn(&exporter, "exporter", how, NULL), 0);
	CHECK_EVENTUALLY(shared->flag == 1);
	if (by_task)
		CHECK_ERROR(role_spawn(&importer, "importer", NULL), 0);
	else
		NEED(pthread_create(&thread, NULL, import_in_thread, shared) ==
		     0);
	CHECK_EVENTUALLY(shared->flag == 2);
	check_sleep_ms(patience); /* most likely it waits then */
	if (strcmp(how, "kill") == 0)
		NEED(self_kill(0, SIGKILL) == 0);
	shared->leave = 1;
	/* Nobody has waited for the exporter yet. */
	if (by_task) {
		CHECK_ERROR(pip_wait(importer, &status), 0);
		CHECK(WIFEXITED(status));
		result = (void *)(long)WEXITSTATUS(status);
	} else {
		NEED(pthread_join(thread, &result) == 0);
	}
	CHECK_ERROR(pip_wait(exporter, NULL), 0);
	return (int)(long)result;
}

static void check_ends(struct shared *shared)
{
	static const char *const ways[] = { "return", "_exit", "kill",
					    "exports" };

	for (int i = 0; i < 8; i++) {
		int expected = i / 2 == 3 ? 0 : ECANCELED, error, tries = 0;

		/* ESRCH: it came too late to wait. */
		do
			error = end_exporter(shared, ways[i / 2], i % 2,
					     20 << tries);
		while (error == ESRCH && ++tries < 7);
		if (error != expected)
			check_fail("exporter ends by '%s', importer is a %s: %s, not %s",
				   ways[i / 2], i % 2 ? "task" : "thread",
				   check_errno_name(error),
				   check_errno_name(expected));
	}
}

/* Several threads of one task export the same names: one of them succeeds. */
static void *export_in_thread(void *arg)
{
	struct shared *shared = arg;
	int error;

	for (int i = 0; i < 2000; i++) {
		error = pip_named_export(&shared->data[i], "same %d", i);
		if (error == 0)
			shared->successes++;
		else
			CHECK_ERROR(error, EBUSY);
	}
	return NULL;
}

static void check_threads(struct shared *shared)
{
	pthread_t threads[4];
	void *imported;

	shared->successes = 0;
	for (int i = 0; i < 4; i++)
		NEED(pthread_create(&threads[i], NULL, export_in_thread,
				    shared) == 0);
	for (int i = 0; i < 4; i++)
		NEED(pthread_join(threads[i], NULL) == 0);
	CHECK_INT(shared->successes, 2000);
	for (int i = 0; i < 2000; i++) {
		CHECK_ERROR(pip_named_import(PIP_PIPID_MYSELF, &imported,
					     "same %d", i), 0);
		CHECK_PTR(imported, &shared->data[i]);
	}
}

/* Export without end; to be killed in the midst of it. */
static int play_storm(int argc, char **argv)
{
	struct shared *shared = role_shared();
	char text[300];

	(void)argc, (void)argv;
	memset(text, 's', sizeof(text));
	for (long i = 0; i < MANY; i++)
		if (pip_named_export(&shared->data[i], "%ld %.*s", i,
				     (int)(i % 299), text) != 0)
			return 1;
	shared->flag = 1;
	return role_sleep(0, NULL);
}

/* Read what the storm exports, whatever becomes of it. */
static int play_storm_reader(int argc, char **argv)
{
	struct shared *shared = role_shared();
	char text[300];
	long i = 0;

	(void)argc, (void)argv;
	memset(text, 's', sizeof(text));
	while (shared->leave == 0) {
		void *imported = &imported;
		int error = pip_named_tryimport(0, &imported, "%ld %.*s", i,
						(int)(i % 299), text);

		if (error == 0) {
			CHECK_PTR(imported, &shared->data[i]);
			shared->rounds++;
		} else if (error != EAGAIN && error != ESRCH) {
			CHECK_ERROR(error, 0);
		}
		i = error == 0 && i < MANY - 1 ? i + 1 : 0;
	}
	return check_finish();
}

static void check_storm(struct shared *shared)
{
	int reader[2] = { 4, 5 }, status;

	shared->leave = shared->rounds = 0;
	for (int i = 0; i < 2; i++)
		CHECK_ERROR(role_spawn(&reader[i], "storm-reader", NULL), 0);
	for (int i = 0; i < 150; i++) {
		int pipid = 0, before = shared->rounds;

		CHECK_ERROR(role_spawn(&pipid, "storm", NULL), 0);
		/* At least the first name, or up to all of them. */
		CHECK_EVENTUALLY(shared->rounds > before + i * 50);
		NEED(self_kill(0, SIGKILL) == 0);
		CHECK_ERROR(pip_wait(pipid, &status), 0);
		CHECK_STATUS(status, KILLED(SIGKILL));
	}
	shared->leave = 1;
	for (int i = 0; i < 2; i++) {
		CHECK_ERROR(pip_wait(reader[i], &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
}

/* A child made by fork() is no task, and reads nobody's names. */
static void check_fork(void)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid == 0)
		_exit(pip_named_export(&pid, "fork") == EPERM &&
				      pip_named_import(PIP_PIPID_ROOT, NULL,
						       "plain") == EPERM ?
			      0 :
			      1);
	CHECK_STATUS(role_join(pid), EXITED(0));
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;
	int ntasks = NTASKS;

	(void)argc, (void)argv;
	check_uninitialised();
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_ERROR(pip_export(&shared), 0);
	check_pipids();
	check_names();
	check_fork();
	check_task_with_many(&shared);
	check_chain(&shared);
	check_ends(&shared);
	check_threads(&shared);
	check_storm(&shared);
	CHECK_ERROR(pip_fin(), 0);
	check_uninitialised();
	/* And nothing is left of it in the next life of the root. */
	CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
	CHECK_ERROR(pip_named_tryimport(PIP_PIPID_ROOT, NULL, "plain"),
		    EDEADLK);
	CHECK_ERROR(pip_named_export(NULL, "plain"), 0);
	return role_finish();
}

static const struct role roles[] = {
	{ "root", play_root },
	{ "many", play_many },
	{ "chain", play_chain },
	{ "exporter", play_exporter },
	{ "importer", play_importer },
	{ "storm", play_storm },
	{ "storm-reader", play_storm_reader },
	{ "sleep", role_sleep },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
