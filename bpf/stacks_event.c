// SPDX-License-Identifier: BSD-2-Clause
/*
 * stacks --event: who comes by at an event, and how it got there.
 *
 * The kernel copies registers and stack (stack_events.bpf.c); they are unwound
 * here, with the files of the task that the stack belongs to.  What is the
 * same, frame by frame, is counted, and gets names when it is printed.  Events
 * without a stack are counted, too, so that the counts add up to all events.
 */
#include <config.h>

#if defined(HAVE_LIBDW) && !defined(WITHOUT_STACKS)

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "all.h"
#include "event_name.h"
#include "observer/internal.h"
#include "program.h"
#include "session.h"
#include "stack_events.h"
#include "stacks.h"

#include "effect.h" /* probe_find() */

#define BUCKETS 8192
#define STEP_MS 1              /* between two looks */
#define RENEW_NS 20000000u     /* not more often, */
#define RENEW_LOADING_NS 1000000u /* where a task is being loaded */
#define QUIET_STEPS 50         /* after the root's end */
#define LINGER_NS 1000000000u

/* Stacks that are the same, frame by frame. */
struct same {
	struct same *next;
	uint64_t hash, count;
	struct backtrace_stack stack;
};

struct watch {
	const struct trace_options *options;
	struct event_name name;
	struct trace_program program;
	struct observer *observer;
	struct observer_root *root;  /* NULL: none yet */
	struct observer_tasks tasks[2];
	unsigned current;            /* of the two */
	struct backtrace *backtrace; /* NULL: the program could not be read */
	bool loading;                /* a task was, at the last look */
	bool gone;                   /* the program is */
	int pidfd;
	uint64_t spawned, renewed;
	uint32_t renewed_slot;       /* for whose stack that was */
	struct stack_events *events;
	struct same *same[BUCKETS];
	struct backtrace_stacks stacks;
	struct folds folds;
	uint64_t taken, told;        /* with a stack; of the lost, printed */
	uint64_t before;             /* events of the reports before */
};

static struct observer_tasks *tasks_of(struct watch *watch)
{
	return &watch->tasks[watch->current];
}

/* Read the tasks again; what is known of files stays. */
static void renew(struct watch *watch)
{
	struct observer_tasks *next = &watch->tasks[!watch->current];
	int error;

	watch->renewed = trace_now();
	if (observer_read_tasks(watch->root, next) != 0 || next->count == 0) {
		watch->gone = true;
		return;
	}
	watch->current = !watch->current;
	if (watch->backtrace == NULL) {
		error = backtrace_open(watch->root, next, BACKTRACE_LATER,
				       &watch->backtrace);
		if (error == 0)
			backtrace_set_limit(watch->backtrace,
					    BACKTRACE_FRAMES_MAX);
	} else {
		error = 0;
	}
	if (error == 0)
		error = backtrace_renew(watch->backtrace, next);
	if (error != 0)
		trace_fail("out of memory");
	watch->loading = false;
	for (size_t i = 0; i < next->count; i++)
		watch->loading |= next->task[i].entry.state ==
				  PIP_STATE_LOADING;
}

static bool may_renew(const struct watch *watch)
{
	return trace_now() - watch->renewed >
	       (watch->loading ? RENEW_LOADING_NS : RENEW_NS);
}

/* Has anything changed that matters for stacks? */
static void look_at_program(struct watch *watch)
{
	struct pip_table_header header;

	if (watch->root == NULL || watch->gone)
		return;
	if (remote_read(watch->root->reader, watch->root->table_address,
			&header, sizeof(header)) != 0 ||
	    header.created != watch->root->header.created) {
		watch->gone = true;
		return;
	}
	if (watch->backtrace == NULL || header.spawned_total != watch->spawned ||
	    (watch->loading && may_renew(watch))) {
		watch->spawned = header.spawned_total;
		renew(watch);
	}
}

static void look_for_root(struct watch *watch)
{
	if (watch->root != NULL)
		return;
	watch->root = program_find_root(&watch->program, watch->observer);
	if (watch->root == NULL)
		return;
	watch->pidfd = (int)syscall(SYS_pidfd_open, watch->root->pid, 0);
	look_at_program(watch);
}

/* --- A stack ---------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u; /* Knuth, TAOCP 3, 6.4 */
	return hash ^ hash >> 29;
}

static uint64_t hash_stack(const struct backtrace_stack *stack)
{
	uint64_t hash = mix((uint64_t)stack->pipid, stack->end);

	for (size_t i = 0; i < stack->nframes; i++)
		hash = mix(hash, (uintptr_t)stack->frames[i].place);
	return hash;
}

static bool are_same(const struct backtrace_stack *a,
		     const struct backtrace_stack *b)
{
	if (a->pipid != b->pipid || a->end != b->end ||
	    a->nframes != b->nframes)
		return false;
	for (size_t i = 0; i < a->nframes; i++)
		if (a->frames[i].place != b->frames[i].place)
			return false;
	return true;
}

static void count_stack(struct watch *watch,
			const struct backtrace_stack *stack)
{
	uint64_t hash = hash_stack(stack);
	struct same **bucket = &watch->same[hash % BUCKETS], *same;
	size_t size = stack->nframes * sizeof(*stack->frames);

	for (same = *bucket; same != NULL; same = same->next)
		if (same->hash == hash && are_same(&same->stack, stack)) {
			same->count++;
			return;
		}
	same = calloc(1, sizeof(*same));
	if (same != NULL)
		same->stack.frames = malloc(size + 1);
	if (same == NULL || same->stack.frames == NULL)
		trace_fail("out of memory");
	same->hash = hash;
	same->count = 1;
	same->next = *bucket;
	*bucket = same;
	memcpy(same->stack.frames, stack->frames, size);
	same->stack.nframes = stack->nframes;
	same->stack.pipid = stack->pipid;
	same->stack.kind = stack->kind;
	same->stack.end = stack->end;
}

/* Whose stack is at that address?  In no window: the root's. */
static uint32_t slot_of(const struct watch *watch, uint64_t address)
{
	const struct pip_table_header *header = &watch->root->header;
	uint64_t number;

	if (header->window_size == 0 || address < header->window_base)
		return 0;
	number = (address - header->window_base) / header->window_size;
	return number + 1 < header->nentries ? (uint32_t)number + 1 : 0;
}

static int32_t pipid_at(const struct watch *watch, uint64_t address)
{
	uint32_t slot;

	if (watch->root == NULL)
		return TRACE_PIPID_UNKNOWN;
	slot = slot_of(watch, address);
	return slot == 0 ? TRACE_PIPID_ROOT : (int32_t)slot - 1;
}

static bool has_unknown_file(const struct backtrace_stack *stack)
{
	for (size_t i = 0; i < stack->nframes; i++)
		if (stack->frames[i].place->object == NULL)
			return true;
	return false;
}

static const struct backtrace_stack *
unwind(struct watch *watch, const struct observer_task *task,
       const struct stack_event *event, const char *bytes)
{
	struct backtrace_registers registers = {
		.known = (1u << BACKTRACE_REGISTERS) - 1,
	};
	struct backtrace_copy copy = { event->low, bytes, event->size };

	_Static_assert(STACK_REGISTERS == BACKTRACE_REGISTERS, "DWARF numbers");
	memcpy(registers.value, event->registers, sizeof(registers.value));
	backtrace_free_stacks(&watch->stacks);
	if (backtrace_read_copy(watch->backtrace, task, event->tid, &registers,
				&copy, &watch->stacks) != 0)
		trace_fail("out of memory");
	return &watch->stacks.stack[0];
}

/* Perhaps a new one. */
static const struct observer_task *find_task(struct watch *watch, uint32_t slot)
{
	const struct observer_task *task =
		observer_find_slot(tasks_of(watch), slot);

	if (task != NULL || watch->gone ||
	    (slot == watch->renewed_slot && !may_renew(watch)))
		return task;
	watch->renewed_slot = slot;
	renew(watch);
	return observer_find_slot(tasks_of(watch), slot);
}

static void on_event(void *argument, const struct stack_event *event,
		     const char *bytes)
{
	uint64_t stack_pointer = event->registers[7]; /* psABI, figure 3.36 */
	const struct backtrace_stack *stack;
	const struct observer_task *task;
	struct watch *watch = argument;
	uint32_t slot;

	watch->taken++;
	if (watch->backtrace == NULL) {
		fold_word(&watch->folds, pipid_at(watch, stack_pointer),
			  "gone", 1);
		return;
	}
	slot = slot_of(watch, stack_pointer);
	task = find_task(watch, slot);
	if (task == NULL || task->torn) {
		fold_word(&watch->folds, pipid_at(watch, stack_pointer),
			  "gone", 1);
		return;
	}
	stack = unwind(watch, task, event, bytes);
	/* dlopen(3), or it was not loaded yet. */
	if (has_unknown_file(stack) && !watch->gone &&
	    (may_renew(watch) ||
	     (task->entry.state == PIP_STATE_LOADING &&
	      slot != watch->renewed_slot))) {
		watch->renewed_slot = slot;
		backtrace_forget_files(watch->backtrace, slot);
		renew(watch);
		task = observer_find_slot(tasks_of(watch), slot);
		if (task != NULL)
			stack = unwind(watch, task, event, bytes);
	}
	count_stack(watch, stack);
}

/* --- A report --------------------------------------------------------------- */

static void put_lost(void *argument, uint64_t address, uint64_t count)
{
	struct watch *watch = argument;

	fold_word(&watch->folds, pipid_at(watch, address), "lost", count);
	watch->told += count;
}

static void fold_all(struct watch *watch)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct same *same = watch->same[i], *next; same != NULL;
		     same = next) {
			struct backtrace_stack *stack = &same->stack;

			next = same->next;
			for (size_t j = 0; j < stack->nframes; j++)
				if (backtrace_describe_place(
					    stack->frames[j].place) != 0)
					trace_fail("out of memory");
			fold_stack(&watch->folds, stack, same->count);
			free(stack->frames);
			free(same);
		}
	memset(watch->same, 0, sizeof(watch->same));
}

static void add_parked(struct watch *watch, struct folds *parked)
{
	if (!watch->options->parked || watch->root == NULL || watch->gone)
		return;
	renew(watch);
	if (!watch->gone)
		observer_read_facts(watch->root, tasks_of(watch));
	if (!watch->gone &&
	    stacks_take_all(parked, watch->backtrace, tasks_of(watch),
			    1u << BACKTRACE_SAVED) == ENOMEM)
		trace_fail("out of memory");
}

static void print_overhead(const struct watch *watch)
{
	uint64_t seen = stack_events_seen(watch->events);
	uint64_t ns = stack_events_cost(watch->events);
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr, "overhead: BPF programs %.3f s (%" PRIu64
		" events of %.0f ns%s); unwinding %.3f s of CPU time\n",
		(double)ns / 1e9, seen,
		seen != 0 ? (double)ns / (double)seen : 0.0,
		watch->name.in_kernel ? "" : ", and the kernel's breakpoint",
		(double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
			(double)(usage.ru_utime.tv_usec +
				 usage.ru_stime.tv_usec) / 1e6);
}

static void print_json(const struct watch *watch, const struct folds *parked,
		       uint64_t lost)
{
	json_t *list = json_array(), *document = stacks_make_document(
		&watch->folds, watch->root != NULL ? watch->root->pid : 0, "event", json_string(watch->options->event));

	fold_print(parked, list);
	json_object_set_new(document, "lost", json_integer((json_int_t)lost));
	json_object_set_new(document, "parked", list);
	if (watch->options->overhead)
		json_object_set_new(document, "bpf_ns", json_integer(
			(json_int_t)stack_events_cost(watch->events)));
	stacks_print_document(document);
}

static void report(struct watch *watch, bool last)
{
	uint64_t told = watch->told, seen, lost;
	struct folds parked = { 0 };

	add_parked(watch, &parked);
	fold_all(watch);
	stack_events_take_lost(watch->events, put_lost, watch);
	seen = stack_events_seen(watch->events);
	/* What the kernel could not put down by its place, either. */
	if (last && seen - watch->taken > watch->told)
		put_lost(watch, 0, seen - watch->taken - watch->told);
	lost = watch->told - told;
	all_begin_report(watch->options);
	if (watch->options->json) {
		print_json(watch, &parked, lost);
	} else {
		fold_print(&watch->folds, NULL);
		fold_print(&parked, NULL);
	}
	all_end_report(watch->options);
	fflush(stdout);
	if (!watch->options->quiet)
		fprintf(stderr, "stacks: %" PRIu64 " events %s, lost: %" PRIu64
			" of their stacks\n", watch->folds.total,
			watch->options->event, lost);
	if (watch->options->overhead && last)
		print_overhead(watch);
	fold_clear(&watch->folds);
	fold_clear(&parked);
}

/* --- From the beginning to the end ------------------------------------------ */

static void attach_files(struct watch *watch, pid_t root)
{
	uint64_t offsets[PROBE_PLACES_MAX];
	char *files[EVENT_FILES_MAX], why[STACK_EVENTS_WHY_MAX];
	char reason[EFFECT_REASON_MAX];
	bool is_child = watch->program.pid != 0;
	size_t n, found = 0;

	n = event_name_find_files(&watch->name, is_child ? 0 : root,
				  is_child ? watch->program.arguments[0] : NULL,
				  watch->options->libpip, files);
	for (size_t i = 0; i < n; i++) {
		struct effect_probe probe = { files[i], watch->name.provider,
					      watch->name.name };
		int places = probe_find(&probe, offsets, reason);
		struct stack_place place = {
			.file = files[i],
			.offsets = offsets,
			.noffsets = places > 0 ? (size_t)places : 0,
		};

		if (places > 0) {
			if (stack_events_attach(watch->events, root, &place,
						why) != 0)
				trace_fail("%s: %s", watch->options->event,
					   why);
			found++;
		}
		free(files[i]);
	}
	if (found == 0)
		trace_fail("%s: %s", watch->options->event, reason);
}

static void attach(struct watch *watch, pid_t root)
{
	const struct trace_options *options = watch->options;
	char why[STACK_EVENTS_WHY_MAX];
	struct stack_place place = {
		.category = watch->name.provider,
		.tracepoint = watch->name.name,
	};

	if (stack_events_open(root, options->kernel_buffer,
			      options->stack_bytes, options->overhead,
			      on_event, watch, &watch->events, why) != 0)
		trace_fail("stacks at an event: %s", why);
	if (!watch->name.in_kernel)
		attach_files(watch, root);
	else if (stack_events_attach(watch->events, root, &place, why) != 0)
		trace_fail("%s: %s", options->event, why);
}

static bool begin(struct watch *watch)
{
	const struct trace_options *options = watch->options;

	if (options->program == NULL) {
		watch->root = program_attach(watch->observer, options->pid);
		if (watch->root == NULL)
			return false;
		watch->pidfd = (int)syscall(SYS_pidfd_open, watch->root->pid,
					    0);
		/* Before the first event: files take a while to read. */
		look_at_program(watch);
		attach(watch, watch->root->pid);
		return true;
	}
	program_fork(&watch->program, options);
	attach(watch, watch->program.pid);
	return program_release(&watch->program);
}

/* The program was started by a shell, or such: what it did until now was not
 * seen. */
static void follow(struct watch *watch)
{
	if (watch->program.pid == 0 || watch->root == NULL ||
	    watch->root->pid == watch->program.pid)
		return;
	trace_warn("%s is not the PiP program itself; the events of process "
		   "%d are taken from now on", watch->program.arguments[0],
		   (int)watch->root->pid);
	stack_events_detach(watch->events);
	stack_events_close(watch->events);
	watch->events = NULL;
	watch->taken = watch->told = 0;
	attach(watch, watch->root->pid);
}

static bool has_ended(struct watch *watch)
{
	struct pollfd poll_fd = { watch->pidfd, POLLIN, 0 };

	if (watch->root == NULL)
		return program_has_ended(&watch->program);
	return watch->pidfd < 0 ? watch->gone : poll(&poll_fd, 1, 0) > 0;
}

static void step(struct watch *watch)
{
	bool had_root = watch->root != NULL;

	look_for_root(watch);
	if (!had_root)
		follow(watch);
	look_at_program(watch);
	/* Before there is a root, events wait: they could not be unwound. */
	if (watch->root != NULL && stack_events_drain(watch->events) != 0)
		trace_fail("BPF ring buffer");
}

/* Until when?  0: no limit.  False: no more will come. */
static bool go_on_until(struct watch *watch, uint64_t until)
{
	uint64_t ended = 0, taken;
	unsigned quiet = 0;

	while (session_signal() == 0) {
		uint64_t now = trace_now();

		if (until != 0 && now >= until)
			return true;
		taken = watch->taken;
		step(watch);
		if (has_ended(watch)) {
			/* Its tasks go on for a moment. */
			ended = ended == 0 ? now : ended;
			quiet = watch->taken == taken ? quiet + 1 : 0;
			if (watch->root == NULL || quiet > QUIET_STEPS ||
			    now - ended > LINGER_NS)
				return false;
		}
		poll(NULL, 0, STEP_MS);
	}
	return false;
}

/* Late turns on a CPU are what loses stacks. */
static void hurry(void)
{
	(void)setpriority(PRIO_PROCESS, 0, -20);
}

int stacks_at_event(const struct trace_options *options)
{
	static struct watch watch;
	uint64_t interval = (uint64_t)(options->interval * 1e9), next;
	unsigned long reports = 0;
	int error, status;
	bool more = true;

	watch.options = options;
	watch.pidfd = -1;
	event_name_parse(options->event, &watch.name);
	error = observer_open(&watch.observer);
	if (error != 0)
		trace_fail("/proc: %s", strerror(error));
	session_catch_signals();
	if (!begin(&watch))
		return TRACE_NOTHING;
	if (options->program != NULL)
		hurry();
	if (!options->quiet)
		fprintf(stderr, "stacks: attached to %s\n", options->event);
	for (next = trace_now(); more;) {
		next += interval;
		more = go_on_until(&watch, interval != 0 ? next : 0) &&
		       ++reports != options->count;
		if (!more) {
			stack_events_detach(watch.events);
			(void)stack_events_drain(watch.events);
		}
		report(&watch, !more);
	}
	status = watch.root != NULL ? TRACE_DONE : TRACE_NOTHING;
	if (status != TRACE_DONE)
		trace_warn("%s ended without becoming a PiP program, or too "
			   "soon", options->program[0]);
	(void)program_wait(&watch.program);
	return status;
}

#endif
