/* SPDX-License-Identifier: BSD-2-Clause */
/* Look a function up in a file's symbol table, as pip_spawn_from_func needs. */
#ifndef PIP_ELF_SYMBOL_H
#define PIP_ELF_SYMBOL_H

#include <stddef.h>
#include <stdint.h>

/*
 * Find the function called name in the file behind fd, first in .symtab, then
 * in .dynsym.  A GLOBAL or WEAK definition wins; else there must be exactly
 * one LOCAL one (*is_local becomes 1).  Data of that name does not count.
 * libelf is loaded when this is first called, so that tasks do not carry it,
 * and stays.  May be called by any thread.
 *
 * Returns 0 and the symbol's value (before the bias), or an errno value with a
 * reason in why (no newline, no file name; it goes on after "function NAME "):
 * ENOENT not defined in the file, but perhaps in a library (a stripped file:
 * says so); ENOEXEC several local definitions, or a symbol that is no function
 * in an executable segment; ELIBACC libelf cannot be loaded; ELIBBAD not an
 * ELF file of this machine, or its tables are corrupt; ENOMEM.
 */
int elf_symbol_find(int fd, const char *name, uint64_t *value, int *is_local,
		    char *why, size_t whysize)
	__attribute__((warn_unused_result));

#endif
