// SPDX-License-Identifier: BSD-2-Clause
/*
 * The files that a task's loader has mapped: the list of struct link_map that
 * struct r_debug leads to, see <link.h>.  Both may be damaged, or be changing.
 */
#include <config.h>

#include "internal.h"

#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MODULES_MAX 4096
#define NAMESPACES_MAX 64 /* dlmopen(3); glibc has 16 */

/* As in <link.h>, but of another process: nothing in it can be followed. */
struct remote_debug {
	int32_t version, pad1;
	uint64_t map, brk;
	int32_t state, pad2;
	uint64_t loader;
};

struct remote_map {
	uint64_t bias, name, dynamic, next, previous;
};

struct modules_walk {
	struct observer_modules *modules;
	const struct observer_task *task;
	pid_t reader;
	bool program_seen;
	uint64_t program_bias; /* 0 = not known */
	uint64_t loader_bias;
	uint64_t vdso_bias; /* the kernel's, one for the address space */
	uint64_t seen[MODULES_MAX]; /* addresses of link maps, against cycles */
	size_t nseen;
};

static struct observer_module *modules_append(struct observer_modules *modules)
{
	if (modules->count == modules->capacity) {
		size_t capacity = modules->capacity ?
				  modules->capacity * 2 : 16;
		struct observer_module *more;

		more = reallocarray(modules->module, capacity, sizeof(*more));
		if (!more)
			return NULL;
		modules->module = more;
		modules->capacity = capacity;
	}
	return &modules->module[modules->count];
}

/* The program's own path; link maps leave it empty, or relative. */
static char *modules_name_program(const struct observer_root *root,
				  const struct observer_task *task,
				  pid_t reader)
{
	char path[64], link[PATH_MAX];
	ssize_t n = -1;

	if (task->entry.program[0] && !task->executed && !task->torn)
		return strdup(task->entry.program);
	if (task->slot == 0 || task->executed) {
		snprintf(path, sizeof(path), "%d/exe", (int)reader);
		n = readlinkat(root->observer->proc, path, link,
			       sizeof(link) - 1);
	}
	return strndup(link, n > 0 ? (size_t)n : 0);
}

static enum observer_module_kind
modules_classify(struct modules_walk *walk, const struct remote_map *map,
		 const char *name)
{
	if (!walk->program_seen &&
	    (walk->program_bias ? map->bias == walk->program_bias :
				  walk->nseen == 1)) {
		walk->program_seen = true;
		return OBSERVER_MODULE_PROGRAM;
	}
	if (strncmp(name, "linux-vdso", 10) == 0 ||
	    (walk->vdso_bias && map->bias == walk->vdso_bias))
		return OBSERVER_MODULE_VDSO;
	if (walk->loader_bias && map->bias == walk->loader_bias)
		return OBSERVER_MODULE_LOADER;
	return OBSERVER_MODULE_LIBRARY;
}

/* Has this link map been seen?  If not, note it. */
static bool modules_revisit(struct modules_walk *walk, uint64_t address)
{
	size_t i;

	for (i = 0; i < walk->nseen; i++)
		if (walk->seen[i] == address)
			return true;
	if (walk->nseen == MODULES_MAX)
		return true;
	walk->seen[walk->nseen++] = address;
	return false;
}

static int modules_add(struct modules_walk *walk,
		       const struct observer_root *root,
		       const struct remote_map *map)
{
	struct observer_module *module = modules_append(walk->modules);
	char *name = NULL;
	size_t length;
	int error;

	if (!module)
		return ENOMEM;
	error = remote_read_string(walk->reader, map->name, PATH_MAX, &name,
				   &length);
	if (error == ENOMEM)
		return error;
	if (error) {
		walk->modules->incomplete = true;
		name = strdup("");
	}
	if (!name)
		return ENOMEM;
	module->bias = map->bias;
	module->dynamic = map->dynamic;
	module->kind = modules_classify(walk, map, name);
	if (module->kind == OBSERVER_MODULE_PROGRAM) {
		char *program = modules_name_program(root, walk->task,
						     walk->reader);

		if (program && *program) {
			free(name);
			name = program;
		} else {
			free(program);
		}
	}
	if (module->kind == OBSERVER_MODULE_VDSO && !*name) { /* musl */
		free(name);
		name = strdup("linux-vdso.so.1");
		if (!name)
			return ENOMEM;
	}
	module->path = name;
	walk->modules->count++;
	return 0;
}

/* One namespace's list; only ENOMEM ends the whole walk. */
static int modules_walk_list(struct modules_walk *walk,
			     const struct observer_root *root,
			     uint64_t address)
{
	while (address) {
		struct remote_map map;
		int error;

		if (modules_revisit(walk, address) ||
		    remote_read(walk->reader, address, &map, sizeof(map))) {
			walk->modules->incomplete = true;
			return 0;
		}
		error = modules_add(walk, root, &map);
		if (error)
			return error;
		address = map.next;
	}
	return 0;
}

static int modules_walk_debug(struct modules_walk *walk,
			      const struct observer_root *root,
			      uint64_t address)
{
	struct remote_debug debug;
	unsigned i;
	int error;

	for (i = 0; address; i++) {
		error = remote_read(walk->reader, address, &debug,
				    sizeof(debug));
		if (error && i == 0)
			return error == EFAULT ? EBADMSG : error;
		if (error || i == NAMESPACES_MAX || debug.state != 0)
			walk->modules->incomplete = true;
		if (error || i == NAMESPACES_MAX)
			break;
		if (!error && debug.loader)
			walk->loader_bias = debug.loader;
		error = modules_walk_list(walk, root, debug.map);
		if (error)
			return error;
		/* Version 2 is followed by the next namespace's address. */
		if (debug.version < 2 ||
		    remote_read(walk->reader, address + sizeof(debug),
				&address, sizeof(address)))
			break;
	}
	return 0;
}

/* Without a link map (static PIE, or still loading) there is the program. */
static int modules_add_program(struct modules_walk *walk,
			       const struct observer_root *root,
			       const struct program_image *image)
{
	struct observer_module *module = modules_append(walk->modules);

	if (!module)
		return ENOMEM;
	module->kind = OBSERVER_MODULE_PROGRAM;
	module->bias = image->bias;
	module->dynamic = image->dynamic;
	module->path = modules_name_program(root, walk->task, walk->reader);
	if (!module->path)
		return ENOMEM;
	walk->modules->count++;
	return 0;
}

static int modules_walk_task(struct modules_walk *walk,
			     const struct observer_root *root)
{
	const struct pip_table_entry *entry = &walk->task->entry;
	struct program_image image = { .bias = entry->load_bias,
				       .r_debug = entry->r_debug };
	int error;

	if (walk->task->executed || !image.r_debug) {
		error = program_find(root, walk->task, walk->reader, &image);
		if (error)
			return error;
	}
	walk->program_bias = image.bias;
	walk->vdso_bias = auxv_read(root->observer, walk->reader,
				    AT_SYSINFO_EHDR);
	walk->loader_bias = walk->task->executed ? 0 : entry->loader_base;
	if (image.r_debug) {
		error = modules_walk_debug(walk, root, image.r_debug);
		if (error || walk->modules->count)
			return error;
	}
	return modules_add_program(walk, root, &image);
}

int observer_read_modules(struct observer_root *root,
			  const struct observer_task *task,
			  struct observer_modules *modules)
{
	struct modules_walk *walk;
	int error;

	observer_free_modules(modules);
	if (task->torn || (task->slot == 0 && !root->alive))
		return ENOENT;
	walk = calloc(1, sizeof(*walk));
	if (!walk)
		return ENOMEM;
	walk->modules = modules;
	walk->task = task;
	walk->reader = task->executed ? task->pid : root->reader;
	error = modules_walk_task(walk, root);
	free(walk);
	return error;
}

void observer_free_modules(struct observer_modules *modules)
{
	size_t i;

	for (i = 0; i < modules->count; i++)
		free(modules->module[i].path);
	free(modules->module);
	memset(modules, 0, sizeof(*modules));
}
