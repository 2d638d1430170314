/* SPDX-License-Identifier: BSD-2-Clause */
/* The one function of libxpmem that is not inline. */
#include <pip/xpmem.h>

__attribute__((visibility("default"))) xpmem_segid_t
xpmem_make(void *address, size_t size, int permit_type, void *permit_value)
{
	(void)size, (void)permit_type, (void)permit_value;
	return (xpmem_segid_t)address;
}
