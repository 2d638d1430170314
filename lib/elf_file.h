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

/*
 * The most address space that one file may take: an eighth of the largest
 * window that a task gets.  Its libraries, stack and heap need the rest, and
 * a file of a few bytes could claim it all.
 */
#define PIP_ELF_EXTENT_MAX (UINT64_C(16) << 30)
/* The largest page that a segment can want to be aligned to. */
#define PIP_ELF_ALIGN_MAX (UINT64_C(1) << 30)

/*
 * After success, besides what the fields say:
 *
 * - phdr[] has at least one PT_LOAD.  A PT_LOAD without memory is turned into
 *   a PT_NULL, so each one left has p_memsz > 0.
 * - low <= p_vaddr and p_vaddr + p_memsz <= high for each, in ascending order
 *   and without common bytes; high - low <= PIP_ELF_EXTENT_MAX.
 * - p_filesz <= p_memsz.  If p_filesz > 0, p_offset + p_filesz <= size, and
 *   p_offset and p_vaddr are congruent modulo the page size.  p_offset means
 *   nothing if p_filesz is 0.
 * - Where memory begins beyond the file's part (p_memsz > p_filesz) the rest
 *   of that page must become zero: the segment is writable, or that place is
 *   a page boundary.
 * - Two PT_LOADs share a page only if both map the same page of the file
 *   there, and the first has no zero-filled part: each may be mapped over the
 *   end of the one before, as the kernel does.
 * - Nothing wraps around, all addresses are below PIP_ELF_ADDRESS_MAX.
 * - interp is an absolute path without control characters.
 *
 * A bias that is a multiple of align keeps every segment's alignment.  The file
 * can still be changed or truncated afterwards by its owner.
 */
struct elf_file {
	uint64_t entry;      /* e_entry, before the bias: in an executable
			      * PT_LOAD, in its part that the file has */
	uint64_t phdr_vaddr; /* where the program headers get mapped, before
			      * the bias; 0 = no PT_LOAD covers them */
	uint64_t low, high;  /* page-aligned extent of all PT_LOADs, high > low */
	uint64_t align;      /* greatest p_align of a PT_LOAD, >= the page size,
			      * a power of two, <= PIP_ELF_ALIGN_MAX */
	unsigned nphdr;
	Elf64_Phdr phdr[PIP_ELF_PHDR_MAX];
	bool has_interp;
	char interp[PATH_MAX]; /* PT_INTERP, "" without one */
	/* Identity of the file, to cache what was found in it. */
	uint64_t dev, ino, size, mtime_ns;
};

/*
 * Read and check the program behind fd, which must be a regular file.
 * Returns 0, or an errno value with a reason in why (no newline, no file name;
 * it goes on after "FILE is "): EACCES not a regular file; EUNATCH shorter
 * than an ELF header; ELIBSCN a script ("#!"); ELIBBAD not ELF, another class,
 * byte order or machine, truncated, or inconsistent (see the list above);
 * ELIBEXEC not position-independent, or a shared library that is no program:
 * neither a PT_INTERP nor DF_1_PIE; else what fstat(2) or pread(2) said.
 * *elf then has no meaning.
 */
int elf_file_read(int fd, struct elf_file *elf, char *why, size_t whysize)
	__attribute__((warn_unused_result));

/*
 * The same for what a PT_INTERP names: a dynamic loader.  It bears no mark of
 * a program (ld.so has neither PT_INTERP nor DF_1_PIE), but cannot have a
 * PT_INTERP itself: ELIBBAD.
 */
int elf_file_read_loader(int fd, struct elf_file *elf, char *why,
			 size_t whysize) __attribute__((warn_unused_result));

/*
 * The same for a shared library: ELIBEXEC a program.  It need not have an entry
 * point, so entry has no meaning.
 */
int elf_file_read_library(int fd, struct elf_file *elf, char *why,
			  size_t whysize) __attribute__((warn_unused_result));

#endif
