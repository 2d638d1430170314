// SPDX-License-Identifier: BSD-2-Clause
/* Time limits, and the end of what has exceeded one. */
#include "limit.h"

#include "effect.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define POLL_NS 10000000
/* A signal that comes right before poll(2) is noticed after this. */
#define LOOK_MS 200
#define HURRY_SECONDS 10u
#define DEPTH_MAX 8
#define EARLIER_MAX 64

static unsigned seconds = LIMIT_SECONDS;
static bool hurries;
static volatile sig_atomic_t interrupted;
/* Children of whoever has become us by execve(2): not our business. */
static pid_t earlier[EARLIER_MAX];
static size_t nearlier;

static void note_signal(int number)
{
	interrupted = number;
}

unsigned limit_seconds(void)
{
	return seconds;
}

int limit_interrupted(void)
{
	return interrupted;
}

void limit_hurry(void)
{
	hurries = true;
}

void limit_next_run(void)
{
	hurries = false;
}

uint64_t limit_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

uint64_t limit_start(void)
{
	unsigned allowed = seconds;

	if ((hurries || interrupted) && allowed > HURRY_SECONDS)
		allowed = HURRY_SECONDS;
	return limit_now() + (uint64_t)allowed * SECOND_NS;
}

/* Once the end has begun, its own steps are not interrupted again. */
bool limit_is_over(uint64_t end)
{
	return limit_now() >= end || (interrupted && !hurries);
}

bool limit_wait_readable(int fd, uint64_t end)
{
	struct pollfd readable = { .fd = fd, .events = POLLIN };

	while (poll(&readable, 1, LOOK_MS) <= 0)
		if (limit_is_over(end))
			return false;
	return true;
}

static bool collect(pid_t pid, int *status, struct rusage *usage)
{
	pid_t found;

	do
		found = wait4(pid, status, WNOHANG, usage);
	while (found < 0 && errno == EINTR);
	return found != 0;
}

bool limit_wait_child(pid_t pid, uint64_t end, int *status,
		      struct rusage *usage)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool over = false;

	while (!collect(pid, status, usage) && !over)
		if (fd >= 0)
			over = !limit_wait_readable(fd, end);
		else if (!(over = limit_is_over(end))) /* before Linux 5.3 */
			nanosleep(&(struct timespec){ .tv_nsec = POLL_NS },
				  NULL);
	if (fd >= 0)
		close(fd);
	return !over;
}

/* --- Whose child is who, and how it is ---------------------------------------- */

struct process {
	pid_t pid, parent;
	char state, name[32];
};

/* "PID (NAME) S PPID ..."; a name may have any character. */
static bool read_process(const char *text, struct process *process)
{
	char path[64], line[512], *name, *end;
	size_t n;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", text);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	n = fread(line, 1, sizeof(line) - 1, file);
	fclose(file);
	line[n] = '\0';
	name = strchr(line, '(');
	end = strrchr(line, ')');
	if (name == NULL || end == NULL ||
	    sscanf(end, ") %c %d", &process->state, &process->parent) != 2)
		return false;
	*end = '\0';
	process->pid = atoi(text);
	snprintf(process->name, sizeof(process->name), "%.31s", name + 1);
	return true;
}

/* Until look() returns true. */
static void visit_processes(bool (*look)(const struct process *, void *),
			    void *arg)
{
	struct process process;
	struct dirent *entry;
	DIR *folder = opendir("/proc");
	bool enough = false;

	while (folder != NULL && !enough && (entry = readdir(folder)) != NULL)
		if (*entry->d_name >= '1' && *entry->d_name <= '9' &&
		    read_process(entry->d_name, &process))
			enough = look(&process, arg);
	if (folder != NULL)
		closedir(folder);
}

struct search {
	pid_t ancestor;
	struct process found;
};

static bool is_below(struct process process, pid_t ancestor)
{
	char text[16];

	for (int i = 0; i < DEPTH_MAX && process.pid != ancestor; i++) {
		snprintf(text, sizeof(text), "%d", (int)process.parent);
		if (process.parent <= 1 || !read_process(text, &process))
			return false;
	}
	return process.pid == ancestor;
}

static bool is_stopped(const struct process *process, void *arg)
{
	struct search *search = arg;

	if ((process->state != 'T' && process->state != 't') ||
	    !is_below(*process, search->ancestor))
		return false;
	search->found = *process;
	return true;
}

void limit_explain(char *reason, const char *what, pid_t pid)
{
	struct search search = { .ancestor = pid };
	int n;

	if (interrupted) {
		snprintf(reason, EFFECT_REASON_MAX, "interrupted by signal %d",
			 interrupted);
		return;
	}
	n = snprintf(reason, EFFECT_REASON_MAX, "%s within %u s (--limit)", what,
		     seconds);
	if (pid <= 0)
		return;
	visit_processes(is_stopped, &search);
	if (search.found.pid > 0 && n > 0 && n < EFFECT_REASON_MAX)
		snprintf(reason + n, EFFECT_REASON_MAX - (size_t)n,
			 ": process %d (%s) is %s", (int)search.found.pid,
			 search.found.name,
			 search.found.state == 'T' ? "stopped" :
						     "stopped by a tracer");
}

static bool note_earlier(const struct process *process, void *arg)
{
	(void)arg;
	if (process->parent == getpid() && nearlier < EARLIER_MAX)
		earlier[nearlier++] = process->pid;
	return false;
}

static bool is_ours(const struct process *process)
{
	for (size_t i = 0; i < nearlier; i++)
		if (earlier[i] == process->pid)
			return false;
	return process->parent == getpid();
}

static bool kill_child(const struct process *process, void *arg)
{
	bool *found = arg;

	if (process->state != 'Z' && is_ours(process)) {
		kill(process->pid, SIGKILL);
		*found = true;
	}
	return false;
}

/* What has lost its parent by that is our child the next time. */
void limit_explain_status(char *text, int status)
{
	if (WIFSIGNALED(status))
		snprintf(text, LIMIT_STATUS_MAX, "killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(text, LIMIT_STATUS_MAX, "exit status %d",
			 WEXITSTATUS(status));
}

void limit_end_children(void)
{
	uint64_t end = limit_now() + (uint64_t)HURRY_SECONDS * SECOND_NS;
	bool found;

	do {
		found = false;
		visit_processes(kill_child, &found);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (found)
			nanosleep(&(struct timespec){ .tv_nsec = POLL_NS },
				  NULL);
	} while (found && limit_now() < end);
}

void limit_begin(unsigned new_seconds)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
	/* No SA_RESTART: who waits is to look. */
	struct sigaction action = { .sa_handler = note_signal }, before;

	seconds = new_seconds;
	visit_processes(note_earlier, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN) /* nohup(1) */
			sigaction(numbers[i], &action, NULL);
}
