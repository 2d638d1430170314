/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin_object.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "link_symbol.h"

#define NAME_CHARACTERS                    \
	"abcdefghijklmnopqrstuvwxyz"       \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"       \
	"0123456789-_.+"

struct object {
	const char *path;
	const struct link_map *map;
	struct plugin *plugin;
	char *why;
	size_t whysize;
};

#define refuse(object, error, ...) \
	(snprintf((object)->why, (object)->whysize, __VA_ARGS__), error)

/*
 * The loader's list is looked through instead of asking dlopen(3): in libpip's
 * constructor that would initialise the plugin, and libc, before their time.
 */
static const struct link_map *find_map(const char *path)
{
	struct stat wanted, st;

	for (const struct link_map *map = _r_debug.r_map; map != NULL;
	     map = map->l_next)
		if (strcmp(map->l_name, path) == 0)
			return map;
	/* By hand, under another name. */
	if (stat(path, &wanted) != 0)
		return NULL;
	for (const struct link_map *map = _r_debug.r_map; map != NULL;
	     map = map->l_next)
		if (*map->l_name != '\0' && stat(map->l_name, &st) == 0 &&
		    st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino)
			return map;
	return NULL;
}

bool plugin_object_is_loaded(const char *path)
{
	return find_map(path) != NULL;
}

static int find_range(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct object *object = arg;
	uint64_t low = ~0ull, high = 0;

	(void)size;
	if (info->dlpi_addr != object->map->l_addr ||
	    strcmp(info->dlpi_name, object->map->l_name) != 0)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const Elf64_Phdr *segment = &info->dlpi_phdr[i];

		if (segment->p_type != PT_LOAD)
			continue;
		if (segment->p_vaddr < low)
			low = segment->p_vaddr;
		if (segment->p_vaddr + segment->p_memsz > high)
			high = segment->p_vaddr + segment->p_memsz;
	}
	object->plugin->low = info->dlpi_addr + low;
	object->plugin->high = info->dlpi_addr + high;
	return 1;
}

/* The loader binds functions when they are first called, which may be in the
 * middle of things: look whether there are all of them. */
static const char *find_missing_function(const struct object *object)
{
	uint64_t value, size;
	const Elf64_Rela *relocation = link_symbol_entry(object->map, DT_JMPREL, &value);
	const Elf64_Sym *symbols = link_symbol_entry(object->map, DT_SYMTAB, &value);
	const char *strings = link_symbol_entry(object->map, DT_STRTAB, &value);

	link_symbol_entry(object->map, DT_PLTRELSZ, &size);
	if (relocation == NULL || symbols == NULL || strings == NULL)
		return NULL;
	for (; size >= sizeof(*relocation); size -= sizeof(*relocation)) {
		const Elf64_Sym *symbol =
			&symbols[ELF64_R_SYM(relocation++->r_info)];
		const char *name = strings + symbol->st_name;

		if (symbol->st_shndx == SHN_UNDEF && *name != '\0' &&
		    ELF64_ST_BIND(symbol->st_info) != STB_WEAK &&
		    dlsym(RTLD_DEFAULT, name) == NULL)
			return name;
	}
	return NULL;
}

static bool is_proper_name(const char *name)
{
	size_t length = strnlen(name, PIP_PLUGIN_NAME_MAX + 1);

	return length >= 1 && length <= PIP_PLUGIN_NAME_MAX &&
	       strspn(name, NAME_CHARACTERS) == length;
}

/* "/where/libsleep1.so" is sleep1. */
static void name_after_file(struct object *object)
{
	const char *name = strrchr(object->path, '/');
	size_t length;

	name = name != NULL ? name + 1 : object->path;
	if (strncmp(name, "lib", 3) == 0 && name[3] != '.')
		name += 3;
	length = strcspn(name, ".");
	if (length > PIP_PLUGIN_NAME_MAX)
		length = PIP_PLUGIN_NAME_MAX;
	memcpy(object->plugin->name, name, length);
	object->plugin->name[length] = '\0';
}

static int read_description(struct object *object)
{
	const struct pip_plugin *description =
		link_symbol_find(object->map, "pip_plugin_description");
	void *hook = link_symbol_find(object->map, "pip_event_hook");

	memcpy(&object->plugin->hook, &hook, sizeof(hook));
	if (description == NULL && hook != NULL)
		return refuse(object, ELIBBAD,
			      "plugin '%s' has a pip_event_hook(), but no "
			      "PIP_PLUGIN(): its version is not known",
			      object->path);
	if (description == NULL) { /* nothing but functions: any library */
		name_after_file(object);
		return 0;
	}
	if (description->magic != PIP_PLUGIN_MAGIC)
		return refuse(object, ELIBBAD,
			      "plugin '%s': its pip_plugin_description is none",
			      object->path);
	if (description->api != PIP_PLUGIN_API)
		return refuse(object, ELIBBAD,
			      "plugin '%s' is for version %u of the interface, "
			      "this is %u: compile it anew",
			      object->path, description->api, PIP_PLUGIN_API);
	if (description->name == NULL || !is_proper_name(description->name))
		return refuse(object, ELIBBAD,
			      "plugin '%s': its name is not 1 to %d letters, "
			      "digits and -_.+", object->path,
			      PIP_PLUGIN_NAME_MAX);
	strcpy(object->plugin->name, description->name);
	return 0;
}

/* *is_new: it was not loaded before. */
static int open_object(struct object *object, bool may_load, bool *is_new)
{
	object->map = find_map(object->path);
	*is_new = object->map == NULL && may_load;
	if (*is_new && dlopen(object->path, RTLD_NOW | RTLD_LOCAL) != NULL)
		object->map = find_map(object->path);
	if (object->map == NULL)
		return refuse(object, ELIBACC, "plugin '%s' is not loaded: %s",
			      object->path,
			      may_load ? dlerror() : "the loader refused it");
	dl_iterate_phdr(find_range, object);
	return 0;
}

int plugin_object_read(const char *path, bool may_load, bool check_functions,
		       struct plugin *plugin, char *why, size_t whysize)
{
	struct object object = { .path = path, .plugin = plugin, .why = why,
				 .whysize = whysize };
	const char *missing = NULL;
	bool is_new;
	int error;

	memset(plugin, 0, sizeof(*plugin));
	plugin->path = path;
	error = open_object(&object, may_load, &is_new);
	if (error != 0)
		return error;
	if (check_functions && !is_new) /* which dlopen() has checked */
		missing = find_missing_function(&object);
	if (missing != NULL)
		return refuse(&object, ELIBACC,
			      "plugin '%s' calls %s(), which is in no library "
			      "that is loaded", path, missing);
	return read_description(&object);
}
