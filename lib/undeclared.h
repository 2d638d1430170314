/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the original's library exports, but declares in no installed header.
 * Programs declare these themselves.
 */
#ifndef PIP_UNDECLARED_H
#define PIP_UNDECLARED_H

#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#pragma GCC visibility push(default)

int pip_isa_piptask(void);
int pip_get_pid_(int pipid, pid_t *pidp);
int pip_is_debug_build(void);
int pip_raise_signal(void *task, int sig);
int pip_get_addr(int pipid, const char *name, void **addrp);

void *pip_dlvsym(void *handle, const char *name, const char *version);

/* Whole pages.  Errors: EINVAL, ENOMEM. */
int pip_page_alloc(size_t size, void **blockp);
void *pip_memalign(size_t align, size_t size);

/* "EPERM", or "(unknown)". */
const char *pip_errname(int error);

/* Where PiP is installed; the caller frees it.  NULL: ENOMEM. */
char *pip_prefix_dir(void);

#pragma GCC visibility pop

#endif
