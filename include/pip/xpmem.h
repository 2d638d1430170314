/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * XPMEM among tasks, without its kernel module: they have one address space,
 * so that memory of another task is attached by doing nothing.  A segment is
 * its address.  Link with -lxpmem.
 */
#ifndef PIP_XPMEM_H
#define PIP_XPMEM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XPMEM_CURRENT_VERSION 0x00022000
#define XPMEM_CURRENT_VERSION_STRING "2.2"

#define XPMEM_MAXADDR_SIZE ((size_t)-1) /* the whole address space */
#define XPMEM_ERRNO_NOPROC 2004
#define XPMEM_PERMIT_MODE 1
#define XPMEM_RDONLY 1
#define XPMEM_RDWR 2

typedef intptr_t xpmem_segid_t;
typedef intptr_t xpmem_apid_t;

struct xpmem_addr {
	xpmem_apid_t apid;
	off_t offset;
};

#ifdef __cplusplus
extern "C" {
#endif

/* The id of a range of the caller's memory: its address. */
xpmem_segid_t xpmem_make(void *address, size_t size, int permit_type,
			 void *permit_value);

static inline int xpmem_version(void)
{
	return XPMEM_CURRENT_VERSION;
}

static inline int xpmem_remove(xpmem_segid_t segid)
{
	(void)segid;
	return 0;
}

static inline xpmem_apid_t xpmem_get(xpmem_segid_t segid, int flags,
				     int permit_type, void *permit_value)
{
	(void)flags, (void)permit_type, (void)permit_value;
	return segid;
}

static inline int xpmem_release(xpmem_apid_t apid)
{
	(void)apid;
	return 0;
}

/* Nothing is copied or mapped, wherever the caller wants it. */
static inline void *xpmem_attach(struct xpmem_addr addr, size_t size,
				 void *wanted)
{
	(void)size, (void)wanted;
	return (void *)(addr.apid + (intptr_t)addr.offset);
}

static inline int xpmem_detach(void *address)
{
	(void)address;
	return 0;
}

#ifdef __cplusplus
}
#endif

#endif /* PIP_XPMEM_H */
