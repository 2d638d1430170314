/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions of <dlfcn.h> by the names that the original gives them, with
 * its lock; here each task has a loader of its own, and they are the same as
 * those of <dlfcn.h>.  pip.h includes this.
 */
#ifndef PIP_DLFCN_H
#define PIP_DLFCN_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

void *pip_dlopen(const char *file, int flags);
void *pip_dlmopen(long lmid, const char *file, int flags);
void *pip_dlsym(void *handle, const char *name);
int pip_dladdr(void *address, void *info);
int pip_dlinfo(void *handle, int request, void *info);
int pip_dlclose(void *handle);
char *pip_dlerror(void);

/* Version 2 only: without its lock. */
void *pip_dlopen_unsafe(const char *file, int flags);
void *pip_dlsym_unsafe(void *handle, const char *name);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_DLFCN_H */
