/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads of a task, in thread mode.
 *
 * Nobody keeps a list of them: libraries and libc itself make threads by ways
 * that cannot be interposed.  But every thread made by glibc has told the
 * kernel where its list of robust mutexes is (set_robust_list(2)); that is in
 * its thread-control block, which is in its stack, which is in the window of
 * its task.  And get_robust_list(2) tells it to any thread of the process.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "thread_mode.h"

/* struct linux_dirent64, getdents64(2). */
struct kernel_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

#define TID_MAX (4 << 20) /* PID_MAX_LIMIT of the kernel */

struct visit {
	struct pip_slot *slot;
	bool end;
	pid_t self; /* the caller's TID: not visited */
	struct thread_count *count;
	long result;
};

static pid_t parse_tid(const char *text)
{
	pid_t tid = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		tid = tid * 10 + (*text - '0');
	return *text == '\0' ? tid : 0;
}

/* The task whose first thread that is. */
static const struct pip_slot *find_first(const struct pip_root *root, pid_t tid)
{
	for (uint32_t i = 0; i + 1 < root->table->nused; i++)
		if (atomic_load_explicit(&root->slots[i].pid,
					 memory_order_relaxed) == tid &&
		    atomic_load(&root->slots[i].end.state) != END_DONE)
			return &root->slots[i];
	return NULL;
}

static void visit_thread(struct visit *visit, pid_t tid)
{
	struct pip_slot *slot = visit->slot;
	struct pip_root *root = slot->root;
	uint64_t list = 0, size = 0;

	if (tid == visit->self || tid == root->pid ||
	    arch_syscall3(SYS_get_robust_list, tid, &list, &size) != 0)
		return;
	if (list == 0) {
		/* Just made, or about to be gone, or not made by glibc. */
		const struct pip_slot *first = find_first(root, tid);

		if (first != NULL && first != slot)
			return;
		if (first == NULL)
			visit->count->unknown++;
		else
			visit->count->own++;
	} else if (list >= slot->window_low && list < slot->window_high) {
		visit->count->own++;
	} else {
		return;
	}
	if (visit->end)
		thread_signal_end(slot, tid);
}

static long visit_directory(struct visit *visit, int fd)
{
	_Alignas(struct kernel_dirent) char buffer[4096];
	long n;

	while ((n = arch_syscall3(SYS_getdents64, fd, buffer,
				  sizeof(buffer))) > 0)
		for (long at = 0; at < n;) {
			struct kernel_dirent *entry = (void *)(buffer + at);
			pid_t tid = parse_tid(entry->name);

			if (tid > 0)
				visit_thread(visit, tid);
			at += entry->reclen;
		}
	return n;
}

/* "/proc/PID/task" */
static void make_path(char path[32], pid_t pid)
{
	static const char before[] = "/proc/", after[] = "/task";
	char digits[12], *at = path;
	int n = 0;

	for (const char *p = before; *p != '\0';)
		*at++ = *p++;
	do
		digits[n++] = (char)('0' + pid % 10);
	while ((pid /= 10) != 0);
	while (n > 0)
		*at++ = digits[--n];
	for (const char *p = after; *p != '\0';)
		*at++ = *p++;
	*at = '\0';
}

static long visit_all(struct visit *visit)
{
	char path[32];
	long fd, result;

	make_path(path, visit->slot->root->pid);
	fd = arch_syscall4(SYS_openat, AT_FDCWD, path,
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result = visit_directory(visit, (int)fd);
	arch_syscall1(SYS_close, fd);
	return result;
}

/* In a process of its own, whose descriptors are a copy: room can be made. */
static void visit_elsewhere(void *arg)
{
	struct visit *visit = arg;
	struct rlimit limit;

	arch_syscall2(SYS_getrlimit, RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	arch_syscall2(SYS_setrlimit, RLIMIT_NOFILE, &limit);
	for (int fd = 0; fd < 3; fd++)
		arch_syscall1(SYS_close, fd);
	visit->result = visit_all(visit);
	arch_syscall1(SYS_exit_group, 0);
}

/* Ask for each number that a thread may have: half a second. */
static void visit_numbers(struct visit *visit)
{
	for (pid_t tid = 1; tid < TID_MAX; tid++)
		if (arch_syscall3(SYS_tgkill, visit->slot->root->pid, tid, 0) ==
		    0)
			visit_thread(visit, tid);
}

/* The descriptors that all tasks share may be used up. */
static long visit_without_descriptor(struct visit *visit)
{
	_Alignas(64) char stack[12 << 10];
	long pid;

	visit->result = -EMFILE;
	pid = arch_clone(CLONE_VM | CLONE_VFORK, stack + sizeof(stack),
			 visit_elsewhere, visit, NULL, NULL);
	if (pid < 0)
		return pid;
	while (arch_syscall4(SYS_wait4, pid, NULL, __WALL, NULL) == -EINTR)
		;
	return visit->result;
}

void threads_visit(struct pip_slot *slot, bool end, struct thread_count *count)
{
	struct visit visit = {
		.slot = slot,
		.end = end,
		.self = (pid_t)arch_syscall1(SYS_gettid, 0),
		.count = count,
	};
	long result;

	count->own = count->unknown = 0;
	result = visit_all(&visit);
	if (result == -EMFILE)
		result = visit_without_descriptor(&visit);
	if (result < 0) {
		count->own = count->unknown = 0;
		visit_numbers(&visit);
	}
}
