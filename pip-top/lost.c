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
#include <string.h>
#include <unistd.h>

/* 0: there is no such process, or it is a zombie. */
static uint64_t process_read_start(struct observer *observer, pid_t pid)
{
	struct observer_facts facts;

	observer_read_process(observer, pid, &facts);
	return facts.error || strchr("ZXx", facts.state) ? 0 :
							   facts.started_ns;
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
void lost_remember(struct top_sample *sample, struct top_program *program)
{
	pid_t pid = program->root->reader;

	if (program->identity.started && program->identity.pid == pid)
		return;
	program->identity = (struct top_lost){
		.inode = program->inode, .pid = pid,
		.started = process_read_start(sample->observer, pid),
	};
}

/* A scan has not found the program. */
void lost_add(struct top_sample *sample, const struct top_program *program)
{
	const struct top_lost *who = &program->identity;

	if (!who->started ||
	    process_read_start(sample->observer, who->pid) != who->started ||
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
		    process_read_start(sample->observer, who->pid) ==
			    who->started &&
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
