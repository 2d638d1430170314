/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking at one's own process, for programs that are being debugged.  All of
 * it may be called by the root, by tasks, and without PiP.
 */
#ifndef PIP_UTIL_H
#define PIP_UTIL_H

#include <stddef.h>
#include <stdio.h>

#define PIPIDLEN 64 /* bytes that suffice for pip_idstr() */

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Lines of /proc/self/maps, of the address space that all tasks share. */
void pip_print_maps(void); /* on stderr */
void pip_fprint_maps(FILE *file);

/* A line "TAG: ADDRESS in ..." with the mapping that it lies in, on stderr. */
void pip_check_addr(char *tag, void *address);

/* "FD -> FILE" of one descriptor, or of all that the caller has open. */
void pip_print_fd(FILE *file, int fd);
void pip_fprint_fd(FILE *file, int fd);
void pip_print_fds(FILE *file);
void pip_fprint_fds(FILE *file);

/* The program and the libraries that the caller has loaded, with their bias. */
void pip_print_loaded_solibs(FILE *file);
void pip_fprint_loaded_solibs(FILE *file);
void pip_print_dsos(void); /* on stderr */
void pip_fprint_dsos(FILE *file);

/* The caller's frames, at most depth of them (0: many), one per line. */
void pip_backtrace_fd(int depth, int fd);

/*
 * A line "PiP-INFO[TID(WHO)] text", as libpip's own messages are, on a file or
 * on stderr.  The environment variable PIP_QUIET silences them.
 */
void pip_info_fmesg(FILE *file, const char *format, ...)
	__attribute__((__format__(__printf__, 2, 3)));
void pip_info_mesg(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void pip_err_mesg(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));
void pip_warn_mesg(const char *format, ...)
	__attribute__((__format__(__printf__, 1, 2)));

/* Such a line with what the caller is. */
void pip_debug_info(void);

/* Write "TID(WHO)" to a buffer.  Returns how many of size bytes are left. */
size_t pip_idstr(char *buffer, size_t size);

/* Seconds since the epoch, with microseconds. */
double pip_gettime(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_UTIL_H */
