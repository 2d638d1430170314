/* SPDX-License-Identifier: BSD-2-Clause */
/* The flags of clone(2) that turn a thread into a task of process mode. */
#ifndef PIP_CLONE_H
#define PIP_CLONE_H

/* <sched.h> has CLONE_* only for those who have defined _GNU_SOURCE. */
#include <linux/sched.h>
#include <signal.h>

/* What becomes of the flags with which pthread_create() calls clone(2): own
 * descriptors, directories, signal handlers and name spaces. */
static inline int pip_clone_flags(int flags)
{
	/* The low byte is the signal that the parent gets at its end. */
	flags &= ~(CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PARENT |
		   CLONE_THREAD | CLONE_IO | CLONE_NEWNET | CLONE_NEWNS |
		   CLONE_NEWPID | CLONE_NEWUTS | 0xff);
	return flags | CLONE_SETTLS | CLONE_VM | CLONE_PTRACE | CLONE_SYSVSEM |
	       SIGCHLD;
}

#endif /* PIP_CLONE_H */
