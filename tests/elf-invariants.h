/* SPDX-License-Identifier: BSD-2-Clause */
/* Does an ELF file that was accepted keep what elf_file.h promises? */
#ifndef PIP_TEST_ELF_INVARIANTS_H
#define PIP_TEST_ELF_INVARIANTS_H

#include "elf_file.h"

/*
 * Compare the description with the promises.  Returns NULL, or the promise
 * that is broken.
 */
const char *elf_invariants_check(const struct elf_file *elf);

/*
 * Compare the description with the file behind fd, as if written by somebody
 * else, and map the file by it, the way the runtime will: what ends up in
 * memory must be the file's bytes and zeros.  Needs a file that nobody changes.
 */
const char *elf_invariants_check_file(const struct elf_file *elf, int fd);

#endif
