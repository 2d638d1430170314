/* SPDX-License-Identifier: BSD-2-Clause */
/* Our mmap() and mremap(), which a plugin or the program may hide. */
#ifndef PIP_INTERPOSE_H
#define PIP_INTERPOSE_H

#include <sys/mman.h>

__attribute__((visibility("hidden"))) extern __typeof__(mmap) interpose_mmap;
__attribute__((visibility("hidden"))) extern __typeof__(mremap) interpose_mremap;

#endif
