/* SPDX-License-Identifier: BSD-2-Clause */
#include "blt_crash.h"
#include "blt_ring.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "arch.h"
#include "place.h"
#include "probe.h"
#include "root.h"

#define SIGNAL_STACK_SIZE (64ul << 10)
#define CRASH_SENT 1 /* for crash_pc */

/* What the CPU raises, and what a program raises about itself. */
static const int signals[BLT_CRASH_SIGNALS] = { SIGSEGV, SIGBUS,  SIGFPE,
						SIGILL,	 SIGTRAP, SIGSYS,
						SIGABRT };

static struct kernel_sigaction *action_before(struct blt_kernel *kernel, int sig)
{
	for (int i = 0; i < BLT_CRASH_SIGNALS; i++)
		if (signals[i] == sig)
			return &kernel->before[i];
	return NULL;
}

/* Memory of a task, whichever copy of libpip this is. */
static void *map_for(struct pip_slot *slot, size_t size)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	long at = slot_is_root(slot) ?
			  arch_syscall6(SYS_mmap, 0, (long)size,
					PROT_READ | PROT_WRITE, flags, -1, 0) :
			  place_map(slot, 0, size, PROT_READ | PROT_WRITE,
				    flags, -1, 0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

/* A context may crash because its stack is used up. */
static void make_signal_stack(struct blt_kernel *kernel)
{
	stack_t stack = { .ss_size = SIGNAL_STACK_SIZE }, before;

	if (arch_syscall2(SYS_sigaltstack, NULL, &before) != 0 ||
	    !(before.ss_flags & SS_DISABLE))
		return;
	stack.ss_sp = map_for(blt_kernel_slot(kernel), SIGNAL_STACK_SIZE);
	kernel->signal_stack = stack.ss_sp;
	if (stack.ss_sp != NULL)
		arch_syscall2(SYS_sigaltstack, &stack, NULL);
}

void blt_crash_prepare(struct blt_kernel *kernel)
{
	struct pip_root *root = blt_kernel_slot(kernel)->root;
	struct kernel_sigaction action = {
		.handler = (void *)root->crash_handler,
		.flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER |
			 KERNEL_SA_RESTORER,
		.restorer = (void *)root->sigreturn,
	};

	kernel->has_handlers = true;
	make_signal_stack(kernel);
	if (root_is_threaded(root)) /* exception.c's ask us */
		return;
	kernel->has_actions = true;
	for (int i = 0; i < BLT_CRASH_SIGNALS; i++)
		kernel_sigaction(signals[i], &action, &kernel->before[i]);
}

void blt_crash_finish(struct blt_kernel *kernel)
{
	stack_t none = { .ss_flags = SS_DISABLE };

	if (!kernel->has_handlers)
		return;
	for (int i = 0; i < BLT_CRASH_SIGNALS && kernel->has_actions; i++)
		kernel_sigaction(signals[i], &kernel->before[i], NULL);
	if (kernel->signal_stack != NULL) {
		arch_syscall2(SYS_sigaltstack, &none, NULL);
		munmap(kernel->signal_stack, SIGNAL_STACK_SIZE);
	}
	kernel->has_handlers = false;
}

static struct blt_kernel *find_kernel(struct pip_root *root, pid_t tid)
{
	if (root->self.kernel.tid == tid)
		return &root->self.kernel;
	/* Its spawner may not have gone on yet: it is LOADING then. */
	for (int i = 0; i < root->ntasks; i++)
		if (root->slots[i].kernel.tid == tid &&
		    atomic_load(&root->slots[i].state) != SLOT_IDLE)
			return &root->slots[i].kernel;
	return NULL;
}

/* What would have happened without us. */
static void pass_on(struct blt_kernel *kernel, int sig, siginfo_t *info,
		    void *context)
{
	struct kernel_sigaction *before =
		kernel != NULL ? action_before(kernel, sig) : NULL;
	struct kernel_sigaction none = { .handler = (void *)SIG_DFL };
	pid_t pid = (pid_t)arch_syscall1(SYS_getpid, 0);
	pid_t tid = (pid_t)arch_syscall1(SYS_gettid, 0);

	if (before == NULL || before->handler == (void *)SIG_DFL) {
		kernel_sigaction(sig, &none, NULL);
		/* What the CPU has raised, it raises again. */
		if (info->si_code <= 0)
			arch_syscall3(SYS_tgkill, pid, tid, sig);
	} else if (before->handler != (void *)SIG_IGN) {
		if (before->flags & SA_SIGINFO)
			((void (*)(int, siginfo_t *, void *))before->handler)(
				sig, info, context);
		else
			((void (*)(int))before->handler)(sig);
	}
}

/* Run the next context, never to come back to the handler. */
static void run_next(struct blt_kernel *kernel, uint64_t signal_mask,
		     _Atomic uint32_t *left)
{
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &signal_mask, NULL,
		      KERNEL_SIGSET_SIZE);
	blt_leave_for_good(kernel, left);
}

/* A context of its own that takes the interrupted one's registers. */
static bool make_resumption(struct blt *blt, const ucontext_t *context)
{
	size_t size = (arch_signal_frame_size(context) + 4095) & ~4095ul;
	struct blt_more *more = &blt_slot(blt)->blt;

	/* A program may handle its crashes, and go on crashing. */
	if (more->signal_frame == NULL || more->signal_frame_size < size) {
		more->signal_frame = map_for(blt_slot(blt), size);
		more->signal_frame_size = size;
	}
	if (more->signal_frame == NULL)
		return false;
	blt->stack_pointer = arch_signal_frame_copy(more->signal_frame,
						    context);
	return true;
}

/* What it has sent to itself it will not send again. */
static bool must_be_sent(int sig, const siginfo_t *info)
{
	return info->si_code <= 0 || sig == SIGTRAP || sig == SIGSYS;
}

/* To its kernel thread, whosever context that runs. */
static void signal_kernel(struct pip_slot *slot, int sig)
{
	pid_t pid = slot->entry->pid, tid = slot->kernel.tid;

	if (root_is_threaded(slot->root))
		kernel_signal_thread(pid, tid, sig, slot);
	else
		arch_syscall3(SYS_tgkill, pid, tid, sig);
}

static void send_home(struct blt_kernel *kernel, struct blt *blt, int sig,
		      const siginfo_t *info, const ucontext_t *context)
{
	struct pip_slot *slot = blt_slot(blt);
	uint64_t signal_mask;

	memcpy(&signal_mask, &context->uc_sigmask, sizeof(signal_mask));
	probe_exception_on(kernel, blt->pipid, sig);
	slot->blt.crash_pc = must_be_sent(sig, info) ?
				     CRASH_SENT :
				     arch_interrupted_pc(context);
	blt_kernel_unlink(kernel, blt);
	blt_remember_domain(blt);
	blt_set_domain(blt, &slot->kernel);
	blt_set_state(blt, PIP_BLT_READY);
	if (!make_resumption(blt, context)) {
		/* No memory for that: at least it ends as it would have. */
		blt_kill(slot);
		run_next(kernel, signal_mask, &slot->blt.on_cpu);
	}
	if (must_be_sent(sig, info))
		signal_kernel(slot, sig);
	(void)blt_kernel_give(&slot->kernel, blt);
	run_next(kernel, signal_mask, &slot->blt.on_cpu);
}

static bool is_kick(const siginfo_t *info, const struct pip_root *root)
{
	return info->si_code == SI_QUEUE && info->si_value.sival_ptr == root;
}

/* In thread mode: to the task whose kernel thread that is. */
static bool is_for_kernel(struct blt_kernel *kernel, const siginfo_t *info)
{
	return info->si_code == SI_QUEUE &&
	       info->si_value.sival_ptr == blt_kernel_slot(kernel);
}

static bool is_in_code_of(const struct pip_slot *slot, uint64_t pc)
{
	return pc >= slot->blt.code_low && pc < slot->blt.code_high;
}

/* In whosever copy of libpip: the kernel thread may be in the middle of a
 * switch, by code of the context that it comes from. */
static bool is_in_libpip(const struct pip_root *root, uint64_t pc)
{
	if (is_in_code_of(&root->self, pc))
		return true;
	for (int i = 0; i < root->ntasks; i++)
		if (is_in_code_of(&root->slots[i], pc))
			return true;
	return false;
}

/* The running context's process has ended.  Where that would leave something
 * half done, the next kick will do, or it leaves by itself. */
static void abandon(struct blt_kernel *kernel, struct blt *blt,
		    const ucontext_t *context)
{
	struct pip_slot *slot = blt_slot(blt);
	uint64_t signal_mask;

	if (is_in_libpip(slot->root, arch_interrupted_pc(context)))
		return;
	memcpy(&signal_mask, &context->uc_sigmask, sizeof(signal_mask));
	blt_kernel_unlink(kernel, blt);
	run_next(kernel, signal_mask, &slot->blt.abroad);
}

void blt_crash_report(struct pip_slot *slot, int sig, const void *context)
{
	uint64_t pc = slot->blt.crash_pc;

	slot->blt.crash_pc = 0;
	/* Where it is sent to, it can arrive before the context does. */
	if (pc != CRASH_SENT && (pc == 0 || pc != arch_interrupted_pc(context)))
		probe_exception(slot, sig);
}

bool blt_crash_divert(int sig, siginfo_t *info, void *context)
{
	struct pip_root *root = pip_self != NULL ? pip_self->root : NULL;
	pid_t tid = (pid_t)arch_syscall1(SYS_gettid, 0);
	struct blt_kernel *kernel;
	struct blt *blt;
	bool foreign;

	if (root == NULL || !atomic_load(&root->has_ulps))
		return false;
	kernel = find_kernel(root, tid);
	blt = kernel != NULL ? kernel->cursor : NULL;
	foreign = blt != NULL && blt != kernel->own &&
		  atomic_load(&blt->state) == PIP_BLT_DECOUPLED;
	if (is_kick(info, root)) {
		if (foreign && atomic_load(&blt_slot(blt)->blt.dead))
			abandon(kernel, blt, context);
		return true;
	}
	/* Somebody else may have signalled this process, and means it. */
	if (foreign && !is_for_kernel(kernel, info) &&
	    (info->si_code > 0 ||
	     info->si_pid == (pid_t)arch_syscall1(SYS_getpid, 0)))
		send_home(kernel, blt, sig, info, context);
	return false;
}

void blt_crash_handler(int sig, siginfo_t *info, void *context)
{
	pid_t tid = (pid_t)arch_syscall1(SYS_gettid, 0);

	if (!blt_crash_divert(sig, info, context))
		pass_on(pip_self != NULL ? find_kernel(pip_self->root, tid) :
					   NULL,
			sig, info, context);
}

void blt_crash_kick(struct blt *blt)
{
	struct blt_kernel *kernel = blt_domain(blt);
	struct pip_slot *slot = blt_kernel_slot(kernel);
	siginfo_t info = { .si_signo = SIGILL, .si_code = SI_QUEUE };

	if (!kernel->has_handlers || kernel->tid == 0 ||
	    (!slot_is_root(slot) && atomic_load(&slot->state) == SLOT_IDLE))
		return;
	info.si_value.sival_ptr = slot->root;
	arch_syscall4(SYS_rt_tgsigqueueinfo, slot->entry->pid, kernel->tid,
		      SIGILL, &info);
}
