/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the runtime must know of an ELF file before it maps it: everything is
 * checked here, so that the code that maps can trust it.
 */
#ifndef PIP_ELF_FILE_H
#define PIP_ELF_FILE_H

#include <elf.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIP_ELF_PHDR_MAX 64

struct elf_file {
	uint64_t entry;      /* e_entry, before the bias */
	uint64_t phdr_vaddr; /* where the program headers get mapped, before
			      * the bias; 0 = no PT_LOAD covers them */
	uint64_t low, high;  /* page-aligned extent of all PT_LOADs, high > low */
	uint64_t align;      /* greatest p_align of a PT_LOAD, >= the page size */
	unsigned nphdr;
	Elf64_Phdr phdr[PIP_ELF_PHDR_MAX];
	bool has_interp;
	char interp[PATH_MAX]; /* PT_INTERP, "" without one */
	/* Identity of the file, to cache what was found in it. */
	uint64_t dev, ino, size, mtime_ns;
};

/*
 * Read and check the ELF file behind fd, which must be a regular file.
 * Returns 0, or an errno value with a reason (no newline, no file name) in
 * why: EACCES not a regular file; EUNATCH shorter than an ELF header;
 * ELIBSCN a script ("#!"); ELIBBAD not ELF, another class, byte order or
 * machine, truncated, or inconsistent (segments that overlap, are not sorted,
 * lie outside the file or the address space, wrap around, disagree with their
 * alignment, or are writable beyond the file size where they cannot be);
 * ELIBEXEC not ET_DYN, or a shared library that is no program (no entry).
 */
int elf_file_read(int fd, struct elf_file *elf, char *why, size_t whysize)
	__attribute__((warn_unused_result));

#endif
