/* SPDX-License-Identifier: BSD-2-Clause */
#include "config.h"

#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

/* Programs expect low numbers from open(): keep out of their way. */
#define TABLE_FD_MIN 200

uint64_t table_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int table_move_descriptor(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, TABLE_FD_MIN);

	if (high < 0)
		return fd;
	close(fd);
	return high;
}

static int make_memfd(size_t size)
{
	int fd = memfd_create(PIP_TABLE_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -1;
	fd = table_move_descriptor(fd);
	if (ftruncate(fd, (off_t)size) != 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

/*
 * Map it just below the windows: /proc/PID/maps is sorted by address, so a
 * reader finds the table in the first lines of it, before all that a thousand
 * tasks have mapped.
 */
static void *map_memfd(int fd, size_t size, uint64_t window_base)
{
	void *hint = (void *)((window_base - size) & ~0xffffful);

	return mmap(hint, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void fill_header(struct pip_root *root, struct pip_table_header *table,
			size_t size)
{
	table->byte_order = PIP_TABLE_BYTE_ORDER;
	table->version_major = PIP_TABLE_VERSION_MAJOR;
	table->version_minor = PIP_TABLE_VERSION_MINOR;
	table->header_size = sizeof(struct pip_table_header);
	table->entry_size = sizeof(struct pip_table_entry);
	table->nentries = (uint32_t)root->ntasks + 1;
	table->nused = 1;
	table->table_size = size;
	table->table_address = (uint64_t)table;
	table->root_pid = root->pid;
	table->mode = root->mode;
	table->window_base = root->window_base;
	table->window_size = root->window_size;
	table->created = table_now();
	strncpy(table->runtime, "libpip " PACKAGE_VERSION,
		sizeof(table->runtime) - 1);
	table->memfd = root->table_fd;
	/* Last: without the magic it is not a table yet. */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	memcpy(table->magic, PIP_TABLE_MAGIC, sizeof(table->magic));
}

int table_create(struct pip_root *root)
{
	size_t size = sizeof(struct pip_table_header) +
		      ((size_t)root->ntasks + 1) *
			      sizeof(struct pip_table_entry);
	void *table;

	size = (size + 4095) & ~4095ul;
	root->table_fd = make_memfd(size);
	if (root->table_fd < 0)
		return errno;
	table = map_memfd(root->table_fd, size, root->window_base);
	if (table == MAP_FAILED) {
		int error = errno;

		close(root->table_fd);
		return error;
	}
	/* Nobody else may map it writable from here; kernels before 5.1 do
	 * not know the seal, and there the descriptor's rights must do. */
	(void)fcntl(root->table_fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE);
	fill_header(root, table, size);
	root->table = table;
	return 0;
}

void table_destroy(struct pip_root *root)
{
	/* Close the descriptor only if it still is the table's: a program may
	 * have closed it and got the number for a file of its own. */
	char link[64], name[sizeof("/memfd:" PIP_TABLE_NAME)] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", root->table_fd);
	if (readlink(link, name, sizeof(name) - 1) ==
		    (ssize_t)sizeof(name) - 1 &&
	    strcmp(name, "/memfd:" PIP_TABLE_NAME) == 0)
		close(root->table_fd);
	munmap(root->table, root->table->table_size);
	root->table = NULL;
}

void table_put_text(struct pip_table_entry *entry, char *field, size_t size,
		    const char *text)
{
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 1;
		entry->flags |= PIP_TASK_FLAG_TRUNCATED;
	}
	memcpy(field, text, length);
	memset(field + length, 0, size - length);
}

void table_put_command(struct pip_table_entry *entry, char *const *argv)
{
	size_t used = 0;

	for (int i = 0; argv[i] != NULL; i++) {
		size_t length = strlen(argv[i]) + 1;
		size_t room = sizeof(entry->command) - used;

		if (length > room) {
			memcpy(entry->command + used, argv[i], room);
			used += room;
			entry->command[used - 1] = '\0';
			entry->flags |= PIP_TASK_FLAG_TRUNCATED;
			break;
		}
		memcpy(entry->command + used, argv[i], length);
		used += length;
	}
	memset(entry->command + used, 0, sizeof(entry->command) - used);
}
