/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mapping an ELF file (a loader, or a static PIE) into a task's window, as
 * execve(2) would, with its mmap calls led into the window.
 */
#ifndef PIP_IMAGE_H
#define PIP_IMAGE_H

#include "arch.h"
#include "elf_file.h"
#include "root.h"

/* A file that was read and checked, and the mmap calls found in it. */
struct image {
	struct elf_file elf;
	bool is_loader; /* checked as a PT_INTERP, not as a program */
	bool searched;  /* the rest is filled in */
	uint8_t nsites[PIP_ELF_PHDR_MAX]; /* per program header */
	struct arch_map_site sites[PIP_ELF_PHDR_MAX][ARCH_MAP_SITES_MAX];
	/* Where a loader ends its process, which in thread mode is the root's. */
	uint8_t nexits[PIP_ELF_PHDR_MAX];
	uint32_t exits[PIP_ELF_PHDR_MAX][ARCH_EXIT_SITES_MAX];
};

/*
 * Read and check the file behind fd, or find it in the cache of files seen
 * before.  loader: it is to be a PT_INTERP.  The caller holds root->lock; the
 * result stays valid until it lets go of it (a spawn reads two files, the
 * cache holds more).  Errors: those of elf_file_read() with a reason in why,
 * ENOMEM.
 */
PIP_HIDDEN PIP_CHECKED int image_read(int fd, bool loader,
				      struct image **imagep, char *why,
				      size_t whysize);

/* Map it.  *bias is what is added to its addresses.  Errors: ENOMEM, what
 * mmap(2) says, and in thread mode ENOEXEC: it is not seen how the loader ends
 * its process. */
PIP_HIDDEN PIP_CHECKED int image_map(struct pip_slot *slot, int fd,
				     struct image *image, uint64_t *bias);

#endif
