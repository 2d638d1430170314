/* SPDX-License-Identifier: BSD-2-Clause */
/* Written from elf_file.h alone, in 128 bits so that nothing can wrap. */
#include "elf-invariants.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef unsigned __int128 wide;

#define PAGE ((wide)4096)
#define DOWN(x) ((x) / PAGE * PAGE)
#define UP(x) DOWN((x) + PAGE - 1)
/* How much of each end of a segment is compared with the file. */
#define SAMPLE 8192

static bool is_power_of_two(uint64_t n)
{
	return __builtin_popcountll(n) == 1;
}

static const char *check_pair(const Elf64_Phdr *a, const Elf64_Phdr *b)
{
	wide a_end = (wide)a->p_vaddr + a->p_memsz;

	if (b->p_vaddr < a->p_vaddr)
		return "PT_LOADs are sorted";
	if (a_end > b->p_vaddr)
		return "PT_LOADs do not overlap";
	if (UP(a_end) > DOWN((wide)b->p_vaddr)) {
		if (a->p_memsz != a->p_filesz || b->p_filesz == 0)
			return "a shared page is the file's";
		if ((wide)a->p_vaddr + b->p_offset !=
		    (wide)b->p_vaddr + a->p_offset)
			return "a shared page is the same of the file";
	}
	return NULL;
}

static const char *check_load(const struct elf_file *elf, const Elf64_Phdr *load)
{
	wide end = (wide)load->p_vaddr + load->p_memsz;
	wide file_end = (wide)load->p_vaddr + load->p_filesz;

	if (load->p_memsz == 0)
		return "no PT_LOAD is empty";
	if (load->p_vaddr < elf->low || end > elf->high)
		return "PT_LOADs lie in [low, high)";
	if (load->p_filesz > load->p_memsz)
		return "p_filesz <= p_memsz";
	if (load->p_align > 1 && (!is_power_of_two(load->p_align) ||
				  load->p_align > elf->align))
		return "align is the greatest p_align";
	if (load->p_filesz > 0 &&
	    ((wide)load->p_offset + load->p_filesz > elf->size ||
	     load->p_offset % PAGE != load->p_vaddr % PAGE))
		return "the file's part is in the file, and congruent";
	if (end > file_end && !(load->p_flags & PF_W) && file_end % PAGE != 0)
		return "zeros can be written";
	return NULL;
}

const char *elf_invariants_check(const struct elf_file *elf)
{
	bool is_entry_found = false;
	unsigned nload = 0;

	if (elf->nphdr == 0 || elf->nphdr > PIP_ELF_PHDR_MAX)
		return "1 <= nphdr <= PIP_ELF_PHDR_MAX";
	if (elf->low >= elf->high || elf->low % PAGE != 0 ||
	    elf->high % PAGE != 0 || elf->high > (UINT64_C(1) << 47) ||
	    elf->high - elf->low > PIP_ELF_EXTENT_MAX)
		return "low and high are sane";
	if (!is_power_of_two(elf->align) || elf->align < PAGE ||
	    elf->align > PIP_ELF_ALIGN_MAX)
		return "align is sane";
	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *load = &elf->phdr[i];
		const char *broken;

		if (load->p_type != PT_LOAD)
			continue;
		nload++;
		broken = check_load(elf, load);
		for (unsigned j = i + 1; broken == NULL && j < elf->nphdr; j++)
			if (elf->phdr[j].p_type == PT_LOAD)
				broken = check_pair(load, &elf->phdr[j]);
		if (broken != NULL)
			return broken;
		if ((load->p_flags & PF_X) && elf->entry >= load->p_vaddr &&
		    elf->entry < (wide)load->p_vaddr + load->p_filesz)
			is_entry_found = true;
	}
	if (nload == 0)
		return "there is a PT_LOAD";
	if (!is_entry_found)
		return "entry is in an executable PT_LOAD";
	if (memchr(elf->interp, '\0', sizeof(elf->interp)) == NULL ||
	    elf->has_interp != (elf->interp[0] == '/'))
		return "interp is an absolute path, or empty";
	for (const char *p = elf->interp; *p != '\0'; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			return "interp can be printed";
	return NULL;
}

/* Map the segments at bias, each over the one before. */
static const char *map(const struct elf_file *elf, int fd, uintptr_t bias)
{
	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *load = &elf->phdr[i];
		wide start, end, file_end, file_page;
		int prot = PROT_READ; /* always, to compare */

		if (load->p_type != PT_LOAD)
			continue;
		prot |= load->p_flags & PF_W ? PROT_WRITE : 0;
		start = DOWN((wide)load->p_vaddr);
		end = (wide)load->p_vaddr + load->p_memsz;
		file_end = (wide)load->p_vaddr + load->p_filesz;
		file_page = load->p_filesz > 0 ? UP(file_end) : start;
		if (load->p_filesz > 0 &&
		    mmap((char *)(bias + (uintptr_t)start), file_page - start, prot,
			 MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd,
			 (off_t)DOWN((wide)load->p_offset)) == MAP_FAILED)
			return "the file's part can be mapped";
		if (end > file_end && file_page > file_end)
			memset((char *)(bias + (uintptr_t)file_end), 0, file_page - file_end);
		if (UP(end) > file_page &&
		    mmap((char *)(bias + (uintptr_t)file_page), UP(end) - file_page, prot,
			 MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS |
			 MAP_NORESERVE, -1, 0) == MAP_FAILED)
			return "the zero-filled part can be mapped";
	}
	return NULL;
}

/* Are length bytes at memory those of the file at offset? */
static bool is_same(const char *memory, int fd, uint64_t offset, size_t length)
{
	char bytes[SAMPLE];

	return pread(fd, bytes, length, (off_t)offset) == (ssize_t)length &&
	       memcmp(memory, bytes, length) == 0;
}

static bool is_zero(const char *memory, size_t length)
{
	return length == 0 ||
	       (memory[0] == 0 && memcmp(memory, memory + 1, length - 1) == 0);
}

/* Look at both ends of each segment's both parts. */
static const char *compare(const struct elf_file *elf, int fd,
			   uintptr_t bias)
{
	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *load = &elf->phdr[i];
		const char *place = (const char *)(bias + load->p_vaddr);
		size_t file_part, zeros, file_sample, zero_sample;

		if (load->p_type != PT_LOAD)
			continue;
		file_part = load->p_filesz;
		zeros = load->p_memsz - load->p_filesz;
		file_sample = file_part < SAMPLE ? file_part : SAMPLE;
		zero_sample = zeros < SAMPLE ? zeros : SAMPLE;
		if (!is_same(place, fd, load->p_offset, file_sample) ||
		    !is_same(place + file_part - file_sample, fd,
			     load->p_offset + file_part - file_sample,
			     file_sample))
			return "the file's bytes are in memory";
		if (!is_zero(place + file_part, zero_sample) ||
		    !is_zero(place + load->p_memsz - zero_sample, zero_sample))
			return "the rest of a segment is zero";
	}
	return NULL;
}

static const char *check_mapping(const struct elf_file *elf, int fd)
{
	size_t extent = elf->high - elf->low;
	char *base = mmap(NULL, extent + elf->align, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uintptr_t bias; /* may be "negative": arithmetic is modulo 2^64 */
	const char *broken;

	if (base == MAP_FAILED)
		return "there is address space for it";
	bias = ((uintptr_t)base - elf->low + elf->align - 1) & ~(elf->align - 1);
	if (bias + elf->low < (uintptr_t)base ||
	    bias + elf->high > (uintptr_t)base + extent + elf->align)
		return "an aligned bias keeps it in its place";
	broken = map(elf, fd, bias);
	if (broken == NULL)
		broken = compare(elf, fd, bias);
	if (broken == NULL && elf->phdr_vaddr != 0 &&
	    memcmp((const char *)(bias + elf->phdr_vaddr + 4), &elf->phdr[0].p_flags,
		   sizeof(Elf64_Phdr) - 4) != 0)
		broken = "the program headers are where it says";
	munmap(base, extent + elf->align);
	return broken;
}

const char *elf_invariants_check_file(const struct elf_file *elf, int fd)
{
	struct stat st;
	Elf64_Ehdr ehdr;
	Elf64_Phdr phdr[PIP_ELF_PHDR_MAX];
	char interp[PATH_MAX];

	if (fstat(fd, &st) != 0 || elf->size != (uint64_t)st.st_size ||
	    elf->ino != st.st_ino || elf->dev != st.st_dev)
		return "it is this file";
	if (pread(fd, &ehdr, sizeof(ehdr), 0) != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, "\177ELF\2\1\1", 7) != 0 ||
	    ehdr.e_type != ET_DYN || ehdr.e_machine != EM_X86_64 ||
	    ehdr.e_entry != elf->entry || ehdr.e_phnum != elf->nphdr ||
	    ehdr.e_phentsize != sizeof(phdr[0]))
		return "its header is the file's";
	if (pread(fd, phdr, elf->nphdr * sizeof(phdr[0]), (off_t)ehdr.e_phoff) !=
	    (ssize_t)(elf->nphdr * sizeof(phdr[0])))
		return "its program headers are in the file";
	for (unsigned i = 0; i < elf->nphdr; i++) {
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_memsz == 0)
			phdr[i].p_type = PT_NULL;
		if (memcmp(&phdr[i], &elf->phdr[i], sizeof(phdr[i])) != 0)
			return "its program headers are the file's";
		if (phdr[i].p_type != PT_INTERP)
			continue;
		if (phdr[i].p_filesz > sizeof(interp) ||
		    pread(fd, interp, phdr[i].p_filesz,
			  (off_t)phdr[i].p_offset) != (ssize_t)phdr[i].p_filesz ||
		    memchr(interp, '\0', phdr[i].p_filesz) == NULL ||
		    strcmp(interp, elf->interp) != 0)
			return "interp is the file's";
	}
	return check_mapping(elf, fd);
}
