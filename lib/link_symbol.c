/* SPDX-License-Identifier: BSD-2-Clause */
#include "link_symbol.h"

#include <string.h>

const void *link_symbol_entry(const struct link_map *map, Elf64_Sxword tag,
			      uint64_t *value)
{
	for (const Elf64_Dyn *at = map->l_ld; at->d_tag != DT_NULL; at++)
		if (at->d_tag == tag) {
			*value = at->d_un.d_val;
			/* glibc relocates these, musl does not. */
			return (void *)(*value < map->l_addr ?
						*value + map->l_addr :
						*value);
		}
	*value = 0;
	return NULL;
}

static uint32_t hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name != '\0'; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

/* The number of a symbol in DT_GNU_HASH, of which the only description is
 * glibc's elf/dl-lookup.c; 0: there is none. */
static uint32_t find_gnu(const uint32_t *table, const Elf64_Sym *symbols,
			 const char *strings, const char *name)
{
	uint32_t hash = hash_of(name), nbuckets = table[0], first = table[1];
	const uint32_t *buckets = table + 4 + 2 * (size_t)table[2];
	const uint32_t *chain = buckets + nbuckets;
	uint32_t number = nbuckets != 0 ? buckets[hash % nbuckets] : 0;

	for (; number >= first && number != 0; number++) {
		if ((chain[number - first] | 1) == (hash | 1) &&
		    strcmp(strings + symbols[number].st_name, name) == 0)
			return number;
		if (chain[number - first] & 1)
			break;
	}
	return 0;
}

/* The same in DT_HASH, which has a chain for each symbol (ELF, gABI). */
static uint32_t find_sysv(const uint32_t *table, const Elf64_Sym *symbols,
			  const char *strings, const char *name)
{
	for (uint32_t number = 1; number < table[1]; number++)
		if (strcmp(strings + symbols[number].st_name, name) == 0)
			return number;
	return 0;
}

void *link_symbol_find(const struct link_map *map, const char *name)
{
	uint64_t value;
	const Elf64_Sym *symbols = link_symbol_entry(map, DT_SYMTAB, &value);
	const char *strings = link_symbol_entry(map, DT_STRTAB, &value);
	const uint32_t *gnu = link_symbol_entry(map, DT_GNU_HASH, &value);
	const uint32_t *sysv = link_symbol_entry(map, DT_HASH, &value);
	uint32_t number = 0;

	if (symbols == NULL || strings == NULL)
		return NULL;
	if (gnu != NULL)
		number = find_gnu(gnu, symbols, strings, name);
	else if (sysv != NULL)
		number = find_sysv(sysv, symbols, strings, name);
	if (number == 0 || symbols[number].st_shndx == SHN_UNDEF)
		return NULL;
	return (void *)(map->l_addr + symbols[number].st_value);
}
