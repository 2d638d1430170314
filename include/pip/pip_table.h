/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared task table: what every tool knows of a PiP program.
 *
 * pip_init() makes one memfd named PIP_TABLE_NAME and maps it MAP_SHARED into
 * the address space that the root and all its tasks share.  Only the runtime
 * writes it.  Everything else (pips, pip-gdb, a core file's reader) only
 * reads: through the memfd in /proc/ROOT/fd, by process_vm_readv(2), or from
 * the dump of the mapping in a core file.
 *
 * The layout is a public ABI.  A reader must check magic, byte_order,
 * version_major, header_size and entry_size before it believes anything else,
 * and must take no number in it on trust: the program that owns the table can
 * write what it likes.  New fields go into reserved space and raise
 * version_minor; anything else raises version_major.
 *
 * Consistency.  pip_table_entry.seq is a sequence lock (Lameter 2005,
 * "Effective synchronization on Linux/NUMA systems"): a writer makes it odd,
 * writes, and makes it even.  A reader copies the entry, and takes the copy
 * only if seq was even and the same before and after.  A task that is killed
 * while it writes leaves seq odd until its slot is used again, so a reader
 * gives up after a bounded number of tries.  Counters and the BLT line are
 * outside the lock: each is one aligned word with one writer.
 */
#ifndef PIP_TABLE_H
#define PIP_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define PIP_TABLE_NAME "pip-task-table"
#define PIP_TABLE_MAGIC "PiPTABLE" /* 8 bytes, no terminating NUL */
#define PIP_TABLE_BYTE_ORDER 0x01020304u
#define PIP_TABLE_VERSION_MAJOR 1
#define PIP_TABLE_VERSION_MINOR 1 /* 1: blt_idle and on, recorder and on */

#define PIP_TABLE_PROGRAM_MAX 320
#define PIP_TABLE_COMMAND_MAX 256
#define PIP_TABLE_FUNC_MAX 64

/* pip_table_entry.state: one task's life, as the runtime sees it. */
enum pip_table_state {
	PIP_STATE_FREE = 0,    /* the slot was never used, or is being recycled */
	PIP_STATE_LOADING = 1, /* kernel task exists, its loader maps the program */
	PIP_STATE_RUNNING = 2, /* program is loaded (or the task has no libpip) */
	PIP_STATE_ENDED = 3,   /* waited for; its memory is kept until reuse */
};

/* pip_table_header.mode and pip_table_entry.mode. */
enum pip_table_mode {
	PIP_TABLE_MODE_PROCESS_PRELOAD = 1,
	PIP_TABLE_MODE_PROCESS_PIPCLONE = 2,
	PIP_TABLE_MODE_PROCESS_GOT = 3,
	PIP_TABLE_MODE_THREAD = 4,
};

/* pip_table_entry.flags */
#define PIP_TASK_FLAG_ROOT 0x1u    /* entry 0: the root itself */
#define PIP_TASK_FLAG_OUTSIDE 0x2u /* no libpip inside (musl, static PIE) */
#define PIP_TASK_FLAG_TRUNCATED 0x4u /* program or command did not fit */
#define PIP_TASK_FLAG_UNPLACED 0x8u /* some memory lies outside its window */

/* pip_table_entry.blt_state */
enum pip_table_blt_state {
	PIP_BLT_COUPLED = 0,   /* runs on its own kernel thread */
	PIP_BLT_DECOUPLED = 1, /* runs on blt_kthread, another task's */
	PIP_BLT_READY = 2,     /* runnable, waits for its scheduler */
	PIP_BLT_SUSPENDED = 3, /* on the queue or object blt_waits_on */
	PIP_BLT_DEAD = 4,      /* its process was killed while it was READY */
};

/* pip_table_entry.blt_idle: what a task's own kernel thread does. */
enum pip_table_blt_idle {
	PIP_BLT_IDLE_NOT = 0,      /* it runs a context, of whichever task */
	PIP_BLT_IDLE_SPINNING = 1, /* it has none to run, and looks for one */
	PIP_BLT_IDLE_ASLEEP = 2,   /* it has none, and sleeps */
};

/* Counters of a task, each written by that task only. */
enum pip_table_counter {
	PIP_COUNT_SPAWNS,        /* tasks that this task (or root) spawned */
	PIP_COUNT_WAITS,         /* tasks it waited for */
	PIP_COUNT_EXPORTS,       /* pip_export, pip_named_export */
	PIP_COUNT_IMPORTS,       /* pip_import, pip_named_import */
	PIP_COUNT_YIELDS,        /* pip_yield */
	PIP_COUNT_SWITCHES,      /* user-level context switches */
	PIP_COUNT_COUPLES,
	PIP_COUNT_DECOUPLES,
	PIP_COUNT_SUSPENDS,
	PIP_COUNT_RESUMES,
	PIP_COUNT_BARRIER_WAITS,
	PIP_COUNT_LOCK_WAITS,    /* pip_mutex_lock that had to wait */
	PIP_COUNT_UNPLACED,      /* mappings that did not fit its window */
	PIP_COUNT_RESERVED1,
	PIP_COUNT_RESERVED2,
	PIP_COUNT_RESERVED3,
	PIP_COUNT_MAX
};

/*
 * An entry.  Addresses are of the one shared address space; 0 = not known.
 * Times are CLOCK_BOOTTIME nanoseconds.  [w: who writes the field]
 */
struct pip_table_entry {
	/* 0: identity */
	uint32_t seq;        /* sequence lock, even = consistent [the writer] */
	uint32_t state;      /* enum pip_table_state [spawner, then task] */
	uint64_t generation; /* counts the uses of this slot, from 1 [spawner] */
	int32_t pipid;       /* PIPID; PIP_PIPID_ROOT in entry 0 [spawner] */
	int32_t pid;         /* kernel process id, in the root's namespace */
	int32_t tid;         /* kernel thread id of its first thread */
	uint32_t mode;       /* enum pip_table_mode [spawner] */
	uint64_t spawned;    /* when its kernel task was made [spawner] */
	uint64_t ended;      /* when it was waited for, 0 before [waiter] */
	uint32_t flags;      /* PIP_TASK_FLAG_* */
	int32_t wait_status; /* wait(2) status word once ENDED [waiter] */
	int32_t parent_pipid; /* who spawned it: PIP_PIPID_ROOT or a PIPID */
	int32_t argc;        /* number of arguments at argv [task]; in an OUTSIDE
			      * task and while LOADING, the loader's own are
			      * among them */
	/* 64: addresses */
	uint64_t load_bias;   /* of the program, p_vaddr + bias = address [task] */
	uint64_t loader_base; /* where PT_INTERP was mapped, its bias [spawner] */
	uint64_t r_debug;     /* the task's own struct r_debug [task] */
	uint64_t stack_low;   /* initial stack [low, high) [spawner] */
	uint64_t stack_high;
	uint64_t fs_base;     /* thread pointer of its first thread [task] */
	uint64_t argv;        /* char *argv[argc + 1] [spawner, then task] */
	uint64_t envp;        /* char *envp[], NULL-terminated */
	/* 128 */
	uint64_t auxv;          /* Elf64_auxv_t[], AT_NULL-terminated */
	uint64_t window_low;    /* its window [low, high): image, stack, heap; */
	uint64_t window_high;   /* what lies in it is this task's, or was */
	uint64_t window_used;   /* end of what was handed out so far */
	uint64_t start_address; /* of main or of the start function [task] */
	uint32_t coreno;        /* as given to the spawn, PIP_CPUCORE_* */
	uint32_t blt_idle;      /* enum pip_table_blt_idle [kernel thread] */
	uint64_t user_ns;       /* CPU time at its end, from wait4 [waiter] */
	uint64_t system_ns;
	/* 192: counters [the task itself, plain stores] */
	uint64_t counters[PIP_COUNT_MAX];
	/* 320: the user context, for BLTs [whoever switches it] */
	uint32_t blt_state;      /* enum pip_table_blt_state */
	int32_t blt_kthread;     /* TID of the kernel thread that runs it, or
				  * will when it is its turn; 0: never told */
	uint64_t blt_waits_on;   /* address of the queue or object */
	uint64_t blt_sp;         /* saved stack pointer, 0 while it runs, */
	uint64_t blt_pc;         /* where it goes on (its unwind information
				  * holds there), */
	uint64_t blt_fs;         /* and its thread pointer; as it is left */
	int32_t blt_domain;      /* PIPID of its scheduling domain */
	int32_t blt_pipid;       /* PIPID, once more */
	uint64_t blt_links[2];   /* the runtime's own; a handle points here */
	/* 384: text, NUL-terminated unless PIP_TASK_FLAG_TRUNCATED */
	char program[PIP_TABLE_PROGRAM_MAX]; /* absolute path of the program */
	char command[PIP_TABLE_COMMAND_MAX]; /* arguments, each NUL-terminated */
	char func[PIP_TABLE_FUNC_MAX];       /* start function, "" = main */
};

/* At offset 0 of the table; entries follow at header_size. */
struct pip_table_header {
	char magic[8];
	uint32_t byte_order;    /* PIP_TABLE_BYTE_ORDER, as the writer stores it */
	uint16_t version_major;
	uint16_t version_minor;
	uint32_t header_size;   /* bytes; 64-byte multiple */
	uint32_t entry_size;    /* bytes; 64-byte multiple */
	uint32_t nentries;      /* ntasks + 1: entry 0 is the root, entry N + 1
	                         * is PIPID N */
	uint32_t nused;         /* entries at and above this were never used */
	uint64_t table_size;    /* bytes, the memfd's size */
	uint64_t table_address; /* where the owners have mapped it */
	int32_t root_pid;
	uint32_t mode;          /* enum pip_table_mode */
	uint64_t window_base;   /* PIPID N's window starts at */
	uint64_t window_size;   /*   window_base + N * window_size */
	uint64_t created;       /* CLOCK_BOOTTIME ns */
	uint64_t spawned_total; /* tasks ever spawned */
	uint64_t ended_total;   /* tasks waited for */
	char runtime[32];       /* "libpip 4.0.0" */
	uint64_t finished;      /* pip_fin was called, CLOCK_BOOTTIME ns */
	int32_t guardian_pid;   /* ends the tasks when the root dies; 0 = none */
	int32_t memfd;          /* descriptor of the memfd in the root, -1 none */
	/* The flight recorder, pip_recorder.h. */
	uint32_t recorder;       /* its switch, enum pip_recorder_mode */
	uint32_t reserved0;
	uint64_t recorder_address, recorder_size; /* 0: there is none */
	uint64_t reserved[11];
};

#ifndef __cplusplus
_Static_assert(sizeof(struct pip_table_header) == 256, "ABI: header size");
_Static_assert(sizeof(struct pip_table_entry) == 1024, "ABI: entry size");
_Static_assert(offsetof(struct pip_table_entry, load_bias) == 64, "ABI");
_Static_assert(offsetof(struct pip_table_entry, auxv) == 128, "ABI");
_Static_assert(offsetof(struct pip_table_entry, counters) == 192, "ABI");
_Static_assert(offsetof(struct pip_table_entry, blt_state) == 320, "ABI");
_Static_assert(offsetof(struct pip_table_entry, program) == 384, "ABI");
_Static_assert(offsetof(struct pip_table_header, window_base) == 56, "ABI");
#endif

#endif /* PIP_TABLE_H */
