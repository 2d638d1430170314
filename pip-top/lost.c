// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that were shown, still run, and may not be looked into any more:
 * they changed their user, made themselves undumpable, or the like
 * (ptrace(2), PTRACE_MODE_READ_FSCREDS).  The user is told as long as it is
 * so; when the right comes back, a scan finds them again.
 */
#include <config.h>

#include "top.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Field 22 of proc_pid_stat(5), in ticks; 0: there is no such process, or it
 * is a zombie. */
static uint64_t process_read_start(pid_t pid)
{
	char path[64], text[2048], *p;
	int fd, field;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	p = strrchr(text, ')');
	if (!p || p[1] != ' ' || strchr("ZXx", p[2]))
		return 0;
	for (field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	return p ? strtoull(p, NULL, 10) : 0;
}

static bool process_is_denied(pid_t pid)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		close(fd);
		return false;
	}
	return errno == EACCES || errno == EPERM;
}

/* While it can be asked for: who it is. */
void lost_remember(struct top_program *program)
{
	program->identity = (struct top_lost){
		.inode = program->inode, .pid = program->root->reader,
		.started = process_read_start(program->root->reader),
	};
}

/* A scan has not found the program. */
void lost_add(struct top_sample *sample, const struct top_program *program)
{
	const struct top_lost *who = &program->identity;

	if (!who->started || process_read_start(who->pid) != who->started ||
	    !process_is_denied(who->pid))
		return;
	if (sample->nlost < TOP_LOST_MAX)
		sample->lost[sample->nlost++] = *who;
}

/* Those that have ended, or are found again, are lost no longer. */
void lost_check(struct top_sample *sample)
{
	size_t kept = 0, i, j;

	for (i = 0; i < sample->nlost; i++) {
		const struct top_lost *who = &sample->lost[i];

		for (j = 0; j < sample->nprograms; j++)
			if (sample->program[j]->inode == who->inode)
				break;
		if (j == sample->nprograms &&
		    process_read_start(who->pid) == who->started &&
		    process_is_denied(who->pid))
			sample->lost[kept++] = *who;
	}
	sample->nlost = kept;
}

/* What is missing, on one line; "": nothing. */
void lost_describe(const struct top_sample *sample, char *text, size_t size)
{
	const char *first = NULL;
	size_t i, denied = 0;
	int pid = 0;

	*text = '\0';
	if (sample->nlost) {
		snprintf(text, size, "program %d is hidden: you may not look "
			 "into it any more", (int)sample->lost[0].pid);
		denied = sample->nlost;
	}
	for (i = 0; i < sample->nprograms; i++) {
		const struct top_program *program = sample->program[i];

		if (!program->memory_error)
			continue;
		if (!first) {
			first = strerror(program->memory_error);
			pid = (int)program->root->reader;
		}
		denied++;
	}
	if (!*text && first)
		snprintf(text, size, "program %d: its memory is not known: %s",
			 pid, first);
	if (denied > 1)
		snprintf(text + strlen(text), size - strlen(text),
			 " (and %zu more)", denied - 1);
}
