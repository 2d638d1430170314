/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: every process tells who it is, and learns who its neighbour is.
 *
 * The two events come with a barrier of all tasks between them, so that what
 * one publishes in the first all find in the second: when the program asks for
 * it (pip_name_service(3)), and whenever all go on after a suspension.  There,
 * hooks may not use stdio.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_coordinate.h>
#include <pip/pip_plugin.h>

PIP_PLUGIN("key_values");

static void say(const char *text, int self, int other, int pid)
{
	char line[128];
	int n = snprintf(line, sizeof(line), text, self, other, pid);

	if (write(STDOUT_FILENO, line, (size_t)n) < 0)
		return;
}

/* Keys are bytes: here, a structure. */
struct key {
	char what[4];
	int pipid;
};

static void publish(int self)
{
	struct key key = { "pid", self };
	int pid = getpid();

	if (pip_publish(&key, sizeof(key), &pid, sizeof(pid)) != 0)
		say("key_values: task %d cannot publish\n", self, 0, 0);
}

static void ask(int self)
{
	struct key key = { "pid", self + 1 };
	size_t size = sizeof(int);
	int pid;

	if (pip_query(&key, sizeof(key), &pid, &size) == 0)
		say("key_values: task %d: its neighbour %d has PID %d\n", self,
		    self + 1, pid);
	else
		say("key_values: task %d has no neighbour\n", self, 0, 0);
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	/* After the others: this is about a process that works again. */
	PIP_NEXT_EVENT_HOOK(event, data);
	if (data->pipid < 0) /* the root, or none of ours */
		return;
	if (event == PIP_PLUGIN_EVENT_REGISTER_NAME_SERVICE_DATA)
		publish(data->pipid);
	else if (event == PIP_PLUGIN_EVENT_SEND_QUERIES)
		ask(data->pipid);
}
