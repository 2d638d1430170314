// SPDX-License-Identifier: BSD-2-Clause
/*
 * The threads that tasks have besides their first.  In thread mode all of them
 * are threads of one process, and whose a thread is, is told by where its list
 * of robust mutexes lies: in its thread-control block, which is in its stack,
 * which is in the window of its task (get_robust_list(2)).
 */
#include <config.h>

#include "internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS_MAX 1000000

static uint32_t thread_find_slot(const struct observer_root *root, pid_t tid)
{
	const struct pip_table_header *header = &root->header;
	uint64_t list = 0, size = 0, slot;

	if (!header->window_size ||
	    syscall(SYS_get_robust_list, tid, &list, &size) != 0 ||
	    list < header->window_base)
		return 0;
	slot = (list - header->window_base) / header->window_size + 1;
	return slot < header->nentries ? (uint32_t)slot : 0;
}

/* The TIDs of all tasks, ascending. */
struct first_threads {
	pid_t *tid;
	size_t count;
};

static int tid_compare(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int first_threads_list(const struct observer_tasks *tasks,
			      struct first_threads *first)
{
	size_t i;

	first->count = 0;
	first->tid = calloc(tasks->count + 1, sizeof(pid_t));
	if (!first->tid)
		return ENOMEM;
	for (i = 0; i < tasks->count; i++)
		if (!tasks->task[i].torn &&
		    (tasks->task[i].slot == 0 ||
		     tasks->task[i].entry.state != PIP_STATE_ENDED))
			first->tid[first->count++] = tasks->task[i].tid;
	qsort(first->tid, first->count, sizeof(pid_t), tid_compare);
	return 0;
}

static void thread_read_name(struct observer *observer, pid_t pid,
			     struct observer_thread *thread)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "task/%d/comm", (int)thread->tid);
	n = observer_read_file(observer, pid, path, thread->name,
			       sizeof(thread->name));
	if (n < 0)
		n = 0;
	if (n > 0 && thread->name[n - 1] == '\n')
		n--;
	thread->name[n] = '\0';
}

static int threads_add(struct observer_root *root, uint32_t slot, pid_t pid,
		       pid_t tid, struct observer_threads *threads)
{
	struct observer_thread *thread;

	if (threads->count == THREADS_MAX)
		return E2BIG;
	if (threads->count == threads->capacity) {
		size_t capacity = threads->capacity ? threads->capacity * 2 :
						      64;

		thread = reallocarray(threads->thread, capacity,
				      sizeof(*thread));
		if (!thread)
			return ENOMEM;
		threads->thread = thread;
		threads->capacity = capacity;
	}
	thread = &threads->thread[threads->count];
	memset(thread, 0, sizeof(*thread));
	thread->slot = slot;
	thread->pid = pid;
	thread->tid = tid;
	stat_read_thread(root->observer, pid, tid, &thread->facts);
	if (thread->facts.error) /* it has ended meanwhile */
		return 0;
	thread_read_name(root->observer, pid, thread);
	threads->count++;
	return 0;
}

/* Of one process; slot: whose they are, in process mode. */
static int threads_list(struct observer_root *root,
			const struct first_threads *first, pid_t pid,
			uint32_t slot, struct observer_threads *threads)
{
	const bool shared = root->header.mode == PIP_TABLE_MODE_THREAD;
	int fd = observer_open_file(root->observer, pid, "task",
				    O_RDONLY | O_DIRECTORY);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	int error = 0;

	if (!directory) {
		if (fd >= 0)
			close(fd);
		return 0; /* it has ended */
	}
	while (!error && (entry = readdir(directory))) {
		char *rest;
		pid_t tid = (pid_t)strtol(entry->d_name, &rest, 10);

		if (tid <= 0 || *rest || (!shared && tid == pid) ||
		    bsearch(&tid, first->tid, first->count, sizeof(tid),
			    tid_compare))
			continue;
		error = threads_add(root, shared ? thread_find_slot(root, tid) :
				    slot, pid, tid, threads);
	}
	closedir(directory);
	return error;
}

static int thread_compare(const void *a, const void *b)
{
	const struct observer_thread *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	return (x->tid > y->tid) - (x->tid < y->tid);
}

int observer_read_threads(struct observer_root *root,
			  const struct observer_tasks *tasks,
			  struct observer_threads *threads)
{
	const bool shared = root->header.mode == PIP_TABLE_MODE_THREAD;
	struct first_threads first;
	int error = first_threads_list(tasks, &first);
	size_t i;

	threads->count = 0;
	for (i = 0; !error && i < tasks->count; i++) {
		const struct observer_task *task = &tasks->task[i];

		if (task->facts.error || task->pid <= 0 ||
		    (shared ? task->slot != 0 : task->facts.threads < 2))
			continue;
		error = threads_list(root, &first, task->pid, task->slot,
				     threads);
	}
	free(first.tid);
	if (threads->count)
		qsort(threads->thread, threads->count,
		      sizeof(*threads->thread), thread_compare);
	return error;
}

void observer_free_threads(struct observer_threads *threads)
{
	free(threads->thread);
	memset(threads, 0, sizeof(*threads));
}
