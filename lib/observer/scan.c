// SPDX-License-Identifier: BSD-2-Clause
/*
 * Discovery: which processes are roots of PiP programs.
 *
 * A root, its tasks, and every fork(2) copy of these have the table mapped.
 * The table says which of them is the root.  A process is taken for the root
 * if the table names its PID; if the table names another, that one is looked
 * at, and only if it is gone and this process is a task of the table, what is
 * left of the program is listed.  A copy is neither.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

struct scan {
	struct observer *observer;
	bool at_root; /* following a table to its root; not any further */
};

/*
 * Leave a process out that shares the root's memory.  Nothing less counts: a
 * table could name the root of another program to hide it.
 */
static void scan_skip(const struct observer_root *root, pid_t inner)
{
	pid_t pid = pids_translate(root->pids, inner);

	if (pid > 0 && facts_share_memory(root->reader, pid) == 1)
		pids_add_member(root->observer, pid);
}

/* Note the tasks of a root, so that their maps need not be read. */
static void scan_skip_tasks(const struct observer_root *root)
{
	struct pip_table_entry entry;
	unsigned patience = 0;
	uint32_t slot;

	scan_skip(root, root->header.guardian_pid);
	for (slot = 1; slot < root->header.nused; slot++) {

		if (table_read_entry(root->source, &root->header, slot,
				     &patience, &entry) ||
		    entry.state == PIP_STATE_FREE ||
		    entry.state == PIP_STATE_ENDED)
			continue;
		scan_skip(root, entry.pid);
	}
}

/* Is pid (of the namespace of the table) a live task in it? */
static bool scan_names_task(const struct observer_root *root, pid_t inner)
{
	struct pip_table_entry entry;
	unsigned patience = 0;
	uint32_t slot;

	for (slot = 1; slot < root->header.nused; slot++)
		if (!table_read_entry(root->source, &root->header, slot,
				      &patience, &entry) &&
		    (entry.state == PIP_STATE_LOADING ||
		     entry.state == PIP_STATE_RUNNING) &&
		    (entry.pid == inner || entry.tid == inner))
			return true;
	return false;
}

static bool scan_knows(const struct observer *observer, uint64_t inode)
{
	size_t i;

	for (i = 0; i < observer->nroots; i++)
		if (observer->roots[i]->table_inode == inode)
			return true;
	return false;
}

/* Has this table been refused?  Its tasks have nothing better. */
static bool scan_refused(const struct observer *observer, uint64_t inode)
{
	size_t i;

	for (i = 0; i < observer->nproblems; i++)
		if (observer->problems[i].table_inode == inode &&
		    (observer->problems[i].error == EBADMSG ||
		     observer->problems[i].error == EPROTONOSUPPORT))
			return true;
	return false;
}

/* Has process pid the memfd of that inode mapped?  0, or why not. */
static int scan_find_inode(struct observer *observer, pid_t pid,
			   uint64_t inode)
{
	struct observer_mapping mapping;
	struct observer_maps maps;
	int error = maps_open(observer, pid, &maps);

	if (error)
		return error;
	error = ESRCH;
	while (error && maps_next_table(observer, &maps, &mapping))
		error = mapping.inode == inode ? 0 : ESRCH;
	maps_close(&maps);
	return error;
}

static int scan_keep_root(struct scan *scan, struct observer_root *root)
{
	struct observer *observer = scan->observer;
	struct observer_root **roots;

	roots = reallocarray(observer->roots, observer->nroots + 1,
			     sizeof(struct observer_root *));
	if (!roots)
		return ENOMEM;
	observer->roots = roots;
	roots[observer->nroots++] = root;
	scan_skip_tasks(root);
	return 0;
}

/*
 * Whose table is it?  Decides what root->pid, reader and alive are; ENOENT if
 * this process is nothing to be listed.
 */
static int scan_identify(struct scan *scan, pid_t pid,
			 struct observer_root *root)
{
	struct observer *observer = scan->observer;
	bool foreign;
	pid_t inner;
	int error;

	if (root->header.finished)
		return ENOENT;
	error = pids_find_inner(observer, pid, &inner, &foreign);
	if (!error && foreign)
		error = pids_open(observer, pid, &root->pids);
	if (error)
		return error;
	root->reader = pid;
	root->pid = pids_translate(root->pids, root->header.root_pid);
	root->alive = root->pid == pid;
	if (root->alive)
		return 0;
	if (root->pid > 0) {
		error = scan_find_inode(observer, root->pid,
					root->table_inode);
		if (error == 0)
			return EEXIST; /* the root: look at it instead */
		if (error == ENOMEM)
			return error;
		root->alive = error == EACCES || error == EPERM;
		if (!root->alive)
			root->pid = 0;
	}
	return scan_names_task(root, inner) ? 0 : ENOENT;
}

static int scan_take_process(struct scan *scan, pid_t pid);

/*
 * A task has no descriptor of the table, and its memory may be out of reach
 * (Yama): its root has one, which is its parent.  ENOENT: that is no help.
 */
static int scan_take_parent(struct scan *scan, pid_t pid, uint64_t inode)
{
	struct observer_facts facts = { 0 };
	int error = ENOENT;

	if (scan->at_root)
		return error;
	stat_read(scan->observer, pid, pid, &facts);
	if (facts.error == 0 && facts.ppid > 0) {
		scan->at_root = true;
		error = scan_take_process(scan, facts.ppid);
		scan->at_root = false;
	}
	return error == ENOMEM || scan_knows(scan->observer, inode) ? error :
								      ENOENT;
}

/* A process has a table mapped: add its program, unless it is no root. */
static int scan_take_mapping(struct scan *scan, pid_t pid,
			     const struct observer_mapping *mapping)
{
	struct observer *observer = scan->observer;
	char text[OBSERVER_PROBLEM_MAX];
	struct observer_root *root;
	int error;

	if (scan_knows(observer, mapping->inode) ||
	    scan_refused(observer, mapping->inode))
		return 0;
	root = calloc(1, sizeof(*root));
	if (!root)
		return ENOMEM;
	root->observer = observer;
	root->table_address = mapping->low;
	root->table_inode = mapping->inode;
	error = source_open(observer, pid, mapping, &root->source);
	if (!error)
		error = table_read_header(root->source, &root->header, text);
	else
		strcpy(text, "out of memory");
	if (error == EAGAIN || error == ESRCH) {
		error = 0; /* not yet, or no more, a PiP program */
		goto drop;
	}
	if (error == EPERM || error == EACCES) {
		int found = scan_take_parent(scan, pid, mapping->inode);

		error = found == ENOENT ? error : found;
		if (!error)
			goto drop;
	}
	if (error) {
		observer_add_problem(observer, pid, error, mapping->inode,
				     "process %d: its task table %s", (int)pid,
				     text);
		error = error == ENOMEM ? error : 0;
		goto drop;
	}
	error = scan_identify(scan, pid, root);
	if (error == EEXIST && !scan->at_root) {
		scan->at_root = true;
		error = scan_take_process(scan, root->pid);
		scan->at_root = false;
		error = error == ENOMEM ? error : 0;
		goto drop;
	}
	if (error) {
		error = error == ENOMEM ? error : 0;
		goto drop;
	}
	error = source_map(root->source, root->header.header_size +
			   (uint64_t)root->header.nentries *
			   root->header.entry_size);
	if (!error)
		error = scan_keep_root(scan, root);
	if (!error)
		return 0;
drop:
	source_close(root->source);
	pids_close(root->pids);
	free(root);
	return error;
}

/* Look into one process.  Only errors of ours are returned. */
static int scan_take_process(struct scan *scan, pid_t pid)
{
	struct observer *observer = scan->observer;
	struct observer_mapping mapping;
	struct observer_maps maps;
	size_t before = observer->nroots;
	int error = maps_open(observer, pid, &maps);

	if (error)
		return error;
	/*
	 * The rest of a root's maps, thousands of lines, is not read.  A
	 * fork(2) copy of a root may be the root of a program of its own, and
	 * has two tables then.
	 */
	while (!error && observer->nroots == before &&
	       maps_next_table(observer, &maps, &mapping))
		error = scan_take_mapping(scan, pid, &mapping);
	maps_close(&maps);
	return error;
}

/* A process that may not be looked into: does its name say it is a root? */
static void scan_note_denied(struct observer *observer, pid_t pid)
{
	char name[64], shown[64];
	ssize_t n;

	observer->denied++;
	n = observer_read_file(observer, pid, "comm", name, sizeof(name));
	if (n < 3 || name[0] != 'R' || !strchr(":;.|", name[1]))
		return;
	observer_escape_text(shown, sizeof(shown), name + 2, (size_t)n - 3);
	observer_add_problem(observer, pid, EACCES, 0,
			     "process %d ('%s') looks like a PiP root, but you "
			     "may not read it", (int)pid, shown);
}

static int scan_all(struct scan *scan)
{
	size_t count, i;
	pid_t *pids = observer_list_pids(scan->observer, &count);
	int error = 0;

	if (!pids)
		return errno;
	for (i = 0; i < count && !error; i++) {
		if (pids_is_member(scan->observer, pids[i]))
			continue;
		error = scan_take_process(scan, pids[i]);
		if (error == EACCES || error == EPERM)
			scan_note_denied(scan->observer, pids[i]);
		if (error != ENOMEM && error != EMFILE && error != ENFILE)
			error = 0;
	}
	free(pids);
	return error;
}

static int root_compare(const void *a, const void *b)
{
	const struct observer_root *x = *(struct observer_root *const *)a;
	const struct observer_root *y = *(struct observer_root *const *)b;

	return (x->reader > y->reader) - (x->reader < y->reader);
}

/* Is pid in this program: its root, a thread of it, a task?  Not a copy. */
static bool scan_contains(struct observer_root *root,
			  struct observer_tasks *tasks, pid_t pid)
{
	if (root->pid == pid || facts_share_memory(root->reader, pid) == 1)
		return true;
	return observer_read_tasks(root, tasks) == 0 &&
	       observer_find_task(tasks, pid);
}

/* Keep only the program that pid is in. */
static void scan_select(struct observer *observer, pid_t pid)
{
	struct observer_tasks tasks = { 0 };
	size_t i, kept = 0;

	for (i = 0; i < observer->nroots; i++) {
		struct observer_root *root = observer->roots[i];

		if (scan_contains(root, &tasks, pid)) {
			observer->roots[kept++] = root;
			continue;
		}
		source_close(root->source);
		pids_close(root->pids);
		free(root);
	}
	observer->nroots = kept;
	observer_free_tasks(&tasks);
}

static int scan_one(struct scan *scan, pid_t pid)
{
	struct observer *observer = scan->observer;
	int error = scan_take_process(scan, pid);

	if (error == ENOENT)
		return ESRCH;
	if (error || observer->nproblems)
		return error;
	/* A zombie, or a task that called execve, has no table any more. */
	if (observer->nroots == 0) {
		error = scan_all(scan);
		observer->denied = 0;
		observer->nproblems = 0;
	}
	if (!error)
		scan_select(observer, pid);
	return error;
}

int observer_scan(struct observer *observer, pid_t pid)
{
	struct scan scan = { .observer = observer };
	int error;

	observer_forget(observer);
	error = pid ? scan_one(&scan, pid) : scan_all(&scan);
	if (observer->nroots > 1)
		qsort(observer->roots, observer->nroots,
		      sizeof(struct observer_root *), root_compare);
	return error;
}
