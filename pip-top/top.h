/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of pip-top share. */
#ifndef TOP_H
#define TOP_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <observer/observer.h>

#include "../pips/pips.h"

#define TOP_SPARK 8     /* samples that a task remembers */
#define TOP_HISTORY 128 /* samples that the header remembers */
#define TOP_CELL 64     /* bytes of a cell, with the NUL */
#define TOP_COLUMNS_MAX 32
#define TOP_CPUS_MAX 1024
#define TOP_LOST_MAX 64

/* A task of one sample, and what the samples before it have left. */
struct top_task {
	struct top_program *program;
	const struct observer_task *task; /* until the next sample */
	uint32_t slot;
	uint64_t generation;
	bool measured;  /* there was a sample before: the rates are known */
	double cpu;     /* percent of a CPU */
	double user_switches, kernel_switches, couples, faults; /* per second */
	double wait;    /* percent of the time: could run, had no CPU */
	struct top_counts {
		uint64_t cpu_ns, user_switches, kernel_switches, couples;
		uint64_t faults, wait_ns;
	} counts;
	int64_t rss;    /* bytes, -1 unknown; may be older than the sample */
	float spark[TOP_SPARK]; /* switches per second, the newest last */
	char *command;  /* fit for a terminal, never NULL */
	uint64_t command_version;
	bool tagged, collapsed;
	enum pips_kind kind; /* PIPS_THREAD: one of the task's, not the first */
};

/* Which task, or thread, whatever samples come. */
struct top_identity {
	uint64_t inode, generation;
	uint32_t slot;
	pid_t tid; /* of a thread that is not the first; 0: the task */
};

/* Something that costs more than a refresh may: done when it has earned it. */
struct top_budget {
	uint64_t soon, next; /* not before, ns: if forced, and if not */
	bool forced;
};

struct recording_owner;
struct recording_switch;
struct recorded_program;
struct top_record;
struct top_replay;

/* What the flight recorder has of a kernel thread. */
struct top_ring {
	uint32_t ring; /* slot of the task whose it is */
	pid_t tid;
	bool whole;    /* nothing was before what there is of it */
	uint64_t first, last; /* CLOCK_BOOTTIME ns of the records looked at */
	struct recording_switch *at; /* those of them that are switches */
	size_t count;
};

struct top_switches {
	int problem; /* why there are none: SWITCHES_OFF, an errno value; 0 */
	struct top_ring *ring; /* ascending; those that ever had a record */
	size_t nrings;
};

#define SWITCHES_OFF (-1)

/* A process of a program, to be known again when it may not be looked into. */
struct top_lost {
	uint64_t inode;   /* of the program's table */
	pid_t pid;
	uint64_t started; /* CLOCK_BOOTTIME ns, 0: not known */
};

struct top_program {
	uint64_t inode; /* of the table: the identity of a program */
	struct observer_root *root; /* until the next scan */
	struct observer_root *own_root; /* of a recording: the same */
	const struct recorded_program *recorded; /* likewise, until the next */
	struct observer_tasks observed, before;
	struct top_task *task; /* those shown, by slot */
	size_t count;
	struct top_task *thread; /* besides the first ones; by slot and TID */
	size_t nthreads;
	struct observer_tasks made;    /* of these, in the shape of tasks */
	uint64_t threads_taken;        /* ns, when they were looked at */
	struct top_budget threads;     /* for that */
	uid_t user;
	char user_name[33];
	uint64_t total_rss, outside_rss; /* bytes, as in observer_tasks */
	struct top_budget memory; /* for the walk over its page tables */
	int memory_error;    /* errno value: it was not permitted */
	struct top_lost identity;
	struct recording_owner *owner; /* after memory_measure() */
	size_t nowners;
	struct top_switches switches; /* of the last look at them */
	struct top_budget owners, maps; /* for these, while recorded */
	bool seen;
};

struct top_cpu {
	uint64_t user, system, idle; /* ticks */
	double user_percent, system_percent;
};

struct top_sample {
	struct observer *observer;
	pid_t pid;           /* -p, 0 = all programs */
	struct top_program **program;
	size_t nprograms, ntasks;
	uint64_t taken;      /* CLOCK_BOOTTIME ns, 0 = never */
	uint64_t realtime;   /* the same moment, CLOCK_REALTIME ns */
	double seconds;      /* since the sample before, 0 = none */
	struct top_record *record; /* it is written to, or NULL */
	int record_error;    /* errno value: it was closed */
	struct top_replay *replay; /* it comes from there, or NULL */
	bool threads_wanted; /* the tree shows them */
	struct top_budget scan;
	struct top_cpu cpu[TOP_CPUS_MAX], all_cpus;
	unsigned ncpus;
	unsigned running, sleeping, ready, suspended, decoupled, other;
	double user_switches, kernel_switches, couples, faults;
	uint64_t memory_bytes, outside_bytes;
	float history[TOP_HISTORY];
	uint64_t cost_ns;    /* CPU time of the last refresh */
	char error[160];     /* of the last scan */
	struct top_lost lost[TOP_LOST_MAX]; /* shown once, and not any more */
	size_t nlost;
	char notice[160];    /* what is missing, "" = nothing */
};

int sample_open(struct top_sample *sample, pid_t pid);
void sample_take(struct top_sample *sample);
void sample_close(struct top_sample *sample);
/* The task shown of that slot, which need be none; or NULL. */
struct top_task *sample_find_slot(const struct top_program *program,
				  int64_t slot);
struct top_identity sample_identify(const struct top_task *task);
struct top_task *sample_find(struct top_sample *sample,
			     const struct top_identity *identity);
uint64_t sample_clock(void);
extern struct pips_options top_pips_options; /* for what is pips' */
struct pips_row sample_row(const struct top_task *task);
void sample_read_cpus(struct top_sample *sample);
void sample_fill_program(struct top_program *program, double seconds);
void sample_free_program(struct top_program *program);
void sample_sum(struct top_sample *sample);
uint64_t sample_cpu_clock(void);
bool budget_allows(const struct top_budget *budget, uint64_t now);
void budget_spend(struct top_budget *budget, uint64_t now, uint64_t before);
double task_rate(uint64_t now, uint64_t before, double seconds);

/* lost.c */
void lost_remember(struct top_sample *sample, struct top_program *program);
void lost_add(struct top_sample *sample, const struct top_program *program);
void lost_check(struct top_sample *sample);
void lost_describe(const struct top_sample *sample, char *text, size_t size);

/* threads.c */
void threads_want(struct top_sample *sample, bool wanted);
void threads_forget_age(struct top_sample *sample);
void threads_take(struct top_sample *sample);
void threads_free(struct top_program *program);

/* record.c: each returns 0 or an errno value */
int record_open(const char *path, struct top_record **recordp);
int record_add(struct top_record *record, const struct top_sample *sample);
int record_close(struct top_record *record);

/* replay.c */
int replay_open(struct top_sample *sample, const char *path, char *problem,
		size_t size);
void replay_close(struct top_sample *sample);
void replay_take(struct top_sample *sample);
void replay_go(struct top_sample *sample, size_t to);
size_t replay_get_count(const struct top_sample *sample);
size_t replay_get_position(const struct top_sample *sample);
bool replay_is_at_end(const struct top_sample *sample);
const char *replay_get_problem(const struct top_sample *sample);
double replay_get_speed(const struct top_sample *sample);
void replay_scale_speed(struct top_sample *sample, double by);
uint64_t replay_get_pause(const struct top_sample *sample);
size_t replay_find_time(const struct top_sample *sample, uint64_t realtime);
char *replay_command(const struct top_program *program, size_t i);

/* column.c */
struct top_column {
	const char *name;   /* in the settings */
	const char *header;
	int width;          /* least */
	bool left;          /* flush left */
	bool descending;    /* the greatest first, unless inverted */
	unsigned rank;      /* of those shown by default, 1 goes last */
	void (*text)(char *out, const struct top_task *task);
	double (*value)(const struct top_task *task); /* NULL: sort by text */
	const char *help;
};

extern const struct top_column top_columns[];
extern const unsigned top_ncolumns;
int column_find(const char *name);
const char *column_state(const struct top_task *task);
void column_format_rate(char *out, size_t size, double rate);
void column_format_spark(char *out, size_t size, const float *values,
			 unsigned count, bool utf8);
int column_compare(unsigned column, const struct top_task *a,
		   const struct top_task *b);
extern bool column_utf8;

/* settings.c */
enum top_screen_number { SCREEN_TASKS, SCREEN_DOMAINS, SCREEN_MEMORY,
			 SCREEN_SWITCHES, SCREENS };

struct top_settings {
	unsigned column[TOP_COLUMNS_MAX]; /* indices into top_columns */
	unsigned ncolumns;
	bool columns_chosen; /* by the user: none is left out */
	unsigned sort;
	bool inverted, tree, threads, meters;
	enum top_screen_number screen;
	double delay;        /* seconds */
	uint64_t window_ns;  /* of the screen of switches, 0: what is known */
};

void settings_set_defaults(struct top_settings *settings);
bool settings_set_columns(struct top_settings *settings, const char *list,
			  char *bad, size_t size);
/* What could not be taken is told in problem; "" = all is well. */
void settings_read(struct top_settings *settings, char *problem, size_t size);
int settings_write(const struct top_settings *settings, char *path,
		   size_t size);

/* view.c: which tasks are shown, in which order */
struct top_row {
	struct top_task *task;
	unsigned depth;
	bool last;     /* of its siblings */
	bool parent;   /* it has children */
	bool matches;  /* not shown only for its descendants' sake */
};

struct top_pattern {
	char text[128];
	bool active, literal; /* literal: no regular expression */
	regex_t regex;
};

struct top_view {
	struct top_row *row;
	size_t count, capacity;
	struct top_pattern filter, search;
	char user[33]; /* only this user's programs; "" = all */
};

void view_build(struct top_view *view, struct top_sample *sample,
		const struct top_settings *settings);
void view_free(struct top_view *view);
void pattern_set(struct top_pattern *pattern, const char *text);
bool pattern_matches(const struct top_pattern *pattern,
		     const struct top_task *task);

/* lines.c: the text of a screen that is not the table of tasks */
struct top_line {
	char *text;
	int color; /* enum top_color */
};

struct top_lines {
	struct top_line *line;
	size_t count, capacity;
};

void lines_add(struct top_lines *lines, int color, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void lines_add_text(struct top_lines *lines, int color, const char *text);
void lines_clear(struct top_lines *lines);

/* history.c, rings.c */
void switches_read(const struct top_program *program,
		   struct top_switches *switches);
struct top_switches switches_copy(const struct top_switches *from);
void switches_free(struct top_switches *switches);

/* domains.c, memory.c, switches.c, details.c: what is on them */
struct top;
void domains_fill(struct top *top, struct top_lines *lines);
void memory_fill(struct top *top, struct top_lines *lines);
int memory_measure(struct top_program *program);
void switches_fill(struct top *top, struct top_lines *lines);
void details_fill(struct top *top, struct top_lines *lines);

/* batch.c, json.c */
enum batch_form { BATCH_TEXT, BATCH_WIDE, BATCH_JSON };
int batch_run(struct top *top, unsigned long count, enum batch_form form);
void json_print_sample(const struct top *top);

#endif /* TOP_H */
