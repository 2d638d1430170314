/* SPDX-License-Identifier: BSD-2-Clause */
#include "spawn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "futex.h"
#include "hook.h"
#include "message.h"
#include "mode.h"
#include "place.h"
#include "reap.h"
#include "table.h"

/* A loader that has not started libpip after this long never will: its glibc
 * cannot load it.  The task is then tracked from outside. */
#define OUTSIDE_AFTER_NS (5l * 1000 * 1000 * 1000)

/* A before hook may wait for what the spawner does after the spawn: it is not
 * waited for longer than this, nor is what comes after it. */
#define HOOK_PATIENCE_NS (200l * 1000 * 1000)

/* A spawn program of either version. */
struct request {
	const pip_spawn_program_t *program;
	void *exp, *aux;
	uint32_t coreno;
	bool bind; /* to cores, what coreno stands for */
	cpu_set_t cores;
	int pipid; /* PIP_PIPID_ANY or which */
	const pip_spawn_hook_t *hook;
	int api;
};

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

/* One whose last task failed to load waits for the root to collect that. */
static bool is_free(const struct pip_slot *slot)
{
	return atomic_load(&slot->state) == SLOT_IDLE &&
	       atomic_load(&slot->unreaped) == 0;
}

static struct pip_slot *pick_slot(struct pip_root *root, int pipid)
{
	if (pipid != PIP_PIPID_ANY)
		return is_free(&root->slots[pipid]) ? &root->slots[pipid] :
						      NULL;
	for (int i = 0; i < root->ntasks; i++)
		if (is_free(&root->slots[i]))
			return &root->slots[i];
	return NULL;
}

void spawn_lock(struct pip_root *root)
{
	if (lock_acquire(&root->lock) == 0)
		return;
	/* Its holder died: a task that it had not cloned never existed. */
	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];

		if (atomic_load(&slot->state) != SLOT_LOADING)
			continue;
		if (atomic_load(&slot->pid) == 0)
			atomic_store(&slot->state, SLOT_IDLE);
		else
			atomic_store(&slot->state, SLOT_LIVE);
	}
}

/* Give the slot's old memory back and start a new life in it. */
static void renew_slot(struct pip_slot *slot, const struct request *request)
{
	struct pip_root *root = slot->root;
	struct pip_table_entry *entry = slot->entry;

	if (slot->has_memory)
		place_release(slot);
	slot->has_memory = true;
	atomic_store(&slot->next, slot->window_low);
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->loaded, 0);
	atomic_store(&slot->freed, NULL);
	atomic_store(&slot->exported, NULL);
	atomic_store(&slot->has_exported, false);
	names_renew(slot);
	slot->exp = request->exp;
	slot->aux = request->aux;
	memset(&slot->start, 0, sizeof(slot->start));

	table_write_begin(entry);
	memset((char *)entry + offsetof(struct pip_table_entry, state), 0,
	       offsetof(struct pip_table_entry, generation) -
		       offsetof(struct pip_table_entry, state));
	entry->generation++;
	memset((char *)entry + offsetof(struct pip_table_entry, pipid), 0,
	       sizeof(*entry) - offsetof(struct pip_table_entry, pipid));
	entry->pipid = slot->pipid;
	entry->mode = root->mode;
	entry->parent_pipid = pip_self->pipid;
	entry->coreno = request->coreno;
	entry->window_low = slot->window_low;
	entry->window_high = slot->window_high;
	table_write_end(entry);
	if (root->table->nused < (uint32_t)slot->pipid + 2)
		root->table->nused = (uint32_t)slot->pipid + 2;
}

/* "3:name", or in version 3 "3:name@func": what ps and top show. */
static void make_comm(const struct pip_slot *slot, const char *path, int api,
		      char comm[COMM_SIZE])
{
	const char *name = strrchr(path, '/');
	const char *func = api == 3 && slot->start.by_name ? slot->start.name :
							     "";
	char text[3 * COMM_SIZE];

	snprintf(text, sizeof(text), "%d%c%.15s%s%.15s", slot->pipid % 10,
		 mode_letter(slot->root->mode), name != NULL ? name + 1 : path,
		 *func != '\0' ? "@" : "", func);
	text[COMM_SIZE - 1] = '\0';
	memcpy(comm, text, COMM_SIZE);
}

static void publish(struct pip_slot *slot, const struct program *program,
		    char *const *argv, const struct stack_layout *layout)
{
	struct pip_table_entry *entry = slot->entry;

	table_write_begin(entry);
	entry->state = PIP_STATE_LOADING;
	entry->spawned = table_now();
	entry->flags |= slot->outside ? PIP_TASK_FLAG_OUTSIDE : 0;
	entry->stack_low = layout->low;
	entry->stack_high = layout->high;
	entry->argc = layout->argc;
	entry->argv = layout->argv;
	entry->envp = layout->envp;
	entry->auxv = layout->auxv;
	table_put_text(entry, entry->program, sizeof(entry->program),
		       program->path);
	table_put_command(entry, argv);
	if (slot->start.by_name)
		table_put_text(entry, entry->func, sizeof(entry->func),
			       slot->start.name);
	table_write_end(entry);
}

static int fail_start_function(struct pip_slot *slot, const char *path)
{
	error_message("'%s': start function '%s' is in neither its symbol "
		      "table nor its libraries",
		      path, slot->start.name);
	return ENOEXEC;
}

/* The task ended before its program was loaded. */
static int fail_loading(const char *path, int status)
{
	if (limit_memory_exhausted()) {
		limit_explain(ENOMEM, path);
		return ENOMEM;
	}
	if (WIFSIGNALED(status))
		error_message("'%s': killed by signal %d (%s) while it was "
			      "being loaded",
			      path, WTERMSIG(status),
			      strsignal(WTERMSIG(status)));
	else
		error_message("'%s': its loader gave up (exit status %d); "
			      "its own message says why",
			      path, WEXITSTATUS(status));
	return ELIBEXEC;
}

/* What libpip would write into the entry if it were in the task. */
static void publish_outside(struct pip_slot *slot)
{
	table_write_begin(slot->entry);
	slot->entry->state = PIP_STATE_RUNNING;
	slot->entry->flags |= PIP_TASK_FLAG_OUTSIDE;
	table_write_end(slot->entry);
}

/* Has the before hook kept the spawner waiting for long enough? */
static bool is_hook_busy(const struct pip_slot *slot, long waited)
{
	return slot->hook.before != NULL && waited > HOOK_PATIENCE_NS &&
	       atomic_load(&slot->loaded) == LOADED_NOT;
}

/* Wait until libpip runs in the task, or the before hook ends it. */
static int wait_until_loaded(struct pip_slot *slot, const char *path)
{
	long timeout = 2 * 1000 * 1000, waited = 0;
	uint32_t loaded;

	while ((loaded = atomic_load(&slot->loaded)) < LOADED_REFUSED) {
		futex_wait(&slot->loaded, loaded, timeout);
		if (atomic_load(&slot->loaded) != loaded)
			continue;
		if (is_hook_busy(slot, waited))
			return 0;
		if (reap_has_ended(slot)) {
			/* Perhaps after it had told us, just now. */
			if (atomic_load(&slot->loaded) >= LOADED_REFUSED)
				continue;
			return fail_loading(path, reap_failed(slot));
		}
		waited += timeout;
		if (waited > OUTSIDE_AFTER_NS) {
			warning_message("'%s': libpip does not start in it; "
					"it is tracked from outside", path);
			slot->outside = true;
			publish_outside(slot);
			break;
		}
		if (timeout < 64 * 1000 * 1000)
			timeout *= 2;
	}
	if (loaded == LOADED_NO_START) {
		while (!reap_has_ended(slot))
			futex_wait(&slot->loaded, LOADED_NO_START, 1000 * 1000);
		reap_failed(slot);
		return fail_start_function(slot, path);
	}
	return 0;
}

static int start_task(struct pip_slot *slot, const struct program *program,
		      const struct request *request, char *const *argv,
		      char *const *envp)
{
	struct child_plan plan = { .slot = slot, .bind = request->bind,
				   .cores = request->cores };
	struct stack_layout layout;
	int error, memory_fd = -1;
	pid_t pid;

	error = loader_prepare(slot, program, argv, envp, &plan, &layout);
	if (error != 0)
		return error;
	error = hook_prepare(slot, request->hook);
	if (error != 0) {
		limit_explain(error, program->path);
		return error;
	}
	make_comm(slot, program->path, request->api, plan.comm);
	publish(slot, program, argv, &layout);
	/* Only the root has it; a task's descriptor of that number is its
	 * own. */
	if (!slot->outside && slot_is_root(pip_self))
		memory_fd = slot->root->memory_fd;
	descriptor_list_cloexec(&plan.cloexec, memory_fd);
	pid = child_clone(&plan, !slot_is_root(pip_self));
	if (pid < 0) {
		limit_explain(-pid, program->path);
		return -pid;
	}
	/* The task stores the same when it starts to run. */
	slot->entry->pid = slot->entry->tid = pid;
	if (!slot->outside)
		return wait_until_loaded(slot, program->path);
	publish_outside(slot);
	return 0;
}

static void undo(struct pip_slot *slot)
{
	hook_release(slot);
	place_release(slot);
	table_write_begin(slot->entry);
	slot->entry->state = PIP_STATE_FREE;
	slot->entry->pid = slot->entry->tid = 0;
	table_write_end(slot->entry);
	atomic_store(&slot->pid, 0);
	names_close(slot);
	atomic_store(&slot->state, SLOT_IDLE);
}

/* A string that lives as long as the task's memory, whoever spawned it. */
static char *copy_to_window(struct pip_slot *slot, const char *text)
{
	size_t size = strlen(text) + 1;
	long at = place_map(slot, 0, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at < 0 ? NULL : memcpy((void *)at, text, size);
}

/* With a free slot that is now LOADING. */
static int spawn_into(struct pip_slot *slot, const struct request *request)
{
	const pip_spawn_program_t *wanted = request->program;
	char *default_argv[] = { wanted->prog, NULL };
	char **argv = wanted->argv != NULL ? wanted->argv : default_argv;
	char **envp = wanted->envv != NULL ? wanted->envv : environ;
	struct program program;
	int error;

	error = program_open(wanted->prog, &program);
	if (error != 0) {
		atomic_store(&slot->state, SLOT_IDLE);
		return error;
	}
	renew_slot(slot, request);
	if (wanted->funcname != NULL) {
		struct pip_start *start = &slot->start;

		start->by_name = true;
		start->arg = wanted->arg;
		start->name = copy_to_window(slot, wanted->funcname);
		error = start->name == NULL ?
				ENOMEM :
				program_find_start(&program, start);
	}
	if (error == 0)
		error = start_task(slot, &program, request, argv, envp);
	program_close(&program);
	if (error != 0) {
		undo(slot);
		return error;
	}
	atomic_store(&slot->state, SLOT_LIVE);
	slot->root->table->spawned_total++;
	slot_count(pip_self, PIP_COUNT_SPAWNS);
	return 0;
}

static int spawn_locked(struct pip_root *root, const struct request *request,
			int *pipidp)
{
	struct pip_slot *slot = pick_slot(root, request->pipid);
	int error = 0;

	if (slot == NULL)
		return EAGAIN;
	if (root->guardian.pid == 0 && slot_is_root(pip_self) &&
	    getenv(PIP_ENV_KEEP_TASKS) == NULL)
		error = guardian_start(root);
	if (error != 0) {
		limit_explain(error, request->program->prog);
		return error;
	}
	atomic_store(&slot->state, SLOT_LOADING);
	error = spawn_into(slot, request);
	if (error == 0 && pipidp != NULL)
		*pipidp = slot->pipid;
	return error;
}

static int check_request(struct request *request)
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

static int spawn(struct request *request, int *pipidp)
{
	struct pip_root *root;
	int error;

	if (pip_self == NULL)
		return EPERM;
	root = pip_self->root;
	error = check_request(request);
	if (error != 0)
		return error;
	spawn_lock(root);
	reap_leftovers(root);
	error = spawn_locked(root, request, pipidp);
	lock_release(&root->lock);
	return error;
}

int pip_task_spawn(pip_spawn_program_t *progp, uint32_t coreno, uint32_t opts,
		   int *pipidp, pip_spawn_hook_t *hookp)
{
	struct request request = {
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
	return spawn(&request, pipidp);
}

int pip2_task_spawn(struct spawn_program_v2 *progp, uint32_t coreno,
		    uint32_t opts, int *pipidp, pip_spawn_hook_t *hookp)
{
	pip_spawn_program_t program = { 0 };
	struct request request = {
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
	return spawn(&request, pipidp);
}

static int spawn_main(char *filename, char **argv, char **envv,
		      uint32_t coreno, int *pipidp, pip_spawnhook_t before,
		      pip_spawnhook_t after, void *hookarg, int api)
{
	pip_spawn_hook_t hook = { .before = before, .after = after,
				  .hookarg = hookarg };
	pip_spawn_program_t program;
	struct request request = {
		.program = &program,
		.coreno = coreno,
		.pipid = pipidp != NULL ? *pipidp : PIP_PIPID_ANY,
		.hook = &hook,
		.api = api,
	};

	pip_spawn_from_main(&program, filename, argv, envv, NULL, NULL);
	return spawn(&request, pipidp);
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
