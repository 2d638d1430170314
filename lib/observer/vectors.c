// SPDX-License-Identifier: BSD-2-Clause
/*
 * What a program is given at its start, and how it is laid out, task by task:
 * environment, auxiliary vector, program headers.  The kernel's own copies
 * (/proc/PID/environ, auxv) belong to the address space and so are the root's.
 */
#include <config.h>

#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#define STRINGS_MAX 65536
#define STRINGS_SIZE (1 << 20)

static bool vectors_are_kernels(const struct observer_root *root,
				const struct observer_task *task)
{
	return task->executed || (task->slot == 0 && root->alive);
}

static pid_t vectors_reader(const struct observer_root *root,
			    const struct observer_task *task)
{
	return task->executed ? task->pid : root->reader;
}

static int environment_from_kernel(const struct observer_root *root, pid_t pid,
				   char **textp, size_t *sizep)
{
	char *text = malloc(STRINGS_SIZE + 2);
	ssize_t n;

	if (!text)
		return ENOMEM;
	watch_begin(pid);
	n = observer_read_file(root->observer, pid, "environ", text,
			       STRINGS_SIZE);
	watch_end();
	if (n < 0) {
		free(text);
		return n == -ENOENT ? ESRCH : (int)-n;
	}
	if (n && text[n - 1])
		text[n++] = '\0';
	text[n] = '\0';
	*textp = text;
	*sizep = (size_t)n;
	return 0;
}

static int environment_from_memory(pid_t reader, uint64_t vector, char **textp,
				   size_t *sizep)
{
	char *all = calloc(1, STRINGS_SIZE + 2), *text;
	size_t used = 0, length, i;
	int error = all ? 0 : ENOMEM;

	for (i = 0; !error && i < STRINGS_MAX; i++) {
		uint64_t address;

		error = remote_read(reader, vector + i * 8, &address,
				    sizeof(address));
		if (error || !address)
			break;
		error = remote_read_string(reader, address,
					   STRINGS_SIZE - used, &text, &length);
		if (error)
			break;
		if (length + 1 > STRINGS_SIZE - used) {
			free(text);
			break;
		}
		memcpy(all + used, text, length + 1);
		used += length + 1;
		free(text);
	}
	if (error) {
		free(all);
		return error;
	}
	*textp = all;
	*sizep = used;
	return 0;
}

int observer_read_environment(struct observer_root *root,
			      const struct observer_task *task, char **textp,
			      size_t *sizep)
{
	if (task->torn || task->gone)
		return ENOENT;
	if (vectors_are_kernels(root, task))
		return environment_from_kernel(root, task->pid, textp, sizep);
	if (!task->entry.envp || task->entry.state == PIP_STATE_ENDED)
		return ENOENT;
	return environment_from_memory(root->reader, task->entry.envp, textp,
				       sizep);
}

int observer_read_auxv(struct observer_root *root,
		       const struct observer_task *task,
		       struct observer_aux *aux, size_t *countp)
{
	Elf64_auxv_t auxv[OBSERVER_AUX_MAX + 1] = { 0 };
	size_t i;

	*countp = 0;
	if (task->torn || task->gone)
		return ENOENT;
	if (vectors_are_kernels(root, task)) {
		ssize_t n = observer_read_file(root->observer, task->pid,
					       "auxv", (char *)auxv,
					       sizeof(auxv));

		if (n < 0)
			return n == -ENOENT ? ESRCH : (int)-n;
	} else {
		if (!task->entry.auxv || task->entry.state == PIP_STATE_ENDED)
			return ENOENT;
		for (i = 0; i < OBSERVER_AUX_MAX; i++) {
			int error = remote_read(root->reader,
						task->entry.auxv +
						i * sizeof(auxv[0]),
						&auxv[i], sizeof(auxv[0]));

			if (error)
				return error;
			if (auxv[i].a_type == AT_NULL)
				break;
		}
	}
	for (i = 0; i < OBSERVER_AUX_MAX && auxv[i].a_type != AT_NULL; i++) {
		aux[i].type = auxv[i].a_type;
		aux[i].value = auxv[i].a_un.a_val;
	}
	*countp = i;
	return 0;
}

/* Where the headers are, and how many. */
static int segments_find(struct observer_root *root,
			 const struct observer_task *task, uint64_t *addressp,
			 uint64_t *numberp, uint64_t *biasp)
{
	pid_t reader = vectors_reader(root, task);
	struct program_image image = { .bias = task->entry.load_bias };
	Elf64_Ehdr elf;
	int error;

	if (vectors_are_kernels(root, task)) {
		*addressp = auxv_read(root->observer, reader, AT_PHDR);
		*numberp = auxv_read(root->observer, reader, AT_PHNUM);
		error = program_find(root, task, reader, &image);
		*biasp = image.bias;
		return *addressp ? error : ENOENT;
	}
	if (!image.bias) {
		error = program_find(root, task, reader, &image);
		if (error)
			return error;
	}
	/* Of a PIE, the segment with the ELF header has address 0. */
	error = remote_read(reader, image.bias, &elf, sizeof(elf));
	if (error)
		return error;
	if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
	    elf.e_phentsize != sizeof(Elf64_Phdr))
		return EBADMSG;
	*addressp = image.bias + elf.e_phoff;
	*numberp = elf.e_phnum;
	*biasp = image.bias;
	return 0;
}

int observer_read_segments(struct observer_root *root,
			   const struct observer_task *task,
			   struct observer_segment *segments, size_t *countp,
			   uint64_t *biasp)
{
	uint64_t address, number, i;
	int error;

	*countp = 0;
	if (task->torn || task->gone ||
	    (task->slot && task->entry.state == PIP_STATE_ENDED))
		return ENOENT;
	error = segments_find(root, task, &address, &number, biasp);
	if (error)
		return error;
	if (number > OBSERVER_SEGMENTS_MAX)
		return EBADMSG;
	for (i = 0; i < number; i++) {
		Elf64_Phdr header;

		error = remote_read(vectors_reader(root, task),
				    address + i * sizeof(header), &header,
				    sizeof(header));
		if (error)
			return error;
		segments[i] = (struct observer_segment){
			header.p_type, header.p_flags, header.p_offset,
			header.p_vaddr, header.p_filesz, header.p_memsz,
			header.p_align,
		};
	}
	*countp = number;
	return 0;
}
