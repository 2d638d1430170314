// SPDX-License-Identifier: BSD-2-Clause
/*
 * A recording: the rings of the flight recorder and of the kernel events are
 * emptied at short intervals, by one thread, into a file.
 */
#include <config.h>

#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000ul        /* ns */
#define INTERVAL_MIN (100 * 1000ul)
#define INTERVAL_MAX (10 * MS)
#define NS_PER_RECORD 125   /* a ring is emptied before 8 million per second
			     * have filled it */
#define TASKS_EVERY (100 * MS)
#define CLOCK_EVERY (1000 * MS)
#define PROGRESS_EVERY (500 * MS)
#define LINGER (1000 * MS)  /* for what tasks do after the root's end */
#define QUIET_ROUNDS 20

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

void session_catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	struct sigaction before;

	for (size_t i = 0; i < 3; i++)
		if (sigaction(numbers[i], NULL, &before) == 0 &&
		    before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int session_signal(void)
{
	return stop_signal;
}

static void put_text(struct trace_session *session)
{
	char text[1024], host[65] = "";
	struct utsname uts;
	int n;

	uname(&uts);
	gethostname(host, sizeof(host) - 1);
	n = snprintf(text, sizeof(text),
		     "host=%s\nkernel=%s\nmachine=%s\nruntime=%.31s\n"
		     "recorded_by=pip-trace %s\nring_records=%u\nno_kernel=%s\n",
		     host, uts.release, uts.machine,
		     session->root->header.runtime, PACKAGE_VERSION,
		     session->reader->header.nrecords,
		     session->kernel != NULL ? "" : session->why);
	writer_put(&session->writer, TRACE_CHUNK_TEXT, text, (size_t)n, NULL,
		   0);
}

static void fill_task(const struct observer_task *from, struct trace_task *to)
{
	const struct pip_table_entry *entry = &from->entry;
	size_t length = strlen(entry->program);

	memset(to, 0, sizeof(*to));
	to->pipid = from->pipid;
	to->pid = from->pid;
	to->tid = from->tid;
	to->state = entry->state;
	to->mode = entry->mode;
	to->blt_state = entry->blt_state;
	to->blt_kthread = entry->blt_kthread;
	to->wait_status = entry->wait_status;
	to->generation = entry->generation;
	to->spawned = entry->spawned;
	to->ended = entry->ended;
	to->window_low = entry->window_low;
	to->window_high = entry->window_high;
	memcpy(to->counters, entry->counters, sizeof(to->counters));
	if (to->pid == 0) { /* it has ended: as the table has it */
		to->pid = entry->pid;
		to->tid = entry->tid;
	}
	length = length < sizeof(to->program) ? 0 :
						length - sizeof(to->program) + 1;
	strcpy(to->program, entry->program + length);
}

static void put_tasks(struct trace_session *session)
{
	struct observer_tasks *tasks = &session->tasks;
	struct trace_task *list;
	size_t n = 0;

	if (observer_read_tasks(session->root, tasks) != 0)
		return;
	list = calloc(tasks->count + 1, sizeof(*list));
	if (list == NULL)
		trace_fail("out of memory");
	for (size_t i = 0; i < tasks->count; i++)
		if (!tasks->task[i].torn)
			fill_task(&tasks->task[i], &list[n++]);
	writer_put(&session->writer, TRACE_CHUNK_TASKS, list, n * sizeof(*list),
		   NULL, 0);
	free(list);
}

/* Where files are mapped, for the faults. */
static void put_maps(struct trace_session *session)
{
	size_t size = 0, capacity = 1u << 16;
	char path[32], *text;
	ssize_t n;
	int fd;

	if (session->kernel == NULL)
		return;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)session->root->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	text = malloc(capacity);
	while (text != NULL && capacity <= TRACE_CHUNK_MAX / 2) {
		n = read(fd, text + size, capacity - size);
		if (n <= 0)
			break;
		size += (size_t)n;
		if (capacity - size < 4096)
			text = realloc(text, capacity *= 2);
	}
	close(fd);
	if (text != NULL && size != 0)
		writer_put(&session->writer, TRACE_CHUNK_MAPS, text, size,
			   NULL, 0);
	free(text);
}

static void put_names(struct trace_session *session)
{
	static char names[PIP_RECORDER_NAMES][PIP_RECORDER_NAME_MAX];
	uint32_t n = 0;

	if (recorder_reader_names(session->reader, names, &n) != 0 ||
	    n == session->nnames)
		return;
	session->nnames = n;
	writer_put(&session->writer, TRACE_CHUNK_NAMES, names,
		   n * sizeof(names[0]), NULL, 0);
}

static void put_clock(struct trace_session *session)
{
	struct pip_clock_pair pair = trace_take_pair();

	writer_put(&session->writer, TRACE_CHUNK_CLOCK, &pair, sizeof(pair),
		   NULL, 0);
}

static void put_batch(struct trace_session *session,
		      const struct recorder_batch *batch)
{
	struct trace_ring_head head = {
		.ring = batch->ring,
		.pipid = batch->header->pipid,
		.tid = batch->header->tid,
		.count = batch->count,
		.first = batch->first,
		.lost = batch->lost,
		.stopped = batch->header->stopped,
	};

	writer_put(&session->writer, TRACE_CHUNK_RING, &head, sizeof(head),
		   batch->records, batch->count * sizeof(struct pip_record));
}

static void drain_ring(struct trace_session *session, uint32_t ring, bool last)
{
	struct recorder_batch batch;

	do {
		if (recorder_reader_read(session->reader, ring, last,
					 &batch) != 0) {
			session->ended = true;
			return;
		}
		if (batch.count != 0)
			put_batch(session, &batch);
	} while (batch.count != 0);
}

/* Empty all rings. */
static void drain(struct trace_session *session, bool last)
{
	struct recorder_reader *reader = session->reader;
	int error = recorder_reader_look(reader);

	if (error != 0 && reader->fd < 0)
		session->ended = session->tail_unknown = true;
	session->fill = recorder_reader_fill(reader);
	if (error == 0 || reader->fd >= 0)
		for (uint32_t i = 0; i < reader->nused; i++) {
			drain_ring(session, i, last);
			drain_ring(session, i + reader->header.nkernel, last);
		}
	if (session->kernel != NULL) {
		session->kernel_fill = kernel_events_fill(session->kernel);
		error = kernel_events_drain(session->kernel);
		if (error != 0)
			trace_fail("kernel events: %s", strerror(error));
		writer_flush_kernel(&session->writer);
	}
}

/* Follow the speed of the program. */
static uint64_t next_interval(const struct trace_session *session,
			      uint64_t interval)
{
	uint64_t most = session->reader->header.nrecords * NS_PER_RECORD;
	unsigned fill = session->fill > session->kernel_fill ?
				session->fill : session->kernel_fill;

	if (fill > 100)
		interval /= 2;
	else if (fill < 20)
		interval += interval / 4;
	if (most > INTERVAL_MAX)
		most = INTERVAL_MAX;
	if (interval > most)
		interval = most;
	return interval < INTERVAL_MIN ? INTERVAL_MIN : interval;
}

static void show_progress(struct trace_session *session, uint64_t now)
{
	uint64_t events, lost, stopped;

	recorder_reader_sum(session->reader, &events, &lost, &stopped);
	fprintf(stderr, "\r%7.1f s %12" PRIu64 " events %9" PRIu64
		" kernel %6" PRIu64 " lost %8.1f MB ",
		(double)(now - session->started) / 1e9, events,
		session->writer.kernel_events,
		lost + stopped + (session->kernel != NULL ?
				  kernel_events_lost(session->kernel) : 0),
		(double)session->writer.bytes / 1e6);
}

/* What need not be done each time. */
static void do_chores(struct trace_session *session, uint64_t now)
{
	const struct pip_table_header *table = &session->reader->table;
	bool changed = table->spawned_total != session->spawned ||
		       table->ended_total != session->waited;

	if (changed && now - session->last_tasks >= TASKS_EVERY) {
		put_tasks(session);
		if (table->spawned_total != session->spawned)
			put_maps(session);
		session->spawned = table->spawned_total;
		session->waited = table->ended_total;
		session->last_tasks = now;
	}
	if (now - session->last_clock >= CLOCK_EVERY) {
		put_clock(session);
		put_names(session);
		session->last_clock = now;
	}
	if (session->progress && now - session->last_progress >=
					 PROGRESS_EVERY) {
		show_progress(session, now);
		session->last_progress = now;
	}
}

static void begin_file(struct trace_session *session, int fd, const char *name)
{
	struct pip_recorder_header *recorder = &session->reader->header;
	struct trace_file_header header = {
		.byte_order = TRACE_BYTE_ORDER,
		.version_major = TRACE_VERSION_MAJOR,
		.version_minor = TRACE_VERSION_MINOR,
		.header_size = sizeof(header),
		.flags = session->kernel != NULL ? TRACE_FLAG_KERNEL : 0,
		.record_size = sizeof(struct pip_record),
		.kernel_record_size = sizeof(struct trace_kernel_record),
		.root_pid = session->root->pid,
		.nkernel = recorder->nkernel,
		.started_ns = trace_now(),
	};
	struct timespec real;

	clock_gettime(CLOCK_REALTIME, &real);
	memcpy(header.magic, TRACE_MAGIC, sizeof(header.magic));
	header.started_realtime_ns = (uint64_t)real.tv_sec * 1000000000u +
				     (uint64_t)real.tv_nsec;
	writer_open(&session->writer, fd, name);
	writer_put_header(&session->writer, &header);
	put_text(session);
	writer_put(&session->writer, TRACE_CHUNK_CLOCK, &recorder->first,
		   sizeof(recorder->first), NULL, 0);
	put_clock(session);
	put_tasks(session);
	put_maps(session);
	session->nnames = 0;
	put_names(session);
	session->last_clock = session->last_tasks = header.started_ns;
	session->last_progress = header.started_ns;
}

static void end_file(struct trace_session *session, struct trace_end *end)
{
	const struct trace_end *before = &session->before;
	struct trace_end now = { 0 };

	put_tasks(session);
	put_names(session);
	put_clock(session);
	now.ns = trace_now();
	recorder_reader_sum(session->reader, &now.events, &now.lost,
			    &now.stopped);
	if (session->kernel != NULL) {
		now.kernel_lost = kernel_events_lost(session->kernel);
		now.kernel_run_ns = kernel_events_cost(session->kernel);
	}
	*end = now;
	end->events -= before->events;
	end->lost -= before->lost;
	end->stopped -= before->stopped;
	end->kernel_lost -= before->kernel_lost;
	end->kernel_run_ns -= before->kernel_run_ns;
	end->kernel_events = session->writer.kernel_events;
	end->event_ps = session->event_ps;
	end->tail_unknown = session->tail_unknown;
	writer_put(&session->writer, TRACE_CHUNK_END, end, sizeof(*end), NULL,
		   0);
	writer_close(&session->writer);
	session->before = now;
}

/* Sleep, but not beyond the end of the root. */
static bool wait_for_root(const struct trace_session *session, uint64_t ns)
{
	struct pollfd poll = { session->pidfd, POLLIN, 0 };
	struct timespec timeout = { 0, (long)ns };

	return ppoll(&poll, session->pidfd >= 0, &timeout, NULL) > 0;
}

/*
 * The root is gone, or has called pip_fin().  Its tasks are ended then, which
 * takes a moment, and the memfd is still there.
 */
static bool is_over(struct trace_session *session, uint64_t now)
{
	if (!session->reader->gone)
		return false;
	if (session->gone_since == 0)
		session->gone_since = now;
	session->quiet = session->fill == 0 ? session->quiet + 1 : 0;
	session->ended = session->ended || session->quiet > QUIET_ROUNDS ||
			 now - session->gone_since > LINGER;
	return session->ended;
}

void session_record(struct trace_session *session, int fd, const char *name,
		    uint64_t until, struct trace_end *end)
{
	uint64_t interval = INTERVAL_MIN, now = trace_now();
	bool last = false, root_ended = false;

	begin_file(session, fd, name);
	for (;;) {
		last = session_signal() != 0 || is_over(session, now) ||
		       (until != 0 && now >= until);
		/* What is incomplete may be complete in the next file. */
		drain(session, last && session->reader->gone);
		do_chores(session, now);
		if (last || session->ended)
			break;
		interval = next_interval(session, interval);
		if (root_ended)
			usleep(1000);
		else
			root_ended = wait_for_root(session, interval);
		now = trace_now();
	}
	if (session->progress) {
		show_progress(session, now);
		fputc('\n', stderr);
	}
	end_file(session, end);
}

bool session_has_ended(const struct trace_session *session)
{
	return session->ended || stop_signal != 0;
}
