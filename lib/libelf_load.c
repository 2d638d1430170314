/* SPDX-License-Identifier: BSD-2-Clause */
#include "libelf_load.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>

#define LIBELF_NAME "libelf.so.1"

static bool look_up_functions(void *handle, struct libelf *libelf)
{
#define LIBELF_LOOK_UP(function)                                            \
	*(void **)&libelf->function = dlsym(handle, #function);            \
	if (libelf->function == NULL)                                      \
		return false;
	LIBELF_FUNCTIONS(LIBELF_LOOK_UP)
	return true;
}

static bool load(struct libelf *libelf, char *why, size_t whysize)
{
	void *handle = dlopen(LIBELF_NAME, RTLD_NOW | RTLD_LOCAL);
	const char *message = NULL;

	if (handle == NULL || !look_up_functions(handle, libelf))
		message = dlerror();
	else if (libelf->elf_version(EV_CURRENT) == EV_NONE)
		message = LIBELF_NAME ": of an unknown version";
	else
		return true;
	snprintf(why, whysize, "%s",
		 message != NULL ? message : LIBELF_NAME " does not load");
	if (handle != NULL)
		dlclose(handle);
	return false;
}

const struct libelf *libelf_load(char *why, size_t whysize)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct libelf libelf; /* constant once loaded */
	static bool is_loaded;
	bool result;

	pthread_mutex_lock(&lock);
	if (!is_loaded)
		is_loaded = load(&libelf, why, whysize);
	result = is_loaded;
	pthread_mutex_unlock(&lock);
	return result ? &libelf : NULL;
}
