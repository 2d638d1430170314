/* SPDX-License-Identifier: BSD-2-Clause */
#include "thread_mode.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>

#include "exception.h"
#include "exit.h"
#include "futex.h"
#include "kernel_signal.h"
#include "task.h"

#define MS 1000000l
/* In how many looks, one after the other, no thread must be found for there to
 * be none; and when it is not sure that there is none. */
#define ABSENT_ROUNDS 2
#define UNKNOWN_ROUNDS 30
/* The same for a task of which nobody tells that it has ended. */
#define MISSES_MAX 5
/* Between two looks whether a task has ended without telling. */
#define LOOK_NS (50 * MS)

static pid_t get_tid(void)
{
	return (pid_t)arch_syscall1(SYS_gettid, 0);
}

/* The task of whose window the calling thread's TCB is a part. */
static struct pip_slot *find_window(struct pip_root *root)
{
	uint64_t index = (arch_thread_pointer() - root->window_base) >>
			 root->window_shift;

	return index < (uint64_t)root->ntasks ? &root->slots[index] : NULL;
}

struct pip_slot *thread_mode_find_first(const struct pip_root *root, pid_t tid)
{
	for (uint32_t i = 0; i + 1 < root->table->nused; i++)
		if (atomic_load_explicit(&root->slots[i].pid,
					 memory_order_relaxed) == tid &&
		    atomic_load(&root->slots[i].end.state) != END_DONE)
			return (struct pip_slot *)&root->slots[i];
	return NULL;
}

/* The task that runs its after hook in another thread than its first. */
static struct pip_slot *find_borrower(struct pip_root *root, pid_t tid)
{
	uint64_t pointer = arch_thread_pointer();

	for (uint32_t i = 0; i + 1 < root->table->nused; i++) {
		const struct pip_hook *hook = &root->slots[i].hook;

		if (atomic_load(&hook->state) == HOOK_LENT &&
		    atomic_load(&hook->thread_pointer) == pointer &&
		    atomic_load(&hook->lender) != tid)
			return &root->slots[i];
	}
	return NULL;
}

/* The root if the calling thread is of its process and in this mode. */
static struct pip_root *get_threaded_root(void)
{
	struct pip_slot *self = pip_self;

	if (self == NULL || !root_is_threaded(self->root) ||
	    arch_syscall1(SYS_getpid, 0) != self->root->pid)
		return NULL;
	return self->root;
}

struct pip_slot *thread_mode_current(void)
{
	struct pip_root *root = get_threaded_root();
	struct pip_slot *slot;
	pid_t tid = get_tid();

	if (root == NULL || tid == root->pid)
		return NULL;
	/* Mostly it is this task's first thread that asks. */
	if (pip_self != &root->self && atomic_load(&pip_self->pid) == tid)
		return pip_self;
	slot = thread_mode_find_first(root, tid);
	if (slot == NULL)
		slot = find_borrower(root, tid);
	return slot != NULL ? slot : find_window(root);
}

bool thread_mode_is_of(const struct pip_slot *slot)
{
	const struct pip_slot *first =
		thread_mode_find_first(slot->root, get_tid());

	/* A thread that lends its thread pointer is its own task's. */
	return (first != NULL ? first : find_window(slot->root)) == slot;
}

static uint64_t nanoseconds(const struct timeval *time)
{
	return (uint64_t)time->tv_sec * 1000000000u +
	       (uint64_t)time->tv_usec * 1000u;
}

void thread_mode_add_times(struct pip_slot *slot)
{
	struct rusage usage;

	if (arch_syscall2(SYS_getrusage, RUSAGE_THREAD, &usage) != 0)
		return;
	atomic_fetch_add(&slot->end.user_ns, nanoseconds(&usage.ru_utime));
	atomic_fetch_add(&slot->end.system_ns, nanoseconds(&usage.ru_stime));
}

/* Be the one who ends the task.  False: another is. */
static bool begin_end(struct pip_slot *slot, int wait_status)
{
	uint32_t state = END_NOT;

	if (!atomic_compare_exchange_strong(&slot->end.state, &state,
					    END_BEGUN))
		return false;
	atomic_store(&slot->end.status, wait_status);
	return true;
}

static void pause_for(int round)
{
	struct timespec pause = { 0, MS };

	if (round < 8)
		arch_syscall1(SYS_sched_yield, 0);
	else
		arch_syscall2(SYS_nanosleep, &pause, NULL);
}

/* Is the calling thread the task's only one, for sure? */
static bool is_alone(const struct pip_slot *slot)
{
	const volatile char *single = slot->end.single_threaded;

	/* NULL: libc has not started. */
	return get_tid() == atomic_load(&slot->pid) &&
	       (single == NULL || *single != 0);
}

/* Does libc believe in more than staying threads, of those that are left? */
static bool are_more_known(const struct pip_slot *slot, unsigned staying)
{
	return slot->end.nthreads != NULL &&
	       *slot->end.nthreads >
		       atomic_load(&slot->end.ended_threads) + staying;
}

/*
 * End all threads of the task but the caller, and wait until they have gone.
 * staying: 1 if the caller is of the task, or 0.
 *
 * The kernel's list of threads leaves some out while others end, so that it is
 * not enough to have looked once.  libc's count is exact, but too high where a
 * thread was ended just when it made another.
 */
static void end_threads(struct pip_slot *slot, unsigned staying)
{
	struct thread_count count;
	int absent = 0;

	thread_signal_install(slot->root);
	for (int round = 0;; round++) {
		/* Not each time: what is blocked for a while is queued. */
		bool signal = (round & (round - 1)) == 0 || round % 64 == 0;

		threads_visit(slot, signal, &count);
		absent = count.own + count.passing == 0 ? absent + 1 : 0;
		if (absent >= ABSENT_ROUNDS &&
		    (absent >= UNKNOWN_ROUNDS ||
		     (count.unknown == 0 && !are_more_known(slot, staying))))
			return;
		pause_for(round);
	}
}

static void raise_child(const struct pip_root *root)
{
	arch_syscall3(SYS_tgkill, root->pid, root->pid, SIGCHLD);
}

void thread_mode_recall_end(const struct pip_slot *slot)
{
	if (atomic_load(&slot->end.state) == END_DONE)
		raise_child(slot->root);
}

/* Tell all who may wait.  last: the TID that ends now, 0 = it has ended. */
static void finish_end(struct pip_slot *slot, pid_t last)
{
	struct pip_root *root = slot->root;

	blt_stop_abroad(slot);
	names_close(slot);
	thread_signal_install(root);
	exception_take_back(slot);
	atomic_store(&slot->end.last, (uint32_t)last);
	if (last != 0)
		arch_syscall1(SYS_set_tid_address, &slot->end.last);
	atomic_store(&slot->end.state, END_DONE);
	/* From here on who waits for it only waits for last to become 0. */
	futex_wake(&slot->end.state, INT_MAX);
	futex_wake(&slot->loaded, INT_MAX);
	atomic_fetch_add(&root->thread.ends, 1);
	futex_wake(&root->thread.ends, INT_MAX);
	raise_child(root);
}

_Noreturn void thread_mode_end(struct pip_slot *slot, int wait_status)
{
	kernel_block_all_signals();
	thread_mode_add_times(slot);
	if (begin_end(slot, wait_status)) {
		if (!is_alone(slot))
			end_threads(slot, 1);
		finish_end(slot, get_tid());
	}
	for (;;)
		arch_syscall1(SYS_exit, 0);
}

void thread_mode_kill(struct pip_slot *slot, int wait_status)
{
	if (atomic_load(&slot->pid) == 0 || !begin_end(slot, wait_status))
		return;
	end_threads(slot, 0);
	finish_end(slot, 0);
}

/* The first thread, and with it the only one, has ended by a direct exit(2). */
static void look_for_loss(struct pip_slot *slot)
{
	pid_t tid = atomic_load(&slot->pid);
	struct thread_count count;

	if (tid == 0 || atomic_load(&slot->end.state) != END_NOT ||
	    arch_syscall3(SYS_tgkill, slot->root->pid, tid, 0) != -ESRCH)
		return;
	threads_visit(slot, false, &count);
	if (count.own + count.passing != 0)
		atomic_store(&slot->end.misses, 0);
	else if (atomic_fetch_add(&slot->end.misses, 1) >= MISSES_MAX &&
		 atomic_load(&slot->pid) == tid && begin_end(slot, 0))
		finish_end(slot, 0);
}

bool thread_mode_has_ended(struct pip_slot *slot)
{
	uint32_t last;

	if (atomic_load(&slot->end.state) != END_DONE)
		return false;
	while ((last = atomic_load(&slot->end.last)) != 0) {
		struct timespec timeout = { 0, MS };

		/* Not private: as the kernel wakes it, and it wakes one. */
		arch_syscall4(SYS_futex, &slot->end.last, FUTEX_WAIT, last,
			      &timeout);
	}
	return true;
}

void thread_mode_sleep(struct pip_slot *slot)
{
	uint32_t state = atomic_load(&slot->end.state);

	if (state == END_DONE)
		return;
	futex_wait(&slot->end.state, state, LOOK_NS);
	if (atomic_load(&slot->end.state) == END_NOT)
		look_for_loss(slot);
}

void thread_mode_sleep_any(struct pip_root *root,
			   bool (*wanted)(const struct pip_slot *))
{
	uint32_t ends = atomic_load(&root->thread.ends);

	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) == SLOT_LIVE &&
		    atomic_load(&root->slots[i].end.state) == END_DONE &&
		    wanted(&root->slots[i]))
			return;
	futex_wait(&root->thread.ends, ends, LOOK_NS);
	if (atomic_load(&root->thread.ends) != ends)
		return;
	for (int i = 0; i < root->ntasks; i++)
		if (atomic_load(&root->slots[i].state) == SLOT_LIVE)
			look_for_loss(&root->slots[i]);
}

bool thread_mode_start_task(struct pip_slot *slot, char **envp)
{
	if (!task_redirect_exit(slot->root))
		return false;
	(void)!task_redirect_action(slot->root);
	slot->end.single_threaded = &__libc_single_threaded;
	slot->end.nthreads = dlsym(RTLD_DEFAULT, "__nptl_nthreads");
	thread_start_task_stack(slot->entry, envp);
	return true;
}

/* __tls_get_addr() is a function of ld.so itself. */
static void find_own_loader(struct pip_root *root)
{
	void *symbol = dlsym(RTLD_DEFAULT, "__tls_get_addr");
	struct stat st;
	Dl_info info;

	if (symbol == NULL || dladdr(symbol, &info) == 0 ||
	    info.dli_fname == NULL || stat(info.dli_fname, &st) != 0)
		return;
	root->thread.loader_dev = st.st_dev;
	root->thread.loader_ino = st.st_ino;
}

bool thread_mode_is_own_loader(const struct pip_root *root, int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_dev == root->thread.loader_dev &&
	       st.st_ino == root->thread.loader_ino;
}

void thread_mode_start(struct pip_root *root)
{
	find_own_loader(root);
	root->thread.exit_from_loader = exit_now;
	/* For hooks, the root's code in tasks' threads, which may call it. */
	(void)!task_redirect_exit(root);
	thread_signal_start(root);
	exception_start(root);
	(void)!task_redirect_action(root);
}

void thread_mode_stop(struct pip_root *root)
{
	exception_stop(root);
	thread_signal_stop(root);
}
