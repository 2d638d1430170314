/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The threads of a task, in thread mode.
 *
 * Nobody keeps a list of them: libraries and libc itself make threads by ways
 * that cannot be interposed.  But every thread made by glibc has told the
 * kernel where its list of robust mutexes is (set_robust_list(2)); that is in
 * its thread-control block, which is in its stack, which is in the window of
 * its task.  And get_robust_list(2) tells it to any thread of the process.
 *
 * A thread that does not have one yet, or not any more, still touches its
 * stack: a new one with its first instruction, one that ends when the kernel
 * clears its TID (set_tid_address(2)).  How long that takes is the scheduler's
 * affair.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <time.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kernel_dirent.h"
#include "thread_mode.h"

#define TID_MAX (4 << 20) /* PID_MAX_LIMIT of the kernel */

/* A thread of glibc's tells where its list is within microseconds of CPU time;
 * one that has used that much will not. */
#define CPU_MAX_NS (100l * 1000 * 1000)

/* Of field 9 of /proc/PID/stat; include/linux/sched.h of the kernel. */
#define PF_EXITING 0x4u

#define PATH_ROOM 64 /* for "/proc/PID/task/TID/stat" */

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

/* Append a text, or a number.  Returns where the path goes on. */
static char *put_text(char *at, const char *text)
{
	while (*text != '\0')
		*at++ = *text++;
	*at = '\0';
	return at;
}

static char *put_number(char *at, pid_t number)
{
	char digits[12];
	int n = sizeof(digits);

	digits[--n] = '\0';
	do
		digits[--n] = (char)('0' + number % 10);
	while ((number /= 10) != 0);
	return put_text(at, digits + n);
}

static char *put_folder(char path[PATH_ROOM], pid_t pid)
{
	return put_text(put_number(put_text(path, "/proc/"), pid), "/task");
}

/* What of /proc/PID/task/TID/stat tells about the end of a thread. */
struct thread_stat {
	char state;
	unsigned flags;
};

/* "TID (name) S ppid pgrp session tty_nr tpgid flags ...", and the name may
 * hold anything. */
static bool parse_stat(const char *text, long size, struct thread_stat *stat)
{
	long at = size;
	int blanks = 0;

	while (at > 0 && text[at - 1] != ')')
		at--;
	if (at == 0 || at + 1 >= size)
		return false;
	stat->state = text[at + 1];
	stat->flags = 0;
	for (; at < size && blanks < 8; at++) {
		blanks += text[at] == ' ';
		if (blanks == 7 && text[at] >= '0' && text[at] <= '9')
			stat->flags = stat->flags * 10 +
				      (unsigned)(text[at] - '0');
	}
	return blanks == 8;
}

/* 0, or a negative errno value: ENOENT or ESRCH, it is gone. */
static long read_stat(pid_t pid, pid_t tid, struct thread_stat *stat)
{
	char path[PATH_ROOM], text[512];
	long fd, size;

	put_text(put_number(put_text(put_folder(path, pid), "/"), tid),
		 "/stat");
	fd = arch_syscall4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	size = arch_syscall3(SYS_read, fd, text, sizeof(text));
	arch_syscall1(SYS_close, fd);
	if (size < 0)
		return size;
	return parse_stat(text, size, stat) ? 0 : -EIO;
}

/* The clock of a thread's CPU time; clock_getcpuclockid(3), for any thread. */
static long cpu_ns(pid_t tid)
{
	struct timespec used = { 0, 0 };

	arch_syscall2(SYS_clock_gettime, (clockid_t)(~(unsigned)tid << 3 | 6),
		      &used);
	return used.tv_sec * 1000000000l + used.tv_nsec;
}

/* A thread without a list, that is nobody's first. */
static void count_nameless(struct visit *visit, pid_t tid)
{
	struct thread_stat stat;
	long error = read_stat(visit->slot->root->pid, tid, &stat);

	if (error == -ENOENT || error == -ESRCH)
		return;
	if (error != 0)
		visit->count->unknown++;
	else if (stat.state == 'Z' || stat.state == 'X')
		return; /* it will not touch memory any more */
	else if ((stat.flags & PF_EXITING) != 0 ||
		 (stat.state != 'S' && cpu_ns(tid) < CPU_MAX_NS))
		visit->count->passing++;
	else
		visit->count->unknown++; /* not of glibc */
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
		const struct pip_slot *first =
			thread_mode_find_first(root, tid);

		if (first != NULL && first != slot)
			return;
		if (first == NULL)
			count_nameless(visit, tid);
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

static long visit_directory(int fd, void (*function)(void *, pid_t), void *arg)
{
	_Alignas(struct kernel_dirent) char buffer[4096];
	long n;

	while ((n = arch_syscall3(SYS_getdents64, fd, buffer,
				  sizeof(buffer))) > 0)
		for (long at = 0; at < n;) {
			struct kernel_dirent *entry = (void *)(buffer + at);
			pid_t tid = parse_tid(entry->name);

			if (tid > 0)
				function(arg, tid);
			at += entry->reclen;
		}
	return n;
}

long threads_list(pid_t pid, void (*function)(void *arg, pid_t tid), void *arg,
		  long *countp)
{
	struct stat st;
	char path[PATH_ROOM];
	long fd, result;

	put_folder(path, pid);
	fd = arch_syscall4(SYS_openat, AT_FDCWD, path,
			   O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	result = function != NULL ? visit_directory((int)fd, function, arg) : 0;
	/* Afterwards: by then those that it does not list are gone. */
	if (countp != NULL && result >= 0) {
		result = arch_syscall2(SYS_fstat, fd, &st);
		*countp = (long)st.st_nlink - 2;
	}
	arch_syscall1(SYS_close, fd);
	return result;
}

static void visit_one(void *visit, pid_t tid)
{
	visit_thread(visit, tid);
}

static long visit_all(struct visit *visit)
{
	return threads_list(visit->slot->root->pid, visit_one, visit, NULL);
}

struct pip_slot *threads_owner(struct pip_root *root, pid_t tid)
{
	const struct pip_slot *first = thread_mode_find_first(root, tid);
	uint64_t list = 0, size = 0, index;

	if (first != NULL)
		return (struct pip_slot *)first;
	if (tid == root->pid)
		return &root->self;
	if (arch_syscall3(SYS_get_robust_list, tid, &list, &size) != 0 ||
	    list == 0)
		return NULL;
	index = (list - root->window_base) >> root->window_shift;
	return index < (uint64_t)root->ntasks ? &root->slots[index] :
						&root->self;
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

	*count = (struct thread_count){ 0 };
	result = visit_all(&visit);
	if (result == -EMFILE)
		result = visit_without_descriptor(&visit);
	if (result < 0) {
		*count = (struct thread_count){ 0 };
		visit_numbers(&visit);
	}
}
