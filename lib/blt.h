/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bi-level threads: user contexts, and the kernel threads that run them.
 *
 * Each slot has one of either.  A kernel thread runs the contexts of its
 * domain, which are on its ring, in turn; contexts that come from other kernel
 * threads arrive in its inbox.  The ring is touched by its kernel thread only,
 * so that pip_yield() needs neither lock nor atomic operation.
 *
 * What a switch needs of a context is one cache line, and that is the one in
 * the task table; the rest is in its slot.
 *
 * A context that leaves its kernel thread can be given to another one before
 * its stack is left.  on_cpu says so (as in the Linux scheduler): who takes it
 * in waits until it is 0.  The instructions between that and the jump away must
 * not be the leaving task's own, whose memory may be gone by then: they are the
 * root's copy of arch_switch(), root->leave.
 */
#ifndef PIP_BLT_PRIVATE_H
#define PIP_BLT_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <pip/pip.h>
#include <pip/pip_table.h>

#include "kernel_signal.h"

struct pip_slot;
struct pip_root;
struct blt_kernel;
struct pip_ring;

/* A user context: struct pip_table_entry from blt_state on. */
struct blt {
	_Atomic uint32_t state; /* enum pip_table_blt_state */
	int32_t kthread;
	uint64_t waits_on;
	uint64_t stack_pointer; /* 0 while it runs */
	uint64_t pc;
	uint64_t thread_pointer;
	int32_t domain; /* PIPID of the kernel thread that runs it, or will */
	int32_t pipid;
	pip_task_t node; /* the handle; links of the ring, inbox or queue */
};
_Static_assert(sizeof(struct blt) == 64, "one cache line");
_Static_assert(offsetof(struct blt, stack_pointer) ==
		       offsetof(struct pip_table_entry, blt_sp) -
			       offsetof(struct pip_table_entry, blt_state),
	       "ABI");
_Static_assert(offsetof(struct blt, node) ==
		       offsetof(struct pip_table_entry, blt_links) -
			       offsetof(struct pip_table_entry, blt_state),
	       "ABI");

/* More about a context, in its slot. */
struct blt_more {
	_Atomic uint32_t on_cpu; /* on a ring, or its stack is in use */
	_Atomic uint32_t abroad; /* others may hold it in a ring or queue */
	_Atomic uint32_t dead;   /* its process has ended: never run it again */
	/* Whose ring it is on, NULL: none.  Each kernel thread writes it of those
	 * on its own ring only, so that it can trust what it reads there. */
	_Atomic(struct blt_kernel *) ring;
	/* Whose ring it was on last: its stack is in use there while on_cpu. */
	_Atomic(struct blt_kernel *) left;
	bool inactive;           /* to be suspended before main */
	/* Where it was before the last couple; generation 0: nowhere. */
	int32_t domain_before;
	uint64_t generation_before;
	long nap_ns; /* how long the next nap is */
	uint64_t code_low, code_high; /* its copy of libpip */
	void *signal_frame; /* memory for a crash, see blt_crash.c */
	size_t signal_frame_size;
	uint64_t crash_pc; /* an exception there was recorded; 0: none, 1: the
			    * signal was sent again */
};

#define BLT_CRASH_SIGNALS 7

/* A kernel thread, as a scheduler. */
struct blt_kernel {
	/* What others write. */
	_Alignas(64) _Atomic(pip_task_t *) inbox; /* newest first */
	_Atomic uint32_t asleep; /* a futex: 1 = wake it after a push */
	/* What it alone writes. */
	_Alignas(64) struct blt *cursor; /* runs now, or next; NULL: none */
	struct blt *own;                 /* its task's context */
	struct blt *nappers;   /* off the ring, to be run again soon */
	long nap_ns;           /* how soon */
	struct blt_kernel *to_wake; /* by the idle context, NULL: none */
	_Atomic uint32_t ignored; /* an on_cpu for those that stay */
	uint32_t policy;          /* PIP_SYNC_* */
	uint32_t misses; /* waits in a row that looking was in vain for */
	struct pip_ring *ring;    /* of the flight recorder, or NULL */
	uint64_t idle_stack_pointer;
	uint64_t idle_thread_pointer;
	void *idle_memory; /* NULL: it has no idle context yet */
	pid_t tid;
	/* For crashes of contexts that are not its own, blt_crash.c. */
	bool has_handlers;
	bool has_actions; /* before[] is valid */
	void *signal_stack;
	struct kernel_sigaction before[BLT_CRASH_SIGNALS];
	uint64_t abandoned_stack_pointer; /* where one goes that has none */
};

/* The inbox of a kernel thread that takes nothing. */
#define BLT_CLOSED ((pip_task_t *)1)

typedef int (*blt_switch_function)(uint64_t *, uint64_t *, uint64_t,
				   _Atomic uint32_t *);

static inline struct blt *blt_of_entry(struct pip_table_entry *entry)
{
	return (struct blt *)&entry->blt_state;
}

static inline pip_task_t *blt_handle(struct blt *blt)
{
	return &blt->node;
}

static inline struct blt *blt_of_handle(pip_task_t *handle)
{
	return (struct blt *)((char *)handle - offsetof(struct blt, node));
}

static inline struct blt *blt_next(const struct blt *blt)
{
	return blt_of_handle(blt->node.next);
}

static inline bool blt_is_alone(const struct blt *blt)
{
	return blt->node.next == &blt->node;
}

/* It runs on that kernel thread now. */
static inline void blt_set_running(struct blt *blt, struct blt_kernel *kernel)
{
	atomic_store_explicit(&blt->state,
			      blt == kernel->own ? PIP_BLT_COUPLED :
						   PIP_BLT_DECOUPLED,
			      memory_order_relaxed);
}

static inline void blt_set_state(struct blt *blt,
				 enum pip_table_blt_state state)
{
	atomic_store_explicit(&blt->state, state, memory_order_relaxed);
}

/* That of a slot; root.h has the other way round, and whose kernel thread runs
 * it. */
__attribute__((visibility("hidden"))) struct blt *
blt_of_slot(struct pip_slot *slot);
__attribute__((visibility("hidden"))) struct pip_slot *
blt_kernel_slot(struct blt_kernel *kernel);

/* --- blt_kernel.c: kernel threads --- */

/* At a spawn (and for the root): a context that runs on its own kernel
 * thread, which takes nothing in. */
__attribute__((visibility("hidden"))) void
blt_renew(struct pip_slot *slot, uint32_t policy, bool inactive);

/* In the kernel thread: it takes others in from now on. */
__attribute__((visibility("hidden"))) void blt_open(struct pip_slot *slot);

/* Give a context to a kernel thread.  EBUSY: it takes nothing in. */
__attribute__((visibility("hidden"))) int
blt_kernel_give(struct blt_kernel *kernel, struct blt *blt);

/* The same in two steps, for who gives itself away and leaves in between: else
 * a kernel thread on the same CPU would wake up to wait until it has left. */
__attribute__((visibility("hidden"))) int
blt_kernel_post(struct blt_kernel *kernel, struct blt *blt);
__attribute__((visibility("hidden"))) void
blt_kernel_wake(struct blt_kernel *kernel);

/* In the kernel thread: put what has arrived on the ring.  self: the context
 * that is running, or leaving; NULL: the idle one. */
__attribute__((visibility("hidden"))) void
blt_kernel_take_in(struct blt_kernel *kernel, struct blt *self);

/* In the kernel thread: put those who nap on the ring. */
__attribute__((visibility("hidden"))) void
blt_kernel_end_naps(struct blt_kernel *kernel);

/* In the kernel thread: the context to run now, dead ones dropped; NULL: there
 * is none.  self: as above. */
__attribute__((visibility("hidden"))) struct blt *
blt_kernel_pick(struct blt_kernel *kernel, struct blt *self);

/* Has something arrived? */
__attribute__((visibility("hidden"))) bool
blt_kernel_has_mail(struct blt_kernel *kernel);

/* In the kernel thread: wait until something arrives, for timeout_ns at most
 * (0: for ever), as its policy says.  Uses nothing thread-local. */
__attribute__((visibility("hidden"))) void
blt_kernel_wait(struct blt_kernel *kernel, long timeout_ns);

/* --- blt_idle.c --- */

/* In the own kernel thread, before its context leaves: make the idle context.
 * ENOMEM. */
__attribute__((visibility("hidden"), warn_unused_result)) int
blt_kernel_prepare(struct pip_slot *slot);

/* Of the root, at its end.  Its context is at home. */
__attribute__((visibility("hidden"))) void
blt_kernel_finish(struct blt_kernel *kernel);

/* --- blt.c: contexts --- */

/* A context that is not running is to run there from now on. */
__attribute__((visibility("hidden"))) void
blt_set_domain(struct blt *blt, struct blt_kernel *kernel);

/* For pip_decouple(NULL): it is about to leave this domain for home. */
__attribute__((visibility("hidden"))) void
blt_remember_domain(struct blt *blt);

/* Run others, never to come back: *left becomes 0 when that has begun. */
__attribute__((visibility("hidden"))) void
blt_leave_for_good(struct blt_kernel *kernel, _Atomic uint32_t *left);

/* The running context is about to wait for object: not runnable from here.
 * After it, the caller puts it where others find it, and calls blt_leave(). */
__attribute__((visibility("hidden"))) void
blt_begin_suspend(struct blt *blt, const volatile void *object);

/* Before the running context is suspended.  ENOMEM. */
__attribute__((visibility("hidden"), warn_unused_result)) int
blt_prepare_suspend(struct blt *blt);

/* Make a suspended context runnable in a domain, NULL: the one that it is in.
 * EBUSY: it takes nothing.  ESRCH: the task has ended, and is dropped. */
__attribute__((visibility("hidden"))) int
blt_make_ready(struct blt *blt, struct blt_kernel *kernel);

/* Let others of the domain run; if there are none, sleep until one arrives,
 * for timeout_ns at most. */
__attribute__((visibility("hidden"))) void blt_pause(long timeout_ns);

/*
 * The same for a context that waits for what is neither a context nor mail,
 * and has to look itself whether that has come to pass: it is off the ring for
 * timeout_ns, or for as long as the others have much to do.  object: for the
 * table.
 */
__attribute__((visibility("hidden"))) void
blt_nap(long timeout_ns, const volatile void *object);

/*
 * The same for who is about to sleep in the kernel, and looks again and again:
 * naps that get longer.  False: the caller's kernel thread has nobody else to
 * run, so sleep.
 */
__attribute__((visibility("hidden"))) bool
blt_nap_instead(const volatile void *object);
__attribute__((visibility("hidden"))) void blt_begin_naps(void);

/* Of a BLT that is spawned INACTIVE: wait, before main, to be resumed. */
__attribute__((visibility("hidden"))) void blt_start_inactive(void);

/* PIP_SYNC_* of opts and the environment.  EINVAL. */
__attribute__((visibility("hidden"), warn_unused_result)) int
blt_policy(uint32_t opts, uint32_t otherwise, uint32_t *policy);

/* --- blt_end.c --- */

/* The caller's program ends: come home, and let the domain's others end. */
__attribute__((visibility("hidden"))) void blt_end(void);

/* SIGKILL to its process; in thread mode, the same to the task. */
__attribute__((visibility("hidden"))) void blt_kill(struct pip_slot *slot);

/* Its process has ended while its context runs elsewhere. */
__attribute__((visibility("hidden"))) void
blt_stop_ghost(struct pip_slot *slot);

/* Thread mode: the task ends.  Nobody but itself would stop its context where
 * that runs on another kernel thread; there is no guardian, and that thread may
 * be the root's, which alone could find out. */
__attribute__((visibility("hidden"))) void
blt_stop_abroad(struct pip_slot *slot);

/* A task has ended, in whatever way: it is dropped from rings, and contexts
 * of its domain go home.  By who has collected it. */
__attribute__((visibility("hidden"))) void blt_bury(struct pip_slot *slot);

/* Can the slot be used again: does nobody hold the handle of its last task? */
__attribute__((visibility("hidden"))) bool
blt_is_forgotten(const struct pip_slot *slot);

#endif
