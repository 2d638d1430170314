// SPDX-License-Identifier: BSD-2-Clause
/*
 * Asking for a mapping instead of reading all of them: the PROCMAP_QUERY ioctl
 * of /proc/PID/maps, since Linux 6.11 (Documentation/filesystems/proc.rst).
 * The kernel looks for shared, readable mappings of files only, of which a
 * process has a few, and formats no text.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

/* As in <linux/fs.h> of Linux 6.11, which older headers lack. */
struct query {
	uint64_t size; /* of this struct */
	uint64_t flags;
	uint64_t address;
	uint64_t start, end; /* from here on: answers */
	uint64_t permissions;
	uint64_t page_size;
	uint64_t offset;
	uint64_t inode;
	uint32_t major, minor;
	uint32_t name_size; /* of the buffer; then of the name with its NUL */
	uint32_t build_id_size;
	uint64_t name;
	uint64_t build_id;
};

#define QUERY_IOCTL _IOWR('f', 17, struct query)
#define QUERY_READABLE 0x01u
#define QUERY_SHARED 0x08u
#define QUERY_OR_NEXT 0x10u
#define QUERY_FILE 0x20u
/* An address space that keeps making mappings does not keep us. */
#define QUERIES_MAX 100000

_Static_assert(sizeof(struct query) == 104, "kernel ABI");

/* 0, or why there is no (more) such mapping: ENOENT, or another errno. */
static int query_ask(int fd, uint64_t address, struct query *query, char *name,
		     uint32_t name_size)
{
	memset(query, 0, sizeof(*query));
	query->size = sizeof(*query);
	query->flags = QUERY_READABLE | QUERY_SHARED | QUERY_OR_NEXT |
		       QUERY_FILE;
	query->address = address;
	query->name = (uintptr_t)name;
	query->name_size = name_size;
	return ioctl(fd, QUERY_IOCTL, query) == 0 ? 0 : errno;
}

static bool query_is_table(const struct observer *observer, int fd,
			   const struct query *found)
{
	char name[sizeof(OBSERVER_TABLE_PATH)] = "";
	struct query again;

	if (found->offset != 0 ||
	    (observer->memfd_known && (found->major != observer->memfd_major ||
				       found->minor != observer->memfd_minor)))
		return false;
	/* A longer name is an error, ENAMETOOLONG. */
	return query_ask(fd, found->start, &again, name, sizeof(name)) == 0 &&
	       again.start == found->start && again.inode == found->inode &&
	       strcmp(name, OBSERVER_TABLE_PATH) == 0;
}

/* 1 *mapping is the next one that can be a table, 0 no more, -1 can't ask. */
int maps_query_table(struct observer *observer, struct observer_maps *maps,
		     struct observer_mapping *mapping)
{
	unsigned i;

	for (i = 0; i < QUERIES_MAX && !observer->query_unknown; i++) {
		struct query found;
		int error = query_ask(maps->fd, maps->query, &found, NULL, 0);

		if (error == ENOTTY || error == EINVAL || error == ENOSYS) {
			observer->query_unknown = true;
			break;
		}
		if (error || found.end <= maps->query) {
			maps->error = error == ENOENT ? 0 : error;
			return 0;
		}
		maps->query = found.end;
		if (!query_is_table(observer, maps->fd, &found))
			continue;
		memset(mapping, 0, sizeof(*mapping));
		mapping->low = found.start;
		mapping->high = found.end;
		mapping->inode = found.inode;
		mapping->major = found.major;
		mapping->minor = found.minor;
		memcpy(mapping->permissions, "r--s", 4);
		mapping->path = OBSERVER_TABLE_PATH;
		return 1;
	}
	return observer->query_unknown ? -1 : 0;
}
