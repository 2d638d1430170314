/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guardian: one small process per root that ends the tasks when the root
 * dies, by whatever means, kill -9 included.
 *
 * prctl(PR_SET_PDEATHSIG) in the tasks would be simpler, but the kernel sends
 * that signal when the thread that spawned them ends, not the process, and a
 * worker thread of the root may spawn and end.  The guardian waits on the
 * root's pidfd instead.  It shares the address space, so it costs a stack and
 * sees the task table as it is at that moment.
 *
 * Like child.c it runs without a thread pointer of its own: raw system calls
 * only.
 */
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "alive.h"
#include "arch.h"
#include "recorder.h"
#include "spawn.h"

#define STACK_SIZE (16ul << 10)
/* Tasks that spawn while they are being killed: look again this often. */
#define ROUNDS 100
#define PAUSE_NS (5 * 1000 * 1000)
/* How often to look for contexts whose process has ended. */
#define LOOK_NS (100 * 1000 * 1000)

static void pause_for(long ns)
{
	struct timespec pause = { ns / 1000000000, ns % 1000000000 };

	arch_syscall2(SYS_nanosleep, &pause, NULL);
}

/* SIGKILL to every task that lives; how many there were. */
static int kill_tasks(struct pip_root *root)
{
	int found = 0;

	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];
		pid_t pid = atomic_load(&slot->pid);
		uint32_t state = atomic_load(&slot->state);

		/* What is no PID of a task must not be killed, even if a
		 * stray store of a dying program put it there.  The table has
		 * it a moment after the slot: when the task starts to run. */
		if (state == SLOT_IDLE || pid <= 1 ||
		    (slot->entry->pid != pid &&
		     (state != SLOT_LOADING || slot->entry->pid != 0)))
			continue;
		if (arch_syscall2(SYS_kill, pid, SIGKILL) == 0)
			found++;
	}
	return found;
}

/*
 * A task was killed while its context runs on another one's kernel thread:
 * that goes on, and if it is the root's, the root cannot even find out.
 */
static void stop_ghosts(struct pip_root *root)
{
	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];
		pid_t pid = atomic_load(&slot->pid);

		if (atomic_load(&slot->blt.abroad) == 0 ||
		    atomic_load(&blt_of_slot(slot)->state) != PIP_BLT_DECOUPLED)
			continue;
		/* Again, too: the first time may have been a bad moment. */
		if (atomic_load(&slot->blt.dead) ||
		    (atomic_load(&slot->state) == SLOT_LIVE && pid > 1 &&
		     alive_pidfd_has_ended(pid)))
			blt_stop_ghost(slot);
	}
}

static bool root_lives(const struct pip_root *root)
{
	return arch_syscall1(SYS_getppid, 0) == root->pid &&
	       !atomic_load(&root->guardian.stop);
}

/* Wait for the root's end, and look after its tasks meanwhile. */
static void wait_for_death(struct pip_root *root)
{
	struct pollfd poll_root = { .events = POLLIN };

	poll_root.fd = (int)arch_syscall2(SYS_pidfd_open, root->pid, 0);
	if (poll_root.fd < 0) { /* a kernel before 5.3 */
		while (root_lives(root))
			pause_for(20 * PAUSE_NS);
		return;
	}
	/* It may have died before the pidfd was there. */
	while (root_lives(root)) {
		struct timespec often = { 0, LOOK_NS }, seldom = { 1, 0 };
		bool has_ulps = atomic_load(&root->has_ulps);

		if (arch_syscall4(SYS_ppoll, &poll_root, 1,
				  has_ulps ? &often : &seldom, NULL) > 0)
			return;
		recorder_adjust_clock(root);
		if (has_ulps)
			stop_ghosts(root);
	}
}

static void guardian_main(void *arg)
{
	struct pip_root *root = arg;

	arch_syscall2(SYS_prctl, PR_SET_NAME, "pip-guardian");
	/* It must hold nothing of the root's: a pipe's other end would never
	 * see the end of file, a file system could not be unmounted. */
	if (arch_syscall3(SYS_close_range, 0, ~0u, 0) != 0)
		for (int fd = 0; fd < 65536; fd++)
			arch_syscall1(SYS_close, fd);
	arch_syscall1(SYS_chdir, "/");
	wait_for_death(root);
	for (int round = 0; round < ROUNDS &&
	     !atomic_load(&root->guardian.stop) && kill_tasks(root) != 0;
	     round++)
		pause_for(PAUSE_NS);
	arch_syscall1(SYS_exit_group, 0);
}

int guardian_start(struct pip_root *root)
{
	uint64_t all = ~0ull, before;
	long pid;

	root->guardian.stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (root->guardian.stack == MAP_FAILED)
		return errno;
	/* Every signal stays blocked in it: what the terminal sends to the
	 * process group is not meant for it. */
	arch_syscall4(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, 8);
	/* No exit signal: an ordinary wait() of the root does not see it.
	 * Untraced: debuggers would take it for a thread of the root, and how it
	 * ends for the root's end. */
	pid = arch_clone(CLONE_VM | CLONE_UNTRACED, root->guardian.stack + STACK_SIZE,
			 guardian_main, root, NULL, NULL);
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, 8);
	if (pid < 0) {
		munmap(root->guardian.stack, STACK_SIZE);
		return (int)-pid;
	}
	root->guardian.pid = (pid_t)pid;
	root->table->guardian_pid = (int32_t)pid;
	return 0;
}

void guardian_stop(struct pip_root *root)
{
	if (root->guardian.pid == 0)
		return;
	/* A root that has changed its user may not kill it any more: then it
	 * ends when it looks next. */
	atomic_store(&root->guardian.stop, 1);
	arch_syscall2(SYS_kill, root->guardian.pid, SIGKILL);
	while (arch_syscall4(SYS_wait4, root->guardian.pid, NULL, __WALL,
			     NULL) == -EINTR)
		;
	munmap(root->guardian.stack, STACK_SIZE);
	root->guardian.pid = 0;
	root->table->guardian_pid = 0;
}
