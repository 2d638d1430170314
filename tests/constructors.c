/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A task is initialised before any code of its program runs: in .preinit_array,
 * in a library's constructor and in the program's, in this order, each in the
 * task's own process.  (In the original they run in the root's.)
 */
#include "role.h"
#include "runtime-library.h"

#define NTASKS 4

static struct constructor_record preinit, constructor;

struct shared {
	_Atomic int destructors;
	_Atomic pid_t destructor_pid;
};

static void note_preinit(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv, (void)envp;
	/* The library is relocated, though not initialised. */
	constructor_note(&preinit);
}

__attribute__((section(".preinit_array"), used))
static void (*const preinit_array[])(int, char **, char **) = { note_preinit };

__attribute__((constructor)) static void construct(void)
{
	constructor_note(&constructor);
}

__attribute__((destructor)) static void destruct(void)
{
	struct shared *shared = NULL;

	if (!pip_isa_task() || pip_import(PIP_PIPID_ROOT,
					  (void **)&shared) != 0)
		return;
	shared->destructors++;
	shared->destructor_pid = getpid();
}

static void check_task_record(const struct constructor_record *record,
			      int order, int pipid, void *exported)
{
	CHECK_INT(record->ran, 1);
	CHECK_INT(record->order, order);
	CHECK_INT(record->pid, getpid());
	CHECK_ERROR(record->error, 0);
	CHECK_INT(record->is_task, 1);
	CHECK_INT(record->pipid, pipid);
	CHECK_PTR(record->imported, exported);
}

static void check_root_record(const struct constructor_record *record)
{
	CHECK_INT(record->ran, 1);
	CHECK_INT(record->pid, getpid());
	CHECK_ERROR(record->error, EPERM);
	CHECK_INT(record->is_task, 0);
}

static int play_root(int argc, char **argv)
{
	static struct shared shared;

	(void)argc, (void)argv;
	check_root_record(&preinit);
	check_root_record(&constructor);
	check_root_record(&library_constructor);
	role_init(NTASKS);
	CHECK_ERROR(pip_export(&shared), 0);
	for (int i = NTASKS - 1; i >= 0; i--) {
		int pipid = i, status = -1;
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		shared.destructors = 0;
		CHECK_ERROR(role_spawn(&pipid, "task", text, NULL), 0);
		CHECK_ERROR(pip_wait(i, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		CHECK_INT(shared.destructors, 1);
		CHECK(shared.destructor_pid != getpid());
	}
	/* Those of the root have not run again. */
	check_root_record(&preinit);
	check_root_record(&constructor);
	check_root_record(&library_constructor);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	void *exported = role_shared();
	int pipid = atoi(argv[1]);

	(void)argc;
	check_task_record(&preinit, 1, pipid, exported);
	check_task_record(&library_constructor, 2, pipid, exported);
	check_task_record(&constructor, 3, pipid, exported);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
