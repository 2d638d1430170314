/* SPDX-License-Identifier: BSD-2-Clause */
/* What getdents64(2) fills its buffer with: struct linux_dirent64. */
#ifndef PIP_KERNEL_DIRENT_H
#define PIP_KERNEL_DIRENT_H

#include <stdint.h>

struct kernel_dirent {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

#endif
