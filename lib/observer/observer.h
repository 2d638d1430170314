/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The observer library: what pips, pip-top and pip-trace know of PiP programs.
 *
 * It only reads.  It never stops, signals or writes to a process it looks at,
 * and it takes nothing on trust that the looked-at program could have written:
 * the task table, the link maps and the argument strings may hold anything.
 *
 * How it is used:
 *
 *	observer_open(&observer);
 *	observer_scan(observer, 0);
 *	for (i = 0; (root = observer_get_root(observer, i)); i++) {
 *		observer_read_tasks(root, &tasks);
 *		observer_read_facts(root, &tasks);
 *		observer_read_memory(root, &tasks);
 *		...
 *	}
 *	observer_free_tasks(&tasks);
 *	observer_close(observer);
 *
 * Functions that return int return 0 or an errno value.  None is safe to call
 * from two threads with the same observer.  PIDs are those of the caller's
 * /proc; the PIDs of another PID namespace are translated.
 */
#ifndef OBSERVER_H
#define OBSERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <pip/pip_recorder.h>
#include <pip/pip_table.h>

#define OBSERVER_PIPID_ROOT (-748) /* PIP_PIPID_ROOT of pip.h */
#define OBSERVER_ENTRIES_MAX 65536 /* tables that claim more are damaged */
#define OBSERVER_PROBLEM_MAX 192   /* bytes of a problem's text */

#define OBSERVER_READ __attribute__((warn_unused_result))

struct observer;        /* one look at the machine: /proc and what was found */
struct observer_source; /* where a table's bytes come from */
struct observer_pids;   /* translation of the PIDs of another namespace */

/* A PiP program: a root and the table that it shares with its tasks. */
struct observer_root {
	pid_t pid;    /* the root; 0 when it is gone and its PID unknown */
	pid_t reader; /* a live process of this address space, often = pid */
	bool alive;   /* the root's process exists and is still this program */
	uint64_t table_address; /* where the table is mapped in them */
	uint64_t table_inode;   /* inode number of its memfd: tells roots apart */
	struct pip_table_header header; /* checked; read at the scan */

	struct observer *observer;
	struct observer_source *source;
	struct observer_pids *pids; /* NULL: the caller's PID namespace */
};

/* Something that looked like a PiP program and could not be read. */
struct observer_problem {
	pid_t pid;
	int error; /* EACCES, EPROTONOSUPPORT (version), EBADMSG (damaged), ... */
	uint64_t table_inode; /* 0 = not about a table */
	char text[OBSERVER_PROBLEM_MAX]; /* "process 12: ...", safe to print */
};

/* What the kernel says of a task: /proc/PID/stat of proc(5). */
struct observer_facts {
	int error;  /* 0: all below is known; ENOENT: there is no such process */
	char state; /* R S D T t Z X I ... */
	bool exiting; /* it ends, and may have no address space any more */
	pid_t ppid;
	uint32_t threads;
	uint64_t user_ns;    /* CPU time of all its threads */
	uint64_t system_ns;
	uint64_t started_ns; /* CLOCK_BOOTTIME */
	uint64_t rss;        /* bytes, of its whole address space */
	uint32_t cpu;        /* that it runs on, or ran on last */
	uint64_t faults;     /* page faults, of all its threads */
	/* After observer_read_scheduling(): of its first thread. */
	bool scheduling;     /* the kernel counts the following */
	uint64_t run_ns;     /* CPU time, exact where user_ns is in ticks */
	uint64_t wait_ns;    /* it could run, and waited for a CPU */
	uint64_t switches;   /* how often a CPU switched to it */
	uint64_t address_space[3]; /* of code and stack; hidden: all alike */
};

/* One entry of the table, and what was found out about it. */
struct observer_task {
	uint32_t slot; /* 0 = the root */
	int32_t pipid; /* OBSERVER_PIPID_ROOT or slot - 1, never the entry's */
	bool torn;     /* no consistent copy could be had: only slot is right */
	bool gone;     /* the table calls it alive, the kernel knows it not */
	bool executed; /* it called execve: another address space, other text */
	pid_t pid;     /* 0 = none yet, or not visible from here */
	pid_t tid;
	int64_t rss;   /* resident bytes of its window, -1 = unknown */
	int64_t shared; /* after observer_read_shared(): bytes, -1 unknown */
	struct observer_facts facts; /* after observer_read_facts() */
	struct pip_table_entry entry; /* texts are NUL-terminated, not escaped */
};

/* A list that grows; start with all zero, reuse it, free it once. */
struct observer_tasks {
	struct observer_task *task;
	size_t count;
	size_t capacity;
	size_t torn;          /* how many of them are torn */
	uint64_t total_rss;   /* bytes resident in the whole address space */
	uint64_t outside_rss; /* of these, outside of all windows: the root's */
	bool memory_known;    /* false: not permitted, or not asked for */
};

/* A thread of a task that is not its first, which is the task itself. */
struct observer_thread {
	uint32_t slot; /* of the task whose it is */
	pid_t pid, tid;
	char name[64]; /* pthread_setname_np(3); not escaped */
	struct observer_facts facts; /* of the thread alone */
};

struct observer_threads {
	struct observer_thread *thread; /* by slot, then by TID */
	size_t count;
	size_t capacity;
};

/* A file mapped by a task's own loader. */
struct observer_module {
	enum observer_module_kind {
		OBSERVER_MODULE_PROGRAM,
		OBSERVER_MODULE_LOADER,
		OBSERVER_MODULE_LIBRARY,
		OBSERVER_MODULE_VDSO, /* no file behind it */
	} kind;
	uint64_t bias;    /* p_vaddr + bias = address */
	uint64_t dynamic; /* address of its dynamic section, 0 = not known */
	char *path;       /* as its loader names it; raw bytes, never NULL */
};

struct observer_modules {
	struct observer_module *module;
	size_t count;
	size_t capacity;
	bool incomplete; /* the list broke off: a cycle, a bad pointer, ... */
};

/* A mapping of the address space, and whose it is. */
struct observer_range {
	uint64_t low, high; /* addresses [low, high) */
	uint64_t offset;    /* in the file, bytes */
	uint64_t inode;     /* 0 = no file */
	int64_t resident;   /* bytes, -1 = not known */
	char permissions[5]; /* "rw-p"; s: shared with whoever maps the file */
	/* After observer_read_usage(); -1 = not known. */
	int64_t private, shared; /* resident bytes: its alone, others' too */
	char flags[8]; /* D L N F H I, see pips(1) */
	enum observer_owner {
		OBSERVER_OWNER_ROOT,    /* in no window, and nothing below */
		OBSERVER_OWNER_TASK,    /* in the window of a live task */
		OBSERVER_OWNER_ENDED,   /* its task was waited for; kept */
		OBSERVER_OWNER_NOBODY,  /* in a window that no task has */
		OBSERVER_OWNER_RUNTIME, /* the task table, the recorder */
		OBSERVER_OWNER_KERNEL,  /* [vdso] and the like */
	} owner;
	int32_t pipid; /* of OBSERVER_OWNER_TASK and _ENDED */
	char *path;    /* as in /proc/PID/maps, raw bytes, never NULL */
};

struct observer_ranges {
	struct observer_range *range;
	size_t count;
	size_t capacity;
};

/* An open descriptor. */
struct observer_descriptor {
	int fd;
	uint64_t position; /* in the file */
	unsigned flags;    /* of open(2) */
	char *target;      /* what it leads to, raw bytes, never NULL */
};

struct observer_descriptors {
	struct observer_descriptor *descriptor;
	size_t count;
	size_t capacity;
};

/* An element of an auxiliary vector, getauxval(3). */
struct observer_aux {
	uint64_t type, value;
};

#define OBSERVER_AUX_MAX 64
#define OBSERVER_SEGMENTS_MAX 64

/* A program header of the program, elf(5). */
struct observer_segment {
	uint32_t type, flags; /* PT_*, PF_* */
	uint64_t offset, address, file_size, memory_size, align;
};

/* The flight recorder of a program, pip_recorder.h. */
struct observer_recorder {
	uint32_t mode; /* enum pip_recorder_mode */
	struct pip_recorder_header header; /* checked; names terminated */
	pid_t reader;
	uint64_t address;
};

/*
 * Make an observer.  Anybody may.  ENOMEM, or why /proc can't be opened.
 */
int observer_open(struct observer **observerp) OBSERVER_READ;

/* Forget all that was found; roots of this observer are invalid then. */
void observer_close(struct observer *observer);

/*
 * Look for PiP programs: all (pid 0), or the one that process or thread pid
 * belongs to, as root or as task.  What an earlier scan found is forgotten.
 * A process is looked into when the caller may read its /proc/PID/maps
 * (ptrace(2), PTRACE_MODE_READ_FSCREDS); what was refused is counted.
 * Returns 0 also when nothing was found.  Errors: ENOMEM; of /proc itself;
 * and with a pid, ESRCH no such process, EACCES it may not be looked into.
 */
int observer_scan(struct observer *observer, pid_t pid) OBSERVER_READ;

/* The i-th root in the order of PIDs, or NULL. */
struct observer_root *observer_get_root(struct observer *observer, size_t i);

/* The i-th problem of the last scan and the reads since, or NULL. */
const struct observer_problem *
observer_get_problem(const struct observer *observer, size_t i);

/* How many processes the caller was not permitted to look into. */
size_t observer_count_denied(const struct observer *observer);

/*
 * Read all used entries of a root's table into *tasks, the root's first.
 * Never blocks: an entry whose writer died while it wrote is given back with
 * torn set.  Errors: ENOMEM; ESRCH when the table went away with its
 * processes (only if it had to be read out of their memory).
 */
int observer_read_tasks(struct observer_root *root,
			struct observer_tasks *tasks) OBSERVER_READ;

/*
 * Fill in facts, gone and executed of each task that the table calls alive.
 * No error: what is not known is marked so in each task's facts.error.
 */
void observer_read_facts(struct observer_root *root,
			 struct observer_tasks *tasks);

/*
 * After observer_read_facts(): what the kernel counts of the scheduling of
 * each live task.  Costs about half as much.  What is not known stays 0.
 */
void observer_read_scheduling(struct observer_root *root,
			      struct observer_tasks *tasks);

/*
 * Both of these, for who looks again and again: a task with one thread that
 * slept then, and got no CPU since, is as it was in *old (an earlier reading
 * of the same root; it may be empty).  For tasks that sleep it costs a third.
 */
void observer_update_facts(struct observer_root *root,
			   struct observer_tasks *tasks,
			   struct observer_tasks *old);

/*
 * After observer_read_facts(): all threads besides the tasks' own.  In thread
 * mode those of unknown owners are the root's.  What ends meanwhile is left
 * out.  Errors: ENOMEM, E2BIG.
 */
int observer_read_threads(struct observer_root *root,
			  const struct observer_tasks *tasks,
			  struct observer_threads *threads) OBSERVER_READ;

/*
 * The facts of any process, a PiP program's or not.  What is not known is marked
 * in facts->error: ENOENT, there is none.
 */
void observer_read_process(struct observer *observer, pid_t pid,
			   struct observer_facts *facts);

/* Whose process it is: its effective user.  False when it is gone. */
bool observer_get_user(struct observer *observer, pid_t pid, uid_t *user);

/*
 * Fill in the resident memory of each task, by window.  Cost: a walk over the
 * page tables of the windows (Linux 6.7), or one reading of /proc/ROOT/smaps.
 * Errors (memory_known is false then): EACCES, ESRCH, ENOMEM, EINVAL.
 */
int observer_read_memory(struct observer_root *root,
			 struct observer_tasks *tasks) OBSERVER_READ;

/*
 * List the files that the task's loader has mapped, program first.  Needs the
 * right to read its memory (process_vm_readv(2), so Yama may refuse).
 * Errors: EPERM, ESRCH, ENOMEM, EBADMSG (its memory holds no link map).
 * A list that broke off has incomplete set and what was read until there.
 */
int observer_read_modules(struct observer_root *root,
			  const struct observer_task *task,
			  struct observer_modules *modules) OBSERVER_READ;

/*
 * The task's argument strings, each with its NUL, *size bytes in all; *textp
 * is to be freed and has one more NUL behind its end.  They come from the
 * table; with full, from the task's memory or /proc/PID/cmdline where the
 * table's copy was cut and the caller may read them.  *cutp (may be NULL)
 * tells that some text is missing.  Error: ENOMEM.
 */
int observer_read_arguments(struct observer_root *root,
			    const struct observer_task *task, bool full,
			    char **textp, size_t *sizep,
			    bool *cutp) OBSERVER_READ;

/*
 * The task's environment, as observer_read_arguments() has the arguments.
 * Needs the right to read its memory.  Errors: ENOENT it is not known where;
 * EPERM, ESRCH, EFAULT, ENOMEM.
 */
int observer_read_environment(struct observer_root *root,
			      const struct observer_task *task, char **textp,
			      size_t *sizep) OBSERVER_READ;

/*
 * The task's auxiliary vector, at most OBSERVER_AUX_MAX elements without
 * AT_NULL.  /proc/PID/auxv has the root's for every task.  Errors as above.
 */
int observer_read_auxv(struct observer_root *root,
		       const struct observer_task *task,
		       struct observer_aux *aux, size_t *countp) OBSERVER_READ;

/*
 * The program headers of the task's program as they are in its memory, at most
 * OBSERVER_SEGMENTS_MAX, and its load bias.  Errors as above, and EBADMSG.
 */
int observer_read_segments(struct observer_root *root,
			   const struct observer_task *task,
			   struct observer_segment *segments, size_t *countp,
			   uint64_t *biasp) OBSERVER_READ;

/*
 * All mappings of the address space, by address, after observer_read_tasks().
 * Errors: EACCES, ESRCH, ENOMEM.
 */
int observer_read_ranges(struct observer_root *root,
			 struct observer_tasks *tasks,
			 struct observer_ranges *ranges) OBSERVER_READ;

/*
 * After observer_read_ranges(): what of the resident memory is mapped there
 * alone, and the flags.  Slow, some microseconds for each mapping.
 * Errors: EACCES, ESRCH; what is not known stays so.
 */
int observer_read_usage(struct observer_root *root,
			struct observer_ranges *ranges) OBSERVER_READ;

/*
 * Fill in shared: what of a task's resident memory others have mapped as well,
 * mostly files.  As slow.  Errors: EACCES, ESRCH.
 */
int observer_read_shared(struct observer_root *root,
			 struct observer_tasks *tasks) OBSERVER_READ;

/* The descriptors that the task has open.  Errors: EACCES, ESRCH, ENOMEM. */
int observer_read_descriptors(struct observer_root *root,
			      const struct observer_task *task,
			      struct observer_descriptors *list) OBSERVER_READ;

/*
 * The flight recorder's header.  Errors: ENOENT the program has none; EBADMSG
 * damaged; EPROTONOSUPPORT another version; EPERM, ESRCH, EFAULT.
 */
int observer_open_recorder(struct observer_root *root,
			   struct observer_recorder *recorder) OBSERVER_READ;

/*
 * The newest records of ring number ring, oldest first, at most max; those
 * that were overwritten meanwhile are left out.  *head is the number of events
 * that the ring has seen, and the records' numbers end there.
 */
int observer_read_ring(const struct observer_recorder *recorder, uint32_t ring,
		       struct pip_ring *head, struct pip_record *records,
		       size_t max, size_t *countp) OBSERVER_READ;

/* A record's timestamp as CLOCK_BOOTTIME ns. */
uint64_t observer_record_time(const struct observer_recorder *recorder,
			      uint64_t timestamp);

/* "spawn-begin", ...; NULL for what this version does not know. */
const char *observer_name_event(uint16_t event);

/*
 * Reading memory (modules, long arguments, a table whose descriptor is closed)
 * can wait for ever for a page that its owner does not serve.  After 5 s this
 * is called in a thread of its own, if set, and the program is ended by
 * _exit(2) with a line on stderr; nothing less gets the kernel out of it.
 */
extern void (*observer_on_hang)(pid_t pid);

void observer_free_tasks(struct observer_tasks *tasks);
void observer_free_threads(struct observer_threads *threads);
void observer_free_modules(struct observer_modules *modules);
void observer_free_ranges(struct observer_ranges *ranges);
void observer_free_descriptors(struct observer_descriptors *list);

/* The task that process or thread pid is, or NULL. */
struct observer_task *observer_find_task(struct observer_tasks *tasks,
					 pid_t pid);

/* The task of that slot, or NULL. */
struct observer_task *observer_find_slot(struct observer_tasks *tasks,
					 uint32_t slot);

/* Its window [*low, *high); false for the root and when there is none. */
bool observer_get_window(const struct observer_root *root, uint32_t slot,
			 uint64_t *low, uint64_t *high);

/*
 * Check a table's header against the size of the object that it is in.
 * Errors: EAGAIN still being made; EPROTONOSUPPORT another version; EBADMSG
 * damaged or none.  text[OBSERVER_PROBLEM_MAX] then says what is wrong.
 */
int observer_check_header(const struct pip_table_header *header, uint64_t size,
			  char *text) OBSERVER_READ;

/*
 * Why this process may not read the memory of others that are its user's, and
 * what helps: a line of text about the Yama module; NULL, it is not in the way.
 */
const char *observer_explain_refusal(void);

/* strerror(3) for such readings: if Yama has refused one, the line says so. */
const char *observer_explain_error(int error);

/*
 * Copy text for a terminal: control characters, invalid UTF-8, characters that
 * change the direction of writing, and '\' become \n, \x1b, \\ and so on;
 * other UTF-8 stays.  Writes at most size bytes with the NUL and never cuts
 * through a character.  Returns the length of what it wrote.
 */
size_t observer_escape_text(char *out, size_t size, const char *in,
			    size_t length);

/* Copy text for JSON: valid UTF-8, what is not becomes U+FFFD. */
size_t observer_copy_utf8(char *out, size_t size, const char *in,
			  size_t length);

/*
 * Decode one character of UTF-8 at *in (not at end); moves *in behind it.
 * Returns -1, and moves by one byte, where there is none.
 */
int32_t observer_next_character(const char **in, const char *end);

#endif /* OBSERVER_H */
