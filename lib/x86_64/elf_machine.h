/* SPDX-License-Identifier: BSD-2-Clause */
/* Which ELF files this machine runs (System V ABI, AMD64 supplement). */
#ifndef PIP_ELF_MACHINE_H
#define PIP_ELF_MACHINE_H

#include <elf.h>

#define PIP_ELF_MACHINE EM_X86_64
#define PIP_ELF_MACHINE_NAME "x86-64"
#define PIP_ELF_DATA ELFDATA2LSB

/* Where programs expect glibc's loader ("Program Interpreter"). */
#define PIP_ELF_LOADER "/lib64/ld-linux-x86-64.so.2"

/*
 * User space with four-level page tables.  The kernel gives out more, with
 * five levels, only to who asks for it: linux/Documentation/arch/x86/x86_64/
 * 5level-paging.rst.
 */
#define PIP_ELF_ADDRESS_MAX (UINT64_C(1) << 47)

#endif
