/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ELF reader: every reason to refuse a file, with its errno value, and
 * what it says of files that are fine.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf-image.h"
#include "elf_file.h"
#include "expect.h"

/* How a test spoils the image: a number or a text at an offset. */
struct patch {
	size_t offset;
	size_t size; /* of the number; 0 ends the list unless text is set */
	uint64_t value;
	const char *text;
};

#define E(field, value) { EHDR(field), sizeof(((Elf64_Ehdr *)0)->field), \
			  (value), NULL }
#define IDENT(i, value) { EHDR(e_ident) + (i), 1, (value), NULL }
#define P(i, field, value) { PHDR(i, field), \
			     sizeof(((Elf64_Phdr *)0)->field), (value), NULL }
#define T(member, text) { offsetof(struct image, member), 0, 0, (text) }
#define NUMBER(member, value) { offsetof(struct image, member), 8, (value), NULL }

/* No PT_INTERP; the program header is one that nobody reads. */
#define NO_INTERP P(IMAGE_PT_INTERP, p_type, PT_NOTE)
#define NO_PIE NUMBER(dyn[1].d_un.d_val, DF_1_NOW)

#define GIB (UINT64_C(1) << 30)
#define TASK_SIZE (UINT64_C(1) << 47)

struct test {
	const char *name;
	int error;
	const char *why; /* part of the reason */
	struct patch patches[6];
};

static const struct test tests[] = {
	{ "sound", 0, "", { } },
	{ "no magic", ELIBBAD, "not an ELF file", { IDENT(0, 'X') } },
	{ "magic's last byte", ELIBBAD, "not an ELF file", { IDENT(3, 'f') } },
	{ "script", ELIBSCN, "a script", { T(ehdr, "#!/bin/sh\n") } },
	{ "class 0", ELIBBAD, "unknown ELF class 0", { IDENT(EI_CLASS, 0) } },
	{ "class 32", ELIBBAD, "32-bit", { IDENT(EI_CLASS, ELFCLASS32) } },
	{ "class 3", ELIBBAD, "unknown ELF class 3", { IDENT(EI_CLASS, 3) } },
	{ "data 0", ELIBBAD, "unknown byte order 0", { IDENT(EI_DATA, 0) } },
	{ "big endian", ELIBBAD, "other byte order",
	  { IDENT(EI_DATA, ELFDATA2MSB) } },
	{ "data 3", ELIBBAD, "unknown byte order 3", { IDENT(EI_DATA, 3) } },
	{ "ident version", ELIBBAD, "ELF version 0", { IDENT(EI_VERSION, 0) } },
	{ "version", ELIBBAD, "ELF version 2", { E(e_version, 2) } },
	{ "machine none", ELIBBAD, "another machine (ELF machine 0",
	  { E(e_machine, EM_NONE) } },
	{ "machine 386", ELIBBAD, "another machine", { E(e_machine, EM_386) } },
	{ "machine AArch64", ELIBBAD, "ELF machine 183, not 62, x86-64",
	  { E(e_machine, EM_AARCH64) } },
	{ "other OSABI", 0, "", { IDENT(EI_OSABI, ELFOSABI_FREEBSD) } },
	{ "type none", ELIBBAD, "unknown ELF type 0", { E(e_type, ET_NONE) } },
	{ "type REL", ELIBBAD, "an object file", { E(e_type, ET_REL) } },
	{ "type EXEC", ELIBEXEC, "not PIE", { E(e_type, ET_EXEC) } },
	{ "type CORE", ELIBBAD, "a core file", { E(e_type, ET_CORE) } },
	{ "type OS", ELIBBAD, "unknown ELF type 65024", { E(e_type, ET_LOOS) } },

	{ "no program headers", ELIBBAD, "no program headers",
	  { E(e_phnum, 0) } },
	{ "PN_XNUM", ELIBBAD, "65535 program headers", { E(e_phnum, PN_XNUM) } },
	{ "too many", ELIBBAD, "65 program headers, more than 64",
	  { E(e_phnum, PIP_ELF_PHDR_MAX + 1) } },
	{ "as many as there may be", 0, "", { E(e_phnum, PIP_ELF_PHDR_MAX),
	  T(interp, ""), T(code, ""), P(IMAGE_PT_INTERP, p_type, PT_NULL),
	  E(e_entry, 0xff0) } },
	{ "phentsize 0", ELIBBAD, "of 0 bytes, not 56", { E(e_phentsize, 0) } },
	{ "phentsize 32", ELIBBAD, "of 32 bytes", { E(e_phentsize, 32) } },
	{ "phentsize 64", ELIBBAD, "of 64 bytes", { E(e_phentsize, 64) } },
	{ "phoff at the end", ELIBBAD, "truncated",
	  { E(e_phoff, IMAGE_SIZE) } },
	{ "phoff one too far", ELIBBAD, "before its program headers (392 bytes",
	  { E(e_phoff, IMAGE_SIZE - IMAGE_NPHDR * 56 + 1) } },
	{ "phoff wraps", ELIBBAD, "truncated", { E(e_phoff, -8) } },
	{ "phoff wraps to 64", ELIBBAD, "truncated",
	  { E(e_phoff, UINT64_MAX - 391) } },

	{ "no PT_LOAD", ELIBBAD, "no loadable segment",
	  { P(IMAGE_TEXT, p_type, PT_NULL), P(IMAGE_RODATA, p_type, PT_NULL),
	    P(IMAGE_DATA, p_type, PT_NULL) } },
	{ "all PT_LOADs empty", ELIBBAD, "no loadable segment",
	  { P(IMAGE_TEXT, p_filesz, 0), P(IMAGE_TEXT, p_memsz, 0),
	    P(IMAGE_RODATA, p_type, PT_NULL), P(IMAGE_DATA, p_filesz, 0),
	    P(IMAGE_DATA, p_memsz, 0) } },
	{ "an empty PT_LOAD", 0, "", { P(IMAGE_RODATA, p_filesz, 0),
	    P(IMAGE_RODATA, p_memsz, 0), P(IMAGE_RODATA, p_vaddr, -1),
	    P(IMAGE_RODATA, p_offset, -1), P(IMAGE_RODATA, p_align, 3) } },
	{ "filesz > memsz", ELIBBAD, "segment 4 is larger in the file (0x200)",
	  { P(IMAGE_DATA, p_memsz, 0x1ff) } },
	{ "filesz, no memsz", ELIBBAD, "segment 3 is larger in the file",
	  { P(IMAGE_RODATA, p_memsz, 0) } },
	{ "filesz one too far", ELIBBAD, "truncated: segment 4",
	  { P(IMAGE_DATA, p_filesz, 0x201) } },
	{ "offset at the end", ELIBBAD, "truncated: segment 4",
	  { P(IMAGE_DATA, p_offset, 0x3000) } },
	{ "offset wraps", ELIBBAD, "truncated: segment 4",
	  { P(IMAGE_DATA, p_offset, -0x1000) } },
	{ "offset + filesz wraps", ELIBBAD, "truncated: segment 4",
	  { P(IMAGE_DATA, p_offset, -0x1000), P(IMAGE_DATA, p_filesz, 0x1000),
	    P(IMAGE_DATA, p_memsz, 0x1000) } },
	{ "filesz huge", ELIBBAD, "outside the address space",
	  { P(IMAGE_DATA, p_filesz, -1), P(IMAGE_DATA, p_memsz, -1) } },
	{ "memsz huge", ELIBBAD, "segment 4 (0xffffffffffffffff bytes at 0x2000)"
	  " is outside the address space", { P(IMAGE_DATA, p_memsz, -1) } },
	{ "vaddr + memsz wraps to 0", ELIBBAD, "outside the address space",
	  { P(IMAGE_DATA, p_vaddr, -0x1000), P(IMAGE_DATA, p_memsz, 0x1000) } },
	{ "vaddr + memsz wraps", ELIBBAD, "outside the address space",
	  { P(IMAGE_DATA, p_vaddr, -0x1000), P(IMAGE_DATA, p_memsz, 0x5000) } },
	{ "kernel's half", ELIBBAD, "outside the address space",
	  { P(IMAGE_DATA, p_vaddr, TASK_SIZE) } },
	{ "just fits below", ELIBBAD, "too big",
	  { P(IMAGE_DATA, p_vaddr, TASK_SIZE - 0x3000) } },
	{ "one page too high", ELIBBAD, "outside the address space",
	  { P(IMAGE_DATA, p_vaddr, TASK_SIZE - 0x2000) } },
	{ "16 GiB", 0, "", { P(IMAGE_DATA, p_memsz, 16 * GIB - 0x2000) } },
	{ "16 GiB and a byte", ELIBBAD, "takes 0x400001000 bytes",
	  { P(IMAGE_DATA, p_memsz, 16 * GIB - 0x1fff) } },
	{ "16 GiB gap", ELIBBAD, "more than 16 GiB",
	  { P(IMAGE_DATA, p_vaddr, 16 * GIB) } },
	{ "high and small", 0, "", { P(IMAGE_TEXT, p_vaddr, TASK_SIZE - 0x5000),
	  P(IMAGE_RODATA, p_vaddr, TASK_SIZE - 0x4000),
	  P(IMAGE_DATA, p_vaddr, TASK_SIZE - 0x3000),
	  E(e_entry, TASK_SIZE - 0x5000 + offsetof(struct image, code)) } },

	{ "offset not congruent", ELIBBAD, "do not agree modulo the page size",
	  { P(IMAGE_DATA, p_vaddr, 0x2010) } },
	{ "offset not congruent 2", ELIBBAD, "segment 4 has address 0x2000 and "
	  "offset 0x2001", { P(IMAGE_DATA, p_offset, 0x2001),
	    P(IMAGE_DATA, p_filesz, 0x10) } },
	{ "aligned more than its offset", 0, "",
	  { P(IMAGE_DATA, p_vaddr, 0x200000), P(IMAGE_DATA, p_align, 0x200000) } },
	{ "align 0", 0, "", { P(IMAGE_DATA, p_align, 0) } },
	{ "align 1", 0, "", { P(IMAGE_DATA, p_align, 1) } },
	{ "align 16", 0, "", { P(IMAGE_DATA, p_align, 16) } },
	{ "align 3", ELIBBAD, "not a power of two", { P(IMAGE_DATA, p_align, 3) } },
	{ "align 0x1800", ELIBBAD, "segment 2 is aligned to 0x1800, not a power",
	  { P(IMAGE_TEXT, p_align, 0x1800) } },
	{ "align -1", ELIBBAD, "not a power of two",
	  { P(IMAGE_DATA, p_align, -1) } },
	{ "align 1 GiB", 0, "", { P(IMAGE_DATA, p_align, GIB) } },
	{ "align 2 GiB", ELIBBAD, "more than 1 GiB",
	  { P(IMAGE_DATA, p_align, 2 * GIB) } },
	{ "align 2^63", ELIBBAD, "more than 1 GiB",
	  { P(IMAGE_DATA, p_align, UINT64_C(1) << 63) } },

	{ "not sorted", ELIBBAD, "segment 3 (at 0x1000) comes after 2 (at 0x5000)",
	  { P(IMAGE_TEXT, p_vaddr, 0x5000), E(e_entry, 0x5000 +
	    offsetof(struct image, code)) } },
	{ "the same twice", ELIBBAD, "segment 3 (at 0x0) overlaps 2 (to 0x1000)",
	  { P(IMAGE_RODATA, p_vaddr, 0), P(IMAGE_RODATA, p_offset, 0) } },
	{ "overlap by one byte", ELIBBAD, "overlaps 2 (to 0x1001)",
	  { P(IMAGE_TEXT, p_filesz, 0x1001), P(IMAGE_TEXT, p_memsz, 0x1001) } },
	{ "overlap across one", ELIBBAD, "overlaps",
	  { P(IMAGE_RODATA, p_type, PT_NULL), P(IMAGE_TEXT, p_flags, 7),
	    P(IMAGE_TEXT, p_memsz, 0x8000) } },
	{ "one page, other bytes", ELIBBAD, "needs the last page of 2",
	  { P(IMAGE_TEXT, p_filesz, 0x800), P(IMAGE_TEXT, p_memsz, 0x800),
	    P(IMAGE_RODATA, p_vaddr, 0x800), P(IMAGE_RODATA, p_offset, 0x1800),
	    P(IMAGE_RODATA, p_filesz, 0x100), P(IMAGE_RODATA, p_memsz, 0x100) } },
	{ "one page, the same bytes", 0, "",
	  { P(IMAGE_TEXT, p_filesz, 0x800), P(IMAGE_TEXT, p_memsz, 0x800),
	    P(IMAGE_RODATA, p_vaddr, 0x800), P(IMAGE_RODATA, p_offset, 0x800) } },
	{ "one page, zeros in it", ELIBBAD, "needs the last page of 2 (to 0x801)",
	  { P(IMAGE_TEXT, p_filesz, 0x800), P(IMAGE_TEXT, p_memsz, 0x801),
	    P(IMAGE_TEXT, p_flags, PF_R | PF_W | PF_X),
	    P(IMAGE_RODATA, p_vaddr, 0x900), P(IMAGE_RODATA, p_offset, 0x900) } },
	{ "one page, all zeros", ELIBBAD, "needs the last page of 3",
	  { P(IMAGE_DATA, p_vaddr, 0x1ff0), P(IMAGE_RODATA, p_memsz, 0xff0),
	    P(IMAGE_RODATA, p_filesz, 0xff0), P(IMAGE_DATA, p_filesz, 0),
	    P(IMAGE_DATA, p_offset, 0x1ff0), NO_PIE } },
	{ "zeros not writable", ELIBBAD, "segment 4 needs zeroed memory at 0x2200",
	  { P(IMAGE_DATA, p_flags, PF_R) } },
	{ "zeros from a page on", 0, "", { P(IMAGE_RODATA, p_vaddr, 0x10000),
	  P(IMAGE_DATA, p_vaddr, 0x18000), P(IMAGE_RODATA, p_memsz, 0x4000) } },
	{ "only zeros", 0, "", { P(IMAGE_DATA, p_filesz, 0),
	  P(IMAGE_DATA, p_offset, -1), P(IMAGE_DATA, p_vaddr, 0x2345) } },

	{ "interp without NUL", ELIBBAD, "path does not end",
	  { P(IMAGE_PT_INTERP, p_filesz, sizeof(IMAGE_INTERP) - 1) } },
	{ "interp of one NUL", ELIBBAD, "path is empty",
	  { P(IMAGE_PT_INTERP, p_filesz, 1), NUMBER(interp, 0) } },
	{ "interp of no byte", ELIBBAD, "path is empty",
	  { P(IMAGE_PT_INTERP, p_filesz, 0) } },
	{ "interp of NULs", ELIBBAD, "path is empty", { NUMBER(interp, 0) } },
	{ "interp ends early", 0, "", { T(interp, "/lib/ld\0?") } },
	{ "interp of 4097", ELIBBAD, "has 4097 bytes, more than 4096",
	  { P(IMAGE_PT_INTERP, p_filesz, 4097),
	    P(IMAGE_PT_INTERP, p_offset, 0x1000) } },
	{ "interp of 4096", 0, "", { P(IMAGE_PT_INTERP, p_filesz, 4096),
	  P(IMAGE_PT_INTERP, p_offset, 0x1000), T(rodata, "/lib/ld") } },
	{ "interp huge", ELIBBAD, "more than 4096",
	  { P(IMAGE_PT_INTERP, p_filesz, -1) } },
	{ "interp outside", ELIBBAD, "before its interpreter's path",
	  { P(IMAGE_PT_INTERP, p_offset, IMAGE_SIZE - 4) } },
	{ "interp wraps", ELIBBAD, "truncated",
	  { P(IMAGE_PT_INTERP, p_offset, -4) } },
	{ "interp relative", ELIBBAD, "not absolute", { T(interp, "lib64/ld.so") } },
	{ "interp with ESC", ELIBBAD, "control characters",
	  { T(interp, "/lib\033[2J/ld.so") } },
	{ "interp with newline", ELIBBAD, "control characters",
	  { T(interp, "/lib\n") } },
	{ "interp in UTF-8", 0, "", { T(interp, "/l\303\255b\0") } },
	{ "two interps", ELIBBAD, "names two interpreters",
	  { P(IMAGE_PHDR, p_type, PT_INTERP),
	    P(IMAGE_PHDR, p_offset, offsetof(struct image, interp)),
	    P(IMAGE_PHDR, p_filesz, sizeof(IMAGE_INTERP)) } },

	{ "static PIE", 0, "", { NO_INTERP } },
	{ "library", ELIBEXEC, "a shared library, not a program",
	  { NO_INTERP, NO_PIE } },
	{ "library without entry", ELIBEXEC, "a shared library",
	  { NO_INTERP, NO_PIE, E(e_entry, 0) } },
	{ "library with interp", 0, "", { NO_PIE } },
	{ "no dynamic section", ELIBEXEC, "a shared library",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_type, PT_NULL) } },
	{ "mark after the end", ELIBEXEC, "a shared library",
	  { NO_INTERP, NUMBER(dyn[0].d_tag, DT_NULL) } },
	{ "mark in half an entry", ELIBEXEC, "a shared library",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_filesz, 31) } },
	{ "dynamic section outside", ELIBBAD, "before its dynamic section",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_offset, IMAGE_SIZE - 16) } },
	{ "dynamic section wraps", ELIBBAD, "truncated",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_offset, -16) } },
	{ "dynamic section huge", ELIBBAD, "has 0xffffffffffffffff bytes",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_filesz, -1) } },
	{ "dynamic section without end", ELIBEXEC, "a shared library",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_offset, 0x1000), T(rodata, "x"),
	    P(IMAGE_DYNAMIC, p_filesz, 16) } },

	{ "entry 0", ELIBBAD, "entry point 0x0 is not in an executable",
	  { E(e_entry, 0), P(IMAGE_TEXT, p_flags, PF_R) } },
	{ "entry in data", ELIBBAD, "entry point 0x2000", { E(e_entry, 0x2000) } },
	{ "entry in a hole", ELIBBAD, "entry point 0x100000",
	  { E(e_entry, 0x100000) } },
	{ "entry -1", ELIBBAD, "entry point 0xffffffffffffffff",
	  { E(e_entry, -1) } },
	{ "entry after the text", ELIBBAD, "entry point 0x1000",
	  { E(e_entry, 0x1000) } },
	{ "entry in zeros", ELIBBAD, "entry point 0x3000",
	  { E(e_entry, 0x3000), P(IMAGE_DATA, p_flags, 7) } },
};

static const struct test loader_tests[] = {
	{ "loader", 0, "", { NO_INTERP, NO_PIE } },
	{ "loader marked PIE", 0, "", { NO_INTERP } },
	{ "loader with interp", ELIBBAD, "needs an interpreter itself", { } },
	{ "loader not PIE", ELIBEXEC, "not PIE", { E(e_type, ET_EXEC) } },
	{ "loader without entry", ELIBBAD, "entry point 0x0",
	  { NO_INTERP, E(e_entry, 0), P(IMAGE_TEXT, p_flags, PF_R) } },
	{ "loader, dynamic section wrong", 0, "",
	  { NO_INTERP, P(IMAGE_DYNAMIC, p_offset, -16) } },
};

static int make_file(const void *bytes, size_t size)
{
	int fd = memfd_create("elf-file", MFD_CLOEXEC);

	if (fd < 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size)
		die("memfd");
	return fd;
}

static bool is_one_line(const char *why)
{
	for (; *why != '\0'; why++)
		if ((unsigned char)*why < ' ' || *why == '\177')
			return false;
	return true;
}

static void apply(struct image *image, const struct patch *patch)
{
	unsigned char *place = (unsigned char *)image + patch->offset;

	/* Little-endian, as the tests' machine. */
	if (patch->text != NULL)
		memcpy(place, patch->text, strlen(patch->text) + 1);
	else
		memcpy(place, &patch->value, patch->size);
}

typedef int reader_t(int, struct elf_file *, char *, size_t);

static void run_test(const struct test *test, reader_t *reader)
{
	struct image image;
	struct elf_file elf;
	char why[160], small[8];
	int fd, error;

	image_make(&image);
	for (size_t i = 0; i < 6; i++)
		apply(&image, &test->patches[i]);
	fd = make_file(&image, IMAGE_SIZE);
	memset(why, '\n', sizeof(why));
	error = reader(fd, &elf, why, sizeof(why));
	EXPECT(error == test->error, "%s: %d (%s) \"%s\"", test->name, error,
	       strerrorname_np(error), why);
	EXPECT(strstr(why, test->why) != NULL, "%s: \"%s\"", test->name, why);
	EXPECT(error == 0 || why[0] != '\0', "%s: no reason", test->name);
	EXPECT(strlen(why) < 128 && is_one_line(why), "%s: \"%s\"", test->name,
	       why);
	/* A caller may give less room for the reason, or none. */
	error = reader(fd, &elf, small, sizeof(small));
	EXPECT(error == test->error && strlen(small) < sizeof(small), "%s",
	       test->name);
	error = reader(fd, &elf, NULL, 0);
	EXPECT(error == test->error, "%s", test->name);
	close(fd);
}

/* What a sound file's description says. */
static void check_fields(void)
{
	struct image image;
	struct elf_file elf;
	struct stat st;
	char why[160];
	int fd;

	image_make(&image);
	image.phdr[IMAGE_RODATA].p_align = 0x10000;
	fd = make_file(&image, IMAGE_SIZE);
	if (fstat(fd, &st) != 0)
		die("fstat");
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == 0, "%s", why);
	EXPECT(elf.entry == offsetof(struct image, code), "%" PRIx64, elf.entry);
	EXPECT(elf.phdr_vaddr == 64, "%" PRIx64, elf.phdr_vaddr);
	EXPECT(elf.low == 0 && elf.high == 0x5000, "%" PRIx64, elf.high);
	EXPECT(elf.align == 0x10000, "%" PRIx64, elf.align);
	EXPECT(elf.nphdr == IMAGE_NPHDR, "%u", elf.nphdr);
	EXPECT(memcmp(elf.phdr, image.phdr, sizeof(image.phdr)) == 0, "phdr");
	EXPECT(elf.has_interp && strcmp(elf.interp, IMAGE_INTERP) == 0, "%s",
	       elf.interp);
	EXPECT(elf.dev == st.st_dev && elf.ino == st.st_ino &&
	       elf.size == IMAGE_SIZE, "%" PRIu64, elf.size);
	EXPECT(elf.mtime_ns == (uint64_t)st.st_mtim.tv_sec * 1000000000 +
	       (uint64_t)st.st_mtim.tv_nsec, "%" PRIu64, elf.mtime_ns);
	close(fd);

	/* Program headers at the end of the file, in no segment. */
	image.ehdr.e_phoff = IMAGE_SIZE;
	memcpy(image.more, image.phdr, sizeof(image.phdr));
	((Elf64_Phdr *)image.more)[IMAGE_RODATA].p_memsz = 0;
	((Elf64_Phdr *)image.more)[IMAGE_RODATA].p_filesz = 0;
	((Elf64_Phdr *)image.more)[IMAGE_PT_INTERP].p_type = PT_NULL;
	fd = make_file(&image, IMAGE_SIZE + sizeof(image.phdr));
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == 0, "%s", why);
	EXPECT(elf.phdr_vaddr == 0, "%" PRIx64, elf.phdr_vaddr);
	EXPECT(elf.phdr[IMAGE_RODATA].p_type == PT_NULL, "an empty PT_LOAD");
	EXPECT(!elf.has_interp && elf.interp[0] == '\0', "%s", elf.interp);
	close(fd);
}

/* A file cut anywhere must be refused: nothing of it is superfluous. */
static void check_truncated(const void *bytes, size_t size, size_t limit)
{
	struct elf_file elf;
	char why[160];
	int fd = make_file(bytes, size);

	for (size_t cut = limit; cut-- > 0;) {
		int error;

		if (ftruncate(fd, (off_t)cut) != 0)
			die("ftruncate");
		error = elf_file_read(fd, &elf, why, sizeof(why));
		EXPECT(error == (cut < 64 ? EUNATCH : ELIBBAD),
		       "%zu bytes: %d \"%s\"", cut, error, why);
		EXPECT(strncmp(why, cut == 0 ? "empty" : cut < 64 ? "too short" :
			       "truncated", 5) == 0, "%zu: \"%s\"", cut, why);
	}
	close(fd);
}

static void check_short_script(void)
{
	struct elf_file elf;
	char why[160];
	int fd = make_file("#!", 2);

	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == ELIBSCN, "%s", why);
	close(fd);
	fd = make_file("#", 1);
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == EUNATCH, "%s", why);
	close(fd);
}

/* Descriptors that are no regular file, or cannot be read. */
static void check_descriptors(void)
{
	struct elf_file elf;
	char why[160];
	int fds[2], fd;

	fd = open("/", O_RDONLY | O_DIRECTORY);
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == EACCES, "%s", why);
	EXPECT(strcmp(why, "a directory") == 0, "%s", why);
	close(fd);
	fd = open("/dev/null", O_RDONLY);
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == EACCES, "%s", why);
	EXPECT(strcmp(why, "not a regular file") == 0, "%s", why);
	close(fd);
	if (pipe(fds) != 0)
		die("pipe");
	EXPECT(elf_file_read(fds[0], &elf, why, sizeof(why)) == EACCES, "%s", why);
	close(fds[0]);
	close(fds[1]);
	EXPECT(elf_file_read(fds[0], &elf, why, sizeof(why)) == EBADF, "%s", why);
	EXPECT(elf_file_read(-1, &elf, why, sizeof(why)) == EBADF, "%s", why);
	fd = open("/bin/sh", O_PATH);
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == EBADF, "%s", why);
	EXPECT(strstr(why, "unreadable: ") == why, "%s", why);
	close(fd);
}

/* What is installed here. */
static void check_installed(void)
{
	struct elf_file self, elf;
	struct stat st;
	char why[160];
	void *bytes;
	int fd = open("/proc/self/exe", O_RDONLY);

	EXPECT(elf_file_read(fd, &self, why, sizeof(why)) == 0, "%s", why);
	EXPECT(self.has_interp, "this test is a dynamic program");
	EXPECT(elf_file_read_loader(fd, &elf, why, sizeof(why)) == ELIBBAD, "%s",
	       why);
	if (fstat(fd, &st) != 0)
		die("fstat");
	bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (bytes == MAP_FAILED)
		die("mmap");
	check_truncated(bytes, (size_t)st.st_size,
			self.phdr_vaddr + self.nphdr * sizeof(Elf64_Phdr) + 64);
	munmap(bytes, (size_t)st.st_size);
	close(fd);

	fd = open(self.interp, O_RDONLY);
	EXPECT(elf_file_read_loader(fd, &elf, why, sizeof(why)) == 0, "%s", why);
	EXPECT(elf_file_read(fd, &elf, why, sizeof(why)) == ELIBEXEC, "%s", why);
	EXPECT(strstr(why, "a shared library") == why, "%s", why);
	close(fd);
}

static int count_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int main(void)
{
	int descriptors = count_descriptors();
	struct image image;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		run_test(&tests[i], elf_file_read);
	for (size_t i = 0; i < sizeof(loader_tests) / sizeof(loader_tests[0]); i++)
		run_test(&loader_tests[i], elf_file_read_loader);
	image_make(&image);
	check_fields();
	check_truncated(&image, IMAGE_SIZE, IMAGE_SIZE);
	check_short_script();
	check_descriptors();
	check_installed();
	EXPECT(count_descriptors() == descriptors, "descriptors leaked");
	printf("%d checks, %d failed\n", ran, failed);
	return failed != 0;
}
