/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of this library share. */
#ifndef BACKTRACE_INTERNAL_H
#define BACKTRACE_INTERNAL_H

#include "backtrace.h"

#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>

/* file.c: an ELF file, or its image in memory, without any load bias */
struct backtrace_file {
	struct backtrace_file *next;
	char *name;           /* as link maps have it */
	char *path;           /* where it was found; NULL: in memory */
	uint64_t device, inode; /* of path */
	char *image;          /* a copy from memory, or NULL */
	Dwfl *dwfl;           /* holds this file only */
	Dwfl_Module *module;  /* NULL: nothing is known of it */
	uint64_t bias;        /* what libdwfl adds to addresses of the file */
	uint64_t low, high;   /* addresses that it takes */
	struct backtrace_range {
		uint64_t low, high;
	} code[8];            /* its executable segments */
	unsigned ncode;
	Dwarf_CFI *eh_cfi, *debug_cfi;
	uint64_t eh_bias, debug_bias;
	bool cfi_sought;
	struct backtrace_unit { /* ranges of compilation units, ascending */
		uint64_t low, high;
		Dwarf_Die die;
	} *units;
	size_t nunits;
	Dwarf_Addr units_bias;
	bool units_sought;
};

/* The file of that name that is mapped at bias in process reader. */
struct backtrace_file *file_find(struct backtrace *backtrace, pid_t reader,
				 const char *name, uint64_t bias);
void file_close(struct backtrace_file *file);
/* Unwind information at an address of the file, to be freed; or NULL. */
Dwarf_Frame *file_read_frame(struct backtrace_file *file, uint64_t address);

/* unit.c: the compilation unit at an address of the file, or NULL; what is to
 * be taken away from an address of libdwfl's for one of the unit. */
Dwarf_Die *unit_find(struct backtrace_file *file, uint64_t address,
		     Dwarf_Addr *biasp);

/* space.c: which file is at an address */
struct backtrace_mapping {
	uint64_t low, high, bias;
	struct backtrace_file *file;
};

struct backtrace_space { /* of one task */
	uint32_t slot;
	bool read;
	bool whole; /* it was RUNNING, so that all is there but dlopen(3) */
	uint64_t generation; /* of the slot, then */
	struct backtrace_mapping *mapping;
	size_t count;
};

/* Look at a task's own mappings first.  NULL: no file is there. */
const struct backtrace_mapping *space_find(struct backtrace *backtrace,
					   uint32_t home, uint64_t address);
/* A space for each task; what is still right of those that were.  ENOMEM. */
int space_renew(struct backtrace *backtrace,
		const struct observer_tasks *tasks) OBSERVER_READ;
void space_read(struct backtrace *backtrace, size_t i);
/* Is it code?  Of a file, that is. */
bool space_is_code(struct backtrace *backtrace, uint32_t home,
		   uint64_t address);

/* place.c: what is at an address of a file */
struct place {
	struct backtrace_place public;
	struct backtrace_file *file;
	struct place *next; /* of those with the same hash */
	Dwarf_Frame *frame; /* unwind information, or NULL */
	bool frame_sought;
};

struct place *place_find(struct backtrace *backtrace,
			 const struct backtrace_mapping *mapping,
			 uint64_t address);
/* Fill in what is public of it.  ENOMEM. */
int place_describe(struct place *place) OBSERVER_READ;
/* The symbol around an address of a file, and its address; NULL: none. */
const char *place_find_symbol(struct backtrace_file *file, uint64_t address,
			      uint64_t *startp);
void place_free(struct place *place);

/* memory.c: memory of a process as it is at one time */
#define MEMORY_PAGE 4096u
#define MEMORY_PAGES 64u
struct backtrace_memory {
	pid_t pid;
	const struct backtrace_copy *copy; /* NULL: all is the process's */
	bool cut; /* what follows the copy was asked for */
	struct memory_page {
		uint64_t address; /* 1: nothing is in it */
		bool valid;
		char bytes[MEMORY_PAGE];
	} pages[MEMORY_PAGES];
};

void memory_forget(struct backtrace_memory *memory, pid_t pid);
bool memory_read(struct backtrace_memory *memory, uint64_t address,
		 void *buffer, size_t size);
bool memory_read_word(struct backtrace_memory *memory, uint64_t address,
		      uint64_t *value);

#define PLACES 4096u
struct backtrace {
	struct observer_root *root;
	const struct observer_tasks *tasks;
	unsigned flags;
	size_t limit;
	pid_t reader;
	struct backtrace_file *files;
	struct backtrace_space *spaces; /* by position in tasks */
	size_t nspaces;
	struct place *places[PLACES];
	struct backtrace_memory memory;
	struct backtrace_frame *frames; /* of the stack that is being read */
	struct thread_owner { /* in thread mode */
		pid_t tid;
		uint32_t slot; /* of the task whose it is */
	} *owners;
	size_t nowners;
};

/* expression.c: DWARF expressions (DWARF 5, 2.5) */
struct expression {
	const struct backtrace_registers *registers;
	struct backtrace_memory *memory;
	bool has_cfa;
	uint64_t cfa;
};

/*
 * 0; ENODATA: it needs a register that is not known; EFAULT: memory that
 * cannot be read; ENOTSUP.  is_value: it is no address, but the value itself.
 */
int expression_evaluate(const struct expression *expression,
			const Dwarf_Op *operations, size_t count,
			uint64_t *value, bool *is_value) OBSERVER_READ;

/* unwind.c: frames of one stack into backtrace->frames */
enum backtrace_end unwind_stack(struct backtrace *backtrace, uint32_t home,
				const struct backtrace_registers *registers,
				size_t *nframesp);

/* thread.c: registers of a thread that nobody stops */
enum backtrace_end thread_read_registers(struct backtrace *backtrace,
					 pid_t pid, pid_t tid,
					 struct backtrace_registers *registers);
/* Has it been somewhere else since? */
bool thread_has_moved(struct backtrace *backtrace, pid_t pid, pid_t tid,
		      const struct backtrace_registers *registers);
/* The threads of a process, pid first; *tidsp is to be freed.  ENOMEM. */
int thread_list(struct backtrace *backtrace, pid_t pid, pid_t **tidsp,
		size_t *countp) OBSERVER_READ;

/* stop.c: stop a thread by ptrace(2) and let it go */
struct stopped_thread {
	pid_t tid;
	bool traced, stopped;
	int signal; /* that it was about to get */
};
void stop_request(struct stopped_thread *thread, pid_t tid);
enum backtrace_end stop_read_registers(struct stopped_thread *thread,
				       struct backtrace_registers *registers);
void stop_release(struct stopped_thread *thread);

#endif
