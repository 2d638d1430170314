/* SPDX-License-Identifier: BSD-2-Clause */
/* The parts of a spawn: where it is planned, and what the new task does. */
#ifndef PIP_SPAWN_H
#define PIP_SPAWN_H

#include <sched.h>
#include <signal.h>

#include "descriptor.h"
#include "program.h"
#include "root.h"
#include "stack.h"

/* A spawn program of either version. */
struct spawn_request {
	const pip_spawn_program_t *program;
	void *exp, *aux;
	uint32_t coreno;
	bool bind; /* to cores, what coreno stands for */
	cpu_set_t cores;
	int pipid; /* PIP_PIPID_ANY or which */
	const pip_spawn_hook_t *hook;
	int api;
	uint32_t policy; /* PIP_SYNC_* */
	bool inactive;   /* suspended before main */
	struct pip_slot *slot; /* which it became */
};

#define COMM_SIZE 16 /* TASK_COMM_LEN of the kernel, with its NUL */

/* All that the new kernel task needs before its program starts. */
struct child_plan {
	struct pip_slot *slot;
	uint64_t stack_pointer, entry;
	char comm[COMM_SIZE];
	bool bind;
	cpu_set_t cores;
	bool stop; /* PIP_STOP_ON_START */
	struct descriptor_list cloexec;
	bool reset_signals; /* clone3 did not do it */
	uint64_t signal_mask; /* the kernel's sigset_t */
};

/* Map the loader (or the static PIE), build the stack, and say where to
 * start.  Errors as of pip_task_spawn(). */
PIP_HIDDEN PIP_CHECKED int loader_prepare(struct pip_slot *slot,
					  const struct program *program,
					  char *const *argv, char *const *envp,
					  struct child_plan *plan,
					  struct stack_layout *layout);

/* The task's loader has started: learn from it for the next ones. */
PIP_HIDDEN void loader_learn(struct pip_slot *slot,
			     const struct program *program);

/* Make the kernel task.  Returns its PID or a negative errno value. */
PIP_HIDDEN PIP_CHECKED pid_t child_clone(const struct child_plan *plan,
					 bool from_task);

/* What execve(2) does to caught signals; raw system calls only. */
PIP_HIDDEN void child_reset_signals(void);

/* Which cores coreno stands for; *bind false = leave as is.  EINVAL. */
PIP_HIDDEN PIP_CHECKED int core_select(const struct pip_root *root,
				       uint32_t coreno, int api,
				       cpu_set_t *cores, bool *bind);
/* Find out which cores the root may use. */
PIP_HIDDEN void core_probe(struct pip_root *root);

/* The slot for a PIPID, or any; NULL if that is not free.  The caller holds
 * root->lock here and below. */
PIP_HIDDEN struct pip_slot *spawn_pick_slot(struct pip_root *root, int pipid);

/* Spawn into a slot that is LOADING: it becomes LIVE, or IDLE on an error. */
PIP_HIDDEN PIP_CHECKED int spawn_into(struct pip_slot *slot,
				      const struct spawn_request *request);

/* Make the task and wait until its program is loaded. */
PIP_HIDDEN PIP_CHECKED int spawn_start(struct pip_slot *slot,
				       const struct program *program,
				       const struct spawn_request *request,
				       char *const *argv, char *const *envp);

/* Check, lock, spawn.  Errors as of pip_task_spawn(). */
PIP_HIDDEN PIP_CHECKED int spawn_checked(struct spawn_request *request,
					 int *pipidp);

/* Take root->lock, and put right what a holder who died has left. */
PIP_HIDDEN void spawn_lock(struct pip_root *root);
/* The same, but give up after so many nanoseconds: false. */
PIP_HIDDEN PIP_CHECKED bool spawn_lock_within(struct pip_root *root,
					      uint64_t ns);

/* Say which limit of the machine stopped a spawn that failed with error. */
PIP_HIDDEN void limit_explain(int error, const char *what);
/* Are mappings (vm.max_map_count) or address space (RLIMIT_AS) used up, or
 * nearly so?  A loader that gives up then did so for that. */
PIP_HIDDEN bool limit_memory_exhausted(void);

/* Make sure that the tasks end when the root does.  Errors: clone(2)'s. */
PIP_HIDDEN PIP_CHECKED int guardian_start(struct pip_root *root);
PIP_HIDDEN void guardian_stop(struct pip_root *root);

#endif
