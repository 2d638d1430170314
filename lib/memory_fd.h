/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing to code without making it writable.
 *
 * A write to /proc/self/mem goes to private pages whatever their protection
 * (FOLL_FORCE, as a debugger's does), so the mapping stays one mapping and no
 * TLB is flushed twice.  Opening the file costs a new process more than it
 * saves; so the root opens it once and tasks inherit it until libpip runs.
 */
#ifndef PIP_MEMORY_FD_H
#define PIP_MEMORY_FD_H

#include "root.h"

/* In the root; root->memory_fd is -1 if there is none. */
PIP_HIDDEN void memory_fd_open(struct pip_root *root);
PIP_HIDDEN void memory_fd_close(struct pip_root *root);

/* In a task: write.  False: it could not be done, and nothing was written. */
PIP_HIDDEN bool memory_fd_write(const struct pip_root *root, void *to,
				const void *from, size_t size);
/* In a task: close the descriptor, so that the program never sees it. */
PIP_HIDDEN void memory_fd_drop(const struct pip_root *root);

#endif
