/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whether a program can be a task is asked of the same code that the runtime
 * asks before it starts one (lib/elf_file.c).  Whom it is linked with, and
 * what it exports, libelf says.
 */
#include "check_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_file.h"
#include "elf_machine.h"

#define LIBPIP "libpip.so"

#define say_why_not(file, ...) \
	snprintf((file)->why_not, sizeof((file)->why_not), __VA_ARGS__)

/* Where in the file the loader would find the address; -1 = nowhere. */
static int64_t offset_of_address(Elf *elf, size_t nphdr, uint64_t address)
{
	for (size_t i = 0; i < nphdr; i++) {
		GElf_Phdr phdr;

		if (gelf_getphdr(elf, (int)i, &phdr) != NULL &&
		    phdr.p_type == PT_LOAD && address >= phdr.p_vaddr &&
		    address - phdr.p_vaddr < phdr.p_filesz)
			return (int64_t)(address - phdr.p_vaddr +
					 phdr.p_offset);
	}
	return -1;
}

static bool is_libpip(const char *name)
{
	size_t length = strlen(LIBPIP);

	return strncmp(name, LIBPIP, length) == 0 &&
	       (name[length] == '\0' || name[length] == '.');
}

/* The string table that a dynamic section refers to. */
static Elf_Data *dynamic_strings(Elf *elf, size_t nphdr, Elf_Data *dynamic)
{
	uint64_t address = 0, size = 0;
	int64_t offset;
	GElf_Dyn dyn;

	for (int i = 0; gelf_getdyn(dynamic, i, &dyn) != NULL; i++) {
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_STRTAB)
			address = dyn.d_un.d_ptr;
		else if (dyn.d_tag == DT_STRSZ)
			size = dyn.d_un.d_val;
	}
	offset = offset_of_address(elf, nphdr, address);
	if (offset < 0 || size == 0)
		return NULL;
	return elf_getdata_rawchunk(elf, offset, size, ELF_T_BYTE);
}

/* Does one dynamic section, as the loader finds it, need libpip? */
static bool dynamic_needs_libpip(Elf *elf, size_t nphdr, const GElf_Phdr *phdr)
{
	Elf_Data *dynamic, *strings;
	GElf_Dyn dyn;

	dynamic = elf_getdata_rawchunk(elf, (int64_t)phdr->p_offset,
				       phdr->p_filesz, ELF_T_DYN);
	strings = dynamic != NULL ? dynamic_strings(elf, nphdr, dynamic) : NULL;
	if (strings == NULL || strings->d_size == 0 ||
	    ((const char *)strings->d_buf)[strings->d_size - 1] != '\0')
		return false;
	for (int i = 0; gelf_getdyn(dynamic, i, &dyn) != NULL; i++) {
		if (dyn.d_tag == DT_NULL)
			return false;
		if (dyn.d_tag == DT_NEEDED && dyn.d_un.d_val < strings->d_size &&
		    is_libpip((const char *)strings->d_buf + dyn.d_un.d_val))
			return true;
	}
	return false;
}

static bool needs_libpip(Elf *elf)
{
	GElf_Phdr phdr;
	size_t nphdr;

	if (elf_getphdrnum(elf, &nphdr) != 0)
		return false;
	for (size_t i = 0; i < nphdr; i++)
		if (gelf_getphdr(elf, (int)i, &phdr) != NULL &&
		    phdr.p_type == PT_DYNAMIC)
			return dynamic_needs_libpip(elf, nphdr, &phdr);
	return false;
}

static bool table_defines_main(Elf *elf, Elf_Scn *section,
			       const GElf_Shdr *header)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;

	if (data == NULL)
		return false;
	for (int i = 0; gelf_getsym(data, i, &symbol) != NULL; i++) {
		const char *name = elf_strptr(elf, header->sh_link,
					      symbol.st_name);

		if (symbol.st_shndx != SHN_UNDEF && name != NULL &&
		    strcmp(name, "main") == 0)
			return true;
	}
	return false;
}

static bool exports_main(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)) != NULL)
		if (gelf_getshdr(section, &header) != NULL &&
		    header.sh_type == SHT_DYNSYM &&
		    table_defines_main(elf, section, &header))
			return true;
	return false;
}

/* Is there a loader where the program says? */
static bool loader_works(const char *path, char *why, size_t size)
{
	struct elf_file elf;
	char reason[256];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	int error;

	if (fd < 0) {
		snprintf(why, size, "it needs the loader '%s': %s", path,
			 strerror(errno));
		return false;
	}
	error = elf_file_read_loader(fd, &elf, reason, sizeof(reason));
	close(fd);
	if (error != 0)
		snprintf(why, size, "it needs the loader '%s', which is %s",
			 path, reason);
	return error == 0;
}

/* The interpreter of a program that elf_file_read() does not take. */
static bool find_interpreter(Elf *elf, int fd, char *path, size_t size)
{
	GElf_Phdr phdr;
	size_t nphdr;

	if (elf_getphdrnum(elf, &nphdr) != 0)
		return false;
	for (size_t i = 0; i < nphdr; i++)
		if (gelf_getphdr(elf, (int)i, &phdr) != NULL &&
		    phdr.p_type == PT_INTERP && phdr.p_filesz > 1 &&
		    phdr.p_filesz <= size)
			return pread(fd, path, phdr.p_filesz,
				     (off_t)phdr.p_offset) ==
				       (ssize_t)phdr.p_filesz &&
			       path[phdr.p_filesz - 1] == '\0';
	return false;
}

/* Can it be executed, though not as a task because it has a fixed address? */
static bool is_fixed_program(Elf *elf, int fd, struct check_file *file)
{
	char interpreter[PATH_MAX], why[256];
	GElf_Ehdr header;

	if (gelf_getehdr(elf, &header) == NULL || header.e_type != ET_EXEC ||
	    header.e_machine != PIP_ELF_MACHINE ||
	    gelf_getclass(elf) != ELFCLASS64)
		return false;
	if (!find_interpreter(elf, fd, interpreter, sizeof(interpreter)))
		return false;
	if (loader_works(interpreter, why, sizeof(why)))
		return true;
	say_why_not(file, "%s", why);
	return false;
}

static void judge(Elf *elf, int fd, struct check_file *file)
{
	struct elf_file program;
	bool executable;
	char why[256];
	int error;

	file->needs_libpip = needs_libpip(elf);
	file->exports_main = exports_main(elf);
	error = elf_file_read(fd, &program, why, sizeof(why));
	if (error != 0) {
		say_why_not(file, "it is %s", why);
		executable = error == ELIBEXEC &&
			     is_fixed_program(elf, fd, file);
	} else {
		executable = !program.has_interp ||
			     loader_works(program.interp, file->why_not,
					  sizeof(file->why_not));
		file->can_be_task = executable;
	}
	file->can_be_root = executable && file->needs_libpip;
	if (executable && !file->needs_libpip)
		say_why_not(file, "it is not linked with " LIBPIP "%s%s",
			    file->can_be_task ? "" : ", and is ",
			    file->can_be_task ? "" : why);
}

static bool is_executable(const char *path, struct check_file *file)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		file->kind = errno == EACCES ? CHECK_NOT_EXECUTABLE :
					       CHECK_NOT_FOUND;
		say_why_not(file, "%s", strerror(errno));
		return false;
	}
	file->kind = CHECK_NOT_EXECUTABLE;
	if (!S_ISREG(st.st_mode))
		say_why_not(file, "it is not a regular file");
	else if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		say_why_not(file, "you may not execute it");
	else
		return true;
	return false;
}

void check_file(const char *path, struct check_file *file)
{
	Elf *elf;
	int fd;

	memset(file, 0, sizeof(*file));
	if (!is_executable(path, file))
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		say_why_not(file, "it cannot be read: %s", strerror(errno));
		return;
	}
	file->kind = CHECK_NOT_ELF;
	(void)elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf != NULL && elf_kind(elf) == ELF_K_ELF) {
		file->kind = CHECK_ELF;
		judge(elf, fd, file);
	}
	elf_end(elf);
	close(fd);
}
