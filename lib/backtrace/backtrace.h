/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The stacks of a PiP program, read from outside: what pips -b and
 * pip-backtrace show.
 *
 * Each task has a loader of its own, so the same file is mapped once per task,
 * at addresses that only the task's link map knows.  Files are opened once and
 * shared; code addresses are translated to addresses of their file, by which
 * unwind information, symbols and lines are looked up, and remembered.
 *
 * Normally nobody is stopped.  The kernel tells where the stack of a thread
 * that sleeps begins (/proc/TID/syscall, proc(5)), and the task table where
 * that of a user context is which does not run.  Of a sleeping thread only
 * stack pointer and program counter are known: where unwind information needs
 * another register, the stack is searched for the return address, see
 * machine.h.  A thread that runs has no stack that holds still; its stack can
 * be had with BACKTRACE_STOP only, which stops it by ptrace(2) meanwhile.
 *
 * Without elfutils (HAVE_LIBDW) none of this is built.
 */
#ifndef BACKTRACE_H
#define BACKTRACE_H

#include <observer/observer.h>

#define BACKTRACE_FRAMES_MAX 4096
#define BACKTRACE_FRAMES_DEFAULT 128

struct backtrace; /* a program, and what is known of its files */

/* A line of source; several of one address if functions were inlined. */
struct backtrace_line {
	char *function; /* NULL: not known */
	char *source;   /* path as the compiler has noted it, or NULL */
	int line;       /* 0: not known */
};

/* A code address in a file; the same for all tasks that have mapped it. */
struct backtrace_place {
	const char *object;   /* path of the file; NULL: in none */
	uint64_t address;     /* in the file; in no file: of the process */
	uint64_t offset;      /* from the start of the function */
	bool known;           /* the function is */
	size_t nlines;        /* at least 1; innermost inlined one first */
	struct backtrace_line *lines;
};

enum backtrace_frame_kind {
	BACKTRACE_FRAME_EXACT,   /* by unwind information */
	BACKTRACE_FRAME_GUESSED, /* by searching the stack; may be wrong */
	BACKTRACE_FRAME_SIGNAL,  /* what the kernel has put there for a handler
				  * to return to */
};

struct backtrace_frame {
	uint64_t pc, sp;
	enum backtrace_frame_kind kind;
	unsigned back; /* 1: pc follows a call, and place is that of the call */
	const struct backtrace_place *place;
};

/* Why frames may be missing. */
enum backtrace_end {
	BACKTRACE_END_COMPLETE,  /* up to the first function */
	BACKTRACE_END_LIMIT,     /* more frames than were asked for */
	BACKTRACE_END_BROKEN,    /* the next frame could not be found */
	BACKTRACE_END_CHANGED,   /* the thread went on meanwhile */
	BACKTRACE_END_RUNNING,   /* it runs: not without a stop */
	BACKTRACE_END_REFUSED,   /* not permitted, or traced by another */
	BACKTRACE_END_UNKNOWN,   /* the kernel does not tell */
	BACKTRACE_END_GONE,      /* it has ended */
};

enum backtrace_kind {
	BACKTRACE_THREAD,  /* a thread with its task's own context */
	BACKTRACE_FOREIGN, /* its context, run by another task's thread */
	BACKTRACE_SAVED,   /* its context, which does not run */
	BACKTRACE_IDLE,    /* its thread, while its context is elsewhere */
};

struct backtrace_stack {
	uint32_t slot;    /* of the task whose it is */
	int32_t pipid;    /* OBSERVER_PIPID_ROOT or a PIPID */
	enum backtrace_kind kind;
	pid_t tid;        /* that runs it; of a saved context, 0 */
	uint32_t state;   /* enum pip_table_blt_state */
	enum backtrace_end end;
	size_t nframes;
	struct backtrace_frame *frames; /* innermost first */
};

/* A list that grows; start with all zero, reuse it, free it once. */
struct backtrace_stacks {
	struct backtrace_stack *stack;
	size_t count;
	size_t capacity;
};

/* Registers by their DWARF numbers (psABI x86-64, figure 3.36). */
#define BACKTRACE_REGISTERS 17
#define BACKTRACE_PC 16
struct backtrace_registers {
	uint64_t value[BACKTRACE_REGISTERS];
	uint32_t known; /* bit N: value[N] is */
};

enum {
	BACKTRACE_STOP = 1,
	BACKTRACE_LATER = 2, /* names: by backtrace_describe_place() */
};

/*
 * Get ready to read a program's stacks.  root and tasks must stay as they are
 * until backtrace_close().  ENOMEM.
 */
int backtrace_open(struct observer_root *root,
		   const struct observer_tasks *tasks, unsigned flags,
		   struct backtrace **backtracep) OBSERVER_READ;
void backtrace_close(struct backtrace *backtrace);

/*
 * These are the tasks now.  Files, places, and what was read of tasks that are
 * still the same, stay; of the others it is read at once, as long as there is
 * something to read.  ENOMEM.
 */
int backtrace_renew(struct backtrace *backtrace,
		    const struct observer_tasks *tasks) OBSERVER_READ;

/* A task may have loaded more files since. */
void backtrace_forget_files(struct backtrace *backtrace, uint32_t slot);

/* With BACKTRACE_LATER: fill in what is known of a place.  ENOMEM. */
int backtrace_describe_place(const struct backtrace_place *place) OBSERVER_READ;

/* How many frames of each stack (BACKTRACE_FRAMES_DEFAULT). */
void backtrace_set_limit(struct backtrace *backtrace, size_t frames);

/* The process whose memory, which all share, is read. */
void backtrace_set_reader(struct backtrace *backtrace, pid_t pid);

/*
 * Append all stacks of a task to *stacks: of its threads, its main thread
 * first, and of its user context if that is elsewhere.  Stacks that could not
 * be read are in the list, too; their end says why.  ENOMEM.
 */
int backtrace_read_task(struct backtrace *backtrace,
			const struct observer_task *task,
			struct backtrace_stacks *stacks) OBSERVER_READ;

/* The stack that begins with these registers.  ENOMEM. */
int backtrace_read_registers(struct backtrace *backtrace,
			     const struct observer_task *task, pid_t tid,
			     const struct backtrace_registers *registers,
			     struct backtrace_stacks *stacks) OBSERVER_READ;

/* A part of a stack as it was at some time. */
struct backtrace_copy {
	uint64_t address;
	const char *bytes;
	size_t size;
};

/* The same of a copy.  Where it ends the stack has BACKTRACE_END_LIMIT. */
int backtrace_read_copy(struct backtrace *backtrace,
			const struct observer_task *task, pid_t tid,
			const struct backtrace_registers *registers,
			const struct backtrace_copy *copy,
			struct backtrace_stacks *stacks) OBSERVER_READ;

/* The registers that a signal has interrupted, from the ucontext at an address
 * of the program.  EFAULT. */
int backtrace_read_context(struct backtrace *backtrace, uint64_t address,
			   struct backtrace_registers *registers) OBSERVER_READ;

void backtrace_free_stacks(struct backtrace_stacks *stacks);

/*
 * Whose memory is at address?  Symbols are of functions and of data.  Text is
 * for a report, at most size bytes with the NUL.
 */
void backtrace_describe_address(struct backtrace *backtrace, uint64_t address,
				char *text, size_t size);

/* Read memory of the program.  EFAULT, EPERM, ESRCH. */
int backtrace_read_memory(struct backtrace *backtrace, uint64_t address,
			  void *buffer, size_t size) OBSERVER_READ;

/* --- Printing --- */

struct backtrace_style {
	bool wide;    /* addresses, whole paths, lines as long as it takes */
	size_t width; /* columns, if not wide */
};

/* One stack, a frame to a line: "#0  work at prog.c:31". */
void backtrace_print_stack(FILE *out, const struct backtrace_stack *stack,
			   const struct backtrace_style *style);

/*
 * Stacks as a tree, from the outermost function on: what stacks have in
 * common is printed once, and where they part, each branch is labelled with
 * the PIPIDs that are in it.  ENOMEM.
 */
int backtrace_print_tree(FILE *out, const struct backtrace_stacks *stacks,
			 const struct backtrace_style *style) OBSERVER_READ;

/* "root", "0-3,7": the tasks of stacks [0, count), each once.  Returns how
 * many tasks these are. */
size_t backtrace_format_pipids(char *text, size_t size, int32_t *pipids,
			       size_t count);

/* A word for it. */
const char *backtrace_name_end(enum backtrace_end end);
const char *backtrace_name_kind(enum backtrace_kind kind);

#endif
