// SPDX-License-Identifier: BSD-2-Clause
/*
 * What is at a code address: function, source line, unwind information.  Tasks
 * that run the same program are at the same places: each is looked up once.
 */
#include <config.h>

#include "internal.h"

#include <dlfcn.h>
#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define INLINES_MAX 32

/* C++ names as people write them, if this machine has what can do that. */
static char *place_demangle(const char *name)
{
	static char *(*demangle)(const char *, char *, size_t *, int *);
	static bool sought;
	char *text = NULL;
	int status;

	if (strncmp(name, "_Z", 2) == 0 && !sought) {
		void *library = dlopen("libstdc++.so.6", RTLD_LAZY);

		sought = true;
		if (library)
			*(void **)&demangle = dlsym(library, "__cxa_demangle");
	}
	if (strncmp(name, "_Z", 2) == 0 && demangle)
		text = demangle(name, NULL, NULL, &status);
	return text ? text : strdup(name);
}

const char *place_find_symbol(struct backtrace_file *file, uint64_t address,
			      uint64_t *startp)
{
	GElf_Off offset;
	GElf_Sym symbol;
	const char *name;

	if (!file->module)
		return NULL;
	name = dwfl_module_addrinfo(file->module, address + file->bias,
				    &offset, &symbol, NULL, NULL, NULL);
	/* libdwfl takes the nearest one if there is none. */
	if (!name || !*name || (symbol.st_size && offset >= symbol.st_size))
		return NULL;
	*startp = address - offset;
	return name;
}

/* Symbols of libraries have versions ("read@@GLIBC_2.2.5"): not of interest. */
static void place_set_line(struct backtrace_line *line, const char *function,
			   const char *source, int number)
{
	line->function = function ? place_demangle(function) : NULL;
	if (line->function && strchr(function, '@'))
		line->function[strcspn(line->function, "@")] = '\0';
	line->source = source ? strdup(source) : NULL;
	line->line = number;
}

/* Where an inlined function is called: in the one that it is inlined into. */
static void place_find_call(Dwarf_Die *die, const char **sourcep, int *linep)
{
	Dwarf_Attribute attribute;
	Dwarf_Files *files;
	Dwarf_Word value;
	Dwarf_Die unit;
	size_t count;

	*sourcep = NULL;
	*linep = 0;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute),
			     &value))
		*linep = (int)value;
	if (!dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute),
			     &value) &&
	    dwarf_diecu(die, &unit, NULL, NULL) &&
	    !dwarf_getsrcfiles(&unit, &files, &count) && value < count)
		*sourcep = dwarf_filesrc(files, value, NULL, NULL);
}

/* The functions that are inlined here, innermost first, as scopes.  The last
 * one is not inlined. */
static size_t place_find_functions(Dwarf_Die *unit, uint64_t address,
				   Dwarf_Die *functions)
{
	Dwarf_Die *scopes = NULL, *parents = NULL;
	size_t count = 0;
	int n, i;

	if (dwarf_getscopes(unit, address, &scopes) <= 0)
		return 0;
	n = dwarf_getscopes_die(&scopes[0], &parents);
	for (i = 0; i < n && count < INLINES_MAX; i++) {
		int tag = dwarf_tag(&parents[i]);

		if (tag != DW_TAG_inlined_subroutine &&
		    tag != DW_TAG_subprogram)
			continue;
		functions[count++] = parents[i];
		if (tag == DW_TAG_subprogram)
			break;
	}
	free(scopes);
	if (n > 0)
		free(parents);
	return count;
}

static void place_find_line(Dwarf_Die *unit, uint64_t address,
			    const char **sourcep, int *numberp)
{
	Dwarf_Line *line = dwarf_getsrc_die(unit, address);

	if (!line || dwarf_lineno(line, numberp))
		return;
	*sourcep = dwarf_linesrc(line, NULL, NULL);
}

static void place_look_up(struct place *place)
{
	struct backtrace_place *public = &place->public;
	uint64_t start = public->address, address;
	Dwarf_Die functions[INLINES_MAX], *unit;
	const char *symbol, *source = NULL;
	size_t count = 0, i;
	Dwarf_Addr bias;
	int number = 0;

	symbol = place_find_symbol(place->file, public->address, &start);
	public->offset = public->address - start;
	public->known = symbol;
	unit = unit_find(place->file, public->address, &bias);
	if (unit) {
		address = public->address + place->file->bias - bias;
		place_find_line(unit, address, &source, &number);
		count = place_find_functions(unit, address, functions);
	}
	public->lines = calloc(count ? count : 1, sizeof(*public->lines));
	if (!public->lines)
		return;
	public->nlines = count ? count : 1;
	for (i = 0; i < public->nlines; i++) {
		bool last = i + 1 == public->nlines;
		const char *name = last && symbol ? symbol :
				   count ? dwarf_diename(&functions[i]) : NULL;

		place_set_line(&public->lines[i], name, source, number);
		if (!last)
			place_find_call(&functions[i], &source, &number);
	}
	public->known = public->lines[public->nlines - 1].function;
}

static struct place *place_new(struct backtrace_file *file, uint64_t address)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return NULL;
	place->file = file;
	place->public.address = address;
	if (file)
		place->public.object = file->name;
	return place;
}

/* Not before it is needed: a thread may be stopped meanwhile. */
int place_describe(struct place *place)
{
	struct backtrace_place *public = &place->public;

	if (public->lines)
		return 0;
	if (place->file && place->file->module)
		place_look_up(place);
	if (!public->lines) {
		public->lines = calloc(1, sizeof(*public->lines));
		public->nlines = 1;
	}
	return public->lines ? 0 : ENOMEM;
}

/* NULL: out of memory.  mapping may be NULL: in no file. */
struct place *place_find(struct backtrace *backtrace,
			 const struct backtrace_mapping *mapping,
			 uint64_t address)
{
	struct backtrace_file *file = mapping ? mapping->file : NULL;
	struct place **slot, *place;

	if (mapping)
		address -= mapping->bias;
	slot = &backtrace->places[(address ^ address >> 12 ^
				   (uintptr_t)file >> 6) % PLACES];
	for (place = *slot; place; place = place->next)
		if (place->file == file && place->public.address == address)
			return place;
	place = place_new(file, address);
	if (place) {
		place->next = *slot;
		*slot = place;
	}
	return place;
}

void place_free(struct place *place)
{
	size_t i;

	for (i = 0; place->public.lines && i < place->public.nlines; i++) {
		free(place->public.lines[i].function);
		free(place->public.lines[i].source);
	}
	free(place->public.lines);
	free(place->frame);
	free(place);
}
