/* SPDX-License-Identifier: BSD-2-Clause */
/* Ending a task: on its own kernel thread, whatever it runs on. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "root.h"

PIP_EXPORT void exit(int status) __attribute__((__noreturn__));

/* A task is a process: ending it is what exit(3) does, and ends nobody else. */
void pip_exit(int status)
{
	exit(status);
}

/* In front of libc's: handlers of atexit(3) run at home, too. */
void exit(int status)
{
	void *symbol = dlsym(RTLD_NEXT, "exit");
	void (*libc_exit)(int) __attribute__((__noreturn__));

	blt_end();
	memcpy(&libc_exit, &symbol, sizeof(libc_exit));
	libc_exit(status);
}
