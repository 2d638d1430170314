/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: a line for each event, on standard error or in the file that
 * LOGGER_FILE names.  A line is one write(2), so those of several tasks do not
 * mix.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <pip/pip.h>
#include <pip/pip_plugin.h>

PIP_PLUGIN("logger");

struct line {
	char text[512];
	size_t used;
};

__attribute__((format(printf, 2, 3))) static void
add(struct line *line, const char *format, ...)
{
	size_t room = sizeof(line->text) - line->used;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line->text + line->used, room, format, ap);
	va_end(ap);
	if (n > 0)
		line->used += (size_t)n < room ? (size_t)n : room - 1;
}

static void add_pipid(struct line *line, int pipid)
{
	if (pipid == PIP_PIPID_ROOT)
		add(line, "root");
	else if (pipid == PIP_PIPID_NULL)
		add(line, "-");
	else if (pipid == PIP_PIPID_ANY)
		add(line, "any");
	else
		add(line, "%d", pipid);
}

static void add_data(struct line *line, pip_event_t event,
		     const pip_event_data_t *data)
{
	switch (event) {
	case PIP_PLUGIN_EVENT_INIT:
		add(line, " %s", data->init.argc > 0 ? data->init.argv[0] : "?");
		break;
	case PIP_PLUGIN_EVENT_EXIT:
	case PIP_PLUGIN_EVENT_TASK_EXIT:
		add(line, " status %d", data->exit.status);
		break;
	case PIP_PLUGIN_EVENT_PRE_EXEC:
		add(line, " %s", data->exec.path);
		break;
	case PIP_PLUGIN_EVENT_POST_EXEC:
		if (data->exec.error != 0)
			add(line, " %s", strerrorname_np(data->exec.error));
		break;
	case PIP_PLUGIN_EVENT_TASK_SPAWN:
	case PIP_PLUGIN_EVENT_TASK_SPAWNED:
		add(line, " %s as PIPID ", data->spawn.program);
		add_pipid(line, data->spawn.pipid);
		if (data->spawn.error != 0)
			add(line, " %s", strerrorname_np(data->spawn.error));
		break;
	case PIP_PLUGIN_EVENT_TASK_WAIT:
		add(line, " PIPID %d, wait status %#x", data->wait.pipid,
		    data->wait.status);
		break;
	case PIP_PLUGIN_EVENT_SIGNAL:
		add(line, " %s to PIPID ", sigabbrev_np(data->signal.signal));
		add_pipid(line, data->signal.to);
		break;
	case PIP_PLUGIN_EVENT_DECOUPLE:
	case PIP_PLUGIN_EVENT_DECOUPLED:
	case PIP_PLUGIN_EVENT_COUPLE:
	case PIP_PLUGIN_EVENT_COUPLED:
		add(line, " domain ");
		add_pipid(line, data->domain.pipid);
		break;
	default:
		break;
	}
}

static void write_line(const struct line *line)
{
	const char *file = getenv("LOGGER_FILE");
	int fd = STDERR_FILENO;

	if (file != NULL)
		fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0 || write(fd, line->text, line->used) < 0) {
		/* There is nowhere to say so. */
	}
	if (fd > STDERR_FILENO)
		close(fd);
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	const char *name = pip_event_name(event);
	struct line line = { .used = 0 };

	add(&line, "logger ");
	add_pipid(&line, data->pipid);
	add(&line, ": %s", name != NULL ? name : "an event of a later version");
	add_data(&line, event, data);
	add(&line, "\n");
	write_line(&line);
	PIP_NEXT_EVENT_HOOK(event, data);
}
