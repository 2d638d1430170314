/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the program that a spawn names, and what it takes to start it. */
#ifndef PIP_PROGRAM_H
#define PIP_PROGRAM_H

#include "image.h"
#include "root.h"

/* Who starts the program, by its PT_INTERP. */
enum program_kind {
	PROGRAM_GLIBC,  /* glibc's ld.so as a command, with libpip preloaded */
	PROGRAM_MUSL,   /* musl's loader as a command */
	PROGRAM_STATIC, /* itself: a static PIE */
	PROGRAM_OTHER,  /* another loader, entered as the kernel does */
};

struct program {
	int fd;              /* of the file, open for reading */
	char path[PATH_MAX]; /* absolute */
	enum program_kind kind;
	struct image *image;         /* valid while root->lock is held */
	char interp[PATH_MAX];       /* its PT_INTERP, "" without one */
	int loader_fd; /* of PT_INTERP, -1 for a static PIE */
};

/*
 * Open and check what name stands for: a path, or a word that is searched in
 * PATH.  Tells the user why not.  The caller holds root->lock.  Errors: see
 * pip_task_spawn().
 */
PIP_HIDDEN PIP_CHECKED int program_open(const char *name,
					struct program *program);
/* Search name in path (of the form of PATH, or NULL) for what may be executed,
 * as execvp(3) does.  Errors: ENOENT, EACCES. */
PIP_HIDDEN PIP_CHECKED int program_search_path(const char *path,
					       const char *name, char *found,
					       size_t size);
/* Could it be spawned?  The same checks of it, without the lock; verbose tells
 * the user why not. */
PIP_HIDDEN PIP_CHECKED int program_check(const char *name, bool verbose);
PIP_HIDDEN void program_close(struct program *program);

/* Resolve start->name to the value of a symbol of the program.  Errors:
 * ENOEXEC and those of elf_symbol_find(). */
PIP_HIDDEN PIP_CHECKED int program_find_start(const struct program *program,
					      struct pip_start *start);

#endif
