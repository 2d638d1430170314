// SPDX-License-Identifier: BSD-2-Clause
/*
 * All stacks of a task.  With bi-level threads its context and its kernel
 * thread can be in different places: the context may be run by another task's
 * thread, or lie on its stack, saved; and its thread may run the context of
 * another task, whose stack that is then, or none.
 */
#include <config.h>

#include "machine.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 4 /* for a thread that goes on while we look */

/* The user context in its table entry, as it is now. */
struct context {
	uint32_t state;
	int32_t kthread;
	uint64_t waits_on, sp, pc, fs;
};
_Static_assert(offsetof(struct pip_table_entry, blt_fs) -
		       offsetof(struct pip_table_entry, blt_state) ==
		       offsetof(struct context, fs), "ABI");

int backtrace_open(struct observer_root *root,
		   const struct observer_tasks *tasks, unsigned flags,
		   struct backtrace **backtracep)
{
	struct backtrace *backtrace = calloc(1, sizeof(*backtrace));

	if (!backtrace)
		return ENOMEM;
	/* Files are looked for on this machine only: a server may not answer. */
	unsetenv("DEBUGINFOD_URLS");
	backtrace->root = root;
	backtrace->flags = flags;
	backtrace->reader = root->reader;
	backtrace->frames = calloc(BACKTRACE_FRAMES_MAX,
				   sizeof(*backtrace->frames));
	backtrace_set_limit(backtrace, BACKTRACE_FRAMES_DEFAULT);
	memory_forget(&backtrace->memory, root->reader);
	if (space_renew(backtrace, tasks) || !backtrace->frames ||
	    !tasks->count) {
		backtrace_close(backtrace);
		return ENOMEM;
	}
	*backtracep = backtrace;
	return 0;
}

void backtrace_close(struct backtrace *backtrace)
{
	struct backtrace_file *file;
	struct place *place;
	size_t i;

	for (i = 0; i < PLACES; i++)
		while ((place = backtrace->places[i])) {
			backtrace->places[i] = place->next;
			place_free(place);
		}
	for (i = 0; i < backtrace->nspaces; i++)
		free(backtrace->spaces[i].mapping);
	while ((file = backtrace->files)) {
		backtrace->files = file->next;
		file_close(file);
	}
	free(backtrace->owners);
	free(backtrace->spaces);
	free(backtrace->frames);
	free(backtrace);
}

int backtrace_renew(struct backtrace *backtrace,
		    const struct observer_tasks *tasks)
{
	int error = space_renew(backtrace, tasks);
	size_t i;

	for (i = 0; !error && i < tasks->count; i++)
		if (!backtrace->spaces[i].read && !tasks->task[i].torn &&
		    (tasks->task[i].entry.state == PIP_STATE_RUNNING ||
		     tasks->task[i].entry.state == PIP_STATE_ENDED))
			space_read(backtrace, i);
	free(backtrace->owners);
	backtrace->owners = NULL;
	backtrace->nowners = 0;
	return error;
}

void backtrace_forget_files(struct backtrace *backtrace, uint32_t slot)
{
	size_t i;

	for (i = 0; i < backtrace->nspaces; i++)
		if (backtrace->spaces[i].slot == slot) {
			free(backtrace->spaces[i].mapping);
			backtrace->spaces[i] = (struct backtrace_space){
				.slot = slot,
			};
		}
}

int backtrace_describe_place(const struct backtrace_place *place)
{
	return place_describe((struct place *)place); /* its first member */
}

void backtrace_set_limit(struct backtrace *backtrace, size_t frames)
{
	backtrace->limit = frames < 1 ? 1 : frames > BACKTRACE_FRAMES_MAX ?
			   BACKTRACE_FRAMES_MAX : frames;
}

void backtrace_set_reader(struct backtrace *backtrace, pid_t pid)
{
	backtrace->reader = backtrace->root->reader = pid;
}

int backtrace_read_memory(struct backtrace *backtrace, uint64_t address,
			  void *buffer, size_t size)
{
	memory_forget(&backtrace->memory, backtrace->reader);
	return memory_read(&backtrace->memory, address, buffer, size) ? 0 :
									EFAULT;
}

static struct backtrace_stack *read_append(struct backtrace_stacks *stacks)
{
	struct backtrace_stack *stack;

	if (stacks->count == stacks->capacity) {
		size_t capacity = stacks->capacity ? stacks->capacity * 2 : 16;
		struct backtrace_stack *more;

		more = reallocarray(stacks->stack, capacity, sizeof(*more));
		if (!more)
			return NULL;
		stacks->stack = more;
		stacks->capacity = capacity;
	}
	stack = &stacks->stack[stacks->count++];
	memset(stack, 0, sizeof(*stack));
	return stack;
}

void backtrace_free_stacks(struct backtrace_stacks *stacks)
{
	size_t i;

	for (i = 0; i < stacks->count; i++)
		free(stacks->stack[i].frames);
	free(stacks->stack);
	memset(stacks, 0, sizeof(*stacks));
}

/* What is being read, and for whom. */
struct reading {
	struct backtrace *backtrace;
	const struct observer_task *task;
	struct backtrace_stacks *stacks;
	struct context context;
};

static bool read_context(const struct reading *reading, struct context *context)
{
	const struct observer_root *root = reading->backtrace->root;
	uint64_t at = root->table_address + root->header.header_size +
		      (uint64_t)reading->task->slot * root->header.entry_size +
		      offsetof(struct pip_table_entry, blt_state);

	memset(context, 0, sizeof(*context));
	if (reading->task->executed)
		return false;
	return !backtrace_read_memory(reading->backtrace, at, context,
				      sizeof(*context));
}

static int read_keep(const struct reading *reading, enum backtrace_kind kind,
		     pid_t tid, enum backtrace_end end, size_t nframes)
{
	struct backtrace_stack *stack = read_append(reading->stacks);
	size_t i;

	if (!stack)
		return ENOMEM;
	stack->slot = reading->task->slot;
	stack->pipid = reading->task->pipid;
	stack->kind = kind;
	stack->tid = tid;
	stack->state = reading->context.state;
	stack->end = end;
	stack->frames = calloc(nframes + 1, sizeof(*stack->frames));
	if (!stack->frames)
		return ENOMEM;
	stack->nframes = nframes;
	for (i = 0; i < nframes; i++) {
		stack->frames[i] = reading->backtrace->frames[i];
		if (!(reading->backtrace->flags & BACKTRACE_LATER) &&
		    backtrace_describe_place(stack->frames[i].place))
			return ENOMEM;
	}
	return 0;
}

/* Start over with the memory as it is now. */
static enum backtrace_end read_unwind(const struct reading *reading,
				      const struct backtrace_registers *from,
				      size_t *nframes)
{
	struct backtrace *backtrace = reading->backtrace;

	memory_forget(&backtrace->memory, reading->task->executed ?
		      reading->task->pid : backtrace->reader);
	return unwind_stack(backtrace, reading->task->slot, from, nframes);
}

static enum backtrace_end read_stopped(const struct reading *reading, pid_t tid,
				       size_t *nframes)
{
	struct backtrace_registers registers = { .known = 0 };
	struct stopped_thread thread;
	enum backtrace_end end;

	/* Files are opened before, not while it is stopped. */
	space_find(reading->backtrace, reading->task->slot, 0);
	stop_request(&thread, tid);
	end = stop_read_registers(&thread, &registers);
	if (end == BACKTRACE_END_COMPLETE)
		end = read_unwind(reading, &registers, nframes);
	stop_release(&thread);
	return end;
}

/* Whose thread is it, in thread mode?  By its stack, if it is not the first one
 * of a task. */
static uint32_t read_find_owner(const struct reading *reading, pid_t tid)
{
	const struct observer_tasks *tasks = reading->backtrace->tasks;
	const struct observer_root *root = reading->backtrace->root;
	struct backtrace_registers registers = { .known = 0 };
	uint64_t low, high, sp;
	size_t i;

	for (i = 0; i < tasks->count; i++) {
		const struct observer_task *task = &tasks->task[i];

		if (task->tid == tid && !task->torn && !task->gone &&
		    task->entry.state != PIP_STATE_ENDED)
			return task->slot;
	}
	if (thread_read_registers(reading->backtrace, root->pid, tid,
				  &registers) != BACKTRACE_END_COMPLETE)
		return 0;
	sp = registers.value[MACHINE_SP];
	for (i = 0; i < tasks->count; i++)
		if (observer_get_window(root, tasks->task[i].slot, &low,
					&high) && sp >= low && sp < high)
			return tasks->task[i].slot;
	return 0;
}

/* Once for all tasks: they share one list of threads. */
static int read_owners(const struct reading *reading)
{
	struct backtrace *backtrace = reading->backtrace;
	pid_t *tids;
	size_t count, i;
	int error;

	if (backtrace->owners)
		return 0;
	error = thread_list(backtrace, backtrace->root->pid, &tids, &count);
	if (error)
		return error;
	backtrace->owners = calloc(count + 1, sizeof(*backtrace->owners));
	for (i = 0; backtrace->owners && i < count; i++) {
		backtrace->owners[i].tid = tids[i];
		backtrace->owners[i].slot = read_find_owner(reading, tids[i]);
	}
	backtrace->nowners = backtrace->owners ? count : 0;
	free(tids);
	return backtrace->owners ? 0 : ENOMEM;
}

static bool read_is_mine(const struct reading *reading, pid_t tid)
{
	const struct backtrace *backtrace = reading->backtrace;
	size_t i;

	if (backtrace->root->header.mode != PIP_TABLE_MODE_THREAD ||
	    reading->task->executed)
		return true;
	for (i = 0; i < backtrace->nowners; i++)
		if (backtrace->owners[i].tid == tid)
			return backtrace->owners[i].slot ==
			       reading->task->slot;
	return reading->task->slot == 0; /* a new one */
}

/* home: whose context it runs; pid: whose thread it is. */
static int read_thread(const struct reading *reading, pid_t pid, pid_t tid,
		       enum backtrace_kind kind)
{
	const struct timespec pause = { .tv_nsec = 100 * 1000 };
	struct backtrace *backtrace = reading->backtrace;
	struct backtrace_registers registers = { .known = 0 };
	enum backtrace_end end = BACKTRACE_END_CHANGED;
	size_t nframes = 0;
	int i;

	for (i = 0; i < TRIES && end == BACKTRACE_END_CHANGED; i++) {
		end = thread_read_registers(backtrace, pid, tid, &registers);
		if (backtrace->flags & BACKTRACE_STOP &&
		    end != BACKTRACE_END_GONE) {
			end = read_stopped(reading, tid, &nframes);
			break;
		}
		if (end == BACKTRACE_END_RUNNING && i + 1 < TRIES) {
			/* Perhaps only for a moment. */
			end = BACKTRACE_END_CHANGED;
			nanosleep(&pause, NULL);
			continue;
		}
		if (end != BACKTRACE_END_COMPLETE)
			break;
		end = read_unwind(reading, &registers, &nframes);
		if (thread_has_moved(backtrace, pid, tid, &registers)) {
			end = BACKTRACE_END_CHANGED;
			nframes = 0;
		}
	}
	return read_keep(reading, kind, tid, end, nframes);
}

/* The task whose kernel thread that is, by its number in the table. */
static const struct observer_task *
read_find_kernel(const struct reading *reading, int32_t kthread)
{
	const struct observer_tasks *tasks = reading->backtrace->tasks;
	size_t i;

	for (i = 0; kthread && i < tasks->count; i++)
		if (tasks->task[i].entry.tid == kthread &&
		    !tasks->task[i].torn && !tasks->task[i].gone &&
		    tasks->task[i].entry.state != PIP_STATE_ENDED)
			return &tasks->task[i];
	return NULL;
}

/* Is the task's kernel thread running another task's context? */
static bool read_is_lent(const struct reading *reading)
{
	const struct observer_tasks *tasks = reading->backtrace->tasks;
	size_t i;

	for (i = 0; i < tasks->count; i++) {
		struct reading other = *reading;
		struct context context;

		other.task = &tasks->task[i];
		if (other.task == reading->task || other.task->torn ||
		    other.task->entry.state == PIP_STATE_ENDED)
			continue;
		/* Of a thousand, ask those only that were there just now. */
		if (other.task->entry.blt_state != PIP_BLT_DECOUPLED ||
		    other.task->entry.blt_kthread != reading->task->entry.tid)
			continue;
		if (read_context(&other, &context) &&
		    context.state == PIP_BLT_DECOUPLED &&
		    context.kthread == reading->task->entry.tid)
			return true;
	}
	return false;
}

static int read_saved(struct reading *reading)
{
	struct backtrace_registers registers = { .known = 0 };
	enum backtrace_end end = BACKTRACE_END_CHANGED;
	struct context after;
	size_t nframes = 0;
	int i;

	for (i = 0; i < TRIES && end == BACKTRACE_END_CHANGED; i++) {
		registers.known = 1u << MACHINE_SP | 1u << MACHINE_PC;
		registers.value[MACHINE_SP] = reading->context.sp;
		registers.value[MACHINE_PC] = reading->context.pc;
		end = read_unwind(reading, &registers, &nframes);
		if (!read_context(reading, &after))
			break;
		if (after.state != reading->context.state ||
		    after.sp != reading->context.sp) {
			end = BACKTRACE_END_CHANGED;
			nframes = 0;
			reading->context = after;
			if (after.state == PIP_BLT_COUPLED ||
			    after.state == PIP_BLT_DECOUPLED)
				break; /* it runs again */
		}
	}
	return read_keep(reading, BACKTRACE_SAVED, 0, end, nframes);
}

static int read_own_context(struct reading *reading)
{
	const struct observer_task *kernel;

	switch (reading->context.state) {
	case PIP_BLT_DECOUPLED:
		kernel = read_find_kernel(reading, reading->context.kthread);
		if (!kernel || !kernel->tid)
			return 0;
		return read_thread(reading, kernel->pid, kernel->tid,
				   BACKTRACE_FOREIGN);
	case PIP_BLT_READY:
	case PIP_BLT_SUSPENDED:
	case PIP_BLT_DEAD:
		return reading->context.sp ? read_saved(reading) : 0;
	}
	return 0;
}

int backtrace_read_task(struct backtrace *backtrace,
			const struct observer_task *task,
			struct backtrace_stacks *stacks)
{
	struct reading reading = { backtrace, task, stacks, { 0 } };
	pid_t *tids;
	size_t count, i;
	int error;

	if (task->torn || task->gone || !task->pid ||
	    (task->slot && task->entry.state == PIP_STATE_ENDED))
		return 0;
	read_context(&reading, &reading.context);
	error = read_own_context(&reading);
	if (error)
		return error;
	if (backtrace->root->header.mode == PIP_TABLE_MODE_THREAD)
		error = read_owners(&reading);
	if (error)
		return error;
	error = thread_list(backtrace, task->pid, &tids, &count);
	if (error)
		return error;
	for (i = 0; !error && i < count; i++) {
		bool elsewhere = tids[i] == task->tid && task->slot &&
				 reading.context.state != PIP_BLT_COUPLED;

		if (!read_is_mine(&reading, tids[i]) ||
		    (elsewhere && read_is_lent(&reading)))
			continue; /* shown with the other task */
		error = read_thread(&reading, task->pid, tids[i], elsewhere ?
				    BACKTRACE_IDLE : BACKTRACE_THREAD);
	}
	free(tids);
	return error;
}

int backtrace_read_registers(struct backtrace *backtrace,
			     const struct observer_task *task, pid_t tid,
			     const struct backtrace_registers *registers,
			     struct backtrace_stacks *stacks)
{
	struct reading reading = { backtrace, task, stacks, { 0 } };
	size_t nframes = 0;
	enum backtrace_end end = read_unwind(&reading, registers, &nframes);

	return read_keep(&reading, BACKTRACE_THREAD, tid, end, nframes);
}

int backtrace_read_copy(struct backtrace *backtrace,
			const struct observer_task *task, pid_t tid,
			const struct backtrace_registers *registers,
			const struct backtrace_copy *copy,
			struct backtrace_stacks *stacks)
{
	struct reading reading = { backtrace, task, stacks, { 0 } };
	enum backtrace_end end;
	size_t nframes = 0;

	memory_forget(&backtrace->memory, backtrace->reader);
	backtrace->memory.copy = copy;
	backtrace->memory.cut = false;
	end = unwind_stack(backtrace, task->slot, registers, &nframes);
	backtrace->memory.copy = NULL;
	if (end == BACKTRACE_END_BROKEN && backtrace->memory.cut)
		end = BACKTRACE_END_LIMIT;
	return read_keep(&reading, BACKTRACE_THREAD, tid, end, nframes);
}

int backtrace_read_context(struct backtrace *backtrace, uint64_t address,
			   struct backtrace_registers *registers)
{
	memory_forget(&backtrace->memory, backtrace->reader);
	return machine_take_signal_context(registers, &backtrace->memory,
					   address) ? 0 : EFAULT;
}
