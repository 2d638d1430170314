/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Look up a function by its name, static ones too, as the dynamic loader
 * cannot: it knows .dynsym only.
 */
#include "elf_symbol.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "elf_machine.h"
#include "libelf_load.h"

/* libelf reads a table into memory as a whole: what a hostile, sparse file can
 * make it take is limited.  Web browsers with debug symbols have 250 MiB. */
#define TABLE_SIZE_MAX (UINT64_C(512) << 20)

struct lookup {
	const char *name;
	const struct libelf *libelf;
	Elf *elf;
	char *why;
	size_t whysize;
	/* What was found. */
	bool has_symtab;
	bool is_global, is_indirect, is_imported;
	bool is_other; /* the name of something else, of other_type */
	unsigned other_type;
	unsigned nlocal; /* local functions at different addresses */
	uint64_t value;
};

__attribute__((format(printf, 3, 4)))
static int refuse(const struct lookup *lookup, int error, const char *format,
		  ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(lookup->why, lookup->whysize, format, args);
	va_end(args);
	return error;
}

/* libelf failed: out of memory is not the file's fault. */
static int refuse_libelf(const struct lookup *lookup, const char *what)
{
	int error = errno == ENOMEM ? ENOMEM : ELIBBAD;
	int elf_error = lookup->libelf->elf_errno();
	const char *message = lookup->libelf->elf_errmsg(elf_error);

	return refuse(lookup, error,
		      "cannot be looked up: %s: %s", what,
		      message != NULL ? message : "unknown error");
}

/*
 * Check what libelf believes blindly when it opens a file: it allocates as
 * many section descriptors as the file claims to have.
 */
static int check_header(const struct lookup *lookup, int fd)
{
	Elf64_Ehdr ehdr;
	struct stat st;
	uint64_t size, length;
	ssize_t n;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return refuse(lookup, ELIBBAD, "cannot be looked up: "
			      "the file is not a regular one");
	do
		n = pread(fd, &ehdr, sizeof(ehdr), 0);
	while (n < 0 && errno == EINTR);
	if (n != sizeof(ehdr) ||
	    memcmp(ehdr.e_ident, ELFMAG, SELFMAG) != 0 ||
	    ehdr.e_ident[EI_CLASS] != ELFCLASS64 ||
	    ehdr.e_ident[EI_DATA] != PIP_ELF_DATA ||
	    ehdr.e_machine != PIP_ELF_MACHINE)
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file "
			      "is not an ELF file of this machine");
	if (ehdr.e_shoff == 0)
		return 0;
	size = (uint64_t)st.st_size;
	length = (uint64_t)ehdr.e_shnum * sizeof(Elf64_Shdr);
	/* e_shnum 0: 65,280 sections or more, the number is in the first. */
	if (ehdr.e_shnum == 0 || ehdr.e_shentsize != sizeof(Elf64_Shdr) ||
	    length > size || ehdr.e_shoff > size - length)
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "section headers (%u of %u bytes at 0x%" PRIx64
			      ") are corrupt or truncated",
			      ehdr.e_shnum, ehdr.e_shentsize, ehdr.e_shoff);
	return 0;
}

/* Read the contents of a section, which libelf frees with the Elf. */
static int read_table(const struct lookup *lookup, Elf_Scn *scn,
		      const GElf_Shdr *shdr, const char *what, Elf_Data **data)
{
	if (shdr->sh_size > TABLE_SIZE_MAX)
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "%s has 0x%" PRIx64 " bytes, more than 512 MiB",
			      what, shdr->sh_size);
	errno = 0;
	*data = lookup->libelf->elf_getdata(scn, NULL);
	if (*data == NULL)
		return refuse_libelf(lookup, what);
	if ((*data)->d_size != shdr->sh_size ||
	    ((*data)->d_buf == NULL && (*data)->d_size > 0))
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "%s is truncated", what);
	return 0;
}

/* The string table that a symbol table refers to; ends with a NUL. */
static int read_strings(const struct lookup *lookup, const GElf_Shdr *symtab,
			Elf_Data **strings)
{
	Elf_Scn *scn = lookup->libelf->elf_getscn(lookup->elf, symtab->sh_link);
	GElf_Shdr shdr;
	int error;

	if (scn == NULL || lookup->libelf->gelf_getshdr(scn, &shdr) == NULL ||
	    shdr.sh_type != SHT_STRTAB)
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "symbol table refers to section %" PRIu32
			      ", which has no strings", symtab->sh_link);
	error = read_table(lookup, scn, &shdr, "string table", strings);
	if (error != 0)
		return error;
	if ((*strings)->d_size == 0 ||
	    ((const char *)(*strings)->d_buf)[(*strings)->d_size - 1] != '\0')
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "string table does not end");
	return 0;
}

/* Note one symbol of the right name.  True = no better one can come. */
static bool note_symbol(struct lookup *lookup, const GElf_Sym *sym)
{
	unsigned type = GELF_ST_TYPE(sym->st_info);

	if (sym->st_shndx == SHN_UNDEF) {
		lookup->is_imported = true;
	} else if (type == STT_GNU_IFUNC) {
		/* Its value is the function that selects the real one. */
		lookup->is_indirect = true;
	} else if (type != STT_FUNC) {
		/* A name of a source file or a section is no definition. */
		if (type != STT_FILE && type != STT_SECTION) {
			lookup->is_other = true;
			lookup->other_type = type;
		}
	} else if (GELF_ST_BIND(sym->st_info) != STB_LOCAL) {
		lookup->is_global = true;
		lookup->value = sym->st_value;
		return true;
	} else if (lookup->nlocal == 0 || lookup->value != sym->st_value) {
		/* The same address again is an alias of the same function. */
		lookup->nlocal++;
		lookup->value = sym->st_value;
	}
	return false;
}

static int search_table(struct lookup *lookup, Elf_Scn *scn,
			const GElf_Shdr *shdr)
{
	Elf_Data *symbols, *strings;
	GElf_Sym sym;
	size_t count;
	int error;

	if (shdr->sh_entsize != sizeof(Elf64_Sym) ||
	    shdr->sh_size % sizeof(Elf64_Sym) != 0)
		return refuse(lookup, ELIBBAD, "cannot be looked up: the file's "
			      "symbol table has entries of %" PRIu64 " bytes in "
			      "%" PRIu64 ", not %zu", shdr->sh_entsize,
			      shdr->sh_size, sizeof(Elf64_Sym));
	error = read_strings(lookup, shdr, &strings);
	if (error == 0)
		error = read_table(lookup, scn, shdr, "symbol table", &symbols);
	if (error != 0)
		return error;
	count = symbols->d_size / sizeof(Elf64_Sym);
	for (size_t i = 1; i < count; i++) { /* 0 is a dummy */
		if (lookup->libelf->gelf_getsym(symbols, (int)i, &sym) == NULL)
			return refuse_libelf(lookup, "symbol");
		if (sym.st_name >= strings->d_size)
			return refuse(lookup, ELIBBAD, "cannot be looked up: "
				      "the name of the file's symbol %zu is "
				      "outside the string table", i);
		if (strcmp((const char *)strings->d_buf + sym.st_name,
			   lookup->name) == 0 && note_symbol(lookup, &sym))
			break;
	}
	return 0;
}

/* Search the first table of a type; there is at most one of each. */
static int search(struct lookup *lookup, uint32_t type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = lookup->libelf->elf_nextscn(lookup->elf, scn)) != NULL) {
		if (lookup->libelf->gelf_getshdr(scn, &shdr) == NULL)
			return refuse_libelf(lookup, "section header");
		if (shdr.sh_type == type) {
			if (type == SHT_SYMTAB)
				lookup->has_symtab = true;
			return search_table(lookup, scn, &shdr);
		}
	}
	return 0;
}

/* Is there code of the file at value? */
static bool is_executable(const struct lookup *lookup)
{
	size_t count;
	GElf_Phdr phdr;

	if (lookup->libelf->elf_getphdrnum(lookup->elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (lookup->libelf->gelf_getphdr(lookup->elf, (int)i, &phdr) == NULL)
			return false;
		if (phdr.p_type == PT_LOAD && (phdr.p_flags & PF_X) &&
		    lookup->value >= phdr.p_vaddr &&
		    lookup->value - phdr.p_vaddr < phdr.p_filesz)
			return true;
	}
	return false;
}

/* Find the function, or why there is none that can be started. */
static int judge(const struct lookup *lookup)
{
	if (!lookup->is_global && lookup->nlocal > 1)
		return refuse(lookup, ENOEXEC,
			      "is defined by %u static functions, not by one",
			      lookup->nlocal);
	if (lookup->is_global || lookup->nlocal == 1) {
		if (is_executable(lookup))
			return 0;
		return refuse(lookup, ENOEXEC, "is not in an executable segment "
			      "(at 0x%" PRIx64 ")", lookup->value);
	}
	if (lookup->is_indirect)
		return refuse(lookup, ENOEXEC,
			      "is an indirect function (ifunc), which has no "
			      "address before it is loaded");
	if (lookup->is_other)
		return refuse(lookup, ENOEXEC, lookup->other_type == STT_NOTYPE ?
			      "is a symbol without a type, not a function" :
			      "is data, not a function");
	if (lookup->is_imported)
		return refuse(lookup, ENOENT,
			      "is not defined in the file, but in a library");
	if (!lookup->has_symtab)
		return refuse(lookup, ENOENT, "is not found: the file is "
			      "stripped of its symbol table");
	return refuse(lookup, ENOENT, "is not found");
}

int elf_symbol_find(int fd, const char *name, uint64_t *value, int *is_local,
		    char *why, size_t whysize)
{
	struct lookup lookup = { .name = name, .why = why, .whysize = whysize };
	char reason[128];
	int error;

	if (whysize > 0)
		why[0] = '\0';
	error = check_header(&lookup, fd);
	if (error != 0)
		return error;
	lookup.libelf = libelf_load(reason, sizeof(reason));
	if (lookup.libelf == NULL)
		return refuse(&lookup, ELIBACC, "cannot be looked up: %s "
			      "(install libelf)", reason);
	/* Not ELF_C_READ_MMAP: the file may shrink, which then is SIGBUS. */
	errno = 0;
	lookup.elf = lookup.libelf->elf_begin(fd, ELF_C_READ, NULL);
	if (lookup.elf == NULL)
		return refuse_libelf(&lookup, "file");
	error = search(&lookup, SHT_SYMTAB);
	if (error == 0 && !lookup.is_global && lookup.nlocal == 0)
		error = search(&lookup, SHT_DYNSYM);
	if (error == 0)
		error = judge(&lookup);
	lookup.libelf->elf_end(lookup.elf);
	if (error == 0) {
		*value = lookup.value;
		*is_local = !lookup.is_global;
	}
	return error;
}
