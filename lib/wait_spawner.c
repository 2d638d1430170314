/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting by a task, for the tasks that it has spawned.
 *
 * The kernel lets only their parent, the root, collect them.  So the spawner
 * sleeps on a pidfd until the process is a zombie, reads its status in
 * /proc/PID/stat (proc(5): exit_code, for those who may trace the process),
 * and leaves the zombie to the root.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "reap.h"
#include "root.h"
#include "wait.h"

/* Fields of /proc/PID/stat, counted from 1 as proc(5) does. */
enum {
	STAT_STATE = 3, /* the first behind the name */
	STAT_PPID = 4,
	STAT_UTIME = 14,
	STAT_STIME = 15,
	STAT_THREADS = 20,
	STAT_EXIT_CODE = 52,
};

/* Read a file of a folder; how much, or a negative errno value. */
static ssize_t read_file(int folder, const char *name, char *text, size_t size)
{
	int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, size - 1) : -1;
	int error = errno;

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -error;
	text[n] = '\0';
	return n;
}

/*
 * May we see its status?  Otherwise the kernel says 0 instead.  The check
 * (ptrace(2), access mode checking, PTRACE_MODE_READ_FSCREDS) is that of the
 * links in ns, which unlike other files do not belong to root when the process
 * is a zombie.  0, EPERM, or ESRCH when it is not there any more.
 */
static int check_visible(int folder)
{
	char text[64];
	int error;

	if (readlinkat(folder, "ns/user", text, sizeof(text)) >= 0)
		return 0;
	error = errno;
	/* Just collected, then that is EACCES, too. */
	if (read_file(folder, "stat", text, sizeof(text)) <= 0)
		return ESRCH;
	/* ENOENT: a kernel without user name spaces. */
	return error == EACCES || error == EPERM ? EPERM : 0;
}

static uint64_t nanoseconds(unsigned long long ticks)
{
	return ticks * (1000000000ull / (unsigned long)sysconf(_SC_CLK_TCK));
}

/* 0 it is a zombie, EAGAIN it lives, ESRCH it is not our root's child. */
static int parse_stat(const struct pip_root *root, char *text,
		      struct outcome *outcome)
{
	/* "pid (comm) S ...", and comm may hold anything. */
	char *at = strrchr(text, ')'), *save = NULL, *word;
	unsigned long long values[STAT_EXIT_CODE + 1] = { 0 };
	char state;
	int field;

	if (at == NULL || at[1] != ' ')
		return ESRCH;
	state = at[2];
	word = strtok_r(at + 2, " \n", &save);
	for (field = STAT_STATE; word != NULL && field <= STAT_EXIT_CODE;
	     field++, word = strtok_r(NULL, " \n", &save))
		values[field] = strtoull(word, NULL, 10);
	if (field <= STAT_EXIT_CODE ||
	    (pid_t)values[STAT_PPID] != root->pid)
		return ESRCH;
	/* Its first thread may be a zombie while others run. */
	if (state != 'Z' || values[STAT_THREADS] > 1)
		return state == 'X' ? ESRCH : EAGAIN;
	outcome->status = (int)values[STAT_EXIT_CODE];
	outcome->user_ns = nanoseconds(values[STAT_UTIME]);
	outcome->system_ns = nanoseconds(values[STAT_STIME]);
	return 0;
}

/* A file of /proc/PID cannot be had: the process is gone (ESRCH), we cannot
 * now (EAGAIN), or it is hidden, or there is no /proc (EPERM). */
static int explain(pid_t pid, int error)
{
	if (error == EMFILE || error == ENFILE || error == ENOMEM)
		return EAGAIN;
	return kill(pid, 0) != 0 && errno == ESRCH ? ESRCH : EPERM;
}

/* What parse_stat() says, or EPERM: its status must not be seen. */
static int read_end(const struct pip_root *root, pid_t pid,
		    struct outcome *outcome)
{
	char text[1024];
	int folder, error;
	ssize_t n;

	snprintf(text, sizeof(text), "/proc/%d", (int)pid);
	folder = open(text, O_DIRECTORY | O_PATH | O_CLOEXEC);
	if (folder < 0)
		return explain(pid, errno);
	/* The folder is this process's, whoever gets the PID afterwards. */
	n = read_file(folder, "stat", text, sizeof(text));
	if (n == -ENOENT || n == -ESRCH)
		error = ESRCH;
	else if (n < 0)
		error = explain(pid, (int)-n);
	else
		error = parse_stat(root, text, outcome);
	if (error == 0)
		error = check_visible(folder);
	close(folder);
	return error;
}

static bool is_mine(const struct pip_slot *slot)
{
	return slot->spawner == pip_self &&
	       slot->spawner_generation == pip_self->entry->generation;
}

bool wait_is_left_to_spawner(const struct pip_slot *slot)
{
	struct pip_slot *spawner = slot->spawner;

	return spawner != NULL && !slot_is_root(spawner) &&
	       atomic_load(&spawner->state) != SLOT_IDLE &&
	       spawner->entry->generation == slot->spawner_generation &&
	       !reap_has_ended(spawner);
}

/* As wait_collect() of the root: 0, EAGAIN it runs, ECHILD somebody else has taken
 * it; and EPERM. */
static int take(struct pip_slot *slot, pid_t pid, int *statusp)
{
	struct outcome outcome;
	int error;

	if (atomic_load(&slot->state) == SLOT_LOADING)
		return EAGAIN; /* another thread of ours spawns it */
	if (pid == 0 || atomic_load(&slot->pid) != pid)
		return ECHILD;
	if (root_is_threaded(slot->root)) /* no process to be collected */
		return wait_collect(slot, statusp);
	error = read_end(slot->root, pid, &outcome);
	if (error == ESRCH) {
		wait_record_loss(slot, pid);
		return ECHILD;
	}
	if (error != 0)
		return error;
	if (!wait_record_end(slot, pid, &outcome, true))
		return ECHILD;
	if (statusp != NULL)
		*statusp = outcome.status;
	return 0;
}

int wait_spawner_one(int pipid, int *status, bool block)
{
	struct pip_slot *slot;
	pid_t pid;
	int error;

	/* To a task there are no tasks but its own. */
	if (slot_check_pipid(pipid, 2, &slot) != 0 || !is_mine(slot) ||
	    slot_is_root(slot))
		return EPERM;
	wait_recover(slot->root);
	pid = atomic_load(&slot->pid);
	if (!is_mine(slot) || atomic_load(&slot->state) != SLOT_LIVE)
		return ECHILD;
	while ((error = take(slot, pid, status)) == EAGAIN && block)
		wait_sleep_for(slot, pid);
	return error == EAGAIN ? ECHILD : error;
}

/* As take_any() of the root. */
static int take_any(struct pip_root *root, struct pip_slot **slotp, int *status)
{
	int result = ECHILD;

	for (int i = 0; i < root->ntasks; i++) {
		struct pip_slot *slot = &root->slots[i];
		int error;

		if (!is_mine(slot) || atomic_load(&slot->state) == SLOT_IDLE)
			continue;
		error = take(slot, atomic_load(&slot->pid), status);
		if (error == 0) {
			*slotp = slot;
			return 0;
		}
		if (error == EAGAIN || result == ECHILD)
			result = error;
	}
	return result;
}

int wait_spawner_any(int *pipidp, int *status, bool block)
{
	struct pip_root *root = pip_self->root;
	struct pip_slot *slot = NULL;
	int error;

	if (pip_self->entry->counters[PIP_COUNT_SPAWNS] == 0)
		return EPERM;
	wait_recover(root);
	while ((error = take_any(root, &slot, status)) == EAGAIN && block)
		if (!wait_sleep_for_any(root, is_mine))
			nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	if (error != 0)
		return error == EAGAIN ? ECHILD : error;
	if (pipidp != NULL)
		*pipidp = slot->pipid;
	return 0;
}
