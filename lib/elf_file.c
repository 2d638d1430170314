/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read and check an ELF file before it is mapped.  Takes no memory but the
 * caller's and no state of its own, so that any task may call it.
 */
#include "elf_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_check.h"
#include "elf_machine.h"

/* More entries than this in a dynamic section are not read: the largest
 * programs known have some hundred libraries, at one entry each. */
#define DYNAMIC_MAX 8192

int elf_refuse(const struct elf_check *check, int error, const char *format,
	       ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(check->why, check->whysize, format, args);
	va_end(args);
	return error;
}

/* Read exactly length bytes at offset; what names them in the reason. */
static int read_at(const struct elf_check *check, void *buffer, size_t length,
		   uint64_t offset, const char *what)
{
	size_t done = 0;

	if (!elf_in_file(check->elf, offset, length))
		return elf_refuse(check, ELIBBAD,
				  "truncated: the file's %" PRIu64 " bytes end "
				  "before its %s (%zu bytes at 0x%" PRIx64 ") do",
				  check->elf->size, what, length, offset);
	while (done < length) {
		ssize_t n = pread(check->fd, (char *)buffer + done,
				  length - done, (off_t)(offset + done));
		int error = errno;

		if (n > 0)
			done += (size_t)n;
		else if (n == 0)
			return elf_refuse(check, ELIBBAD,
					  "truncated: it shrank while it was read");
		else if (error != EINTR)
			return elf_refuse(check, error, "unreadable: %s",
					  strerrordesc_np(error));
	}
	return 0;
}

static int read_identity(const struct elf_check *check)
{
	struct elf_file *elf = check->elf;
	struct stat st;

	if (fstat(check->fd, &st) != 0) {
		int error = errno;

		return elf_refuse(check, error, "unreadable: %s",
				  strerrordesc_np(error));
	}
	if (S_ISDIR(st.st_mode))
		return elf_refuse(check, EACCES, "a directory");
	if (!S_ISREG(st.st_mode))
		return elf_refuse(check, EACCES, "not a regular file");
	elf->dev = st.st_dev;
	elf->ino = st.st_ino;
	elf->size = (uint64_t)st.st_size;
	elf->mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
			(uint64_t)st.st_mtim.tv_nsec;
	return 0;
}

/* Is this a file for this kind of machine? */
static int check_ident(const struct elf_check *check, const Elf64_Ehdr *ehdr)
{
	unsigned char class = ehdr->e_ident[EI_CLASS];
	unsigned char data = ehdr->e_ident[EI_DATA];

	if (memcmp(ehdr->e_ident, ELFMAG, SELFMAG) != 0)
		return elf_refuse(check, ELIBBAD, "not an ELF file");
	if (class == ELFCLASS32)
		return elf_refuse(check, ELIBBAD, "a 32-bit file, not 64-bit");
	if (class != ELFCLASS64)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: unknown ELF class %u", class);
	if (data != PIP_ELF_DATA)
		return elf_refuse(check, ELIBBAD, data == ELFDATA2MSB ||
				  data == ELFDATA2LSB ?
				  "of the other byte order" :
				  "corrupt: unknown byte order %u", data);
	/* EI_OSABI is the loader's matter: Linux runs any. */
	if (ehdr->e_ident[EI_VERSION] != EV_CURRENT ||
	    ehdr->e_version != EV_CURRENT)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: unknown ELF version %" PRIu32,
				  ehdr->e_ident[EI_VERSION] != EV_CURRENT ?
				  ehdr->e_ident[EI_VERSION] : ehdr->e_version);
	if (ehdr->e_machine != PIP_ELF_MACHINE)
		return elf_refuse(check, ELIBBAD, "for another machine "
				  "(ELF machine %u, not %u, "
				  PIP_ELF_MACHINE_NAME ")",
				  ehdr->e_machine, PIP_ELF_MACHINE);
	return 0;
}

static int check_type(const struct elf_check *check, const Elf64_Ehdr *ehdr)
{
	switch (ehdr->e_type) {
	case ET_DYN:
		return 0;
	case ET_EXEC:
		return elf_refuse(check, ELIBEXEC, "not PIE");
	case ET_REL:
		return elf_refuse(check, ELIBBAD, "an object file, not a program");
	case ET_CORE:
		return elf_refuse(check, ELIBBAD, "a core file, not a program");
	default:
		return elf_refuse(check, ELIBBAD, "corrupt: unknown ELF type %u",
				  ehdr->e_type);
	}
}

static int read_header(const struct elf_check *check, Elf64_Ehdr *ehdr)
{
	size_t length = check->elf->size < sizeof(*ehdr) ?
			(size_t)check->elf->size : sizeof(*ehdr);
	int error;

	memset(ehdr, 0, sizeof(*ehdr));
	error = read_at(check, ehdr, length, 0, "ELF header");
	if (error != 0)
		return error;
	if (memcmp(ehdr->e_ident, "#!", 2) == 0)
		return elf_refuse(check, ELIBSCN, "a script, not a program");
	if (length == 0)
		return elf_refuse(check, EUNATCH, "empty");
	if (length < sizeof(*ehdr))
		return elf_refuse(check, EUNATCH, "too short for an ELF header "
				  "(%zu bytes, not %zu)", length, sizeof(*ehdr));
	error = check_ident(check, ehdr);
	return error != 0 ? error : check_type(check, ehdr);
}

static int read_phdrs(const struct elf_check *check, const Elf64_Ehdr *ehdr)
{
	struct elf_file *elf = check->elf;

	if (ehdr->e_phnum == 0)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: it has no program headers");
	if (ehdr->e_phentsize != sizeof(Elf64_Phdr))
		return elf_refuse(check, ELIBBAD,
				  "corrupt: its program headers are of %u bytes, "
				  "not %zu", ehdr->e_phentsize,
				  sizeof(Elf64_Phdr));
	/* Includes PN_XNUM: more than 65,534 of them. */
	if (ehdr->e_phnum > PIP_ELF_PHDR_MAX)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: it has %u program headers, more than %u",
				  ehdr->e_phnum, PIP_ELF_PHDR_MAX);
	elf->nphdr = ehdr->e_phnum;
	return read_at(check, elf->phdr, elf->nphdr * sizeof(Elf64_Phdr),
		       ehdr->e_phoff, "program headers");
}

/* Where the program headers are in memory, for AT_PHDR. */
static void find_phdrs(struct elf_file *elf, const Elf64_Ehdr *ehdr)
{
	uint64_t length = elf->nphdr * sizeof(Elf64_Phdr);

	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *phdr = &elf->phdr[i];

		if (phdr->p_type == PT_LOAD && phdr->p_filesz >= length &&
		    ehdr->e_phoff >= phdr->p_offset &&
		    ehdr->e_phoff - phdr->p_offset <= phdr->p_filesz - length) {
			elf->phdr_vaddr = ehdr->e_phoff - phdr->p_offset +
					  phdr->p_vaddr;
			return;
		}
	}
}

/* Read the one PT_INTERP, if any. */
static int read_interp(const struct elf_check *check)
{
	struct elf_file *elf = check->elf;

	for (unsigned i = 0; i < elf->nphdr; i++) {
		const Elf64_Phdr *phdr = &elf->phdr[i];
		int error;

		if (phdr->p_type != PT_INTERP)
			continue;
		if (elf->has_interp)
			return elf_refuse(check, ELIBBAD,
					  "corrupt: it names two interpreters");
		if (phdr->p_filesz > sizeof(elf->interp))
			return elf_refuse(check, ELIBBAD,
					  "corrupt: its interpreter's path has %"
					  PRIu64 " bytes, more than %zu",
					  phdr->p_filesz, sizeof(elf->interp));
		error = read_at(check, elf->interp, phdr->p_filesz,
				phdr->p_offset, "interpreter's path");
		if (error != 0)
			return error;
		if (phdr->p_filesz < 2 || elf->interp[0] == '\0')
			return elf_refuse(check, ELIBBAD,
					  "corrupt: its interpreter's path is empty");
		if (elf->interp[phdr->p_filesz - 1] != '\0')
			return elf_refuse(check, ELIBBAD,
					  "corrupt: its interpreter's path does not "
					  "end");
		/*
		 * execve(2) takes it relative to the working directory.  Each
		 * task has one of its own, and what runs would depend on it.
		 */
		if (elf->interp[0] != '/')
			return elf_refuse(check, ELIBBAD,
					  "corrupt: its interpreter's path is not "
					  "absolute");
		/* Messages will quote it, on somebody's terminal. */
		for (const char *p = elf->interp; *p != '\0'; p++)
			if ((unsigned char)*p < ' ' || *p == '\177')
				return elf_refuse(check, ELIBBAD,
						  "corrupt: its interpreter's path "
						  "has control characters");
		elf->has_interp = true;
	}
	return 0;
}

/* Is DF_1_PIE set in the dynamic section?  Linkers mark programs with it. */
static int read_pie_mark(const struct elf_check *check, bool *is_pie)
{
	const struct elf_file *elf = check->elf;
	const Elf64_Phdr *dynamic = NULL;
	Elf64_Dyn dyn[32];

	*is_pie = false;
	for (unsigned i = 0; i < elf->nphdr && dynamic == NULL; i++)
		if (elf->phdr[i].p_type == PT_DYNAMIC)
			dynamic = &elf->phdr[i];
	if (dynamic == NULL)
		return 0;
	if (dynamic->p_filesz / sizeof(Elf64_Dyn) > DYNAMIC_MAX)
		return elf_refuse(check, ELIBBAD,
				  "corrupt: its dynamic section has 0x%" PRIx64
				  " bytes", dynamic->p_filesz);
	for (uint64_t done = 0; done < dynamic->p_filesz / sizeof(Elf64_Dyn);) {
		uint64_t n = dynamic->p_filesz / sizeof(Elf64_Dyn) - done;
		int error;

		if (n > sizeof(dyn) / sizeof(dyn[0]))
			n = sizeof(dyn) / sizeof(dyn[0]);
		error = read_at(check, dyn, n * sizeof(dyn[0]),
				dynamic->p_offset + done * sizeof(dyn[0]),
				"dynamic section");
		if (error != 0)
			return error;
		for (unsigned i = 0; i < n; i++) {
			if (dyn[i].d_tag == DT_NULL)
				return 0;
			if (dyn[i].d_tag == DT_FLAGS_1)
				*is_pie = (dyn[i].d_un.d_val & DF_1_PIE) != 0;
		}
		done += n;
	}
	return 0;
}

enum role { ROLE_PROGRAM, ROLE_LOADER, ROLE_LIBRARY };

/* Is it what it is wanted for: a program and a library are told apart. */
static int check_role(const struct elf_check *check, enum role role)
{
	const struct elf_file *elf = check->elf;
	bool is_pie;
	int error;

	if (role == ROLE_LIBRARY) {
		error = read_pie_mark(check, &is_pie);
		if (error == 0 && is_pie)
			error = elf_refuse(check, ELIBEXEC,
					   "a program, not a shared library");
		return error;
	}
	if (role == ROLE_LOADER)
		return elf->has_interp ?
		       elf_refuse(check, ELIBBAD, "not a loader: it needs an "
				  "interpreter itself") : 0;
	if (elf->has_interp)
		return 0;
	error = read_pie_mark(check, &is_pie);
	if (error == 0 && !is_pie)
		error = elf_refuse(check, ELIBEXEC,
				   "a shared library, not a program");
	return error;
}

static int check_entry(const struct elf_check *check)
{
	const struct elf_file *elf = check->elf;
	const Elf64_Phdr *phdr = elf_segment_find(elf, elf->entry);

	if (phdr == NULL || !(phdr->p_flags & PF_X))
		return elf_refuse(check, ELIBBAD,
				  "corrupt: its entry point 0x%" PRIx64
				  " is not in an executable segment", elf->entry);
	return 0;
}

static int read_file(int fd, enum role role, struct elf_file *elf, char *why,
		     size_t whysize)
{
	struct elf_check check = {
		.fd = fd, .elf = elf, .page = (uint64_t)sysconf(_SC_PAGESIZE),
		.why = why, .whysize = whysize,
	};
	Elf64_Ehdr ehdr;
	int error;

	memset(elf, 0, sizeof(*elf));
	if (whysize > 0)
		why[0] = '\0';
	error = read_identity(&check);
	if (error == 0)
		error = read_header(&check, &ehdr);
	if (error == 0)
		error = read_phdrs(&check, &ehdr);
	if (error == 0)
		error = elf_segment_check(&check);
	if (error == 0)
		error = read_interp(&check);
	if (error == 0)
		error = check_role(&check, role);
	if (error != 0)
		return error;
	elf->entry = ehdr.e_entry;
	find_phdrs(elf, &ehdr);
	return role == ROLE_LIBRARY ? 0 : check_entry(&check);
}

int elf_file_read(int fd, struct elf_file *elf, char *why, size_t whysize)
{
	return read_file(fd, ROLE_PROGRAM, elf, why, whysize);
}

int elf_file_read_loader(int fd, struct elf_file *elf, char *why,
			 size_t whysize)
{
	return read_file(fd, ROLE_LOADER, elf, why, whysize);
}

int elf_file_read_library(int fd, struct elf_file *elf, char *why,
			  size_t whysize)
{
	return read_file(fd, ROLE_LIBRARY, elf, why, whysize);
}
