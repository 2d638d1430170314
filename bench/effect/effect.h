/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip-probe-effect: a workload runs under one instrumentation after the other,
 * again and again; each run must have done exactly what it was to do, and what
 * an instrumentation counts must be exactly what happened.
 *
 * Order of a run: start the workload, which stops before its work; attach the
 * instrumentation; let the work begin; when it is done, read the
 * instrumentation's count and detach; let the workload end.  A command can
 * only be stopped before it is executed, and is done when it has ended.
 */
#ifndef PIP_EFFECT_H
#define PIP_EFFECT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "statistics.h"

#define EFFECT_LOAD_NAME "pip-probe-effect-load"
#define EFFECT_INSTRUMENTS_MAX 32
#define EFFECT_REASON_MAX 256
#define EFFECT_UNKNOWN UINT64_MAX
/* In the environment of a workload: open that module. */
#define EFFECT_LTTNG "PIP_EFFECT_LTTNG"
/* In that of pip-ipc: its descriptors for "ready" and "done" (../ipc/ipc.h). */
#define EFFECT_IPC_AWAITS "PIP_IPC_AWAITS"

enum effect_measure { MEASURE_WALL, MEASURE_USER, MEASURE_SYSTEM, MEASURE_CPU };

/* A probe in a file: a USDT probe, or a function if provider is NULL. */
struct effect_probe {
	const char *file; /* NULL: libpip or this program, by the provider */
	const char *provider, *name;
};

struct effect_workload {
	const char *name, *help;
	uint64_t events; /* by default */
	const char *event; /* what one is */
	/* The work, in a process of its own; NULL: a command.  Calls
	 * load_begin() and load_end(). */
	int (*play)(uint64_t events);
	struct effect_probe probe; /* is hit exactly once per event */
	bool tasks; /* it is a PiP program */
	unsigned processes; /* that have events */
	/* Records that the flight recorder writes per event, 0: not fixed. */
	unsigned records;
	/* Commands: the arguments for so many events, and the count of events
	 * in what was printed. */
	char **(*arguments)(uint64_t events, const char *options);
	uint64_t (*count)(const char *output, uint64_t events);
	/* ns of the work alone, if that was printed; or NULL. */
	double (*time)(const char *output);
	/* Commands: what is to be attached to tasks can be waited for. */
	bool waits;
};

/* What one run gave. */
struct effect_run {
	double ns;          /* all events together */
	uint64_t events;    /* as the workload says */
	uint64_t recorded;  /* by the flight recorder, EFFECT_UNKNOWN */
	uint64_t counted;   /* by the instrumentation, EFFECT_UNKNOWN */
	uint64_t lost;      /* that it could not take */
	uint64_t stacks;    /* different ones */
};

struct effect_config;

/* A process under an instrumentation. */
struct effect_target {
	const struct effect_config *config;
	pid_t pid;
};

struct effect_instrument {
	const char *name, *help;
	bool counts;         /* exactly the workload's probe */
	bool wants_tasks;    /* looks at PiP programs only */
	bool wants_start;    /* the target must be there when it starts */
	bool records;        /* the flight recorder is on */
	bool switches_on;    /* it is the instrumentation that does that */
	bool marks;          /* each event is one of LTTng-UST, too */
	bool takes_argument;
	/* Say why it cannot be used here; NULL: it can. */
	const char *(*check)(const struct effect_config *config,
			     const char *argument);
	/* State, or NULL with a reason. */
	void *(*attach)(const struct effect_target *target,
			const char *argument, char *reason);
	/* Fills in counted, lost and stacks; 0, or -1 with a reason. */
	int (*detach)(void *state, struct effect_run *run, char *reason);
};

struct effect_choice {
	const struct effect_instrument *instrument;
	const char *argument; /* after "=", or NULL */
	char name[64];
};

struct effect_config {
	const struct effect_workload *workload;
	const char *options;      /* of the workload, or NULL */
	char **command;           /* instead of a workload */
	uint64_t events;
	unsigned runs;
	unsigned limit;           /* seconds that a step of a run may take */
	bool keeps_going;         /* without an instrumentation that fails */
	enum effect_measure measure;
	struct effect_choice choices[EFFECT_INSTRUMENTS_MAX];
	size_t nchoices;
	struct effect_probe probe; /* -P, or the workload's */
	char self[PATH_MAX], libpip[PATH_MAX];
	char lttng[2 * PATH_MAX]; /* our module of LTTng-UST, or "" */
	/* Reports. */
	struct style style;
	const char *csv, *json, *html;
	bool quiet, list;
	char **files;
	size_t nfiles;
	int column;
	const char *delimiters;
};

/* A machine changes while it is measured. */
struct effect_host {
	char kernel[130], cpu[96];
	long cpus;
	double load_before, load_after;
	double steal; /* per cent of all CPU time meanwhile; -1: unknown */
	uint64_t steal_ticks, all_ticks;
};
void host_begin(struct effect_host *host);
void host_end(struct effect_host *host);

/* An instrumentation that was left out from then on. */
struct effect_failure {
	char name[64], reason[EFFECT_REASON_MAX];
};

/* All runs; or files of numbers, which have samples and nothing else. */
struct effect_results {
	struct effect_failure failures[EFFECT_INSTRUMENTS_MAX];
	size_t nfailures;
	struct effect_host host;
	struct sample samples[EFFECT_INSTRUMENTS_MAX]; /* ns per event, or s */
	struct effect_run totals[EFFECT_INSTRUMENTS_MAX];
	struct effect_run last[EFFECT_INSTRUMENTS_MAX];
	size_t n;
	const char *unit;
};

extern const struct effect_workload effect_workloads[];
/* pip-ipc's options: of a mode with PiP tasks? */
bool workload_has_tasks(const char *options);
extern const struct effect_instrument effect_instruments[];

/* load_*.c: in the process that does the work. */
int load_main(int argc, char **argv);
int load_play_switch(uint64_t events);
int load_play_couple(uint64_t events);
int load_play_spawn(uint64_t events);
int load_play_mark(uint64_t events);
int load_play_pingpong(uint64_t events);
int load_play_lock(uint64_t events);
int load_play_malloc(uint64_t events);
/* In a task of such a process. */
bool load_is_task(void);
int load_play_task(void);

/* run.c: 0; -1 after a message.  Instrumentations that fail are taken out of
 * both if it is to go on without them. */
int effect_run(struct effect_config *config, struct effect_results *results);

/* elf_probe.c: the places of a probe in a file, as offsets; their number, or
 * -1 with a reason. */
#define PROBE_PLACES_MAX 64
int probe_find(const struct effect_probe *probe, uint64_t *offsets,
	       char *reason);

/* bpf.c: programs so small that they need no compiler. */
enum bpf_kind { BPF_NOTHING, BPF_COUNT, BPF_STACK };
struct bpf_counter;
struct bpf_counter *bpf_attach_probe(enum bpf_kind kind,
				     const struct effect_probe *probe,
				     pid_t pid, char *reason);
/* tgid 0: of everybody. */
struct bpf_counter *bpf_attach_tracepoint(const char *name, pid_t tgid,
					  char *reason);
int bpf_finish(struct bpf_counter *counter, struct effect_run *run,
	       char *reason);
const char *bpf_check(void);

/* observer.c: programs that look on. */
/* ready: a text that it prints then; OBSERVER_PERF: see there; NULL: after a
 * while. */
#define OBSERVER_PERF "perf"
void *observer_start(char **argv, const char *ready, char *reason);
/* Has it ended by itself, and not well?  Then the reason. */
bool observer_has_failed(void *observer, char *reason);
/* It is to be interrupted again and again: bpftrace 0.17 sometimes sleeps on. */
void observer_forgets(void *observer);
/* Interrupts it, and says what it has printed (to be freed).  status: as of
 * wait(2), or that it did not end within the limit and was killed. */
#define OBSERVER_LATE (-1)
char *observer_stop(void *observer, int *status);
/* Why a status other than 0 is an error; text: what it has printed. */
void observer_explain(const char *name, int status, const char *text,
		      char *reason);
/* Where a command of this package is: beside this one, in the build tree, or
 * on PATH; NULL. */
const char *effect_find_command(const struct effect_config *config,
				const char *name);

/* args.c */
void effect_parse(int argc, char **argv, struct effect_config *config);
/* numbers.c: a file of numbers; false after a message. */
bool numbers_read(const char *name, int column, const char *delimiters,
		  struct sample *sample);
/* report_*.c */
/* How many values that sample has that has most. */
size_t results_longest(const struct effect_results *results);
void report_text(FILE *file, const struct effect_config *config,
		 const struct effect_results *results);
int report_csv(FILE *file, const struct effect_config *config,
	       const struct effect_results *results);
int report_json(FILE *file, const struct effect_config *config,
		const struct effect_results *results);
int report_html(FILE *file, const struct effect_config *config,
		const struct effect_results *results);

#endif
