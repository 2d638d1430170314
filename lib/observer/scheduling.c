// SPDX-License-Identifier: BSD-2-Clause
/*
 * /proc/PID/schedstat: what the scheduler counts of a thread
 * (Documentation/scheduler/sched-stats.rst of Linux): the time that it ran, the
 * time that it waited for a CPU, and how often it got one.
 */
#include <config.h>

#include "internal.h"

#include <stdlib.h>
#include <sys/stat.h>

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

void observer_read_scheduling(struct observer_root *root,
			      struct observer_tasks *tasks)
{
	char text[128], name[64];
	size_t i;

	for (i = 0; i < tasks->count; i++) {
		struct observer_task *task = &tasks->task[i];

		if (task->facts.error)
			continue;
		if (task->tid > 0 && task->tid != task->pid)
			snprintf(name, sizeof(name), "task/%d/schedstat",
				 (int)task->tid);
		else
			snprintf(name, sizeof(name), "schedstat");
		task->facts.scheduling =
			observer_read_file(root->observer, task->pid, name,
					   text, sizeof(text)) > 0 &&
			scheduling_parse(text, &task->facts);
	}
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
