/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: where a program's files are open, so that they can be so again.
 *
 * It keeps the path of each descriptor that open(2) has given.  When all are
 * suspended, the position is noted; when they go on, a descriptor that is gone
 * by then is opened again, at that position, which is what a restart needs.
 * Tasks that have the same file open elect one that saves it: the first to
 * publish its name.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip_coordinate.h>
#include <pip/pip_plugin.h>

PIP_PLUGIN("descriptors");

#define NFILES 64 /* higher descriptors are left alone */

static struct file {
	char path[PATH_MAX]; /* "": not open, or not by open(2) */
	int flags;
	off_t position;
	int saves; /* of all tasks, this one saves the file */
} files[NFILES];

static int pipid;

static void say(const char *what, const struct file *file)
{
	char line[PATH_MAX + 128];
	int n = snprintf(line, sizeof(line), "descriptors: PIPID %d %s '%s' at %lld\n",
			 pipid, what, file->path, (long long)file->position);

	if (write(STDOUT_FILENO, line, (size_t)n) < 0)
		return;
}

/* --- Wrapper functions ------------------------------------------------------ */

static int note(int fd, const char *path, int flags)
{
	if (fd >= 0 && fd < NFILES && strlen(path) < PATH_MAX) {
		strcpy(files[fd].path, path);
		files[fd].flags = flags & ~(O_CREAT | O_EXCL | O_TRUNC);
	}
	return fd;
}

int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return note(NEXT_FNC(open)(path, flags, mode), path, flags);
}

int close(int fd)
{
	if (fd >= 0 && fd < NFILES)
		files[fd].path[0] = '\0';
	return NEXT_FNC(close)(fd);
}

/* --- Events: nothing here may allocate, or use stdio's files ------------------ */

/* The path's end is its name here; a real one would take device and inode. */
static void elect(struct file *file)
{
	file->saves = pip_publish_new(file->path, strlen(file->path), &pipid,
				      sizeof(pipid)) == 0;
}

static void save(struct file *file, int fd)
{
	file->position = lseek(fd, 0, SEEK_CUR);
	if (file->saves)
		say("saves", file);
}

static void bring_back(struct file *file, int fd)
{
	int now;

	if (fcntl(fd, F_GETFD) >= 0)
		return; /* still there: it is not a restart */
	now = NEXT_FNC(open)(file->path, file->flags);
	if (now >= 0 && now != fd) {
		dup2(now, fd);
		NEXT_FNC(close)(now);
	}
	lseek(fd, file->position, SEEK_SET);
	say("opens again", file);
}

/* For the next time. */
static void forget_election(struct file *file)
{
	if (file->saves)
		(void)pip_unpublish(file->path, strlen(file->path));
	file->saves = 0;
}

void pip_event_hook(pip_event_t event, pip_event_data_t *data)
{
	pipid = data->pipid;
	for (int fd = 0; fd < NFILES; fd++) {
		if (files[fd].path[0] == '\0')
			continue;
		if (event == PIP_PLUGIN_EVENT_LEADER_ELECTION)
			elect(&files[fd]);
		else if (event == PIP_PLUGIN_EVENT_WRITE)
			save(&files[fd], fd);
		else if (event == PIP_PLUGIN_EVENT_REFILL)
			bring_back(&files[fd], fd);
		else if (event == PIP_PLUGIN_EVENT_THREADS_RESUME)
			forget_election(&files[fd]);
	}
	PIP_NEXT_EVENT_HOOK(event, data);
}
