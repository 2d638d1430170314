/* SPDX-License-Identifier: BSD-2-Clause */
/* libelf, loaded when it is first needed: tasks never carry it. */
#ifndef PIP_LIBELF_LOAD_H
#define PIP_LIBELF_LOAD_H

#include <gelf.h>
#include <libelf.h>
#include <stddef.h>

#define LIBELF_FUNCTIONS(X)                                                 \
	X(elf_version) X(elf_begin) X(elf_end) X(elf_errno) X(elf_errmsg)  \
	X(elf_nextscn) X(elf_getscn) X(elf_getdata) X(elf_getphdrnum)      \
	X(gelf_getphdr) X(gelf_getshdr) X(gelf_getsym)

/* Members have the names of the functions that they point to. */
#define LIBELF_MEMBER(function) __typeof__(function) *function;
struct libelf {
	LIBELF_FUNCTIONS(LIBELF_MEMBER)
};

/*
 * Returns libelf's functions, which stay valid, or NULL with a reason in why.
 * After a failure the next call tries again.  May be called by any thread.
 */
const struct libelf *libelf_load(char *why, size_t whysize)
	__attribute__((warn_unused_result));

#endif
