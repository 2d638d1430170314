/* SPDX-License-Identifier: BSD-2-Clause */
/* In the process that does a built-in workload, and in its tasks. */
#ifndef PIP_EFFECT_LOAD_H
#define PIP_EFFECT_LOAD_H

#include <pip/pip.h>

#include "effect.h"

/* Says that all is ready, and waits until the work may begin.  done: how many
 * events there really were. */
void load_begin(void);
void load_end(uint64_t done);

/* load_lttng.c.  To be opened before the work, and to be waited for in it, by
 * each task that has events; -1 after a message. */
int load_lttng_open(void);
void load_lttng_wait(void);
extern void (*load_lttng_event)(uint64_t value);

/* Each event of a workload passes here. */
static inline void load_mark(uint64_t value)
{
	if (__builtin_expect(load_lttng_event != NULL, 0))
		load_lttng_event(value);
}

/* load_pip.c: what root and tasks share. */
enum load_work {
	WORK_SWITCH,
	WORK_COUPLE,
	WORK_PINGPONG,
	WORK_LOCK,
	WORK_MARK,
	WORK_NOTHING,
};

struct load_shared {
	uint64_t magic, events;
	enum load_work work;
	pip_barrier_t barrier;
	volatile int go;
	volatile int spawned; /* by root: all of them */
	uint64_t done[2];
	int pipes[2][2]; /* of WORK_PINGPONG: there, and back */
};

/* 0 or an errno value. */
int load_start(struct load_shared *shared, enum load_work work,
	       uint64_t events);
int load_spawn(int pipid, uint32_t opts, pip_task_queue_t *queue);
void load_sleep_until_end(int pipid);
/* What is to be the exit status: of one task that does all; of n. */
int load_play_one(enum load_work work, uint64_t events);
int load_wait_all(int n);
int load_fail(const char *what, int error);

/* In a task. */
int load_pingpong_task(struct load_shared *shared, int pipid);
int load_lock_task(const struct load_shared *shared);

#endif
