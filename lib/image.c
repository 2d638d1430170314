/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

#define PAGE 4096ul
#define PAGE_DOWN(x) ((x) & ~(PAGE - 1))
#define PAGE_UP(x) PAGE_DOWN((x) + PAGE - 1)

/* Loaders and programs: a PiP program mostly spawns the same one again. */
#define CACHE_SIZE 8

static struct image *cache[CACHE_SIZE];
static unsigned cache_turn;

/* More code than this is not searched: no program has it, and a sparse file
 * of some GiB would take that much memory. */
#define CODE_MAX (256ul << 20)

/* Find the mmap calls in an executable segment of the file. */
static int find_sites(int fd, struct image *image, unsigned index)
{
	const Elf64_Phdr *phdr = &image->elf.phdr[index];
	uint8_t *code;

	if (phdr->p_filesz > CODE_MAX)
		return 0;
	code = malloc(phdr->p_filesz);
	if (code == NULL)
		return ENOMEM;
	if (pread(fd, code, phdr->p_filesz, (off_t)phdr->p_offset) ==
	    (ssize_t)phdr->p_filesz)
		image->nsites[index] =
			(uint8_t)arch_map_find(code, phdr->p_filesz,
						image->sites[index]);
	if (image->nsites[index] != 0 && image->is_loader)
		image->nexits[index] =
			(uint8_t)arch_exit_find(code, phdr->p_filesz,
						image->exits[index]);
	free(code);
	return 0;
}

static int find_all_sites(int fd, struct image *image)
{
	int error = 0;

	for (unsigned i = 0; error == 0 && i < image->elf.nphdr; i++)
		if (image->elf.phdr[i].p_type == PT_LOAD &&
		    image->elf.phdr[i].p_filesz != 0 &&
		    (image->elf.phdr[i].p_flags & PF_X) != 0)
			error = find_sites(fd, image, i);
	image->searched = error == 0;
	return error;
}

/*
 * The cache's entry for the file behind fd, if it has not changed since.  A
 * file that was written within the last second is read again: it may have
 * been written twice within one tick of its time stamp.
 */
static struct image *find_cached(const struct stat *st, bool loader)
{
	uint64_t mtime_ns = (uint64_t)st->st_mtim.tv_sec * 1000000000u +
			    (uint64_t)st->st_mtim.tv_nsec;

	if (time(NULL) - st->st_mtim.tv_sec < 2)
		return NULL;
	for (unsigned i = 0; i < CACHE_SIZE; i++) {
		struct image *image = cache[i];

		if (image != NULL && image->elf.ino == st->st_ino &&
		    image->elf.dev == st->st_dev &&
		    image->elf.size == (uint64_t)st->st_size &&
		    image->elf.mtime_ns == mtime_ns &&
		    image->is_loader == loader)
			return image;
	}
	return NULL;
}

int image_read(int fd, bool loader, struct image **imagep, char *why,
	       size_t whysize)
{
	struct image *image;
	struct stat st;
	int error;

	if (fstat(fd, &st) == 0) {
		*imagep = find_cached(&st, loader);
		if (*imagep != NULL)
			return 0;
	}
	image = calloc(1, sizeof(*image));
	if (image == NULL)
		return ENOMEM;
	image->is_loader = loader;
	error = loader ? elf_file_read_loader(fd, &image->elf, why, whysize) :
			 elf_file_read(fd, &image->elf, why, whysize);
	if (error != 0) {
		free(image);
		return error;
	}
	free(cache[cache_turn]);
	cache[cache_turn] = image;
	cache_turn = (cache_turn + 1) % CACHE_SIZE;
	*imagep = image;
	return 0;
}

static int protection(const Elf64_Phdr *phdr)
{
	return ((phdr->p_flags & PF_R) != 0 ? PROT_READ : 0) |
	       ((phdr->p_flags & PF_W) != 0 ? PROT_WRITE : 0) |
	       ((phdr->p_flags & PF_X) != 0 ? PROT_EXEC : 0);
}

static int map_fixed(uint64_t at, uint64_t length, int prot, int flags, int fd,
		     uint64_t offset)
{
	if (mmap((void *)at, length, prot, MAP_PRIVATE | MAP_FIXED | flags, fd,
		 (off_t)offset) == MAP_FAILED)
		return errno;
	return 0;
}

/* May what is left of a segment's last page be written to?  It may not where
 * it becomes zero, or where the next segment gets mapped over it. */
static bool owns_last_page(const struct elf_file *elf, unsigned index)
{
	const Elf64_Phdr *phdr = &elf->phdr[index];
	uint64_t end = PAGE_UP(phdr->p_vaddr + phdr->p_memsz);

	for (unsigned i = index + 1; i < elf->nphdr; i++)
		if (elf->phdr[i].p_type == PT_LOAD && elf->phdr[i].p_vaddr < end)
			return false;
	return phdr->p_memsz == phdr->p_filesz;
}

/*
 * Patch the mmap calls of a segment that is mapped writable.  The stubs go
 * into what is left of its last page, where there is room; else to spare.
 */
static int patch_sites(struct pip_slot *slot, const struct image *image,
		       unsigned index, uint64_t bias, uint64_t spare)
{
	const Elf64_Phdr *phdr = &image->elf.phdr[index];
	uint64_t end = bias + phdr->p_vaddr + phdr->p_filesz;
	unsigned n = image->nsites[index];
	unsigned nexits = root_is_threaded(slot->root) ? image->nexits[index] :
							 0;
	uint64_t stubs = (end + 15) & ~15ul;
	uint64_t size = n * ARCH_STUB_SIZE + nexits * ARCH_EXIT_STUB_SIZE;
	int error;

	if (stubs + size > PAGE_UP(end) ||
	    !owns_last_page(&image->elf, index)) {
		stubs = spare;
		error = map_fixed(spare, PAGE, PROT_READ | PROT_WRITE,
				  MAP_ANONYMOUS, -1, 0);
		if (error != 0)
			return error;
	}
	for (unsigned i = 0; i < n; i++)
		arch_map_patch((uint8_t *)(bias + phdr->p_vaddr),
			       &image->sites[index][i],
			       (uint8_t *)stubs + i * ARCH_STUB_SIZE,
			       &slot->next, slot->window_high);
	for (unsigned i = 0; i < nexits; i++)
		arch_exit_patch((uint8_t *)(bias + phdr->p_vaddr),
				image->exits[index][i],
				(uint8_t *)stubs + n * ARCH_STUB_SIZE +
					i * ARCH_EXIT_STUB_SIZE,
				slot->root->thread.exit_from_loader);
	if (stubs == spare &&
	    mprotect((void *)spare, PAGE, PROT_READ | PROT_EXEC) != 0)
		return errno;
	return 0;
}

static int map_segment(struct pip_slot *slot, int fd, const struct image *image,
		       unsigned index, uint64_t bias, uint64_t spare)
{
	const Elf64_Phdr *phdr = &image->elf.phdr[index];
	uint64_t start = PAGE_DOWN(bias + phdr->p_vaddr);
	uint64_t file_end = bias + phdr->p_vaddr + phdr->p_filesz;
	uint64_t memory_end = bias + phdr->p_vaddr + phdr->p_memsz;
	bool patched = image->nsites[index] != 0;
	int prot = protection(phdr), error = 0;

	if (phdr->p_filesz != 0)
		error = map_fixed(start, PAGE_UP(file_end) - start,
				  patched ? PROT_READ | PROT_WRITE : prot, 0,
				  fd, PAGE_DOWN(phdr->p_offset));
	if (error == 0 && patched) {
		error = patch_sites(slot, image, index, bias, spare);
		if (error == 0 &&
		    mprotect((void *)start, PAGE_UP(file_end) - start, prot) !=
			    0)
			error = errno;
	}
	if (error != 0 || memory_end <= file_end)
		return error;
	/* .bss: the rest of the last page of the file is not ours to keep. */
	if (phdr->p_filesz != 0 && (prot & PROT_WRITE) != 0)
		memset((void *)file_end, 0, PAGE_UP(file_end) - file_end);
	if (phdr->p_filesz != 0)
		start = PAGE_UP(file_end);
	if (PAGE_UP(memory_end) > start)
		error = map_fixed(start, PAGE_UP(memory_end) - start, prot,
				  MAP_ANONYMOUS, -1, 0);
	return error;
}

int image_map(struct pip_slot *slot, int fd, struct image *image,
	      uint64_t *bias)
{
	const struct elf_file *elf = &image->elf;
	/* The bias must be a multiple of the alignment, low need not be. */
	uint64_t low = elf->low & ~(elf->align - 1);
	uint64_t extent = elf->high - low, base;

	if (!image->searched && find_all_sites(fd, image) != 0)
		return ENOMEM;
	/* One page more for stubs, spread over the segments that need it. */
	base = place_take(slot, extent + elf->nphdr * PAGE, elf->align);
	if (base == 0)
		return ENOMEM;
	*bias = base - low;
	for (unsigned i = 0; i < elf->nphdr; i++) {
		int error;

		if (elf->phdr[i].p_type != PT_LOAD || elf->phdr[i].p_memsz == 0)
			continue;
		error = map_segment(slot, fd, image, i, *bias,
				    base + extent + i * PAGE);
		if (error != 0)
			return error;
	}
	return 0;
}
