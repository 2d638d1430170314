/* SPDX-License-Identifier: BSD-2-Clause */
/* User contexts: where they run, and how they come and go. */
#include "blt.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "arch.h"
#include "blt_ring.h"
#include "futex.h"
#include "message.h"
#include "plugin.h"
#include "probe.h"
#include "table.h"

/* Naps begin with the first, and get twice as long up to the second. */
#define NAP_MIN_NS (30l * 1000)
#define NAP_MAX_NS (500l * 1000)

static const volatile uint32_t recorder_off = PIP_RECORDER_OFF;

/* What pip_yield() and arch_switch() look at, in one cache line, which each of a
 * thousand tasks has for itself.  It is the section that is aligned: compilers
 * put variables into it in whatever order. */
#define IN_ONE_LINE __attribute__((section(".data.pip_own")))
__asm__(".pushsection .data.pip_own, \"aw\"; .balign 64; .popsection");
struct blt *blt_own IN_ONE_LINE = NULL;
struct pip_root *blt_own_root IN_ONE_LINE = NULL;
bool arch_has_fsgsbase IN_ONE_LINE = false; /* arch.h */
const volatile uint32_t *recorder_switch IN_ONE_LINE = &recorder_off;
bool plugin_has_hooks IN_ONE_LINE = false; /* plugin.h */

void recorder_close(void)
{
	recorder_switch = &recorder_off;
}

void blt_set_domain(struct blt *blt, struct blt_kernel *kernel)
{
	if (kernel->own != blt)
		atomic_store_explicit(&pip_self->root->has_ulps, true,
				      memory_order_relaxed);
	blt->domain = blt_kernel_slot(kernel)->pipid;
	blt->kthread = kernel->tid;
}

void blt_leave_for_good(struct blt_kernel *kernel, _Atomic uint32_t *left)
{
	struct blt *next = blt_kernel_pick(kernel, NULL);
	uint64_t *stack_pointer, thread_pointer;

	blt_choose_next(kernel, next, &stack_pointer, &thread_pointer);
	probe_switch(kernel, PIP_PIPID_NULL,
		     next != NULL ? next->pipid : PIP_PIPID_NULL);
	pip_self->root->leave(&kernel->abandoned_stack_pointer, stack_pointer,
			      thread_pointer, left);
}

int blt_prepare_suspend(struct blt *blt)
{
	/* In another domain, its kernel thread has done so long since. */
	return blt_domain(blt) == &pip_self->kernel ?
		       blt_kernel_prepare(pip_self) :
		       0;
}

void blt_begin_suspend(struct blt *blt, const volatile void *object)
{
	struct pip_slot *slot = blt_slot(blt);

	slot_count(slot, PIP_COUNT_SUSPENDS);
	blt_kernel_unlink(blt_domain(blt), blt);
	atomic_store_explicit(&slot->blt.abroad, 1, memory_order_relaxed);
	blt->waits_on = (uint64_t)object;
	blt_set_state(blt, PIP_BLT_SUSPENDED);
	probe_suspend(blt_domain(blt), blt->pipid, object);
}

/* Put it on the ring at once, if that is the caller's own; else into an
 * inbox. */
static int hand_over(struct blt *blt, struct blt_kernel *kernel)
{
	struct blt *self = blt_current();

	if (self == NULL || blt_domain(self) != kernel ||
	    !blt_is_on_ring(self, kernel) ||
	    atomic_load_explicit(&blt_slot(blt)->blt.on_cpu,
				 memory_order_acquire) != 0)
		return blt_kernel_give(kernel, blt);
	blt_kernel_link(kernel, blt);
	return 0;
}

int blt_make_ready(struct blt *blt, struct blt_kernel *kernel)
{
	struct blt_more *more = &blt_slot(blt)->blt;
	struct blt_kernel *before = blt_domain(blt);
	uint64_t waits_on = blt->waits_on;
	int error;

	if (atomic_load(&more->dead)) {
		atomic_store(&more->on_cpu, 0);
		atomic_store(&more->abroad, 0);
		return ESRCH;
	}
	if (kernel == NULL)
		kernel = before;
	else if (kernel != before)
		blt_set_domain(blt, kernel);
	blt->waits_on = 0;
	blt_set_state(blt, PIP_BLT_READY);
	probe_resume(blt->pipid, blt->domain);
	error = hand_over(blt, kernel);
	if (error != 0 && kernel == before) {
		/* Its scheduler was killed meanwhile. */
		blt_set_domain(blt, &blt_slot(blt)->kernel);
		error = hand_over(blt, &blt_slot(blt)->kernel);
	}
	if (error == 0) {
		slot_count(pip_self, PIP_COUNT_RESUMES);
		return 0;
	}
	blt_set_domain(blt, before);
	blt->waits_on = waits_on;
	blt_set_state(blt, PIP_BLT_SUSPENDED);
	return error;
}

void blt_remember_domain(struct blt *blt)
{
	struct blt_more *more = &blt_slot(blt)->blt;

	more->domain_before = blt->domain;
	more->generation_before =
		blt_kernel_slot(blt_domain(blt))->entry->generation;
}

static __attribute__((noinline)) void raise_domain(pip_event_t event,
						   int32_t domain)
{
	pip_event_data_t data = { .domain.pipid = domain };

	plugin_raise(event, &data);
}

int pip_couple(void)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel, *home;
	struct blt_more *more;

	if (blt == NULL)
		return EPERM;
	kernel = blt_domain(blt);
	home = &pip_self->kernel;
	more = &pip_self->blt;
	if (kernel == home)
		return EBUSY;
	if (plugin_is_active()) {
		raise_domain(PIP_PLUGIN_EVENT_COUPLE, blt->domain);
		kernel = blt_domain(blt);
		if (kernel == home) /* a hook has done it */
			return 0;
	}
	slot_count(pip_self, PIP_COUNT_COUPLES);
	probe_couple_begin(blt->pipid, blt->domain);
	blt_kernel_unlink(kernel, blt);
	blt_remember_domain(blt);
	blt_set_domain(blt, home);
	blt_set_state(blt, PIP_BLT_READY);
	/* Its process closes it; or has been killed, and nobody is at home. */
	if (blt_kernel_post(home, blt) != 0)
		blt_leave_for_good(kernel, &more->abroad);
	blt_leave_for(kernel, blt, home);
	probe_couple_end(blt->pipid);
	if (plugin_is_active())
		raise_domain(PIP_PLUGIN_EVENT_COUPLED, more->domain_before);
	return 0;
}

/* The domain that pip_decouple() is to go to; NULL: it must not. */
static struct blt_kernel *destination(struct blt *blt, pip_task_t *sched)
{
	struct blt_more *more = &pip_self->blt;
	struct blt_kernel *home = &pip_self->kernel, *to;

	if (blt_domain(blt) != home)
		return NULL;
	if (sched != NULL)
		to = &blt_slot(blt_of_handle(sched))->kernel;
	else if (more->generation_before != 0)
		to = blt_kernel_of(pip_self->root, more->domain_before);
	else
		return NULL;
	return to != home ? to : NULL;
}

int pip_decouple(pip_task_t *sched)
{
	struct blt *blt = blt_current();
	struct blt_kernel *home, *to;
	int error;

	to = blt != NULL ? destination(blt, sched) : NULL;
	if (to == NULL)
		return EPERM;
	home = &pip_self->kernel;
	error = blt_kernel_prepare(pip_self);
	if (error != 0)
		return error;
	if (plugin_is_active()) {
		raise_domain(PIP_PLUGIN_EVENT_DECOUPLE,
			     blt_kernel_slot(to)->pipid);
		if (blt_domain(blt) != home)
			return 0;
	}
	/* Perhaps another task has its PIPID now. */
	if (sched == NULL && blt_kernel_slot(to)->entry->generation !=
				     pip_self->blt.generation_before)
		return EBUSY;
	probe_decouple_begin(blt->pipid, blt_kernel_slot(to)->pipid);
	blt_kernel_unlink(home, blt);
	atomic_store_explicit(&pip_self->blt.abroad, 1, memory_order_relaxed);
	blt_set_domain(blt, to);
	blt_set_state(blt, PIP_BLT_READY);
	error = blt_kernel_post(to, blt);
	if (error != 0) {
		blt_set_domain(blt, home);
		blt_kernel_link(home, blt);
		home->cursor = blt;
		blt_set_state(blt, PIP_BLT_COUPLED);
		return error;
	}
	slot_count(pip_self, PIP_COUNT_DECOUPLES);
	blt_leave_for(home, blt, to);
	probe_decouple_end(blt->pipid, blt->domain);
	if (plugin_is_active())
		raise_domain(PIP_PLUGIN_EVENT_DECOUPLED, blt->domain);
	return 0;
}

void blt_begin_naps(void)
{
	if (pip_self != NULL)
		pip_self->blt.nap_ns = NAP_MIN_NS;
}

bool blt_nap_instead(const volatile void *object)
{
	struct blt_more *more = &pip_self->blt;

	/* Who sleeps in the kernel before the first one comes does not see it
	 * come. */
	if (blt_current() == NULL ||
	    (!atomic_load(&pip_self->root->has_ulps) &&
	     !atomic_load(&pip_self->root->expects_ulps)))
		return false;
	if (more->nap_ns < NAP_MIN_NS)
		more->nap_ns = NAP_MIN_NS;
	blt_nap(more->nap_ns, object);
	if (more->nap_ns < NAP_MAX_NS)
		more->nap_ns *= 2;
	return true;
}

void blt_pause(long timeout_ns)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel = blt_domain(blt);

	if (atomic_load(&pip_self->blt.dead) && kernel != &pip_self->kernel) {
		blt_kernel_unlink(kernel, blt);
		blt_leave_for_good(kernel, &pip_self->blt.abroad);
	}
	if (pip_yield(PIP_YIELD_USER) != EINTR)
		blt_kernel_wait(kernel, timeout_ns);
}

void blt_nap(long timeout_ns, const volatile void *object)
{
	struct blt *blt = blt_current();
	struct blt_kernel *kernel = blt_domain(blt);

	if (atomic_load(&pip_self->blt.dead) ||
	    blt_prepare_suspend(blt) != 0) {
		blt_pause(timeout_ns);
		return;
	}
	blt_begin_suspend(blt, object);
	blt->node.next = (pip_task_t *)kernel->nappers;
	kernel->nappers = blt;
	if (kernel->nap_ns == 0 || timeout_ns < kernel->nap_ns)
		kernel->nap_ns = timeout_ns;
	blt_leave(kernel, blt);
}

void blt_start_inactive(void)
{
	struct pip_slot *self = pip_self;
	struct blt *blt = blt_of_slot(self);

	if (blt_kernel_prepare(self) != 0) {
		error_message("no memory for the idle context");
		_exit(127);
	}
	blt_begin_suspend(blt, NULL);
	atomic_store(&self->loaded, LOADED_SUSPENDED);
	futex_wake(&self->loaded, 1);
	blt_leave(&self->kernel, blt);
}

int blt_policy(uint32_t opts, uint32_t otherwise, uint32_t *policy)
{
	static const struct {
		const char *name;
		uint32_t policy;
	} names[] = {
		{ PIP_ENV_SYNC_AUTO, PIP_SYNC_AUTO },
		{ PIP_ENV_SYNC_BUSY, PIP_SYNC_BUSYWAIT },
		{ PIP_ENV_SYNC_BUSYWAIT, PIP_SYNC_BUSYWAIT },
		{ PIP_ENV_SYNC_YIELD, PIP_SYNC_YIELD },
		{ PIP_ENV_SYNC_BLOCK, PIP_SYNC_BLOCKING },
		{ PIP_ENV_SYNC_BLOCKING, PIP_SYNC_BLOCKING },
	};
	const char *text = otherwise == 0 ? getenv(PIP_ENV_SYNC) : NULL;

	opts &= PIP_SYNC_MASK;
	if (__builtin_popcount(opts) > 1)
		return EINVAL;
	*policy = opts != 0	 ? opts :
		  otherwise != 0 ? otherwise :
				   PIP_SYNC_AUTO;
	if (opts != 0 || text == NULL || *text == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcasecmp(text, names[i].name) == 0) {
			*policy = names[i].policy;
			return 0;
		}
	return EINVAL;
}
