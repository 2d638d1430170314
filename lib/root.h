/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The private state of a PiP program: one struct pip_root, made by pip_init()
 * in the root's memory and, since the address space is shared, used by every
 * task's copy of libpip as well.  The layout is private to one build of
 * libpip; PIP_ROOT_MAGIC keeps two builds apart.
 */
#ifndef PIP_ROOT_H
#define PIP_ROOT_H

#include <elf.h>
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <pip/pip.h>
#include <pip/pip_table.h>

#include "global_lock.h"
#include "arch.h"
#include "blt.h"
#include "coordinate.h"
#include "kernel_signal.h"
#include "lock.h"
#include "names.h"
#include "publish.h"
#include "suspend.h"

#define PIP_ROOT_MAGIC 0x5069502d342e3000ull

/*
 * A task finds its struct pip_slot through an auxiliary vector entry of this
 * type, far from those that the kernel gives out (linux/auxvec.h).  Unlike an
 * environment variable it is gone after execve(2).
 */
#define PIP_AT_SLOT 0x50695000ul

#define PIP_AUXV_MAX 64 /* entries; the kernel gives about 25 */

#define PIP_HIDDEN __attribute__((visibility("hidden")))
#define PIP_EXPORT __attribute__((visibility("default")))
#define PIP_CHECKED __attribute__((warn_unused_result))

struct pip_root;
struct pip_recorder_header;
struct plugin_files;

enum pip_slot_state {
	SLOT_IDLE = 0, /* no task; retained memory if .has_memory */
	SLOT_LOADING,  /* a spawn is under way */
	SLOT_LIVE,     /* spawned, not waited for */
};

/* What pip_spawn_from_func asked for, resolved by the spawner. */
struct pip_start {
	bool by_name;        /* start at a function instead of main */
	uint64_t value;      /* its symbol's value, 0 = look it up inside */
	void *arg;
	void *address;       /* what value comes to in the task */
	char *name;          /* in the task's window */
};

/* How far a spawn has got, in pip_slot.loaded. */
enum pip_loaded {
	LOADED_NOT = 0,
	LOADED_HOOK_DONE, /* the before hook has returned 0 */
	LOADED_REFUSED,   /* the before hook has returned something else */
	LOADED_NO_START,  /* libpip runs, but there is no start function */
	LOADED_NO_PLUGIN, /* a plugin is not loaded */
	LOADED_NO_EXIT,   /* thread mode: libc's _exit() cannot be replaced */
	LOADED_OK,        /* libpip runs, the program is mapped */
	LOADED_SUSPENDED, /* an INACTIVE one waits before main */
};

/* The spawner's hooks, and the thread whose thread pointer they borrow. */
struct pip_hook {
	pip_spawnhook_t before, after;
	void *arg;
	_Atomic uint64_t thread_pointer;
	_Atomic pid_t lender; /* its TID */
	_Atomic uint32_t state; /* futex */
};
enum { HOOK_NONE, HOOK_STARTING, HOOK_LENT, HOOK_ENDING };

/* Thread mode: the end of a task, which the kernel does not report. */
struct pip_end {
	_Atomic uint32_t state; /* futex: enum pip_end_state */
	_Atomic uint32_t last;  /* futex: TID of the thread that ends it; the
				 * kernel clears it when that has gone */
	_Atomic int status;     /* a status word of wait(2) */
	_Atomic uint64_t user_ns, system_ns; /* CPU time of its threads */
	const char *single_threaded; /* its libc's __libc_single_threaded */
	/* How many threads its libc believes in, NULL = not known; and how
	 * many of these have been ended without its knowledge. */
	const volatile unsigned *nthreads;
	_Atomic unsigned ended_threads;
	_Atomic int misses; /* looks that found no thread of it */
	/* Its libc's handlers of the two signals that libc keeps to itself. */
	_Atomic(void *) libc_handlers[2];
};
enum pip_end_state { END_NOT, END_BEGUN, END_DONE };

/* One per PIPID; slots[-1] in effect is root->self, the root's own. */
struct pip_slot {
	struct pip_root *root;
	int pipid;
	struct pip_table_entry *entry;
	_Atomic uint32_t state; /* enum pip_slot_state */
	_Atomic pid_t pid;      /* 0 until cloned [the kernel]; thread mode:
				 * the TID of its first thread */
	_Atomic int collectors; /* threads that are waiting for it */
	struct pip_slot *spawner; /* whose task it is, and in which life: */
	uint64_t spawner_generation;
	_Atomic bool resumed; /* after PIP_STOP_ON_START */
	_Atomic uint32_t loaded; /* enum pip_loaded; the spawner sleeps on it */
	bool has_memory; /* the window holds a task, live or ended */
	bool outside;    /* its program cannot carry libpip */
	/* Placement of its memory, see place.h. */
	uint64_t window_low, window_high;
	_Atomic uint64_t next;
	uint64_t wrap_low; /* where to go on when the end is reached */
	/* Values handed over at the spawn, or exported by the task. */
	void *exp; /* for its pip_init(), NULL = the root's */
	void *aux;
	_Atomic(void *) exported;
	_Atomic bool has_exported;
	struct names names;
	struct pip_start start;
	struct pip_hook hook;
	/* Says which plugin has crashed; the task's own code, NULL: none. */
	void (*_Atomic plugin_crash)(int sig, const siginfo_t *info,
				     const void *context);
	/* Where the list of its blocks that others have freed begins, see
	 * alloc.c; NULL: there is no libpip in it (yet). */
	_Atomic(struct pip_freed *) freed;
	struct blt_more blt;
	struct blt_kernel kernel;
	struct pip_end end;
	struct suspend_slot suspend;
	_Atomic uint32_t barrier_marks[RENDEZVOUS_GLOBAL]; /* round + 1 */
	struct rendezvous local_barrier;
};

struct pip_root {
	uint64_t magic;
	pid_t pid;
	int ntasks;
	unsigned mode; /* enum pip_table_mode */
	void *exp;     /* what pip_init() was given for the tasks */
	struct pip_table_header *table;
	int table_fd;
	struct pip_recorder_header *recorder; /* NULL: there is none */
	size_t recorder_size;
	bool recorder_is_given; /* in PIP_TRACE_FD */
	struct pip_lock names_lock; /* of the recorder's names */
	uint64_t window_base, window_size;
	unsigned window_shift; /* window_size is 1 << window_shift */
	int memory_fd; /* see memory_fd.h */
	uint64_t memory_dev, memory_ino;
	size_t stack_size;
	cpu_set_t cores; /* those that the root could bind to */
	int ncores;
	struct pip_lock lock; /* slots, loader cache, windows: spawn and fin */
	struct global_lock libc_lock, universal_lock; /* for programs */
	struct pip_lock end_lock; /* taken to record an end, see wait.h */
	struct publish publish;
	struct suspend suspend;
	struct rendezvous barriers[RENDEZVOUS_GLOBAL];
	_Atomic pid_t reporter; /* TID of who reports an exception, or 0 */
	_Atomic bool has_nested; /* a task has spawned */
	struct { /* processes that tasks leave to the root, see reap.h */
		struct pip_lock lock;
		_Atomic size_t count;
		size_t room;
		pid_t *pids;
		_Atomic int asked; /* signals on their way to the root */
	} leftovers;
	struct {               /* thread mode */
		_Atomic uint32_t ends; /* futex: counts ends of tasks */
		uint64_t loader_dev, loader_ino; /* the root's own ld.so */
		/* The root's copies of functions: they stay to the end. */
		void (*exit_from_loader)(int status);
		void *signal_handler, *exception_handler;
		/* What is to be done about signals when no task has set a
		 * handler of its own, see exception.c. [spawner] */
		struct kernel_sigaction actions[SIGNALS + 1];
	} thread;
	void *brk_guard;
	struct {
		pid_t pid;
		char *stack;
		_Atomic int stop; /* pip_fin() has been called */
	} guardian;
	char libpip[PATH_MAX]; /* what tasks preload, */
	const struct plugin_files *plugins; /* and these; NULL: none */
	char *preload; /* both, as the loader is told */
	_Atomic bool has_warned_outside; /* that they are not everywhere */
	struct arch_features features; /* of the CPU */
	bool features_asked; /* whether they could be learnt is known */
	Elf64_auxv_t auxv[PIP_AUXV_MAX]; /* as the kernel gave it to the root */
	char random[256]; /* for AT_RANDOM; the first random_left are unused */
	size_t random_left;
	uint32_t policy; /* PIP_SYNC_*, for those that have none of their own */
	bool has_membarrier; /* membarrier(2) can be used */
	_Atomic bool has_blts; /* contexts have been suspended */
	_Atomic bool has_ulps; /* ... and run on others' kernel threads */
	_Atomic bool expects_ulps; /* pip_blt_spawn() has been called */
	/* Code of the root's libpip, which stays where it is while tasks come
	 * and go. */
	blt_switch_function leave; /* arch_switch */
	void (*crash_handler)(int, siginfo_t *, void *);
	void (*sigreturn)(void);
	size_t size; /* of this mapping */
	struct pip_slot self;  /* the root's */
	struct pip_slot slots[];
};

/*
 * The caller's slot: root->self in the root, one of root->slots in a task,
 * NULL when PiP is not initialised.
 */
PIP_HIDDEN extern struct pip_slot *pip_self;

/*
 * This copy of libpip's malloc() and free() are now those of owner, or, with
 * NULL, of nobody in particular; see alloc.c.  A child made by fork() changes
 * nothing: it still has blocks of all tasks.
 */
PIP_HIDDEN void alloc_set_owner(struct pip_slot *owner);

/* Is the caller a task, as far as its auxiliary vector says? */
PIP_HIDDEN struct pip_slot *pip_slot_from_auxv(void);

/* In a child made by fork(): it has a copy of the address space, is neither
 * task nor root, and may become a root of its own. */
PIP_HIDDEN void slot_forget(void);

static inline bool root_is_threaded(const struct pip_root *root)
{
	return root->mode == PIP_TABLE_MODE_THREAD;
}

/* The caller's own context, as far as pip_yield() needs it: in one cache line,
 * which each of a thousand tasks has for itself.  NULL as pip_self. */
PIP_HIDDEN extern struct blt *blt_own;
PIP_HIDDEN extern struct pip_root *blt_own_root;

/* The kernel thread of that PIPID. */
static inline struct blt_kernel *blt_kernel_of(struct pip_root *root, int pipid)
{
	return __builtin_expect(pipid == PIP_PIPID_ROOT, 0) ?
		       &root->self.kernel :
		       &root->slots[pipid].kernel;
}

/* The slot that a context belongs to. */
static inline struct pip_slot *blt_slot(const struct blt *blt)
{
	struct pip_root *root = pip_self->root;
	size_t offset = (size_t)((const char *)blt - (const char *)root->table) -
			sizeof(struct pip_table_header);
	size_t index = offset / sizeof(struct pip_table_entry);

	return index == 0 ? &root->self : &root->slots[index - 1];
}

/* The caller's context; NULL: it is not a task's first thread. */
static inline struct blt *blt_current(void)
{
	struct blt *blt = blt_own;

	return blt != NULL &&
			       blt->thread_pointer == arch_read_thread_pointer() ?
		       blt :
		       NULL;
}

/* The kernel thread of the domain that a context is in. */
static inline struct blt_kernel *blt_domain(const struct blt *blt)
{
	return blt_kernel_of(blt_own_root, blt->domain);
}

static inline bool slot_is_root(const struct pip_slot *slot)
{
	return slot->pipid == PIP_PIPID_ROOT;
}

/* One more of what the caller counts; the only writer is the caller. */
static inline void slot_count(struct pip_slot *slot, enum pip_table_counter what)
{
	uint64_t *counter = &slot->entry->counters[what];

	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + 1,
			 __ATOMIC_RELAXED);
}

/*
 * Check a PIPID that a caller gave and find its slot.  MYSELF and ROOT are
 * accepted.  api is 2 or 3: they name other negative numbers differently.
 * Errors: EPERM, EINVAL, ERANGE.
 */
PIP_HIDDEN PIP_CHECKED int slot_check_pipid(int pipid, int api,
					    struct pip_slot **slotp);

#endif
