// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a program lies and where its debugger rendezvous is, from the outside.
 * Needed for the root, for tasks without libpip inside, for those that still
 * load, and for those that called execve.
 *
 * /proc/PID/auxv leads to the program headers of a process's own program.  It
 * belongs to the address space, so for a task it would lead to the root's;
 * there the program's file among the mappings of the task's window is it.
 */
#include <config.h>

#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 64   /* program headers; real programs have about 13 */
#define DYNAMIC_MAX 1024 /* entries of a dynamic section; about 30 */

static int program_find_debug(pid_t reader, struct program_image *image)
{
	uint64_t address = image->dynamic;
	unsigned i;

	for (i = 0; address && i < DYNAMIC_MAX; i++) {
		Elf64_Dyn entry;
		int error = remote_read(reader, address + i * sizeof(entry),
					&entry, sizeof(entry));

		if (error)
			return error;
		if (entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag == DT_DEBUG) {
			image->r_debug = entry.d_un.d_ptr;
			break;
		}
	}
	return 0;
}

/* Take an image apart whose ELF header is mapped at low. */
static int program_read_image(pid_t reader, uint64_t low,
			      struct program_image *image, bool *interpretedp)
{
	Elf64_Phdr header[HEADERS_MAX];
	bool loaded = false;
	uint64_t dynamic = 0;
	Elf64_Ehdr elf;
	unsigned i;
	int error;

	memset(image, 0, sizeof(*image));
	*interpretedp = false;
	error = remote_read(reader, low, &elf, sizeof(elf));
	if (error)
		return error;
	if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf.e_phentsize != sizeof(header[0]) || elf.e_phnum == 0 ||
	    elf.e_phnum > HEADERS_MAX)
		return EBADMSG;
	error = remote_read(reader, low + elf.e_phoff, header,
			    elf.e_phnum * sizeof(header[0]));
	if (error)
		return error;
	for (i = 0; i < elf.e_phnum; i++) {
		if (header[i].p_type == PT_LOAD && !loaded) {
			/* The mapping starts at a page; so does this. */
			image->bias = low -
				      ((header[i].p_vaddr -
					header[i].p_offset) & ~0xfffULL);
			loaded = true;
		} else if (header[i].p_type == PT_DYNAMIC) {
			dynamic = header[i].p_vaddr;
		} else if (header[i].p_type == PT_INTERP) {
			*interpretedp = true;
		}
	}
	if (!loaded)
		return EBADMSG;
	if (!dynamic)
		return 0;
	image->dynamic = dynamic + image->bias;
	return program_find_debug(reader, image);
}

/* A value of /proc/PID/auxv; 0 = not there, or not readable. */
uint64_t auxv_read(struct observer *observer, pid_t pid, uint64_t type)
{
	Elf64_auxv_t auxv[64];
	ssize_t i, n = observer_read_file(observer, pid, "auxv", (char *)auxv,
					  sizeof(auxv));

	for (i = 0; i < n / (ssize_t)sizeof(auxv[0]); i++)
		if (auxv[i].a_type == type)
			return auxv[i].a_un.a_val;
	return 0;
}

/* The program of the process itself: the mapping of its AT_PHDR. */
static int program_find_own(const struct observer_root *root, pid_t pid,
			    struct program_image *image)
{
	struct observer_mapping mapping;
	struct observer_maps maps;
	uint64_t headers = auxv_read(root->observer, pid, AT_PHDR);
	bool interpreted;
	int error;

	error = maps_open(root->observer, pid, &maps);
	if (error)
		return error;
	error = ENOENT;
	while (error && maps_next(&maps, &mapping))
		if (headers >= mapping.low && headers < mapping.high)
			error = program_read_image(pid, mapping.low, image,
						   &interpreted);
	maps_close(&maps);
	return error;
}

static bool program_is_path(const char *mapped, const char *program)
{
	size_t length = strlen(program);

	return length && strncmp(mapped, program, length) == 0 &&
	       (mapped[length] == '\0' ||
		strcmp(mapped + length, " (deleted)") == 0);
}

/*
 * The program of a task: the mapping of its file in its window.  Its name can
 * differ (symbolic links, another root directory); then the first image in the
 * window that asks for an interpreter, and is not the loader, is it.
 */
static int program_find_window(const struct observer_root *root,
			       const struct observer_task *task, pid_t reader,
			       struct program_image *image)
{
	struct observer_mapping mapping;
	struct observer_maps maps;
	uint64_t low, high;
	bool found = false;
	int error;

	if (!observer_get_window(root, task->slot, &low, &high))
		return ENOENT;
	error = maps_open(root->observer, reader, &maps);
	if (error)
		return error;
	while (maps_next(&maps, &mapping) && mapping.low < high) {
		struct program_image candidate;
		bool interpreted, named;

		if (mapping.low < low || mapping.offset || !mapping.inode ||
		    mapping.permissions[0] != 'r')
			continue;
		named = program_is_path(mapping.path, task->entry.program);
		if (!named && (found || task->entry.loader_base == mapping.low))
			continue;
		if (program_read_image(reader, mapping.low, &candidate,
				       &interpreted) ||
		    (!named && !interpreted))
			continue;
		*image = candidate;
		found = true;
		if (named)
			break;
	}
	maps_close(&maps);
	return found ? 0 : ENOENT;
}

int program_find(const struct observer_root *root,
		 const struct observer_task *task, pid_t reader,
		 struct program_image *image)
{
	memset(image, 0, sizeof(*image));
	if (task->slot == 0 || task->executed)
		return program_find_own(root, reader, image);
	return program_find_window(root, task, reader, image);
}
