/* SPDX-License-Identifier: BSD-2-Clause */
/* What the parts of the ELF reader share; see elf_file.h for its contract. */
#ifndef PIP_ELF_CHECK_H
#define PIP_ELF_CHECK_H

#include "elf_file.h"

struct elf_check {
	int fd;
	struct elf_file *elf;
	uint64_t page; /* page size, a power of two */
	char *why;
	size_t whysize;
};

/* Put the reason into why, and return error. */
int elf_refuse(const struct elf_check *check, int error, const char *format,
	       ...) __attribute__((format(printf, 3, 4)));

/* Check the PT_LOADs in elf->phdr; fills in low, high and align. */
int elf_segment_check(const struct elf_check *check)
	__attribute__((warn_unused_result));

/* The PT_LOAD whose part in the file holds the byte at vaddr, or NULL. */
const Elf64_Phdr *elf_segment_find(const struct elf_file *elf, uint64_t vaddr);

/* Are the bytes [offset, offset + length) in the file? */
static inline bool elf_in_file(const struct elf_file *elf, uint64_t offset,
			       uint64_t length)
{
	return length <= elf->size && offset <= elf->size - length;
}

#endif
