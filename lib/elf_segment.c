/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Check the segments of an ELF file that get mapped.
 *
 * What Linux (fs/binfmt_elf.c) and ld.so run is accepted, except where the
 * generic ABI ("Program Header") forbids it, or where mapping it would touch
 * memory that is not the file's.
 */
#include "elf_check.h"

#include <errno.h>
#include <inttypes.h>

#include "elf_machine.h"

const Elf64_Phdr *elf_segment_find(const struct elf_file *elf, uint64_t vaddr)
{
	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *phdr = &elf->phdr[i];

		if (phdr->p_type == PT_LOAD && vaddr >= phdr->p_vaddr &&
		    vaddr - phdr->p_vaddr < phdr->p_filesz)
			return phdr;
	}
	return NULL;
}

/* The place of one segment in memory. */
static int check_memory(const struct elf_check *check, const Elf64_Phdr *phdr)
{
	unsigned i = (unsigned)(phdr - check->elf->phdr);
	uint64_t file_end;

	/* Not rounded up here: the limit is a page boundary. */
	if (phdr->p_memsz > PIP_ELF_ADDRESS_MAX ||
	    phdr->p_vaddr > PIP_ELF_ADDRESS_MAX - phdr->p_memsz)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u (0x%" PRIx64 " bytes at 0x%"
				  PRIx64 ") is outside the address space",
				  i, phdr->p_memsz, phdr->p_vaddr);
	if (phdr->p_filesz > phdr->p_memsz)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u is larger in the file (0x%"
				  PRIx64 ") than in memory (0x%" PRIx64 ")",
				  i, phdr->p_filesz, phdr->p_memsz);
	/*
	 * 0 and 1 mean that any address does.  A stricter alignment than the
	 * page size is kept for the address alone: neither the kernel nor
	 * glibc since 2.35 wants p_offset to have it too.
	 */
	if ((phdr->p_align & (phdr->p_align - 1)) != 0)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u is aligned to 0x%" PRIx64
				  ", not a power of two", i, phdr->p_align);
	if (phdr->p_align > PIP_ELF_ALIGN_MAX)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u is aligned to 0x%" PRIx64
				  ", more than 1 GiB", i, phdr->p_align);
	file_end = phdr->p_vaddr + phdr->p_filesz;
	if (phdr->p_memsz > phdr->p_filesz && !(phdr->p_flags & PF_W) &&
	    (file_end & (check->page - 1)) != 0)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u needs zeroed memory at 0x%"
				  PRIx64 " but is not writable "
				  "(a file of debug symbols?)", i, file_end);
	return 0;
}

/* Its place in the file; without bytes there, p_offset means nothing. */
static int check_file(const struct elf_check *check, const Elf64_Phdr *phdr)
{
	unsigned i = (unsigned)(phdr - check->elf->phdr);

	if (phdr->p_filesz == 0)
		return 0;
	if (!elf_in_file(check->elf, phdr->p_offset, phdr->p_filesz))
		return elf_refuse(check, ELIBBAD,
				  "truncated: segment %u (0x%" PRIx64 " bytes at 0x%"
				  PRIx64 ") is not inside the file of %" PRIu64
				  " bytes", i, phdr->p_filesz, phdr->p_offset,
				  check->elf->size);
	if (((phdr->p_vaddr ^ phdr->p_offset) & (check->page - 1)) != 0)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u has address 0x%" PRIx64
				  " and offset 0x%" PRIx64 ", which do not agree "
				  "modulo the page size",
				  i, phdr->p_vaddr, phdr->p_offset);
	return 0;
}

/* Its place after the one before it. */
static int check_order(const struct elf_check *check, const Elf64_Phdr *last,
		       const Elf64_Phdr *phdr)
{
	unsigned i = (unsigned)(phdr - check->elf->phdr);
	unsigned j = (unsigned)(last - check->elf->phdr);
	uint64_t last_end = last->p_vaddr + last->p_memsz;

	if (phdr->p_vaddr < last->p_vaddr)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u (at 0x%" PRIx64 ") comes "
				  "after %u (at 0x%" PRIx64 "), not sorted",
				  i, phdr->p_vaddr, j, last->p_vaddr);
	if (phdr->p_vaddr < last_end)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u (at 0x%" PRIx64 ") overlaps "
				  "%u (to 0x%" PRIx64 ")",
				  i, phdr->p_vaddr, j, last_end);
	if ((phdr->p_vaddr & ~(check->page - 1)) > last_end - 1)
		return 0;
	/*
	 * They share a page.  The kernel and ld.so map the second over the
	 * first, which loses nothing if both have the same page of the file
	 * there and all of the first's bytes come from it.
	 */
	if (phdr->p_filesz == 0 || last->p_filesz != last->p_memsz ||
	    phdr->p_vaddr - phdr->p_offset != last->p_vaddr - last->p_offset)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: segment %u (at 0x%" PRIx64 ") needs the "
				  "last page of %u (to 0x%" PRIx64 ") for itself",
				  i, phdr->p_vaddr, j, last_end);
	return 0;
}

int elf_segment_check(const struct elf_check *check)
{
	struct elf_file *elf = check->elf;
	Elf64_Phdr *last = NULL;

	elf->align = check->page;
	for (unsigned i = 0; i < elf->nphdr; i++) {
		Elf64_Phdr *phdr = &elf->phdr[i];
		int error;

		if (phdr->p_type != PT_LOAD)
			continue;
		if (phdr->p_memsz == 0 && phdr->p_filesz == 0) {
			phdr->p_type = PT_NULL;
			continue;
		}
		error = check_memory(check, phdr);
		if (error == 0)
			error = check_file(check, phdr);
		if (error == 0 && last != NULL)
			error = check_order(check, last, phdr);
		if (error != 0)
			return error;
		if (last == NULL)
			elf->low = phdr->p_vaddr & ~(check->page - 1);
		elf->high = (phdr->p_vaddr + phdr->p_memsz + check->page - 1) &
			    ~(check->page - 1);
		if (phdr->p_align > elf->align)
			elf->align = phdr->p_align;
		last = phdr;
	}
	if (last == NULL)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: it has no loadable segment");
	if (elf->high - elf->low > PIP_ELF_EXTENT_MAX)
		return elf_refuse(check, ELIBBAD,
				  "too big: it takes 0x%" PRIx64 " bytes of address "
				  "space, more than 16 GiB", elf->high - elf->low);
	return 0;
}
