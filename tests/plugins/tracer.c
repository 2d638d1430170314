/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin for tests, compiled under several names: a line "NAME PIPID EVENT
 * DATA" in the file PLUGIN_TRACE for each event.  "NAME EVENT" in
 *	PLUGIN_STOP	does not pass that event on,
 *	PLUGIN_TWICE	passes it on twice,
 *	PLUGIN_THREAD	has another thread pass it on,
 *	PLUGIN_AFTER	passes it on, and has a line "after" then,
 *	PLUGIN_CALLS	does in it what is an event itself,
 *	PLUGIN_CRASH	does not come back,
 *	PLUGIN_ABORT	calls abort() in it.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_plugin.h>

#ifndef PLUGIN_API
PIP_PLUGIN(PLUGIN_NAME);
#else
const struct pip_plugin pip_plugin_description = {
	PIP_PLUGIN_MAGIC, PLUGIN_API, sizeof(struct pip_plugin), 0, PLUGIN_NAME,
	{ 0 }
};
#endif

static void write_line(const pip_event_data_t *data, const char *what,
		       const char *more)
{
	const char *file = getenv("PLUGIN_TRACE");
	char line[256];
	int fd, n;

	if (file == NULL)
		return;
	n = snprintf(line, sizeof(line), "%s %d %s%s%s\n", PLUGIN_NAME,
		     data->pipid, what, *more != '\0' ? " " : "", more);
	fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line, (size_t)n) != n)
		abort();
	close(fd);
}

static int is_set(const char *variable, const char *event)
{
	const char *value = getenv(variable);
	size_t length = strlen(PLUGIN_NAME);

	return value != NULL && strncmp(value, PLUGIN_NAME, length) == 0 &&
	       value[length] == ' ' && strcmp(value + length + 1, event) == 0;
}

static const char *describe(pip_event_t event, const pip_event_data_t *data,
			    char text[128])
{
	*text = '\0';
	switch (event) {
	case PIP_PLUGIN_EVENT_INIT:
		snprintf(text, 128, "%d", data->init.is_task);
		break;
	case PIP_PLUGIN_EVENT_EXIT:
	case PIP_PLUGIN_EVENT_TASK_EXIT:
		snprintf(text, 128, "%d", data->exit.status);
		break;
	case PIP_PLUGIN_EVENT_PRE_EXEC:
		snprintf(text, 128, "%s", data->exec.path);
		break;
	case PIP_PLUGIN_EVENT_POST_EXEC:
		snprintf(text, 128, "%d", data->exec.error);
		break;
	case PIP_PLUGIN_EVENT_ATFORK_PARENT:
	case PIP_PLUGIN_EVENT_ATFORK_CHILD:
		snprintf(text, 128, "%d", data->fork.parent_pipid);
		break;
	case PIP_PLUGIN_EVENT_TASK_SPAWN:
	case PIP_PLUGIN_EVENT_TASK_SPAWNED:
		snprintf(text, 128, "%d %d %s", data->spawn.pipid,
			 data->spawn.error, data->spawn.pid > 0 ? "pid" : "0");
		break;
	case PIP_PLUGIN_EVENT_TASK_WAIT:
		snprintf(text, 128, "%d %#x", data->wait.pipid,
			 (unsigned)data->wait.status);
		break;
	case PIP_PLUGIN_EVENT_SIGNAL:
		snprintf(text, 128, "%d %d", data->signal.to,
			 data->signal.signal);
		break;
	case PIP_PLUGIN_EVENT_DECOUPLE:
	case PIP_PLUGIN_EVENT_DECOUPLED:
	case PIP_PLUGIN_EVENT_COUPLE:
	case PIP_PLUGIN_EVENT_COUPLED:
		snprintf(text, 128, "%d", data->domain.pipid);
		break;
	case PIP_PLUGIN_EVENT_THREAD_START:
	case PIP_PLUGIN_EVENT_THREAD_EXIT:
	case PIP_PLUGIN_EVENT_PTHREAD_START:
	case PIP_PLUGIN_EVENT_PTHREAD_EXIT:
		snprintf(text, 128, "%s",
			 data->thread.thread == (uint64_t)pthread_self() ?
				 "own" : "other");
		break;
	default:
		break;
	}
	return text;
}

static void *pass_on(void *data)
{
	PIP_NEXT_EVENT_HOOK(((pip_event_data_t *)data)->event, data);
	return NULL;
}

static void *do_nothing(void *arg)
{
	return arg;
}

/* Were these events for plugins, there would be no end of it. */
static void call(void)
{
	pthread_t thread;
	pid_t child;

	if (pip_is_initialized())
		pip_kill(PIP_PIPID_MYSELF, 0);
	if (pthread_create(&thread, NULL, do_nothing, NULL) == 0)
		pthread_join(thread, NULL);
	child = fork();
	if (child == 0)
		_exit(0);
	(void)child;
}

__attribute__((noinline)) static void crash(void)
{
	int *volatile nowhere = (int *)16;

	*nowhere = 1;
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	const char *name = pip_event_name(event);
	pthread_t thread;
	char text[128];

	if (name == NULL || data->event != event || data->size != sizeof(*data))
		abort();
	write_line(data, name, describe(event, data, text));
	if (is_set("PLUGIN_STOP", name))
		return;
	if (is_set("PLUGIN_CRASH", name))
		crash();
	if (is_set("PLUGIN_ABORT", name))
		abort();
	if (is_set("PLUGIN_CALLS", name))
		call();
	if (is_set("PLUGIN_THREAD", name)) {
		if (pthread_create(&thread, NULL, pass_on, data) == 0)
			pthread_join(thread, NULL);
		return;
	}
	PIP_NEXT_EVENT_HOOK(event, data);
	if (is_set("PLUGIN_TWICE", name))
		PIP_NEXT_EVENT_HOOK(event, data);
	if (is_set("PLUGIN_AFTER", name))
		write_line(data, name, "after");
}

/* Wrapper functions: one of libc, one of libpip, and one of the two. */
static void note_call(const char *function)
{
	if (getenv("PLUGIN_WRAPS") != NULL)
		write_line(&(pip_event_data_t){ .pipid = 0 }, function, "");
}

unsigned int alarm(unsigned int seconds)
{
	note_call("alarm");
	return NEXT_FNC(alarm)(seconds);
}

int pip_get_ntasks(int *ntasksp)
{
	note_call("pip_get_ntasks");
	return NEXT_FNC(pip_get_ntasks)(ntasksp);
}

static int mappings;

void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset);

void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)
{
	mappings++;
	return NEXT_FNC(mmap)(addr, length, prot, flags, fd, offset);
}

char *getlogin(void)
{
	if (getenv("PLUGIN_CRASH_IN_WRAPPER") != NULL)
		crash();
	return NEXT_FNC(getlogin)();
}
