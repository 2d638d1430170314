/* SPDX-License-Identifier: BSD-2-Clause */
/* The spawn functions of both versions: checking and locking. */
#include "spawn.h"

#include <errno.h>
#include <stdlib.h>

#include "plugin.h"
#include "probe.h"
#include "reap.h"

/* The layout that version 2 programs have. */
struct spawn_program_v2 {
	char *prog, **argv, **envv, *funcname;
	void *arg, *aux;
	void *reserved[2]; /* [0]: exp, see pip_spawn_from_main() */
};

PIP_EXPORT int pip2_task_spawn(struct spawn_program_v2 *progp, uint32_t coreno,
			       uint32_t opts, int *pipidp,
			       pip_spawn_hook_t *hookp);
PIP_EXPORT int pip2_spawn(char *filename, char **argv, char **envv, int coreno,
			  int *pipidp, pip_spawnhook_t before,
			  pip_spawnhook_t after, void *hookarg);

static int spawn_locked(struct pip_root *root, struct spawn_request *request,
			int *pipidp)
{
	struct pip_slot *slot = spawn_pick_slot(root, request->pipid);
	int error = 0;

	if (slot == NULL)
		return EAGAIN;
	/* In thread mode the end of the root's process is everybody's. */
	if (root->guardian.pid == 0 && slot_is_root(pip_self) &&
	    !root_is_threaded(root) &&
	    getenv(PIP_ENV_KEEP_TASKS) == NULL)
		error = guardian_start(root);
	if (error != 0) {
		limit_explain(error, request->program->prog);
		return error;
	}
	atomic_store(&slot->state, SLOT_LOADING);
	request->slot = slot;
	probe_spawn_begin(slot->pipid, pip_self->pipid, request->program->prog);
	error = spawn_into(slot, request);
	recorder_adjust_clock(root);
	probe_spawn_end(slot->pipid, slot->entry->pid, error);
	if (error == 0 && pipidp != NULL)
		*pipidp = slot->pipid;
	return error;
}

static int check_request(struct spawn_request *request)
{
	struct pip_root *root = pip_self->root;

	if (request->program->prog == NULL)
		return EINVAL;
	if (request->pipid != PIP_PIPID_ANY &&
	    (request->pipid < 0 || request->pipid >= root->ntasks))
		return EINVAL;
	return core_select(root, request->coreno, request->api, &request->cores,
			   &request->bind);
}

static __attribute__((noinline)) void
raise_spawn(pip_event_t event, const struct spawn_request *request, int error)
{
	const pip_spawn_program_t *program = request->program;
	pip_event_data_t data = {
		.spawn = { .program = program->prog, .argv = program->argv,
			   .function = program->funcname,
			   .pipid = request->pipid, .error = error },
	};

	if (event == PIP_PLUGIN_EVENT_TASK_SPAWNED && error == 0) {
		data.spawn.pipid = request->slot->pipid;
		data.spawn.pid = request->slot->entry->tid;
	}
	plugin_raise(event, &data);
}

int spawn_checked(struct spawn_request *request, int *pipidp)
{
	struct pip_root *root;
	bool was_away;
	int error;

	if (pip_self == NULL)
		return EPERM;
	root = pip_self->root;
	error = check_request(request);
	if (error != 0)
		return error;
	/* Nothing is spawned while all are suspended. */
	if (suspend_forbids_waiting())
		return EDEADLK;
	/* Whose child it becomes, and what it inherits, is up to the process
	 * that makes it: on the root's kernel thread, CLONE_PARENT would mean
	 * the root's own parent. */
	was_away = pip_couple() == 0;
	if (!slot_is_root(pip_self))
		atomic_store(&root->has_nested, true);
	if (plugin_is_active())
		raise_spawn(PIP_PLUGIN_EVENT_TASK_SPAWN, request, 0);
	spawn_lock(root);
	reap_leftovers(root);
	error = spawn_locked(root, request, pipidp);
	lock_release(&root->lock);
	if (plugin_is_active())
		raise_spawn(PIP_PLUGIN_EVENT_TASK_SPAWNED, request, error);
	if (was_away)
		(void)pip_decouple(NULL);
	return error;
}

int pip_task_spawn(pip_spawn_program_t *progp, uint32_t coreno, uint32_t opts,
		   int *pipidp, pip_spawn_hook_t *hookp)
{
	struct spawn_request request = {
		.program = progp,
		.coreno = coreno,
		.pipid = pipidp != NULL ? *pipidp : PIP_PIPID_ANY,
		.hook = hookp,
		.api = 3,
	};

	(void)opts;
	if (progp == NULL)
		return EINVAL;
	request.exp = progp->exp;
	request.aux = progp->aux;
	return spawn_checked(&request, pipidp);
}

int pip2_task_spawn(struct spawn_program_v2 *progp, uint32_t coreno,
		    uint32_t opts, int *pipidp, pip_spawn_hook_t *hookp)
{
	pip_spawn_program_t program = { 0 };
	struct spawn_request request = {
		.program = &program,
		.coreno = coreno,
		.pipid = pipidp != NULL ? *pipidp : PIP_PIPID_ANY,
		.hook = hookp,
		.api = 2,
	};

	(void)opts;
	if (progp == NULL)
		return EINVAL;
	program.prog = progp->prog;
	program.argv = progp->argv;
	program.envv = progp->envv;
	program.funcname = progp->funcname;
	program.arg = progp->arg;
	request.exp = progp->reserved[0];
	request.aux = progp->aux;
	return spawn_checked(&request, pipidp);
}

static int spawn_main(char *filename, char **argv, char **envv,
		      uint32_t coreno, int *pipidp, pip_spawnhook_t before,
		      pip_spawnhook_t after, void *hookarg, int api)
{
	pip_spawn_hook_t hook = { .before = before, .after = after,
				  .hookarg = hookarg };
	pip_spawn_program_t program;
	struct spawn_request request = {
		.program = &program,
		.coreno = coreno,
		.pipid = pipidp != NULL ? *pipidp : PIP_PIPID_ANY,
		.hook = &hook,
		.api = api,
	};

	pip_spawn_from_main(&program, filename, argv, envv, NULL, NULL);
	return spawn_checked(&request, pipidp);
}

int pip_spawn(char *filename, char **argv, char **envv, uint32_t coreno,
	      int *pipidp, pip_spawnhook_t before, pip_spawnhook_t after,
	      void *hookarg)
{
	return spawn_main(filename, argv, envv, coreno, pipidp, before, after,
			  hookarg, 3);
}

int pip2_spawn(char *filename, char **argv, char **envv, int coreno,
	       int *pipidp, pip_spawnhook_t before, pip_spawnhook_t after,
	       void *hookarg)
{
	return spawn_main(filename, argv, envv, (uint32_t)coreno, pipidp,
			  before, after, hookarg, 2);
}
