// SPDX-License-Identifier: BSD-2-Clause
/*
 * Programs that look on while a workload runs.  Each is a process group of its
 * own, and prints into memory, so that it can never block on us.
 */
#include "effect.h"
#include "limit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_NS 10000000
#define SETTLE_POLLS 30  /* of one that does not say when it is ready */
#define REMIND_POLLS 300

struct observer {
	pid_t pid;
	int output;
	char name[64];
	bool forgets;
};

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
}

static char *read_output(int fd)
{
	struct stat status;
	char *text;
	ssize_t n = 0;

	if (fstat(fd, &status) < 0)
		status.st_size = 0;
	text = calloc(1, (size_t)status.st_size + 1);
	if (text != NULL)
		n = pread(fd, text, (size_t)status.st_size, 0);
	if (text != NULL && n >= 0)
		text[n] = '\0';
	return text;
}

static void run_child(char **argv, int output)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	dup2(output, STDERR_FILENO);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* The last line that is not empty. */
static void quote_end(const char *name, char *text, char *reason)
{
	char *line = NULL, *rest = text, *word;

	while (rest != NULL && (word = strsep(&rest, "\n")) != NULL)
		if (*word != '\0')
			line = word;
	snprintf(reason, EFFECT_REASON_MAX, "%s has ended: %.150s", name,
		 line != NULL ? line : "it says nothing");
}

static bool has_perf_event(pid_t pid)
{
	char path[64], target[64];
	bool found = false;
	struct dirent *entry;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	folder = opendir(path);
	while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
		ssize_t n = readlinkat(dirfd(folder), entry->d_name, target,
				       sizeof(target) - 1);

		target[n < 0 ? 0 : n] = '\0';
		found = strcmp(target, "anon_inode:[perf_event]") == 0;
	}
	if (folder != NULL)
		closedir(folder);
	return found;
}

/* It sleeps in poll(2), with events of perf_event_open(2): what it does when
 * all is set up. */
static bool waits_for_events(pid_t pid)
{
	char path[64];
	long call = -1;
	FILE *file;

	if (!has_perf_event(pid))
		return false;
	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	file = fopen(path, "re");
	if (file == NULL || fscanf(file, "%ld", &call) != 1)
		call = -1;
	if (file != NULL)
		fclose(file);
	return call == SYS_poll || call == SYS_ppoll || call == SYS_epoll_wait;
}

static bool is_ready(const struct observer *observer, const char *text,
		     const char *ready)
{
	if (ready == NULL)
		return false;
	if (strcmp(ready, OBSERVER_PERF) == 0)
		return waits_for_events(observer->pid);
	return text != NULL && strstr(text, ready) != NULL;
}

static bool wait_ready(struct observer *observer, const char *name,
		       const char *ready, char *reason)
{
	uint64_t end = limit_start();

	for (int i = 0; ready != NULL || i < SETTLE_POLLS; i++) {
		char *text = read_output(observer->output);
		bool found = is_ready(observer, text, ready);

		if (!found && waitpid(observer->pid, NULL, WNOHANG) > 0) {
			quote_end(name, text, reason);
			free(text);
			observer->pid = -1;
			return false;
		}
		free(text);
		if (found)
			return true;
		if (limit_is_over(end)) {
			limit_explain(reason, "it does not get ready", -1);
			limit_hurry();
			return false;
		}
		nap();
	}
	return true;
}

void *observer_start(char **argv, const char *ready, char *reason)
{
	struct observer *observer = calloc(1, sizeof(*observer));
	int status;

	if (observer == NULL)
		return NULL;
	snprintf(observer->name, sizeof(observer->name), "%s", argv[0]);
	observer->output = memfd_create("observer", MFD_CLOEXEC);
	observer->pid = fork();
	if (observer->pid == 0)
		run_child(argv, observer->output);
	setpgid(observer->pid, observer->pid);
	if (observer->pid > 0 && wait_ready(observer, argv[0], ready, reason))
		return observer;
	free(observer_stop(observer, &status));
	return NULL;
}

bool observer_has_failed(void *state, char *reason)
{
	struct observer *observer = state;
	int status = 0;

	if (observer->pid > 0 &&
	    waitpid(observer->pid, &status, WNOHANG) > 0) {
		char *text = read_output(observer->output);

		quote_end(observer->name, text, reason);
		free(text);
		observer->pid = -1;
	}
	return observer->pid < 0 && status != 0;
}

void observer_forgets(void *state)
{
	struct observer *observer = state;

	observer->forgets = true;
}

/* bpftrace looks up symbols at its end. */
static bool wait_end(const struct observer *observer, int *status)
{
	uint64_t end = limit_start();

	for (int i = 1; waitpid(observer->pid, status, WNOHANG) == 0; i++) {
		if (limit_is_over(end))
			return false;
		nap();
		if (observer->forgets && i % REMIND_POLLS == 0)
			kill(-observer->pid, SIGINT);
	}
	return true;
}

char *observer_stop(void *state, int *status)
{
	struct observer *observer = state;
	char *text;

	*status = 0;
	if (observer->pid > 0) {
		bool ended;

		kill(-observer->pid, SIGINT);
		ended = wait_end(observer, status);
		/* Also what it has started, and which did not listen. */
		kill(-observer->pid, SIGKILL);
		if (!ended) {
			waitpid(observer->pid, NULL, 0);
			*status = OBSERVER_LATE;
		}
	}
	text = read_output(observer->output);
	close(observer->output);
	free(observer);
	return text;
}

void observer_explain(const char *name, int status, const char *text,
		      char *reason)
{
	char how[LIMIT_STATUS_MAX];

	if (status == OBSERVER_LATE) {
		limit_explain(reason, "it was interrupted, and does not end",
			      -1);
		return;
	}
	limit_explain_status(how, status);
	snprintf(reason, EFFECT_REASON_MAX, "%s, %s: %.150s", name, how,
		 text != NULL ? text : "no memory");
}

static bool is_there(char *path)
{
	return access(path, X_OK) == 0;
}

const char *effect_find_command(const struct effect_config *config,
				const char *name)
{
	static const char *const folders[] = { "pips",  "pip-top",   "gdb",
					       "bpf",   "bench/ipc", "bin" };
	static char path[2 * PATH_MAX];
	const char *tree = strstr(config->self, "/bench/effect/");
	char *copy, *rest, *folder, *found = NULL;

	for (size_t i = 0; tree != NULL && i < 6; i++) {
		snprintf(path, sizeof(path), "%.*s/%s/%s",
			 (int)(tree - config->self), config->self, folders[i],
			 name);
		if (is_there(path))
			return path;
	}
	snprintf(path, sizeof(path), "%.*s/%s",
		 (int)(strrchr(config->self, '/') - config->self), config->self,
		 name);
	if (is_there(path))
		return path;
	rest = copy = strdup(getenv("PATH") != NULL ? getenv("PATH") : "");
	while (rest != NULL && found == NULL &&
	       (folder = strsep(&rest, ":")) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (*folder != '\0' && is_there(path))
			found = path;
	}
	free(copy);
	return found;
}
