// SPDX-License-Identifier: BSD-2-Clause
/* record, and switch. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "losses.h"
#include "recorder_reader.h"
#include "trace.h"

static const char *const modes[] = { "off", "overwrite", "stop" };

/* What is there stays until there is something better. */
static int open_output(const char *name, bool *created)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	*created = fd >= 0;
	if (fd < 0 && errno == EEXIST)
		fd = open(name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		trace_fail("%s: %s", name, strerror(errno));
	return fd;
}

int command_record(const struct trace_options *options)
{
	const char *name = options->output != NULL ? options->output :
						     TRACE_DEFAULT_FILE;
	struct trace_session *session;
	struct trace_end end;
	bool created;
	int fd, status;

	fd = open_output(name, &created);
	session = session_open(options, &status);
	if (session == NULL) {
		close(fd);
		if (created)
			unlink(name);
		return status;
	}
	(void)!ftruncate(fd, 0); /* a pipe cannot be */
	session_record(session, fd, name, 0, &end);
	if (close(fd) != 0)
		trace_fail("%s: %s", name, strerror(errno));
	if (!options->quiet) {
		fprintf(stderr, "%s: %" PRIu64 " events, %" PRIu64
			" of the kernel\n", name, end.events,
			end.kernel_events);
		losses_print(stderr, &end, true);
	}
	if (options->overhead)
		overhead_print(stderr, &end);
	return session_close(session);
}

static uint32_t parse_mode(const char *text)
{
	for (uint32_t i = 0; i < 3; i++)
		if (strcmp(text, modes[i]) == 0)
			return i;
	trace_fail("switch: off, overwrite or stop, not '%s'", text);
}

int command_switch(const struct trace_options *options)
{
	struct recorder_reader *reader = NULL;
	struct observer_root *root;
	struct observer *observer;
	uint32_t before, mode = 0;
	int error;

	if (options->argument != NULL)
		mode = parse_mode(options->argument);
	error = observer_open(&observer);
	if (error != 0)
		trace_fail("/proc: %s", strerror(error));
	error = observer_scan(observer, options->pid);
	root = error == 0 ? observer_get_root(observer, 0) : NULL;
	if (root == NULL)
		trace_fail("process %d: %s", (int)options->pid,
			   error == ESRCH  ? "no such process" :
			   error == EACCES ? "you may not look into it" :
					     "does not belong to a PiP "
					     "program");
	error = recorder_reader_open(root, -1, RECORDER_FROM_NOW, &reader);
	if (error == ENODATA)
		trace_fail("process %d has no flight recorder",
			   (int)options->pid);
	if (error == 0 && options->argument == NULL) {
		before = reader->table.recorder;
		puts(before < 3 ? modes[before] : "unknown");
	} else if (error == 0) {
		error = recorder_reader_switch(reader, mode, &before);
	}
	if (error != 0)
		trace_fail("the flight recorder of process %d: %s",
			   (int)options->pid, observer_explain_error(error));
	recorder_reader_close(reader);
	observer_close(observer);
	return TRACE_DONE;
}
