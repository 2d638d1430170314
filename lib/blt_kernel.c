/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kernel threads that run user contexts: inbox, ring and waiting.
 *
 * Nothing here uses errno or another thread-local variable: it is also called
 * by the idle context, see blt_idle.c.
 */
#include <errno.h>
#include <linux/futex.h>
#include <time.h>

#include "arch.h"
#include "blt_crash.h"
#include "blt_ring.h"
#include "probe.h"

/* Where this copy of libpip begins; the linker defines it (ld(1)). */
extern const Elf64_Ehdr __ehdr_start PIP_HIDDEN;

/* How often to look before going to sleep, with PIP_SYNC_AUTO, and how many
 * pauses there are between two looks. */
#define AUTO_ROUNDS 100
#define AUTO_PAUSES 8

/*
 * Before it sleeps at once, with PIP_SYNC_BLOCKING, as many pauses as take a
 * few microseconds, which is what sleeping and being woken cost at least: so
 * looking never more than doubles the cost of a wait.  Where it has been in
 * vain often (there is one CPU, or the waits are long), it is tried now and
 * then only.
 */
#define BLOCKING_PAUSES 256
#define BLOCKING_MISSES 8
#define BLOCKING_RETRY 64

/* Sleep no longer than this: who should have woken us may have been killed
 * just before it did. */
#define SLEEP_MAX_NS (10l * 1000 * 1000 * 1000)

/* A stack is left within a microsecond or two, unless its kernel thread does
 * not get the CPU. */
#define LEAVING_PAUSES 100

struct pip_slot *blt_kernel_slot(struct blt_kernel *kernel)
{
	return (struct pip_slot *)((char *)kernel -
				   offsetof(struct pip_slot, kernel));
}

struct blt *blt_of_slot(struct pip_slot *slot)
{
	return blt_of_entry(slot->entry);
}

void blt_renew(struct pip_slot *slot, uint32_t policy, bool inactive)
{
	struct blt *blt = blt_of_slot(slot);
	struct blt_more *more = &slot->blt;
	struct blt_kernel *kernel = &slot->kernel;

	blt->node.next = blt->node.prev = &blt->node;
	blt->domain = blt->pipid = slot->pipid;
	blt->stack_pointer = 0;
	blt->thread_pointer = 0; /* nobody's yet */
	blt_set_state(blt, PIP_BLT_COUPLED);
	atomic_store(&more->on_cpu, 1);
	atomic_store(&more->abroad, 0);
	atomic_store(&more->dead, 0);
	atomic_store(&more->ring, kernel);
	atomic_store(&more->left, NULL);
	more->inactive = inactive;
	more->generation_before = 0;
	more->signal_frame = NULL;
	more->crash_pc = 0;
	atomic_store(&kernel->inbox, BLT_CLOSED);
	atomic_store(&kernel->asleep, 0);
	kernel->own = kernel->cursor = blt;
	kernel->nappers = NULL;
	kernel->nap_ns = 0;
	kernel->to_wake = NULL;
	kernel->policy = policy;
	kernel->misses = 0;
	kernel->idle_memory = NULL;
	kernel->tid = 0;
	kernel->ring = NULL;
	kernel->has_handlers = kernel->has_actions = false;
	kernel->signal_stack = NULL;
}

static void find_code(struct blt_more *more)
{
	uint64_t bias = (uint64_t)&__ehdr_start;
	const Elf64_Phdr *segment = (void *)(bias + __ehdr_start.e_phoff);

	for (unsigned i = 0; i < __ehdr_start.e_phnum; i++, segment++)
		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X)) {
			more->code_low = bias + segment->p_vaddr;
			more->code_high = more->code_low + segment->p_memsz;
		}
}

void blt_open(struct pip_slot *slot)
{
	struct blt *blt = blt_of_slot(slot);

	find_code(&slot->blt);
	slot->kernel.tid = (pid_t)arch_syscall1(SYS_gettid, 0);
	blt->kthread = slot->kernel.tid;
	blt->pc = (uint64_t)arch_switch_resume;
	blt->thread_pointer = arch_thread_pointer();
	slot->kernel.ring = recorder_ring(slot, slot->kernel.tid);
	blt_own = blt;
	blt_own_root = slot->root;
	atomic_store(&slot->kernel.inbox, NULL);
}

void blt_kernel_wake(struct blt_kernel *kernel)
{
	if (atomic_load(&kernel->asleep) != 0 &&
	    atomic_exchange(&kernel->asleep, 0) != 0)
		arch_syscall4(SYS_futex, &kernel->asleep, FUTEX_WAKE_PRIVATE,
			      1, 0);
}

int blt_kernel_post(struct blt_kernel *kernel, struct blt *blt)
{
	pip_task_t *newest = atomic_load_explicit(&kernel->inbox,
						  memory_order_relaxed);

	do {
		if (newest == BLT_CLOSED)
			return EBUSY;
		blt->node.next = newest;
	} while (!atomic_compare_exchange_weak(&kernel->inbox, &newest,
					       &blt->node));
	return 0;
}

int blt_kernel_give(struct blt_kernel *kernel, struct blt *blt)
{
	int error = blt_kernel_post(kernel, blt);

	if (error == 0)
		blt_kernel_wake(kernel);
	return error;
}

/* Wait until its stack is left.  False: it takes long. */
static bool has_left(struct blt *blt)
{
	_Atomic uint32_t *on_cpu = &blt_slot(blt)->blt.on_cpu;

	for (int i = 0; i < LEAVING_PAUSES; i++) {
		if (atomic_load_explicit(on_cpu, memory_order_acquire) == 0)
			return true;
		arch_pause();
	}
	arch_syscall1(SYS_sched_yield, 0);
	return false;
}

/* Its process has ended.  Nobody will ask for it again. */
static void drop(struct pip_slot *slot)
{
	atomic_store_explicit(&slot->blt.on_cpu, 0, memory_order_relaxed);
	atomic_store_explicit(&slot->blt.abroad, 0, memory_order_release);
}

static void take_in_one(struct blt_kernel *kernel, struct blt *self,
			struct blt *blt)
{
	if (blt != self && !has_left(blt))
		/* Later then; and with it what else arrives meanwhile. */
		blt_kernel_give(kernel, blt);
	else if (atomic_load(&blt_slot(blt)->blt.dead))
		drop(blt_slot(blt));
	else
		blt_kernel_link(kernel, blt);
}

void blt_kernel_take_in(struct blt_kernel *kernel, struct blt *self)
{
	pip_task_t *newest = atomic_load(&kernel->inbox), *oldest = NULL;

	if (newest == NULL || newest == BLT_CLOSED)
		return;
	newest = atomic_exchange(&kernel->inbox, NULL);
	while (newest != NULL) {
		pip_task_t *next = newest->next;

		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	while (oldest != NULL) {
		struct blt *blt = blt_of_handle(oldest);

		oldest = oldest->next;
		take_in_one(kernel, self, blt);
	}
}

void blt_kernel_end_naps(struct blt_kernel *kernel)
{
	struct blt *blt = kernel->nappers, *next;

	kernel->nappers = NULL;
	kernel->nap_ns = 0;
	for (; blt != NULL; blt = next) {
		next = (struct blt *)blt->node.next;
		blt->waits_on = 0;
		blt_set_state(blt, PIP_BLT_READY);
		blt_kernel_link(kernel, blt);
	}
}

struct blt *blt_kernel_pick(struct blt_kernel *kernel, struct blt *self)
{
	struct blt *blt;

	blt_kernel_take_in(kernel, self);
	while ((blt = kernel->cursor) != NULL && blt != self &&
	       atomic_load(&blt_slot(blt)->blt.dead)) {
		blt_kernel_unlink(kernel, blt);
		drop(blt_slot(blt));
	}
	return blt;
}

bool blt_kernel_has_mail(struct blt_kernel *kernel)
{
	pip_task_t *newest = atomic_load_explicit(&kernel->inbox,
						  memory_order_acquire);

	return newest != NULL && newest != BLT_CLOSED;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	arch_syscall2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void set_idle(struct blt_kernel *kernel, enum pip_table_blt_idle how)
{
	__atomic_store_n(&blt_kernel_slot(kernel)->entry->blt_idle,
			 (uint32_t)how, __ATOMIC_RELAXED);
}

static void sleep_for_mail(struct blt_kernel *kernel, long timeout_ns)
{
	struct timespec timeout = { timeout_ns / 1000000000,
				    timeout_ns % 1000000000 };

	set_idle(kernel, PIP_BLT_IDLE_ASLEEP);
	atomic_store(&kernel->asleep, 1);
	if (!blt_kernel_has_mail(kernel))
		arch_syscall4(SYS_futex, &kernel->asleep, FUTEX_WAIT_PRIVATE,
			      1, &timeout);
	atomic_store(&kernel->asleep, 0);
}

/* Look again and again.  False: not within that time. */
static bool spin_for_mail(struct blt_kernel *kernel, long timeout_ns)
{
	bool yield = kernel->policy != PIP_SYNC_BUSYWAIT;
	bool limited = kernel->policy == PIP_SYNC_AUTO;
	uint64_t until = timeout_ns != 0 && !limited ?
				 now_ns() + (uint64_t)timeout_ns :
				 0;

	for (unsigned round = 1; !limited || round <= AUTO_ROUNDS; round++) {
		for (int i = 0; i < AUTO_PAUSES; i++) {
			if (blt_kernel_has_mail(kernel))
				return true;
			arch_pause();
		}
		if (yield)
			arch_syscall1(SYS_sched_yield, 0);
		if (until != 0 && round % 16 == 0 && now_ns() > until)
			return false;
	}
	return false;
}

/* Look for a moment, before sleeping. */
static bool look_for_mail(struct blt_kernel *kernel)
{
	if (kernel->misses++ >= BLOCKING_MISSES &&
	    kernel->misses % BLOCKING_RETRY != 0)
		return false;
	for (int i = 0; i < BLOCKING_PAUSES; i++) {
		arch_pause();
		if (blt_kernel_has_mail(kernel)) {
			kernel->misses = 0;
			return true;
		}
	}
	return false;
}

/* Look as long as its policy says.  False: sleep. */
static bool watch_for_mail(struct blt_kernel *kernel, long timeout_ns)
{
	if (kernel->policy == PIP_SYNC_BLOCKING)
		return look_for_mail(kernel);
	return spin_for_mail(kernel, timeout_ns) ||
	       kernel->policy != PIP_SYNC_AUTO;
}

void blt_kernel_wait(struct blt_kernel *kernel, long timeout_ns)
{
	if (blt_kernel_has_mail(kernel))
		return;
	set_idle(kernel, PIP_BLT_IDLE_SPINNING);
	if (!watch_for_mail(kernel, timeout_ns))
		sleep_for_mail(kernel,
			       timeout_ns != 0 ? timeout_ns : SLEEP_MAX_NS);
	set_idle(kernel, PIP_BLT_IDLE_NOT);
}
