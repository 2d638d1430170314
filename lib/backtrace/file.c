// SPDX-License-Identifier: BSD-2-Clause
/*
 * ELF files, each opened once for all tasks that have mapped it.
 *
 * A file may have been replaced or deleted since it was mapped, or be another
 * one here than in the program's mount namespace: the build id in memory
 * decides.  If no file has it, the image in the program's memory takes its
 * place, which has unwind information but few names.  So it is with the vDSO,
 * which has no file.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observer/internal.h"

#define IMAGE_MAX (256ul << 20) /* bytes */
#define HEADERS_MAX 64
#define BUILD_ID_MAX 64

static char *debuginfo_path; /* NULL: elfutils' default */

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
	.debuginfo_path = &debuginfo_path,
};

void file_close(struct backtrace_file *file)
{
	if (file->dwfl)
		dwfl_end(file->dwfl);
	free(file->units);
	free(file->image);
	free(file->path);
	free(file->name);
	free(file);
}

static struct backtrace_file *file_new(const char *name)
{
	struct backtrace_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	file->name = strdup(name);
	if (!file->name) {
		free(file);
		return NULL;
	}
	return file;
}

static void file_add_segment(struct backtrace_file *file,
			     const GElf_Phdr *header)
{
	uint64_t high = header->p_vaddr + header->p_memsz;

	if (header->p_type != PT_LOAD || high < header->p_vaddr)
		return;
	if (header->p_vaddr < file->low)
		file->low = header->p_vaddr;
	if (high > file->high)
		file->high = high;
	if ((header->p_flags & PF_X) &&
	    file->ncode < sizeof(file->code) / sizeof(file->code[0])) {
		file->code[file->ncode].low = header->p_vaddr;
		file->code[file->ncode++].high = high;
	}
}

/* What the headers say, as soon as libdwfl has the file. */
static bool file_take_headers(struct backtrace_file *file)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(file->module, &bias);
	size_t count, i;

	if (!elf || elf_getphdrnum(elf, &count))
		return false;
	file->bias = bias;
	file->low = UINT64_MAX;
	for (i = 0; i < count; i++) {
		GElf_Phdr header;

		if (gelf_getphdr(elf, (int)i, &header))
			file_add_segment(file, &header);
	}
	return file->low < file->high;
}

static struct backtrace_file *file_open(const char *name, const char *path)
{
	struct backtrace_file *file;
	/* Not a device, nor a FIFO that would make us wait. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return NULL;
	file = file_new(name);
	if (!file) {
		close(fd);
		return NULL;
	}
	file->path = strdup(path);
	file->dwfl = dwfl_begin(&callbacks);
	if (!file->path || !file->dwfl) {
		close(fd);
		file_close(file);
		return NULL;
	}
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_elf(file->dwfl, name, path, fd, 0, true);
	if (!file->module)
		close(fd);
	dwfl_report_end(file->dwfl, NULL, NULL);
	if (!file->module || !file_take_headers(file)) {
		file_close(file);
		return NULL;
	}
	return file;
}

/* The loaded segments at their places in the file; NULL: it is no ELF image. */
static char *file_copy_image(pid_t reader, uint64_t base, size_t *sizep)
{
	Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr elf;
	size_t size = 0, i;
	char *image;

	if (remote_read(reader, base, &elf, sizeof(elf)) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf.e_ident[EI_CLASS] != ELFCLASS64 || !elf.e_phnum ||
	    elf.e_phnum > HEADERS_MAX ||
	    elf.e_phentsize != sizeof(Elf64_Phdr) ||
	    remote_read(reader, base + elf.e_phoff, headers,
			elf.e_phnum * sizeof(Elf64_Phdr)))
		return NULL;
	for (i = 0; i < elf.e_phnum; i++) {
		const Elf64_Phdr *header = &headers[i];

		if (header->p_type != PT_LOAD)
			continue;
		if (header->p_offset > IMAGE_MAX ||
		    header->p_filesz > IMAGE_MAX - header->p_offset)
			return NULL;
		if (header->p_offset + header->p_filesz > size)
			size = header->p_offset + header->p_filesz;
	}
	image = size >= sizeof(elf) ? calloc(1, size) : NULL;
	for (i = 0; image && i < elf.e_phnum; i++)
		if (headers[i].p_type == PT_LOAD &&
		    remote_read(reader, base + headers[i].p_vaddr,
				image + headers[i].p_offset,
				headers[i].p_filesz))
			continue; /* what is missing stays zero */
	if (image) {
		/* Section headers are not loaded, as a rule. */
		Elf64_Ehdr *copy = (void *)image;

		if (copy->e_shoff + (uint64_t)copy->e_shnum *
				    sizeof(Elf64_Shdr) > size) {
			copy->e_shoff = 0;
			copy->e_shnum = copy->e_shstrndx = 0;
		}
	}
	*sizep = size;
	return image;
}

static struct backtrace_file *file_open_image(const char *name, pid_t reader,
					      uint64_t bias)
{
	struct backtrace_file *file = file_new(name);
	size_t size = 0;

	if (!file)
		return NULL;
	file->image = file_copy_image(reader, bias, &size);
	file->dwfl = dwfl_begin(&callbacks);
	if (!file->image || !file->dwfl)
		return file; /* only its name is known */
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_offline_memory(file->dwfl, name, name,
						  file->image, size);
	dwfl_report_end(file->dwfl, NULL, NULL);
	if (!file->module || !file_take_headers(file))
		file->module = NULL;
	return file;
}

/* Is it what the process has mapped there?  Without a build id: so it seems. */
static bool file_is_mapped(struct backtrace_file *file, pid_t reader,
			   uint64_t bias)
{
	unsigned char mapped[BUILD_ID_MAX];
	const unsigned char *id;
	GElf_Addr at;
	int size;

	if (!file->module)
		return false;
	size = dwfl_module_build_id(file->module, &id, &at);
	if (size <= 0 || size > BUILD_ID_MAX || !at)
		return true;
	return !remote_read(reader, at - file->bias + bias, mapped,
			    (size_t)size) &&
	       memcmp(mapped, id, (size_t)size) == 0;
}

static void file_remember(struct backtrace *backtrace,
			  struct backtrace_file *file)
{
	file->next = backtrace->files;
	backtrace->files = file;
}

/* Loaders know the same file by different names. */
static struct backtrace_file *file_find_twin(struct backtrace *backtrace,
					     const struct stat *status)
{
	struct backtrace_file *file;

	for (file = backtrace->files; file; file = file->next)
		if (file->path && file->device == status->st_dev &&
		    file->inode == status->st_ino)
			return file;
	return NULL;
}

static struct backtrace_file *file_try(struct backtrace *backtrace,
				       pid_t reader, const char *name,
				       const char *path, uint64_t bias)
{
	struct backtrace_file *file;
	struct stat status;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return NULL;
	file = file_find_twin(backtrace, &status);
	if (!file) {
		file = file_open(name, path);
		if (!file)
			return NULL;
		file->device = status.st_dev;
		file->inode = status.st_ino;
		file_remember(backtrace, file);
	}
	return file_is_mapped(file, reader, bias) ? file : NULL;
}

struct backtrace_file *file_find(struct backtrace *backtrace, pid_t reader,
				 const char *name, uint64_t bias)
{
	char inside[PATH_MAX + 32];
	struct backtrace_file *file;

	for (file = backtrace->files; file; file = file->next)
		if (strcmp(file->name, name) == 0 &&
		    file_is_mapped(file, reader, bias))
			return file;
	file = NULL;
	if (name[0] == '/') {
		file = file_try(backtrace, reader, name, name, bias);
		snprintf(inside, sizeof(inside), "/proc/%d/root%s",
			 (int)reader, name);
		if (!file)
			file = file_try(backtrace, reader, name, inside, bias);
	}
	if (!file) {
		file = file_open_image(name, reader, bias);
		if (file)
			file_remember(backtrace, file);
	}
	return file;
}

Dwarf_Frame *file_read_frame(struct backtrace_file *file, uint64_t address)
{
	Dwarf_Frame *frame = NULL;

	if (!file->module)
		return NULL;
	if (!file->cfi_sought) {
		file->cfi_sought = true;
		file->eh_cfi = dwfl_module_eh_cfi(file->module, &file->eh_bias);
		file->debug_cfi = dwfl_module_dwarf_cfi(file->module,
							&file->debug_bias);
	}
	address += file->bias;
	if (file->eh_cfi && !dwarf_cfi_addrframe(file->eh_cfi,
						 address - file->eh_bias,
						 &frame))
		return frame;
	if (file->debug_cfi && !dwarf_cfi_addrframe(file->debug_cfi,
						    address - file->debug_bias,
						    &frame))
		return frame;
	return NULL;
}
