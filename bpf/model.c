// SPDX-License-Identifier: BSD-2-Clause
#include <config.h>

#include "model.h"

#include <stdlib.h>
#include <string.h>

#define HASH_SIZE 4096u
#define THREADS_MAX 1000000 /* a damaged file may have any number */
#define STATE_DEAD 0x80 /* TASK_DEAD of the kernel's include/linux/sched.h */

struct model {
	uint32_t nkernel;
	model_sink sink;
	void *argument;
	struct model_context *context; /* [nkernel]: the root, PIPID 0, 1, ... */
	struct model_thread **ring;    /* the kernel thread of a ring */
	struct model_thread *thread[HASH_SIZE];
	size_t nthreads;
	struct trace_task *task;
	size_t ntasks;
	uint64_t begin;       /* no span begins before: the last cut */
	bool switches;        /* there was one, in the kernel */
};

const char *model_span_name(enum span_kind kind)
{
	static const char *const names[SPAN_MAX] = {
		"run", "ready", "suspended", "couple", "decouple", "barrier",
		"mutex", "import", "user", "cpu", "runnable", "sleep",
		"syscall",
	};

	return names[kind];
}

struct model *model_new(uint32_t nkernel, uint64_t begin, model_sink sink,
			void *argument)
{
	struct model *model = calloc(1, sizeof(*model));

	if (model != NULL) {
		model->context = calloc(nkernel + 1, sizeof(*model->context));
		model->ring = calloc(nkernel + 1, sizeof(*model->ring));
	}
	if (model == NULL || model->context == NULL || model->ring == NULL)
		trace_fail("out of memory");
	model->nkernel = nkernel;
	model->begin = begin;
	model->sink = sink;
	model->argument = argument;
	for (uint32_t i = 0; i < nkernel; i++)
		model->context[i].pipid = i == 0 ? TRACE_PIPID_ROOT :
						   (int32_t)i - 1;
	return model;
}

void model_free(struct model *model)
{
	if (model == NULL)
		return;
	for (size_t i = 0; i < HASH_SIZE; i++)
		while (model->thread[i] != NULL) {
			struct model_thread *next = model->thread[i]->next;

			free(model->thread[i]);
			model->thread[i] = next;
		}
	free(model->context);
	free(model->ring);
	free(model->task);
	free(model);
}

struct model_context *model_context(const struct model *model, int32_t pipid)
{
	if (pipid == TRACE_PIPID_ROOT && model->nkernel != 0)
		return &model->context[0];
	if (pipid < 0 || (uint32_t)pipid + 1 >= model->nkernel)
		return NULL;
	return &model->context[pipid + 1];
}

struct model_thread *model_thread(const struct model *model, int32_t tid)
{
	struct model_thread *thread = model->thread[(uint32_t)tid % HASH_SIZE];

	while (thread != NULL && thread->tid != tid)
		thread = thread->next;
	return thread;
}

static int32_t find_owner(const struct model *model, int32_t tid, int32_t pid)
{
	for (size_t i = 0; i < model->ntasks; i++)
		if (model->task[i].tid == tid || model->task[i].pid == tid ||
		    (pid != 0 && model->task[i].pid == pid))
			return model->task[i].pipid;
	return TRACE_PIPID_UNKNOWN;
}

static struct model_thread *get_thread(struct model *model, int32_t tid,
				       int32_t pid)
{
	struct model_thread *thread = model_thread(model, tid);

	if (thread != NULL || tid <= 0)
		return thread;
	if (model->nthreads++ == THREADS_MAX)
		trace_fail("more than %d kernel threads: the file is damaged",
			   THREADS_MAX);
	thread = calloc(1, sizeof(*thread));
	if (thread == NULL)
		trace_fail("out of memory");
	thread->tid = tid;
	thread->owner = find_owner(model, tid, pid);
	thread->context = TRACE_PIPID_UNKNOWN;
	thread->syscall = -1;
	thread->next = model->thread[(uint32_t)tid % HASH_SIZE];
	model->thread[(uint32_t)tid % HASH_SIZE] = thread;
	return thread;
}

int32_t model_who(const struct model_thread *thread)
{
	return thread->context == TRACE_PIPID_UNKNOWN ? thread->owner :
							thread->context;
}

static void emit(struct model *model, const struct model_span *span)
{
	if (span->end > span->begin || span->kind == SPAN_SYSCALL)
		model->sink(model->argument, span);
	else if (span->end == span->begin && !span->open && !span->cut)
		model->sink(model->argument, span);
}

static void emit_context(struct model *model, struct model_context *context,
			 uint64_t ns, bool open)
{
	static const enum span_kind kinds[] = {
		[CONTEXT_RUNNING] = SPAN_RUN,
		[CONTEXT_READY] = SPAN_READY,
		[CONTEXT_SUSPENDED] = SPAN_SUSPENDED,
	};
	struct model_span span = {
		.pipid = context->pipid,
		.owner = TRACE_PIPID_UNKNOWN,
		.begin = context->since,
		.end = ns < context->since ? context->since : ns,
		.whole = ns < context->began ? 0 : ns - context->began,
		.open = open,
	};

	if (context->state == CONTEXT_UNKNOWN)
		return;
	span.kind = kinds[context->state];
	if (context->thread != NULL) {
		span.tid = context->thread->tid;
		span.owner = context->thread->owner;
	}
	if (context->state == CONTEXT_RUNNING)
		span.from = context->from;
	emit(model, &span);
}

static void set_state(struct model *model, struct model_context *context,
		      enum context_state state, uint64_t ns)
{
	if (context->state == state)
		return;
	emit_context(model, context, ns, false);
	context->state = state;
	context->since = ns > model->begin ? ns : model->begin;
	context->began = ns;
	context->seen = true;
}

static void emit_thread(struct model *model, struct model_thread *thread,
			uint64_t ns, bool open, bool cut)
{
	static const enum span_kind kinds[] = {
		[THREAD_CPU] = SPAN_CPU,
		[THREAD_RUNNABLE] = SPAN_RUNNABLE,
		[THREAD_SLEEP] = SPAN_SLEEP,
	};
	struct model_span span = {
		.pipid = model_who(thread),
		.owner = thread->owner,
		.tid = thread->tid,
		.begin = thread->since,
		.end = ns < thread->since ? thread->since : ns,
		.whole = ns < thread->began ? 0 : ns - thread->began,
		.open = open,
		.cut = cut,
		.number = thread->cpu,
	};

	if (thread->state == THREAD_UNKNOWN || thread->state == THREAD_GONE)
		return;
	span.kind = kinds[thread->state];
	thread->since = span.end;
	if (cut)
		thread->began = span.end;
	/* Where only wakeups were recorded, that would never end. */
	if (thread->state == THREAD_RUNNABLE && !model->switches)
		return;
	emit(model, &span);
}

static void set_thread(struct model *model, struct model_thread *thread,
		       enum thread_state state, uint64_t ns)
{
	if (thread->state == state)
		return;
	emit_thread(model, thread, ns, false, false);
	thread->state = state;
	thread->since = ns > model->begin ? ns : model->begin;
	thread->began = ns;
}

/* Nobody's context has run on it so far. */
static void emit_idle(struct model *model, struct model_thread *thread,
		      uint64_t ns, bool open)
{
	struct model_span span = {
		.kind = SPAN_RUN,
		.pipid = TRACE_PIPID_IDLE,
		.owner = thread->owner,
		.tid = thread->tid,
		.begin = thread->context_since,
		.end = ns < thread->context_since ? thread->context_since : ns,
		.open = open,
	};

	span.whole = span.end - span.begin;

	if (thread->context == TRACE_PIPID_IDLE)
		emit(model, &span);
}

static void set_context(struct model *model, struct model_thread *thread,
			int32_t pipid, uint64_t ns)
{
	if (thread->context == pipid)
		return;
	emit_thread(model, thread, ns, false, true);
	emit_idle(model, thread, ns, false);
	thread->context = pipid;
	thread->context_since = ns;
}

static void begin_running(struct model *model, struct model_context *context,
			  struct model_thread *thread, uint64_t ns)
{
	struct model_context *before = model_context(model, thread->context);

	if (context->state == CONTEXT_RUNNING && context->thread == thread &&
	    thread->context == context->pipid)
		return;
	/* Then an event is missing that says what became of it. */
	if (before != NULL && before != context &&
	    before->state == CONTEXT_RUNNING && before->thread == thread)
		set_state(model, before, CONTEXT_UNKNOWN, ns);
	if (context->state == CONTEXT_RUNNING)
		set_state(model, context, CONTEXT_UNKNOWN, ns);
	set_state(model, context, CONTEXT_RUNNING, ns);
	context->from = context->thread != NULL ? context->thread->tid : 0;
	context->thread = thread;
	context->blocked = false;
	set_context(model, thread, context->pipid, ns);
}

static void put_switch(struct model *model, struct model_thread *thread,
		       const struct trace_event *event)
{
	struct model_context *from = model_context(model, event->pipid);
	struct model_context *to = model_context(model, event->other);

	if (from != NULL) {
		if (from->state == CONTEXT_UNKNOWN ||
		    from->state == CONTEXT_RUNNING)
			set_state(model, from,
				  from->blocked ? CONTEXT_SUSPENDED :
						  CONTEXT_READY,
				  event->ns);
		if (from->thread == NULL)
			from->thread = thread;
		from->blocked = false;
	}
	if (to != NULL)
		begin_running(model, to, thread, event->ns);
	else
		set_context(model, thread, TRACE_PIPID_IDLE, event->ns);
}

static void put_suspend(struct model *model, const struct trace_event *event)
{
	struct model_context *context = model_context(model, event->pipid);

	if (context == NULL)
		return;
	if (context->state == CONTEXT_READY)
		set_state(model, context, CONTEXT_SUSPENDED, event->ns);
	else
		context->blocked = true;
}

static void put_ready(struct model *model, int32_t pipid, uint64_t ns)
{
	struct model_context *context = model_context(model, pipid);

	if (context == NULL)
		return;
	context->blocked = false;
	if (context->state != CONTEXT_RUNNING)
		set_state(model, context, CONTEXT_READY, ns);
}

/* What a context is in the middle of. */
static void put_pair(struct model *model, const struct trace_event *event,
		     const struct model_thread *thread, enum span_kind kind,
		     bool begin)
{
	struct model_context *context = model_context(model, event->pipid);
	struct model_span span = { .kind = kind, .pipid = event->pipid,
				   .owner = TRACE_PIPID_UNKNOWN,
				   .end = event->ns };

	if (context == NULL)
		return;
	if (begin) {
		context->begin[kind] = event->ns;
		context->user = event->other;
		return;
	}
	span.begin = context->begin[kind];
	span.whole = span.end - span.begin;
	span.number = event->other;
	if (thread != NULL) {
		span.tid = thread->tid;
		span.owner = thread->owner;
	}
	if (span.begin != 0 && (kind != SPAN_USER ||
				context->user == event->other))
		emit(model, &span);
	context->begin[kind] = 0;
}

static const struct {
	enum pip_event begin, end;
	enum span_kind kind;
} pairs[] = {
	{ PIP_EVENT_COUPLE_BEGIN, PIP_EVENT_COUPLE_END, SPAN_COUPLE },
	{ PIP_EVENT_DECOUPLE_BEGIN, PIP_EVENT_DECOUPLE_END, SPAN_DECOUPLE },
	{ PIP_EVENT_BARRIER_BEGIN, PIP_EVENT_BARRIER_END, SPAN_BARRIER },
	{ PIP_EVENT_MUTEX_BEGIN, PIP_EVENT_MUTEX_END, SPAN_MUTEX },
	{ PIP_EVENT_IMPORT_BEGIN, PIP_EVENT_IMPORT_END, SPAN_IMPORT },
	{ PIP_EVENT_BEGIN, PIP_EVENT_END, SPAN_USER },
};

static void put_pairs(struct model *model, const struct trace_event *event,
		      const struct model_thread *thread)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (event->event == pairs[i].begin ||
		    event->event == pairs[i].end)
			put_pair(model, event, thread, pairs[i].kind,
				 event->event == pairs[i].begin);
}

static void forget(struct model_context *context)
{
	context->state = CONTEXT_UNKNOWN;
	context->blocked = false;
	memset(context->begin, 0, sizeof(context->begin));
}

/* Events are missing: what its contexts did meanwhile is not known. */
static void put_lost(struct model *model, struct model_thread *thread)
{
	for (uint32_t i = 0; i < model->nkernel; i++)
		if (model->context[i].thread == thread)
			forget(&model->context[i]);
	thread->context = TRACE_PIPID_UNKNOWN;
}

/* It is of the task that it says; its context runs there. */
static void put_own(struct model *model, struct model_thread *thread,
		    const struct trace_event *event)
{
	struct model_context *context = model_context(model, event->pipid);
	struct model_context *ended;

	if (context != NULL)
		begin_running(model, context, thread, event->ns);
	if (event->event == PIP_EVENT_RESUME)
		put_ready(model, event->other, event->ns);
	if (event->event == PIP_EVENT_TASK_WAIT) {
		ended = model_context(model, event->other);
		if (ended != NULL) {
			set_state(model, ended, CONTEXT_UNKNOWN, event->ns);
			forget(ended);
		}
	}
}

static struct model_thread *ring_thread(struct model *model,
					const struct trace_event *event)
{
	struct model_thread *thread;

	if (event->ring >= model->nkernel)
		return NULL;
	thread = model->ring[event->ring];
	if (thread == NULL || (event->tid != 0 && thread->tid != event->tid)) {
		thread = get_thread(model, event->tid, 0);
		if (thread != NULL)
			thread->owner = event->ring == 0 ?
						TRACE_PIPID_ROOT :
						(int32_t)event->ring - 1;
		model->ring[event->ring] = thread;
	}
	return thread;
}

static void put_recorder(struct model *model, const struct trace_event *event)
{
	struct model_thread *thread = ring_thread(model, event);

	if (thread != NULL) {
		switch (event->event) {
		case TRACE_EVENT_LOST:
			put_lost(model, thread);
			return;
		case PIP_EVENT_SWITCH:
			put_switch(model, thread, event);
			return;
		case PIP_EVENT_SUSPEND:
			put_suspend(model, event);
			return;
		case PIP_EVENT_READY:
			put_ready(model, event->pipid, event->ns);
			return;
		}
		put_own(model, thread, event);
	}
	put_pairs(model, event, thread);
}

static void put_exit(struct model *model, struct model_thread *thread,
		     const struct trace_event *event)
{
	struct model_span span = {
		.kind = SPAN_SYSCALL,
		.pipid = thread->entered_by,
		.owner = thread->owner,
		.tid = thread->tid,
		.begin = thread->entered,
		.end = event->ns,
		.whole = event->ns - thread->entered,
		.number = thread->syscall,
		.result = (int64_t)event->argument[0],
	};

	if (thread->syscall < 0)
		return;
	memcpy(span.argument, thread->argument, sizeof(span.argument));
	thread->syscall = -1;
	emit(model, &span);
}

/*
 * Who was asleep gets a CPU, and no event tells when it was woken: that was
 * when it began to wait.
 */
static void derive_wakeup(struct model *model, struct model_thread *thread,
			  const struct trace_event *event)
{
	/* It may have been moved from another queue, where it waited, too. */
	uint64_t wait = event->argument[0], earliest = 0, most;

	thread->woken_unseen = thread->state == THREAD_SLEEP;
	if (!(event->argument[2] & TRACE_KERNEL_WAIT_KNOWN) ||
	    (thread->state != THREAD_SLEEP && thread->state != THREAD_UNKNOWN))
		return;
	if (thread->state == THREAD_SLEEP) {
		earliest = thread->began;
		if (thread->waited_known &&
		    event->argument[1] > thread->waited)
			wait = event->argument[1] - thread->waited;
	}
	/* A damaged file has any numbers; or switches were lost in between. */
	most = event->ns > earliest ? event->ns - earliest : 0;
	set_thread(model, thread, THREAD_RUNNABLE,
		   event->ns - (wait < most ? wait : most));
}

/*
 * Who was waiting leaves a CPU, and no event tells when it got that one: when
 * its wait was over.  There are kernels that hide some switches from tracers.
 */
static void derive_arrival(struct model *model, struct model_thread *thread,
			   const struct trace_event *event)
{
	uint64_t wait = event->argument[1] - thread->waited;

	if (thread->state == THREAD_RUNNABLE && thread->waited_known &&
	    (event->argument[2] & TRACE_KERNEL_WAIT_KNOWN) &&
	    event->argument[1] >= thread->waited &&
	    event->ns >= thread->began && wait <= event->ns - thread->began)
		set_thread(model, thread, THREAD_CPU, thread->began + wait);
}

static void put_switched(struct model *model, struct model_thread *thread,
			 const struct trace_event *event)
{
	model->switches = true;
	thread->woken_unseen = false;
	/* Who ends gives up its address space some time before its CPU: what it
	 * does in between is not always recorded. */
	if (thread->state == THREAD_GONE)
		return;
	thread->cpu = event->cpu; /* since we do not know when, if it leaves */
	if (event->event == TRACE_KERNEL_IN) {
		derive_wakeup(model, thread, event);
		set_thread(model, thread, THREAD_CPU, event->ns);
		return;
	}
	derive_arrival(model, thread, event);
	set_thread(model, thread,
		   event->other == 0 ? THREAD_RUNNABLE :
		   event->other & STATE_DEAD ? THREAD_GONE : THREAD_SLEEP,
		   event->ns);
	thread->waited = event->argument[1];
	thread->waited_known = event->argument[2] & TRACE_KERNEL_WAIT_KNOWN;
}

/* Its number belongs to a new one. */
static void reuse_thread(struct model_thread *thread)
{
	if (thread != NULL && thread->state == THREAD_GONE)
		thread->state = THREAD_UNKNOWN;
}

static void put_kernel(struct model *model, const struct trace_event *event)
{
	struct model_thread *thread = get_thread(model, event->tid, event->pid);

	if (thread == NULL)
		return;
	switch (event->event) {
	case TRACE_KERNEL_IN:
	case TRACE_KERNEL_OUT:
		put_switched(model, thread, event);
		break;
	case TRACE_KERNEL_WAKEUP:
		if (thread->state != THREAD_CPU &&
		    (thread->state != THREAD_GONE || event->argument[0] == 1))
			set_thread(model, thread, THREAD_RUNNABLE, event->ns);
		break;
	case TRACE_KERNEL_ENTER:
		thread->syscall = event->other;
		thread->entered = event->ns;
		thread->entered_by = model_who(thread);
		memcpy(thread->argument, event->argument,
		       sizeof(thread->argument));
		break;
	case TRACE_KERNEL_EXIT:
		put_exit(model, thread, event);
		break;
	case TRACE_KERNEL_FORK:
		reuse_thread(model_thread(model, event->other));
		break;
	case TRACE_KERNEL_GONE:
		set_thread(model, thread, THREAD_GONE, event->ns);
		break;
	}
	/* Whatever else it does, it does with a CPU. */
	if (thread->state == THREAD_UNKNOWN &&
	    event->event != TRACE_KERNEL_WAKEUP) {
		thread->cpu = event->cpu;
		set_thread(model, thread, THREAD_CPU, event->ns);
	}
}

void model_put(struct model *model, const struct trace_event *event)
{
	if (event->kernel)
		put_kernel(model, event);
	else
		put_recorder(model, event);
}

void model_put_tasks(struct model *model, const struct trace_task *tasks,
		     size_t count, uint64_t ns)
{
	free(model->task);
	model->task = calloc(count + 1, sizeof(*model->task));
	if (model->task == NULL)
		trace_fail("out of memory");
	if (count != 0)
		memcpy(model->task, tasks, count * sizeof(*tasks));
	model->ntasks = count;
	for (size_t i = 0; i < count && ns != 0; i++) {
		const struct trace_task *task = &tasks[i];
		struct model_context *context = model_context(model,
							      task->pipid);
		struct model_thread *thread;

		if (context == NULL || task->state != PIP_STATE_RUNNING)
			continue;
		thread = get_thread(model, task->blt_kthread != 0 ?
						   task->blt_kthread :
						   task->tid, 0);
		context->thread = thread;
		if (task->blt_state == PIP_BLT_READY)
			set_state(model, context, CONTEXT_READY, ns);
		else if (task->blt_state == PIP_BLT_SUSPENDED)
			set_state(model, context, CONTEXT_SUSPENDED, ns);
		else if (thread != NULL)
			begin_running(model, context, thread, ns);
	}
}

void model_cut(struct model *model, uint64_t ns)
{
	if (ns > model->begin)
		model->begin = ns;
	for (uint32_t i = 0; i < model->nkernel; i++) {
		struct model_context *context = &model->context[i];

		emit_context(model, context, ns, true);
		if (ns > context->since)
			context->since = ns;
	}
	for (size_t i = 0; i < HASH_SIZE; i++)
		for (struct model_thread *thread = model->thread[i];
		     thread != NULL; thread = thread->next) {
			emit_thread(model, thread, ns, true, false);
			emit_idle(model, thread, ns, true);
			if (ns > thread->context_since)
				thread->context_since = ns;
		}
}

int32_t model_event_context(const struct model *model,
			    const struct trace_event *event)
{
	struct model_thread *thread;

	if (!event->kernel)
		return event->pipid;
	thread = model_thread(model, event->tid);
	return thread == NULL ? TRACE_PIPID_UNKNOWN : model_who(thread);
}
