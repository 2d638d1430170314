// SPDX-License-Identifier: BSD-2-Clause
/* /proc/PID/stat, fields as numbered in proc_pid_stat(5). */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	STAT_STATE = 3,
	STAT_PPID = 4,
	STAT_FLAGS = 9,
	STAT_MINFLT = 10,
	STAT_MAJFLT = 12,
	STAT_UTIME = 14, /* ticks */
	STAT_STIME = 15,
	STAT_NUM_THREADS = 20,
	STAT_STARTTIME = 22, /* ticks since boot */
	STAT_RSS = 24,	     /* pages */
	STAT_STARTCODE = 26,
	STAT_ENDCODE = 27,
	STAT_STARTSTACK = 28,
	STAT_PROCESSOR = 39,
	STAT_FIELDS, /* what follows is not read */
};

/* Of the flags; include/linux/sched.h of the kernel. */
#define STAT_PF_EXITING 0x4u

/* Ticks to ns without overflow for any clock of the kernel's. */
static uint64_t stat_ns(uint64_t value, long ticks)
{
	uint64_t hz = ticks > 0 ? (uint64_t)ticks : 100;

	return value / hz * 1000000000u + value % hz * 1000000000u / hz;
}

/* The next field; strtoull(3) would be a tenth of all that pips does. */
static bool stat_take(const char **p, uint64_t *value)
{
	const char *start;

	while (**p == ' ' || **p == '-') /* tty_nr, tpgid may be negative */
		(*p)++;
	start = *p;
	for (*value = 0; **p >= '0' && **p <= '9'; (*p)++)
		*value = *value * 10 + (uint64_t)(**p - '0');
	return *p != start;
}

bool stat_parse(const char *text, long ticks, long page,
		struct observer_facts *facts)
{
	uint64_t field[STAT_FIELDS] = { 0 };
	const char *p = strrchr(text, ')'); /* the name may hold anything else */
	unsigned i;

	if (!p || p[1] != ' ' || !p[2] || p[3] != ' ')
		return false;
	facts->state = p[2];
	p += 3;
	for (i = STAT_PPID; i < STAT_FIELDS; i++)
		if (!stat_take(&p, &field[i])) {
			if (i > STAT_STARTSTACK) /* nice to have */
				break;
			return false;
		}
	facts->ppid = (pid_t)field[STAT_PPID];
	facts->exiting = (field[STAT_FLAGS] & STAT_PF_EXITING) != 0;
	facts->threads = (uint32_t)field[STAT_NUM_THREADS];
	facts->user_ns = stat_ns(field[STAT_UTIME], ticks);
	facts->system_ns = stat_ns(field[STAT_STIME], ticks);
	facts->started_ns = stat_ns(field[STAT_STARTTIME], ticks);
	facts->cpu = (uint32_t)field[STAT_PROCESSOR];
	facts->faults = field[STAT_MINFLT] + field[STAT_MAJFLT];
	facts->rss = field[STAT_RSS] * (uint64_t)page;
	facts->address_space[0] = field[STAT_STARTCODE];
	facts->address_space[1] = field[STAT_ENDCODE];
	facts->address_space[2] = field[STAT_STARTSTACK];
	return true;
}

/* The kernel gives the whole file to one read(2) that has room for it. */
static ssize_t stat_read_file(struct observer *observer, pid_t pid,
			      const char *name, char *text, size_t size)
{
	int fd = observer_open_file(observer, pid, name, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, text, size - 1);
	if (n < 0)
		n = -errno;
	else
		text[n] = '\0';
	close(fd);
	return n;
}

static void stat_read_name(struct observer *observer, pid_t pid,
			   const char *name, struct observer_facts *facts)
{
	char text[2048];
	ssize_t n;

	memset(facts, 0, sizeof(*facts));
	n = stat_read_file(observer, pid, name, text, sizeof(text));
	if (n == -ESRCH)
		n = -ENOENT;
	if (n < 0)
		facts->error = (int)-n;
	else if (!stat_parse(text, observer->ticks, observer->page, facts))
		facts->error = EBADMSG;
}

void stat_read_thread(struct observer *observer, pid_t pid, pid_t tid,
		      struct observer_facts *facts)
{
	char name[64];

	snprintf(name, sizeof(name), "task/%d/stat", (int)tid);
	stat_read_name(observer, pid, name, facts);
}

/* tid other than pid: that one thread only. */
void stat_read(struct observer *observer, pid_t pid, pid_t tid,
	       struct observer_facts *facts)
{
	if (tid > 0 && tid != pid)
		stat_read_thread(observer, pid, tid, facts);
	else
		stat_read_name(observer, pid, "stat", facts);
}

void observer_read_process(struct observer *observer, pid_t pid,
			   struct observer_facts *facts)
{
	stat_read(observer, pid, pid, facts);
}
