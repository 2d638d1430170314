/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ADDRESS_SPACE_H
#define ADDRESS_SPACE_H

/* What address_space of address_space.bpf.h is before it is known: not the NULL
 * that threads of the kernel have. */
#define NO_ADDRESS_SPACE 1

#endif
