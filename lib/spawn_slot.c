/* SPDX-License-Identifier: BSD-2-Clause */
/* A spawn from a free slot to a live one, or back. */
#include "spawn.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "exception.h"
#include "hook.h"
#include "message.h"
#include "place.h"
#include "table.h"
#include "thread_mode.h"

static bool is_free(const struct pip_slot *slot)
{
	return atomic_load(&slot->state) == SLOT_IDLE &&
	       blt_is_forgotten(slot);
}

struct pip_slot *spawn_pick_slot(struct pip_root *root, int pipid)
{
	if (pipid != PIP_PIPID_ANY)
		return is_free(&root->slots[pipid]) ? &root->slots[pipid] :
						      NULL;
	for (int i = 0; i < root->ntasks; i++)
		if (is_free(&root->slots[i]))
			return &root->slots[i];
	return NULL;
}

/* The lock's holder died: a task that it had not cloned never existed. */
static void recover(struct pip_root *root)
{
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

void spawn_lock(struct pip_root *root)
{
	if (lock_acquire(&root->lock) != 0)
		recover(root);
}

bool spawn_lock_within(struct pip_root *root, uint64_t ns)
{
	int result = lock_acquire_within(&root->lock, ns);

	if (result > 0)
		recover(root);
	return result >= 0;
}

/* Give the slot's old memory back and start a new life in it. */
static void renew_slot(struct pip_slot *slot, const struct spawn_request *request)
{
	struct pip_root *root = slot->root;
	struct pip_table_entry *entry = slot->entry;

	if (slot->has_memory)
		place_release(slot);
	slot->has_memory = true;
	atomic_store(&slot->next, place_first(slot));
	atomic_store(&slot->pid, 0);
	atomic_store(&slot->resumed, false);
	atomic_store(&slot->loaded, 0);
	atomic_store(&slot->freed, NULL);
	atomic_store(&slot->plugin_crash, NULL);
	atomic_store(&slot->exported, NULL);
	atomic_store(&slot->has_exported, false);
	names_renew(slot);
	suspend_renew(slot);
	slot->spawner = pip_self;
	slot->spawner_generation = pip_self->entry->generation;
	memset(&slot->end, 0, sizeof(slot->end));
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
	blt_renew(slot, request->policy != 0 ? request->policy : root->policy,
		  request->inactive);
	if (root->table->nused < (uint32_t)slot->pipid + 2)
		root->table->nused = (uint32_t)slot->pipid + 2;
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
int spawn_into(struct pip_slot *slot, const struct spawn_request *request)
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
	if (root_is_threaded(slot->root))
		exception_note(slot->root);
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
		error = spawn_start(slot, &program, request, argv, envp);
	program_close(&program);
	if (error != 0) {
		undo(slot);
		return error;
	}
	atomic_store(&slot->state, SLOT_LIVE);
	if (root_is_threaded(slot->root))
		thread_mode_recall_end(slot);
	slot->root->table->spawned_total++;
	slot_count(pip_self, PIP_COUNT_SPAWNS);
	return 0;
}
