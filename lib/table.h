/* SPDX-License-Identifier: BSD-2-Clause */
/* Making and writing the shared task table (see include/pip/pip_table.h). */
#ifndef PIP_TABLE_WRITER_H
#define PIP_TABLE_WRITER_H

#include "root.h"

/* Make the table of a new root: root->table and root->table_fd.
 * Errors: those of memfd_create(2), ftruncate(2) and mmap(2). */
PIP_HIDDEN PIP_CHECKED int table_create(struct pip_root *root);
PIP_HIDDEN void table_destroy(struct pip_root *root);

/* Move a descriptor to a number that is out of the program's way, if one is
 * free; it gets FD_CLOEXEC. */
PIP_HIDDEN int table_move_descriptor(int fd);

static inline struct pip_table_entry *table_entry(struct pip_table_header *table,
						  unsigned index)
{
	return (struct pip_table_entry *)((char *)table + table->header_size) +
	       index;
}

/* CLOCK_BOOTTIME in nanoseconds, the table's clock. */
PIP_HIDDEN uint64_t table_now(void);

/* Between these two an entry may be inconsistent; readers look again. */
static inline void table_write_begin(struct pip_table_entry *entry)
{
	/* Odd, also when a dead writer left it odd. */
	__atomic_store_n(&entry->seq, (entry->seq | 1), __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void table_write_end(struct pip_table_entry *entry)
{
	__atomic_store_n(&entry->seq, (entry->seq | 1) + 1, __ATOMIC_RELEASE);
}

/* Copy text into one of the entry's fixed fields. */
PIP_HIDDEN void table_put_text(struct pip_table_entry *entry, char *field,
			       size_t size, const char *text);

/* Copy arguments, each with its NUL, into entry->command. */
PIP_HIDDEN void table_put_command(struct pip_table_entry *entry,
				  char *const *argv);

#endif
