/* SPDX-License-Identifier: BSD-2-Clause */
/* A small but complete PIE, made in memory, for tests to spoil. */
#ifndef PIP_TEST_ELF_IMAGE_H
#define PIP_TEST_ELF_IMAGE_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define IMAGE_INTERP "/lib64/ld-linux-x86-64.so.2"

/* The program headers, by their index. */
enum { IMAGE_PHDR, IMAGE_PT_INTERP, IMAGE_TEXT, IMAGE_RODATA, IMAGE_DATA,
       IMAGE_DYNAMIC, IMAGE_STACK, IMAGE_NPHDR };

/* Page by page: headers and code, constants, data. */
struct image {
	union {
		struct {
			Elf64_Ehdr ehdr;
			Elf64_Phdr phdr[IMAGE_NPHDR];
			char interp[sizeof(IMAGE_INTERP)];
			unsigned char code[16];
		};
		unsigned char text[4096];
	};
	char rodata[4096];
	Elf64_Dyn dyn[4];
	char data[0x200 - 4 * sizeof(Elf64_Dyn)];
	/* Room for tests that want more. */
	char more[0x2000];
};

#define IMAGE_SIZE offsetof(struct image, more)
/* As offsets in the image: of a header's field, and of one of its PHDRs'. */
#define EHDR(field) offsetof(struct image, ehdr.field)
#define PHDR(i, field)                                          \
	(offsetof(struct image, phdr) + (i) * sizeof(Elf64_Phdr) + \
	 offsetof(Elf64_Phdr, field))

static inline void image_set_phdr(Elf64_Phdr *phdr, uint32_t type,
				  uint32_t flags, uint64_t offset,
				  uint64_t filesz, uint64_t memsz,
				  uint64_t align)
{
	*phdr = (Elf64_Phdr){
		.p_type = type, .p_flags = flags, .p_offset = offset,
		.p_vaddr = offset, .p_paddr = offset, .p_filesz = filesz,
		.p_memsz = memsz, .p_align = align,
	};
}

/* exit_group(0), then hlt: it can really run, as a static PIE. */
static inline void image_make(struct image *image)
{
	static const unsigned char code[16] = {
		0x31, 0xff,                   /* xor %edi, %edi */
		0xb8, 0xe7, 0x00, 0x00, 0x00, /* mov $231, %eax */
		0x0f, 0x05, 0xf4,             /* syscall; hlt */
	};
	Elf64_Ehdr *ehdr = &image->ehdr;

	memset(image, 0, sizeof(*image));
	memcpy(ehdr->e_ident, ELFMAG, SELFMAG);
	ehdr->e_ident[EI_CLASS] = ELFCLASS64;
	ehdr->e_ident[EI_DATA] = ELFDATA2LSB;
	ehdr->e_ident[EI_VERSION] = EV_CURRENT;
	ehdr->e_type = ET_DYN;
	ehdr->e_machine = EM_X86_64;
	ehdr->e_version = EV_CURRENT;
	ehdr->e_entry = offsetof(struct image, code);
	ehdr->e_phoff = offsetof(struct image, phdr);
	ehdr->e_ehsize = sizeof(Elf64_Ehdr);
	ehdr->e_phentsize = sizeof(Elf64_Phdr);
	ehdr->e_phnum = IMAGE_NPHDR;
	image_set_phdr(&image->phdr[IMAGE_PHDR], PT_PHDR, PF_R,
		       offsetof(struct image, phdr), sizeof(image->phdr),
		       sizeof(image->phdr), 8);
	image_set_phdr(&image->phdr[IMAGE_PT_INTERP], PT_INTERP, PF_R,
		       offsetof(struct image, interp), sizeof(image->interp),
		       sizeof(image->interp), 1);
	image_set_phdr(&image->phdr[IMAGE_TEXT], PT_LOAD, PF_R | PF_X, 0,
		       0x1000, 0x1000, 0x1000);
	image_set_phdr(&image->phdr[IMAGE_RODATA], PT_LOAD, PF_R, 0x1000,
		       0x1000, 0x1000, 0x1000);
	image_set_phdr(&image->phdr[IMAGE_DATA], PT_LOAD, PF_R | PF_W, 0x2000,
		       0x200, 0x3000, 0x1000);
	image_set_phdr(&image->phdr[IMAGE_DYNAMIC], PT_DYNAMIC, PF_R | PF_W,
		       0x2000, sizeof(image->dyn), sizeof(image->dyn), 8);
	image_set_phdr(&image->phdr[IMAGE_STACK], PT_GNU_STACK, PF_R | PF_W, 0,
		       0, 0, 16);
	memcpy(image->interp, IMAGE_INTERP, sizeof(image->interp));
	memcpy(image->code, code, sizeof(code));
	image->dyn[0] = (Elf64_Dyn){ .d_tag = DT_DEBUG };
	image->dyn[1] = (Elf64_Dyn){ .d_tag = DT_FLAGS_1,
				     .d_un.d_val = DF_1_PIE | DF_1_NOW };
}

#endif
