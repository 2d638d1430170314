/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Symbols of one object that is loaded, and of no other.  dlsym(3) with a handle
 * also looks into what the object is linked with, and dlopen(3), which gives
 * the handle, initialises libraries before their time when it is called in a
 * constructor.
 */
#ifndef PIP_LINK_SYMBOL_H
#define PIP_LINK_SYMBOL_H

#include <link.h>
#include <stdint.h>

/* Where it is; NULL: the object does not define it. */
__attribute__((visibility("hidden"))) void *
link_symbol_find(const struct link_map *map, const char *name);

/* What an entry of its dynamic section says, and the same as an address;
 * NULL: there is none. */
__attribute__((visibility("hidden"))) const void *
link_symbol_entry(const struct link_map *map, Elf64_Sxword tag,
		  uint64_t *value);

#endif
