/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of pip-trace share. */
#ifndef TRACE_H
#define TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <jansson.h>

#include <pip/pip_recorder.h>

#include "trace_file.h"

#define TRACE_PIPID_ROOT (-748) /* PIP_PIPID_ROOT */
#define TRACE_PIPID_IDLE (-751) /* PIP_PIPID_NULL: nobody's context */
#define TRACE_PIPID_UNKNOWN (-1)
#define TRACE_NAME_MAX 16       /* bytes of "R", "T12", "-", "?" */

enum trace_status { /* exit status */
	TRACE_DONE = 0,
	TRACE_NOTHING = 1, /* no such program, or nothing was recorded */
	TRACE_ERROR = 2,
};

struct trace_command;

struct trace_options {
	const struct trace_command *command;
	pid_t pid;             /* -p, or 0 */
	bool all;              /* -a; of what it is about now, pid is set */
	char **program;        /* -- CMD, or NULL */
	const char *input;     /* -i, or NULL */
	const char *output;    /* -o, or NULL */
	const char *format;    /* export */
	const char *argument;  /* switch: the mode */
	const char *event;     /* stacks: where, or NULL */
	const char *libpip;    /* its file, or NULL */
	size_t stack_bytes;    /* of a stack that are taken */
	bool parked;           /* stacks: those that wait, too */
	bool json, kernel, overhead, quiet, past;
	unsigned kernel_kinds; /* KERNEL_EVENTS_* */
	uint32_t records;      /* in a ring, of a CMD */
	size_t kernel_buffer;  /* bytes */
	double interval;       /* seconds; 0 = one report at the end */
	unsigned long count;   /* of reports; 0 = no limit */
};

struct trace_command {
	const char *name;
	const char *summary;
	int (*run)(const struct trace_options *options);
	unsigned takes;        /* TAKES_* */
	unsigned kernel_kinds; /* KERNEL_EVENTS_* that it looks at */
};

enum {
	TAKES_LIVE = 1,      /* how to record */
	TAKES_FILE = 2,      /* -i */
	TAKES_OUTPUT = 4,    /* -o */
	TAKES_INTERVAL = 8,
	TAKES_JSON = 16,
	TAKES_FORMAT = 32,
	TAKES_MODE = 64,     /* switch */
	TAKES_PID = 128,     /* -p */
	TAKES_PROGRAM = 256, /* -- CMD */
	TAKES_EVENT = 512,   /* -e, and what goes with it */
	TAKES_ALL = 1024,    /* -a */
};

/* One line on stderr, and the end. */
_Noreturn void trace_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void trace_warn(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* "R", "T12", "-" or "?" */
const char *trace_name(int32_t pipid, char name[TRACE_NAME_MAX]);

uint64_t trace_now(void); /* CLOCK_BOOTTIME */
uint64_t trace_checksum(const void *data, size_t size, uint64_t sum);
struct pip_clock_pair trace_take_pair(void);

/* --- writer.c --- */

struct trace_writer {
	int fd;
	const char *name; /* for messages */
	uint64_t bytes;
	uint64_t kernel_events;
	uint32_t nbuffered;
	unsigned stream; /* of those */
	struct trace_kernel_record *buffer;
};

void writer_open(struct trace_writer *writer, int fd, const char *name);
void writer_close(struct trace_writer *writer);
void writer_put_header(struct trace_writer *writer,
		       const struct trace_file_header *header);
/* A chunk in two parts; the second may be empty. */
void writer_put(struct trace_writer *writer, enum trace_chunk_type type,
		const void *data, size_t size, const void *more, size_t rest);
void writer_put_kernel(struct trace_writer *writer, unsigned stream,
		       const struct trace_kernel_record *record);
void writer_flush_kernel(struct trace_writer *writer);

/* --- session.c: a recording --- */

struct trace_session;

/* Find or start the program, and switch its recorder on.  NULL: it has been
 * said why; *statusp is the exit status. */
struct trace_session *session_open(const struct trace_options *options,
				   int *statusp);
/* Record into that file, until the time (0: none), the end of the program, or
 * a signal; each call writes a file of its own. */
void session_record(struct trace_session *session, int fd, const char *name,
		    uint64_t until, struct trace_end *end);
bool session_has_ended(const struct trace_session *session);
/* Restore the switch; wait for CMD.  Returns the exit status. */
int session_close(struct trace_session *session);

/* --- reader.c: a file --- */

struct trace_file;

/* An event of either kind, in the order of time. */
struct trace_event {
	uint64_t ns;
	bool kernel;     /* event is an enum trace_kernel_event */
	uint16_t event;  /* else an enum pip_event, or TRACE_EVENT_LOST */
	uint16_t cpu;    /* kernel events only */
	uint32_t ring;   /* the others only */
	int32_t pid;     /* kernel events only */
	int32_t tid;     /* 0: of several threads */
	int32_t pipid;   /* the others only */
	int32_t other;
	uint64_t argument[3]; /* of a TRACE_EVENT_LOST: how many */
};

#define TRACE_EVENT_LOST 0xffff /* in this ring, right before this */

/* NULL: it has been said why.  fd -1: open the file of that name. */
struct trace_file *trace_file_open(int fd, const char *name);
void trace_file_close(struct trace_file *file);
bool trace_file_next(struct trace_file *file, struct trace_event *event);

const struct trace_file_header *trace_file_header(const struct trace_file *);
/* How the recording ended; *completep: it says so itself. */
const struct trace_end *trace_file_end(const struct trace_file *file,
				       bool *completep);
/* The last that is known of each task, in the order of PIPIDs. */
const struct trace_task *trace_file_tasks(const struct trace_file *file,
					  size_t *countp);
/* As they were when the recording began. */
const struct trace_task *trace_file_first_tasks(const struct trace_file *file,
						size_t *countp);
const char *trace_file_user_name(const struct trace_file *file, uint32_t id);
/* The file mapped at an address, or what else is there; NULL: nothing. */
const char *trace_file_object(const struct trace_file *file, uint64_t address);

/* "task-3's program" for people: the last component of its path, or "". */
const char *trace_file_program(const struct trace_file *file, int32_t pipid);

/* --- run.c: where the events of an analysis come from --- */

struct model;
struct model_span;

struct analysis {
	void *state;
	const struct trace_options *options;
	const struct trace_file *file; /* while it is read */
	const struct model *model;
	uint64_t begin, end;           /* of what is printed; CLOCK_BOOTTIME */
	uint64_t events;               /* in there, of either kind */
	void (*event)(struct analysis *analysis,
		      const struct trace_event *event);
	void (*span)(struct analysis *analysis, const struct model_span *span);
	/* As text, or into document if that is not NULL. */
	void (*print)(struct analysis *analysis, json_t *document);
	void (*reset)(struct analysis *analysis);
	/* Before the first event of a file, whose times these are. */
	void (*start)(struct analysis *analysis, uint64_t begin, uint64_t end);
};

/* From a file, or live; with intervals.  Returns the exit status. */
int trace_run(const struct trace_options *options, struct analysis *analysis);

/* --- commands --- */

int command_record(const struct trace_options *options);
int command_switch(const struct trace_options *options);
int command_report(const struct trace_options *options);
int command_timehist(const struct trace_options *options);
int command_map(const struct trace_options *options);
int command_summary(const struct trace_options *options);
int command_runqlat(const struct trace_options *options);
int command_offcpu(const struct trace_options *options);
int command_syscalls(const struct trace_options *options);
int command_faults(const struct trace_options *options);
int command_ulp(const struct trace_options *options);
int command_consistency(const struct trace_options *options);
int command_stacks(const struct trace_options *options);
int command_export(const struct trace_options *options);

#endif
