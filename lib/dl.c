/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The original's names for the functions of <dlfcn.h>.  There they take a lock,
 * because all tasks share one loader; here each task has its own, which has
 * locks of its own.
 *
 * Each is a jump to libc's function (the compiler makes it one), so that this
 * sees the address of the real caller: RTLD_NEXT, $ORIGIN and DT_RUNPATH
 * depend on it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <link.h>

#include "root.h"
#include "undeclared.h"

#pragma GCC visibility push(default)
void *pip_dlopen(const char *file, int flags);
void *pip_dlopen_unsafe(const char *file, int flags);
void *pip_dlmopen(long lmid, const char *file, int flags);
void *pip_dlsym(void *handle, const char *name);
void *pip_dlsym_unsafe(void *handle, const char *name);
int pip_dladdr(void *address, void *info);
int pip_dlinfo(void *handle, int request, void *info);
int pip_dlclose(void *handle);
char *pip_dlerror(void);
#pragma GCC visibility pop

void *pip_dlopen(const char *file, int flags)
{
	return dlopen(file, flags);
}

void *pip_dlopen_unsafe(const char *file, int flags)
{
	return dlopen(file, flags);
}

void *pip_dlmopen(long lmid, const char *file, int flags)
{
	return dlmopen(lmid, file, flags);
}

void *pip_dlsym(void *handle, const char *name)
{
	return dlsym(handle, name);
}

void *pip_dlsym_unsafe(void *handle, const char *name)
{
	return dlsym(handle, name);
}

void *pip_dlvsym(void *handle, const char *name, const char *version)
{
	return dlvsym(handle, name, version);
}

int pip_dladdr(void *address, void *info)
{
	return dladdr(address, info);
}

int pip_dlinfo(void *handle, int request, void *info)
{
	return dlinfo(handle, request, info);
}

int pip_dlclose(void *handle)
{
	return dlclose(handle);
}

char *pip_dlerror(void)
{
	return dlerror();
}

/*
 * The link map of a task's program.  In glibc that is what a handle is, and
 * dlsym() of one loader reads a link map that another copy of the same loader
 * has made.
 */
static int find_link_map(int pipid, struct link_map **result)
{
	struct r_debug *debug;
	struct pip_slot *slot;
	int error = slot_check_pipid(pipid, 3, &slot);

	if (error != 0)
		return error;
	if (!slot_is_root(slot) && atomic_load(&slot->state) == SLOT_IDLE)
		return ESRCH;
	if (slot->entry->flags & PIP_TASK_FLAG_OUTSIDE)
		return ENOTSUP;
	debug = (struct r_debug *)slot->entry->r_debug;
	if (debug == NULL || debug->r_map == NULL)
		return ESRCH; /* it is being loaded */
	*result = debug->r_map;
	return 0;
}

int pip_get_dlmopen_info(int pipid, void **handlep, long *lmidp)
{
	struct link_map *map;
	int error = find_link_map(pipid, &map);

	if (error != 0)
		return error;
	if (handlep != NULL)
		*handlep = map;
	/* Each task is in the first name space of its own loader. */
	if (lmidp != NULL)
		*lmidp = LM_ID_BASE;
	return 0;
}

int pip_get_addr(int pipid, const char *name, void **addrp)
{
	struct link_map *map;
	int error = find_link_map(pipid, &map);
	void *address;

	if (error != 0)
		return error;
	if (name == NULL)
		return EINVAL;
	address = dlsym(map, name);
	if (address == NULL) {
		(void)dlerror();
		return ENOENT;
	}
	if (addrp != NULL)
		*addrp = address;
	return 0;
}
