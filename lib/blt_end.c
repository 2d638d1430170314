/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a task whose context, or kernel thread, others have to do with. */
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "arch.h"
#include "blt_crash.h"
#include "blt_ring.h"
#include "root.h"
#include "thread_mode.h"

/* Between two looks whether the domain is empty: what is suspended may be
 * resumed in another one without a word. */
#define LOOK_NS (2l * 1000 * 1000)

/* By then whoever was giving a context to one who has ended has found out. */
#define IN_BETWEEN_NS (10l * 1000 * 1000)

/* How long the end of a task waits until its context, which another kernel
 * thread runs, has been stopped: a second. */
#define STOP_PAUSE_NS (2l * 1000 * 1000)
#define STOP_LOOKS 500

static bool is_member(struct pip_slot *slot, const struct blt_kernel *kernel)
{
	return &slot->kernel != kernel &&
	       (slot_is_root(slot) ||
		atomic_load(&slot->state) == SLOT_LIVE) &&
	       blt_domain(blt_of_slot(slot)) == kernel &&
	       !atomic_load(&slot->blt.dead);
}

static bool has_members(struct pip_slot *self)
{
	for (int i = 0; i < self->root->ntasks; i++)
		if (is_member(&self->root->slots[i], &self->kernel))
			return true;
	return is_member(&self->root->self, &self->kernel);
}

void blt_end(void)
{
	struct blt *blt = blt_current();
	struct pip_slot *self = pip_self;
	pip_task_t *empty = NULL;

	/* A child made by vfork() has another thread ID. */
	if (blt == NULL ||
	    (pid_t)arch_syscall1(SYS_gettid, 0) != blt->kthread)
		return;
	/* Nobody's context has ever left home.  The first must not come to
	 * where nobody will run it. */
	if (!atomic_load(&self->root->has_ulps) &&
	    atomic_compare_exchange_strong(&self->kernel.inbox, &empty,
					   BLT_CLOSED))
		return;
	(void)pip_couple();
	if (slot_is_root(self)) /* with it all tasks end */
		return;
	while (atomic_load(&self->kernel.inbox) != BLT_CLOSED) {
		empty = NULL;
		/* After that nobody can come in. */
		if (blt_is_alone(blt) && !has_members(self) &&
		    atomic_compare_exchange_strong(&self->kernel.inbox, &empty,
						   BLT_CLOSED))
			break;
		blt_pause(LOOK_NS);
	}
}

/* Its kernel thread is gone: where should it run? */
static void rescue(struct blt *blt)
{
	struct pip_slot *slot = blt_slot(blt);

	blt_set_domain(blt, &slot->kernel);
	blt_set_state(blt, PIP_BLT_READY);
	(void)blt_kernel_give(&slot->kernel, blt);
}

void blt_kill(struct pip_slot *slot)
{
	if (root_is_threaded(slot->root)) /* it has no process of its own */
		thread_mode_kill(slot, SIGKILL);
	else
		arch_syscall2(SYS_kill, slot->entry->pid, SIGKILL);
}

/* The kernel thread that ran it was killed, and with it went its registers:
 * its stack pointer was not stored. */
static void give_up(struct pip_slot *slot)
{
	atomic_store(&slot->blt.dead, 1);
	atomic_store(&slot->blt.on_cpu, 0);
	blt_kill(slot);
}

/* On the ring of a kernel thread that was killed. */
static void rescue_from_ring(struct pip_slot *slot)
{
	struct blt *blt = blt_of_slot(slot);

	atomic_store(&slot->blt.ring, NULL);
	if (blt->stack_pointer == 0) {
		/* First: its end would wait for it to be dropped. */
		atomic_store(&slot->blt.abroad, 0);
		give_up(slot);
		return;
	}
	atomic_store(&slot->blt.on_cpu, 0);
	rescue(blt);
}

/* It was about to leave that kernel thread; others have it, or will. */
static void finish_leaving(struct pip_slot *slot)
{
	if (blt_of_slot(slot)->stack_pointer == 0)
		give_up(slot);
	else
		atomic_store(&slot->blt.on_cpu, 0);
}

/* It had been taken out of the inbox, and not yet been put on the ring; or
 * somebody is about to give it to us, which will fail. */
static bool is_in_between(struct pip_slot *slot, struct pip_slot *ended)
{
	return is_member(slot, &ended->kernel) &&
	       atomic_load(&slot->blt.ring) == NULL &&
	       atomic_load(&blt_of_slot(slot)->state) == PIP_BLT_READY;
}

static void rescue_slot(struct pip_slot *slot, struct pip_slot *ended)
{
	struct blt *blt = blt_of_slot(slot);
	struct timespec pause = { 0, IN_BETWEEN_NS };

	if (slot == ended)
		return;
	if (blt_is_on_ring(blt, &ended->kernel)) {
		rescue_from_ring(slot);
		return;
	}
	if (atomic_load(&slot->blt.ring) == NULL &&
	    atomic_load(&slot->blt.left) == &ended->kernel &&
	    atomic_load(&slot->blt.on_cpu) != 0)
		finish_leaving(slot);
	if (is_member(slot, &ended->kernel) &&
	    atomic_load(&blt->state) == PIP_BLT_SUSPENDED)
		blt_set_domain(blt, &slot->kernel);
	if (!is_in_between(slot, ended))
		return;
	arch_syscall2(SYS_nanosleep, &pause, NULL);
	if (is_in_between(slot, ended))
		rescue(blt);
}

static void rescue_domain(struct pip_slot *ended)
{
	struct pip_root *root = ended->root;
	pip_task_t *arrived = atomic_exchange(&ended->kernel.inbox, BLT_CLOSED);

	while (arrived != NULL && arrived != BLT_CLOSED) {
		struct blt *blt = blt_of_handle(arrived);

		arrived = arrived->next;
		if (blt != blt_of_slot(ended))
			rescue(blt);
	}
	rescue_slot(&root->self, ended);
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) == SLOT_LIVE)
			rescue_slot(&root->slots[i], ended);
}

void blt_stop_ghost(struct pip_slot *slot)
{
	atomic_store(&slot->blt.dead, 1);
	blt_crash_kick(blt_of_slot(slot));
}

/* Whoever comes across it drops it; pip_yield() sees that in the state.
 * Returns the state that it was in. */
static uint32_t mark_dead(struct pip_slot *slot)
{
	uint32_t state = PIP_BLT_READY;

	atomic_store(&slot->blt.dead, 1);
	atomic_compare_exchange_strong(&blt_of_slot(slot)->state, &state,
				       PIP_BLT_DEAD);
	return state;
}

void blt_stop_abroad(struct pip_slot *slot)
{
	struct blt *blt = blt_of_slot(slot);
	struct timespec pause = { 0, STOP_PAUSE_NS };

	if (!atomic_load(&slot->root->has_ulps))
		return;
	for (int i = 0; i < STOP_LOOKS; i++) {
		if (atomic_load(&slot->blt.abroad) == 0 ||
		    blt_domain(blt) == &slot->kernel ||
		    atomic_load(&blt->state) == PIP_BLT_SUSPENDED)
			return;
		if (mark_dead(slot) == PIP_BLT_DECOUPLED)
			blt_crash_kick(blt);
		arch_syscall2(SYS_nanosleep, &pause, NULL);
	}
}

/* On the ring of the kernel thread that collects it: it need not wait until
 * that one comes across it, and the slot can be used again at once. */
static bool drop_from_own_ring(struct blt *blt)
{
	struct blt *self = blt_current();
	struct blt_more *more = &blt_slot(blt)->blt;

	if (self == NULL || !blt_is_on_ring(blt, blt_domain(self)))
		return false;
	blt_kernel_unlink(blt_domain(self), blt);
	atomic_store(&more->on_cpu, 0);
	atomic_store(&more->abroad, 0);
	return true;
}

void blt_bury(struct pip_slot *slot)
{
	struct blt *blt = blt_of_slot(slot);
	struct blt_more *more = &slot->blt;

	if (!atomic_load(&slot->root->has_blts))
		return;
	if (atomic_load(&more->abroad)) {
		uint32_t before = mark_dead(slot);

		if (drop_from_own_ring(blt))
			;
		else if (blt_domain(blt) != &slot->kernel)
			blt_crash_kick(blt);
		else if (atomic_load(&more->ring) == NULL &&
			 (before == PIP_BLT_READY || before == PIP_BLT_DEAD))
			/* On its way home, where nobody is. */
			atomic_store(&more->abroad, 0);
	}
	rescue_domain(slot);
}

bool blt_is_forgotten(const struct pip_slot *slot)
{
	return atomic_load(&slot->blt.abroad) == 0;
}
