// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc/PID/schedstat: what the scheduler counts of a thread
 * (Documentation/scheduler/sched-stats.rst of Linux): the time that it ran, the
 * time that it waited for a CPU, and how often it got one.
 */
#include <config.h>

#include "internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool scheduling_parse(const char *text, struct observer_facts *facts)
{
	uint64_t value[3];
	char *rest;
	int i;

	for (i = 0; i < 3; i++) {
		value[i] = strtoull(text, &rest, 10);
		if (rest == text)
			return false;
		text = rest;
	}
	facts->run_ns = value[0];
	facts->wait_ns = value[1];
	facts->switches = value[2];
	return true;
}

static bool scheduling_read(struct observer *observer,
			    const struct observer_task *task,
			    struct observer_facts *facts)
{
	char text[128], name[64];
	ssize_t n;
	int fd;

	if (task->tid > 0 && task->tid != task->pid)
		snprintf(name, sizeof(name), "task/%d/schedstat",
			 (int)task->tid);
	else
		snprintf(name, sizeof(name), "schedstat");
	/* One read(2) gives all: this is done for a thousand tasks. */
	fd = observer_open_file(observer, task->pid, name, O_RDONLY);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	return scheduling_parse(text, facts);
}

void observer_read_scheduling(struct observer_root *root,
			      struct observer_tasks *tasks)
{
	size_t i;

	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		if (!task->facts.error && !task->facts.scheduling)
			task->facts.scheduling = scheduling_read(
				root->observer, task, &task->facts);
	}
}

/*
 * To end, to stop, to fault, to exec: for all of it a task must run.  Only its
 * parent can change without it.
 */
bool scheduling_is_unchanged(struct observer *observer,
			     const struct observer_task *task,
			     const struct observer_task *old,
			     struct observer_facts *facts)
{
	const struct observer_facts *before = &old->facts;
	struct observer_facts now;

	if (task->torn || old->torn || before->error || !before->scheduling ||
	    before->state != 'S' || before->threads != 1 ||
	    task->pid != old->pid || task->tid != old->tid ||
	    task->entry.generation != old->entry.generation ||
	    task->entry.state != old->entry.state)
		return false;
	if (!scheduling_read(observer, task, &now) ||
	    now.switches != before->switches || now.run_ns != before->run_ns)
		return false;
	*facts = *before;
	return true;
}

bool observer_get_user(struct observer *observer, pid_t pid, uid_t *user)
{
	struct stat status;
	char name[16];

	snprintf(name, sizeof(name), "%d", (int)pid);
	if (fstatat(observer->proc, name, &status, 0) != 0)
		return false;
	*user = status.st_uid;
	return true;
}
