/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What contexts and kernel threads are doing, from their events.
 *
 * A context (of a task: its BLT) runs on a kernel thread, or waits for its
 * turn there, or is suspended; a kernel thread has a CPU, or waits for one, or
 * sleeps.  Each such state, when it ends, is a span.  Spans of the kernel
 * thread are cut where its context changes, so that each has one context.
 */
#ifndef MODEL_H
#define MODEL_H

#include "trace.h"

enum span_kind {
	SPAN_RUN,       /* the context was the one that its kernel thread ran */
	SPAN_READY,     /* waited for its turn */
	SPAN_SUSPENDED, /* waited to be resumed */
	SPAN_COUPLE,    /* from the call of pip_couple() to its return */
	SPAN_DECOUPLE,
	SPAN_BARRIER,
	SPAN_MUTEX,
	SPAN_IMPORT,
	SPAN_USER,      /* pip_trace_begin() to _end(); number: its name */
	SPAN_CPU,       /* the kernel thread had a CPU */
	SPAN_RUNNABLE,  /* waited for one */
	SPAN_SLEEP,     /* waited for something else */
	SPAN_SYSCALL,   /* number, result */
	SPAN_MAX
};

struct model_span {
	enum span_kind kind;
	int32_t pipid;  /* whose context; TRACE_PIPID_IDLE: nobody's */
	int32_t owner;  /* whose kernel thread */
	int32_t tid;    /* 0: not known */
	int32_t from;   /* SPAN_RUN: the kernel thread before, or 0 */
	uint64_t begin, end; /* CLOCK_BOOTTIME */
	uint64_t whole; /* its length, with what came before model_cut() */
	bool open;      /* it goes on: the interval or the file ends here */
	bool cut;       /* the same state goes on with another context */
	int number;
	int64_t result;
	uint64_t argument[3];
};

enum context_state {
	CONTEXT_UNKNOWN,
	CONTEXT_RUNNING,
	CONTEXT_READY,
	CONTEXT_SUSPENDED,
};

struct model_thread;

struct model_context {
	int32_t pipid;
	enum context_state state;
	bool blocked;         /* it runs, and will be suspended */
	bool seen;            /* there was an event of it */
	uint64_t since, began; /* of that state; the former not before a cut */
	struct model_thread *thread; /* where it is, or was last */
	int32_t from;
	uint64_t begin[SPAN_MAX]; /* of what it is in the middle of; 0: not */
	int user;                 /* name of SPAN_USER */
};

enum thread_state {
	THREAD_UNKNOWN,
	THREAD_CPU,
	THREAD_RUNNABLE,
	THREAD_SLEEP,
	THREAD_GONE,
};

struct model_thread {
	int32_t tid;
	int32_t owner;        /* PIPID; TRACE_PIPID_UNKNOWN */
	int32_t context;      /* that runs on it; _IDLE, _UNKNOWN: its own */
	uint64_t context_since;
	enum thread_state state;
	uint64_t since, began; /* as model_context's */
	uint64_t waited;      /* for CPUs, when it left one; if that is known */
	bool waited_known;
	bool woken_unseen;    /* before it got this CPU; no event tells */
	uint16_t cpu;
	int syscall;          /* number, -1: none */
	uint64_t entered;
	int32_t entered_by;   /* the context then */
	uint64_t argument[3];
	struct model_thread *next; /* of the same hash */
};

struct model;

typedef void (*model_sink)(void *argument, const struct model_span *span);

/* begin: no span begins before. */
struct model *model_new(uint32_t nkernel, uint64_t begin, model_sink sink,
			void *argument);
void model_free(struct model *model);

/* The tasks as they are known; ns: their states hold at that time, 0: none. */
void model_put_tasks(struct model *model, const struct trace_task *tasks,
		     size_t count, uint64_t ns);
void model_put(struct model *model, const struct trace_event *event);

/* End all spans here; they go on as others. */
void model_cut(struct model *model, uint64_t ns);

struct model_context *model_context(const struct model *model, int32_t pipid);
struct model_thread *model_thread(const struct model *model, int32_t tid);

/* Whose context a thread runs: as far as is known, its own. */
int32_t model_who(const struct model_thread *thread);

/* The context that an event belongs to. */
int32_t model_event_context(const struct model *model,
			    const struct trace_event *event);

const char *model_span_name(enum span_kind kind);

#endif
