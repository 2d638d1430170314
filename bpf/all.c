// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "all.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observer/observer.h"
#include "session.h"

#define LOOK_MS 100       /* between two looks for new programs */
#define OUTPUT_SIZE 65536

struct worker {
	pid_t root, pid; /* pid 0: it has ended */
	uint64_t created;
};

struct all {
	const struct trace_options *options;
	struct observer *observer;
	struct worker *worker;
	size_t count, running;
	uint64_t began;
	bool done; /* at least one of them */
};

static int lock_fd = -1;

static void set_lock(short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	while (fcntl(lock_fd, F_SETLKW, &lock) != 0 && errno == EINTR)
		;
}

void all_begin_report(const struct trace_options *options)
{
	if (!options->all)
		return;
	set_lock(F_WRLCK);
	if (!options->json)
		printf("process %d:\n", (int)options->pid);
}

void all_end_report(const struct trace_options *options)
{
	if (!options->all)
		return;
	if (!options->json)
		putchar('\n');
	fflush(stdout);
	set_lock(F_UNLCK);
}

/* How many of the intervals are still to come; 0: no limit. */
static unsigned long intervals_left(const struct all *all)
{
	double passed = (double)(trace_now() - all->began) / 1e9;
	double left;

	if (all->options->count == 0)
		return 0;
	left = (double)all->options->count - passed / all->options->interval;
	return left > 1 ? (unsigned long)(left + 0.5) : 1;
}

_Noreturn static void work(const struct all *all, pid_t root)
{
	struct trace_options options = *all->options;
	char name[4096];
	int status;

	options.pid = root;
	options.count = intervals_left(all);
	if (options.command->takes & TAKES_OUTPUT) {
		snprintf(name, sizeof(name), "%.4000s.%d",
			 options.output != NULL ? options.output :
						  TRACE_DEFAULT_FILE,
			 (int)root);
		options.output = name;
	}
	status = options.command->run(&options);
	fflush(stdout);
	exit(status);
}

static bool is_known(const struct all *all, const struct observer_root *root)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->worker[i].root == root->pid &&
		    all->worker[i].created == root->header.created)
			return true;
	return false;
}

static void start_worker(struct all *all, const struct observer_root *root)
{
	struct worker *worker;

	all->worker = reallocarray(all->worker, all->count + 1,
				   sizeof(*worker));
	if (all->worker == NULL)
		trace_fail("out of memory");
	worker = &all->worker[all->count++];
	worker->root = root->pid;
	worker->created = root->header.created;
	fflush(stdout);
	worker->pid = fork();
	if (worker->pid < 0)
		trace_fail("fork: %s", strerror(errno));
	if (worker->pid == 0)
		work(all, root->pid);
	all->running++;
}

static void look(struct all *all)
{
	const struct observer_root *root;

	if (observer_scan(all->observer, 0) != 0)
		return;
	for (size_t i = 0; (root = observer_get_root(all->observer, i)); i++)
		if (root->alive && root->header.finished == 0 &&
		    !is_known(all, root))
			start_worker(all, root);
}

/* Of ours only: a command may have children of its own. */
static void collect(struct all *all, int flags)
{
	for (size_t i = 0; i < all->count; i++) {
		struct worker *worker = &all->worker[i];
		int status;

		if (worker->pid == 0 ||
		    waitpid(worker->pid, &status, flags) != worker->pid)
			continue;
		worker->pid = 0;
		all->running--;
		all->done |= WIFEXITED(status) &&
			     WEXITSTATUS(status) == TRACE_DONE;
	}
}

static void stop(const struct all *all)
{
	for (size_t i = 0; i < all->count; i++)
		if (all->worker[i].pid != 0)
			kill(all->worker[i].pid, SIGTERM);
}

static bool is_time_over(const struct all *all)
{
	const struct trace_options *options = all->options;

	/* stacks without an event takes them once. */
	if (options->count == 0)
		return options->interval == 0 && options->event == NULL &&
		       (options->command->takes & TAKES_EVENT);
	return (double)(trace_now() - all->began) / 1e9 >=
	       options->interval * (double)options->count;
}

int all_run(const struct trace_options *options)
{
	struct all all = { .options = options };
	size_t denied;

	if (observer_open(&all.observer) != 0)
		trace_fail("/proc: %s", strerror(errno));
	lock_fd = memfd_create("pip-trace-output", MFD_CLOEXEC);
	if (lock_fd < 0)
		trace_fail("memfd_create: %s", strerror(errno));
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_SIZE);
	session_catch_signals();
	all.began = trace_now();
	look(&all);
	denied = observer_count_denied(all.observer);
	if (denied != 0 && !options->quiet)
		trace_warn("%zu processes may not be looked into; their PiP "
			   "programs, if any, are left out", denied);
	while (session_signal() == 0 && !is_time_over(&all)) {
		poll(NULL, 0, LOOK_MS);
		collect(&all, WNOHANG);
		look(&all);
	}
	if (session_signal() != 0)
		stop(&all);
	while (all.running != 0) {
		collect(&all, WNOHANG);
		if (session_signal() != 0 && all.running != 0)
			stop(&all);
		poll(NULL, 0, LOOK_MS);
	}
	if (all.count == 0)
		trace_warn("no PiP program is running that you may see");
	observer_close(all.observer);
	return all.done ? TRACE_DONE : TRACE_NOTHING;
}
