// SPDX-License-Identifier: BSD-2-Clause
/* What a listing says of a task, worked out from what was observed. */
#include <config.h>

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "pips.h"

/* One word; the table's states where the kernel has none. */
const char *pips_name_state(const struct observer_task *task)
{
	static const struct {
		char letter;
		const char *name;
	} states[] = {
		{ 'R', "running" }, { 'S', "sleeping" }, { 'D', "waiting" },
		{ 'T', "stopped" }, { 't', "traced" },	 { 'Z', "zombie" },
		{ 'X', "dead" },    { 'I', "idle" },	 { 'P', "parked" },
	};
	size_t i;

	if (task->slot && task->torn)
		return "torn";
	if (task->gone)
		return "gone";
	if (task->slot && task->entry.state == PIP_STATE_ENDED)
		return "ended";
	/* Its spawner has not written its PID yet. */
	if (task->facts.error)
		return task->slot && !task->entry.pid ? "loading" : "unknown";
	/* Its first thread ended, the process did not. */
	if (task->facts.state == 'Z' && task->facts.threads > 1)
		return "threads";
	if (task->slot && task->entry.state == PIP_STATE_LOADING &&
	    strchr("RSD", task->facts.state))
		return "loading";
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (states[i].letter == task->facts.state)
			return states[i].name;
	return "unknown";
}

const char *pips_name_mode(uint32_t mode)
{
	switch (mode) {
	case PIP_TABLE_MODE_PROCESS_PRELOAD:
		return "process:preload";
	case PIP_TABLE_MODE_PROCESS_PIPCLONE:
		return "process:pipclone";
	case PIP_TABLE_MODE_PROCESS_GOT:
		return "process:got";
	case PIP_TABLE_MODE_THREAD:
		return "thread";
	}
	return "unknown";
}

const char *pips_name_blt_state(uint32_t state)
{
	static const char *const names[] = {
		[PIP_BLT_COUPLED] = "coupled",
		[PIP_BLT_DECOUPLED] = "decoupled",
		[PIP_BLT_READY] = "ready",
		[PIP_BLT_SUSPENDED] = "suspended",
		[PIP_BLT_DEAD] = "dead",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] :
							   "unknown";
}

const char *pips_name_module(enum observer_module_kind kind)
{
	static const char *const names[] = {
		[OBSERVER_MODULE_PROGRAM] = "program",
		[OBSERVER_MODULE_LOADER] = "loader",
		[OBSERVER_MODULE_LIBRARY] = "library",
		[OBSERVER_MODULE_VDSO] = "vdso",
	};

	return names[kind];
}

/* A task that was waited for is history: shown only when details are. */
bool pips_is_listed(const struct pips_row *row)
{
	if (row->options->modules || row->options->view ||
	    row->options->backtrace || row->options->signal ||
	    row->options->ps || row->options->top)
		return !row->task->slot ||
		       row->task->entry.state != PIP_STATE_ENDED;
	return row->options->detailed || row->options->json ||
	       row->options->metrics ||
	       row->task->slot == 0 || row->task->torn ||
	       row->task->entry.state != PIP_STATE_ENDED;
}

enum pips_kind pips_get_kind(const struct observer_task *task)
{
	const struct pip_table_entry *entry = &task->entry;

	if (task->slot == 0)
		return PIPS_ROOT;
	/* Its own kernel thread runs it, or it is history. */
	if (task->torn || entry->state == PIP_STATE_ENDED ||
	    !entry->blt_kthread || entry->blt_domain == task->pipid ||
	    entry->blt_state == PIP_BLT_COUPLED)
		return PIPS_TASK;
	return PIPS_BLT;
}

const char *pips_name_kind(enum pips_kind kind)
{
	static const char *const names[] = {
		[PIPS_ROOT] = "root", [PIPS_TASK] = "task",
		[PIPS_BLT] = "blt", [PIPS_THREAD] = "thread",
	};

	return names[kind];
}

/* What is known of a thread, in the shape of a task; *made is all zero. */
void pips_make_thread(struct observer_task *made,
		      const struct observer_root *root,
		      const struct observer_task *task,
		      const struct observer_thread *thread)
{
	made->slot = task->slot;
	made->pipid = task->pipid;
	made->executed = task->executed;
	made->pid = thread->pid;
	made->tid = thread->tid;
	made->rss = -1;
	made->facts = thread->facts;
	made->facts.threads = 1;
	made->entry.state = PIP_STATE_RUNNING;
	made->entry.mode = task->slot ? task->entry.mode : root->header.mode;
	made->entry.pid = made->pid;
	made->entry.parent_pipid = task->pipid;
}

static const char *task_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool task_name_matches(const char *pattern, const char *path)
{
	const char *name = task_base_name(path);

	return *name && (strcmp(pattern, name) == 0 ||
			 strcmp(pattern, path) == 0 ||
			 fnmatch(pattern, name, 0) == 0);
}

static bool task_is_number(const struct observer_task *task, const char *text)
{
	char *rest;
	long number = strtol(text, &rest, 10);

	return rest != text && !*rest && number > 0 &&
	       (number == task->pid || number == task->tid);
}

/*
 * By PID or TID, by the name of the program's file, or by the name that it
 * was started by.
 */
bool pips_matches(const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	bool found = false, unknown;
	size_t size, i;
	char *text;

	if (!row->options->npatterns)
		return true;
	unknown = observer_read_arguments(row->root, task, false, &text,
					  &size, NULL);
	for (i = 0; i < row->options->npatterns && !found; i++) {
		const char *pattern = row->options->patterns[i];

		found = task_is_number(task, pattern) ||
			(!task->executed &&
			 task_name_matches(pattern, task->entry.program)) ||
			(!unknown && size && task_name_matches(pattern, text));
	}
	if (!unknown)
		free(text);
	return found;
}

/* ns; a finished task's is in the table. */
uint64_t pips_cpu_time(const struct observer_task *task)
{
	if (!task->facts.error)
		return task->facts.user_ns + task->facts.system_ns;
	if (task->slot && !task->torn && task->entry.state == PIP_STATE_ENDED)
		return task->entry.user_ns + task->entry.system_ns;
	return 0;
}

/* When it began, CLOCK_BOOTTIME ns; 0 = not known. */
uint64_t pips_start_time(const struct pips_row *row)
{
	if (!row->task->facts.error)
		return row->task->facts.started_ns;
	return row->task->torn ? 0 : row->task->entry.spawned;
}

/* Share of its life that it ran, as in ps(1); negative = not known. */
double pips_cpu_percent(const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	uint64_t start = pips_start_time(row), end = row->now;

	if (task->facts.error) {
		if (!task->slot || task->torn ||
		    task->entry.state != PIP_STATE_ENDED)
			return -1;
		end = task->entry.ended;
	}
	if (!start || end <= start)
		return 0;
	return 100.0 * (double)pips_cpu_time(task) / (double)(end - start);
}

/*
 * Program and arguments on one line, safe to print; to be freed.  A start
 * function follows the program's name as "@function".
 */
char *pips_command_line(const struct pips_row *row)
{
	const struct observer_task *task = row->task;
	const bool table = !task->executed && !task->torn && !row->thread;
	const unsigned depth = row->options->csv ? 0 : row->depth;
	bool full = row->options->wide || row->options->detailed, cut = false;
	size_t size = 0, used = 0, before, capacity;
	char *text = NULL, *line;
	const char *p, *end;

	if (row->thread) {
		text = strdup(row->thread);
		size = text ? strlen(text) + 1 : 0;
	} else if (observer_read_arguments(row->root, task, full, &text, &size,
					   &cut)) {
		text = NULL;
	}
	if (!text)
		pips_fail("out of memory");
	/* An escaped byte takes four; a name, a function and dots as well. */
	capacity = 4 * (size + PIP_TABLE_PROGRAM_MAX + PIP_TABLE_FUNC_MAX) +
		   16 + 2 * (size_t)depth;
	line = malloc(capacity);
	if (!line)
		pips_fail("out of memory");
	p = text;
	end = text + size;
	if (depth) {
		used = 2 * (size_t)depth + 1;
		memset(line, ' ', used);
		memcpy(line + used - 3, "\\_ ", 3);
	}
	before = used;
	if (p < end) {
		used += observer_escape_text(line + used, capacity - used, p,
					     strlen(p));
		p += strlen(p) + 1;
	} else if (table) {
		used += observer_escape_text(line + used, capacity - used,
					     task->entry.program,
					     strlen(task->entry.program));
	}
	if (used == before)
		line[used++] = '-';
	if (table && task->entry.func[0]) {
		line[used++] = '@';
		used += observer_escape_text(line + used, capacity - used,
					     task->entry.func,
					     strlen(task->entry.func));
	}
	while (p < end) {
		line[used++] = ' ';
		used += observer_escape_text(line + used, capacity - used, p,
					     strlen(p));
		p += strlen(p) + 1;
	}
	line[used] = '\0';
	if (cut)
		strcpy(line + used, "...");
	free(text);
	return line;
}
