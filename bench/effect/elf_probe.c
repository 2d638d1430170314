// SPDX-License-Identifier: BSD-2-Clause
/*
 * Where a probe is in a file.  USDT probes are notes (SystemTap wiki,
 * "UserSpaceProbeImplementation"): three addresses, then provider, name and
 * arguments, each NUL-terminated; the second address is that of section
 * .stapsdt.base when the note was made, which tells how far prelink moved the
 * first.  A kernel wants offsets in the file.
 */
#include "effect.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define NOTE_STAPSDT 3

__attribute__((format(printf, 2, 3))) static int refuse(char *reason,
							 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(reason, EFFECT_REASON_MAX, format, args);
	va_end(args);
	return -1;
}

/* False: no segment that is loaded has it. */
static bool find_offset(Elf *elf, uint64_t address, uint64_t *offset)
{
	size_t n = 0;

	elf_getphdrnum(elf, &n);
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr segment;

		if (gelf_getphdr(elf, (int)i, &segment) == NULL ||
		    segment.p_type != PT_LOAD || address < segment.p_vaddr ||
		    address - segment.p_vaddr >= segment.p_filesz)
			continue;
		*offset = address - segment.p_vaddr + segment.p_offset;
		return true;
	}
	return false;
}

static Elf_Scn *find_section(Elf *elf, const char *wanted, GElf_Shdr *header)
{
	Elf_Scn *section = NULL;
	size_t names = 0;

	elf_getshdrstrndx(elf, &names);
	while ((section = elf_nextscn(elf, section)) != NULL) {
		const char *name;

		if (gelf_getshdr(section, header) == NULL)
			continue;
		name = elf_strptr(elf, names, header->sh_name);
		if (name != NULL && strcmp(name, wanted) == 0)
			return section;
	}
	return NULL;
}

static bool is_wanted(const char *text, size_t size,
		      const struct effect_probe *probe)
{
	size_t provider = strnlen(text, size) + 1;

	return provider < size && strcmp(text, probe->provider) == 0 &&
	       memchr(text + provider, '\0', size - provider) != NULL &&
	       strcmp(text + provider, probe->name) == 0;
}

static int find_usdt(Elf *elf, const struct effect_probe *probe,
		     uint64_t *offsets)
{
	GElf_Shdr header, base = { 0 };
	Elf_Scn *section;
	Elf_Data *data;
	GElf_Nhdr note;
	size_t at = 0, name, text;
	int n = 0;

	(void)!find_section(elf, ".stapsdt.base", &base);
	section = find_section(elf, ".note.stapsdt", &header);
	data = section != NULL ? elf_getdata(section, NULL) : NULL;
	while (data != NULL && at < data->d_size && n < PROBE_PLACES_MAX &&
	       (at = gelf_getnote(data, at, &note, &name, &text)) != 0) {
		uint64_t addresses[3];

		if (note.n_type != NOTE_STAPSDT ||
		    note.n_descsz <= sizeof(addresses) ||
		    !is_wanted((char *)data->d_buf + text + sizeof(addresses),
			       note.n_descsz - sizeof(addresses), probe))
			continue;
		memcpy(addresses, (char *)data->d_buf + text,
		       sizeof(addresses));
		if (base.sh_addr != 0 && addresses[1] != 0)
			addresses[0] += base.sh_addr - addresses[1];
		if (find_offset(elf, addresses[0], &offsets[n]))
			n++;
	}
	return n;
}

static int find_function(Elf *elf, const struct effect_probe *probe,
			 uint64_t *offsets)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(elf, section)) != NULL) {
		Elf_Data *data;
		GElf_Sym symbol;

		if (gelf_getshdr(section, &header) == NULL ||
		    (header.sh_type != SHT_SYMTAB &&
		     header.sh_type != SHT_DYNSYM))
			continue;
		data = elf_getdata(section, NULL);
		for (int i = 0; data != NULL &&
				gelf_getsym(data, i, &symbol) != NULL; i++) {
			const char *name = elf_strptr(elf, header.sh_link,
						      symbol.st_name);

			if (name != NULL && strcmp(name, probe->name) == 0 &&
			    GELF_ST_TYPE(symbol.st_info) == STT_FUNC &&
			    symbol.st_shndx != SHN_UNDEF &&
			    find_offset(elf, symbol.st_value, offsets))
				return 1;
		}
	}
	return 0;
}

int probe_find(const struct effect_probe *probe, uint64_t *offsets,
	       char *reason)
{
	int fd = open(probe->file, O_RDONLY | O_CLOEXEC), n;
	Elf *elf;

	if (fd < 0)
		return refuse(reason, "%s: %s", probe->file, strerror(errno));
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
		n = refuse(reason, "%s: not an ELF file", probe->file);
	else if (probe->provider != NULL)
		n = find_usdt(elf, probe, offsets);
	else
		n = find_function(elf, probe, offsets);
	if (n == 0 && probe->provider != NULL)
		n = refuse(reason, "%s has no probe %s:%s", probe->file,
			   probe->provider, probe->name);
	else if (n == 0)
		n = refuse(reason, "%s has no function %s", probe->file,
			   probe->name);
	elf_end(elf);
	close(fd);
	return n;
}
