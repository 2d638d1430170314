/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ring of a kernel thread, which that one alone touches, and leaving it.
 * Inline: each context that waits for something does that and comes back.
 */
#ifndef PIP_BLT_RING_H
#define PIP_BLT_RING_H

#include "blt_crash.h"
#include "probe.h"

/* Put one on it, as the last one. */
static inline void blt_kernel_link(struct blt_kernel *kernel, struct blt *blt)
{
	struct blt_more *more = &blt_slot(blt)->blt;
	struct blt *cursor = kernel->cursor;

	atomic_store_explicit(&more->on_cpu, 1, memory_order_relaxed);
	atomic_store_explicit(&more->ring, kernel, memory_order_relaxed);
	if (blt == kernel->own)
		atomic_store_explicit(&more->abroad, 0, memory_order_relaxed);
	else if (!kernel->has_handlers)
		blt_crash_prepare(kernel);
	probe_ready(kernel, blt->pipid, blt->domain);
	if (cursor == NULL) {
		blt->node.next = blt->node.prev = &blt->node;
		kernel->cursor = blt;
		return;
	}
	blt->node.next = &cursor->node;
	blt->node.prev = cursor->node.prev;
	cursor->node.prev->next = &blt->node;
	cursor->node.prev = &blt->node;
}

/* Take the running context, or another one, off it. */
static inline void blt_kernel_unlink(struct blt_kernel *kernel, struct blt *blt)
{
	if (blt_is_alone(blt)) {
		kernel->cursor = NULL;
	} else {
		if (kernel->cursor == blt)
			kernel->cursor = blt_next(blt);
		blt->node.next->prev = blt->node.prev;
		blt->node.prev->next = blt->node.next;
	}
	atomic_store_explicit(&blt_slot(blt)->blt.left, kernel,
			      memory_order_relaxed);
	atomic_store_explicit(&blt_slot(blt)->blt.ring, NULL,
			      memory_order_relaxed);
}

/* Is it on this one's? */
static inline bool blt_is_on_ring(const struct blt *blt,
				  const struct blt_kernel *kernel)
{
	return atomic_load_explicit(&blt_slot(blt)->blt.ring,
				    memory_order_relaxed) == kernel;
}

/* The registers of who runs next, in a way. */
static inline void blt_choose_next(struct blt_kernel *kernel, struct blt *next,
			uint64_t **stack_pointer, uint64_t *thread_pointer)
{
	if (next != NULL) {
		blt_set_running(next, kernel);
		*stack_pointer = &next->stack_pointer;
		*thread_pointer = next->thread_pointer;
	} else {
		*stack_pointer = &kernel->idle_stack_pointer;
		*thread_pointer = kernel->idle_thread_pointer;
	}
}

/*
 * Run others on this kernel thread.  The caller has taken blt off the ring,
 * set its state, and made it known to whom it goes: with blt_kernel_post() to
 * another kernel thread, which is woken (to; NULL: none).  Returns when it runs
 * again, here or elsewhere; 0.  Inline, since each return after a switch goes
 * where the CPU does not expect it.
 */
static inline int blt_leave_for(struct blt_kernel *kernel, struct blt *blt,
				struct blt_kernel *to)
{
	struct blt *next = blt_kernel_pick(kernel, blt);
	struct pip_slot *slot = blt_slot(blt);
	uint64_t *stack_pointer, thread_pointer;

	slot_count(slot, PIP_COUNT_SWITCHES);
	if (to != NULL && next == NULL)
		kernel->to_wake = to;
	else if (to != NULL)
		blt_kernel_wake(to);
	if (next == blt) { /* it came back before it had left */
		blt_set_running(blt, kernel);
		return 0;
	}
	blt_choose_next(kernel, next, &stack_pointer, &thread_pointer);
	probe_switch(kernel, blt->pipid,
		     next != NULL ? next->pipid : PIP_PIPID_NULL);
	slot->root->leave(&blt->stack_pointer, stack_pointer, thread_pointer,
			  blt_is_on_ring(blt, kernel) ? &kernel->ignored :
							&slot->blt.on_cpu);
	return 0;
}

static inline int blt_leave(struct blt_kernel *kernel, struct blt *blt)
{
	return blt_leave_for(kernel, blt, NULL);
}

#endif
