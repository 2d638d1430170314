// SPDX-License-Identifier: BSD-2-Clause
/*
 * The compilation unit that an address belongs to.  libdwfl looks it up in
 * .debug_aranges, which is optional, and which clang does not write: then the
 * ranges of the units themselves are collected, once for each file.
 */
#include <config.h>

#include "internal.h"

#include <stdlib.h>

static int unit_compare(const void *a, const void *b)
{
	const struct backtrace_unit *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

static bool unit_add(struct backtrace_file *file, size_t *capacity,
		     uint64_t low, uint64_t high, const Dwarf_Die *die)
{
	if (file->nunits == *capacity) {
		size_t more = *capacity ? *capacity * 2 : 64;
		struct backtrace_unit *units =
			reallocarray(file->units, more, sizeof(*units));

		if (!units)
			return false;
		file->units = units;
		*capacity = more;
	}
	file->units[file->nunits].low = low;
	file->units[file->nunits].high = high;
	file->units[file->nunits++].die = *die;
	return true;
}

static void unit_collect(struct backtrace_file *file)
{
	Dwarf_Addr base, low, high;
	Dwarf_Die *die = NULL;
	size_t capacity = 0;
	ptrdiff_t at;

	file->units_sought = true;
	while ((die = dwfl_module_nextcu(file->module, die,
					 &file->units_bias)))
		for (at = 0; (at = dwarf_ranges(die, at, &base, &low,
						&high)) > 0;)
			if (low < high &&
			    !unit_add(file, &capacity, low, high, die))
				return;
	if (file->nunits)
		qsort(file->units, file->nunits, sizeof(*file->units),
		      unit_compare);
}

Dwarf_Die *unit_find(struct backtrace_file *file, uint64_t address,
		     Dwarf_Addr *biasp)
{
	size_t low = 0, high;
	Dwarf_Die *die;

	address += file->bias;
	die = dwfl_module_addrdie(file->module, address, biasp);
	/* Behind a range that is listed, it takes what follows for padding. */
	if (die && dwarf_haspc(die, address - *biasp) > 0)
		return die;
	if (!file->units_sought)
		unit_collect(file);
	address -= file->units_bias;
	*biasp = file->units_bias;
	high = file->nunits;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (file->units[middle].high <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < file->nunits && file->units[low].low <= address)
		return &file->units[low].die;
	return NULL;
}
