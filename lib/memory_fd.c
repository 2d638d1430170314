/* SPDX-License-Identifier: BSD-2-Clause */
#include "memory_fd.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "table.h"

void memory_fd_open(struct pip_root *root)
{
	struct stat st;
	int fd = open("/proc/self/mem", O_WRONLY | O_CLOEXEC);

	root->memory_fd = -1;
	if (fd < 0)
		return;
	root->memory_fd = table_move_descriptor(fd);
	if (fstat(root->memory_fd, &st) == 0) {
		root->memory_dev = st.st_dev;
		root->memory_ino = st.st_ino;
	}
}

/* The program may have closed it and got the number for a file of its own,
 * which must not be written to. */
static bool is_still_it(const struct pip_root *root)
{
	struct stat st;

	return root->memory_fd >= 0 && fstat(root->memory_fd, &st) == 0 &&
	       st.st_dev == root->memory_dev && st.st_ino == root->memory_ino;
}

void memory_fd_drop(const struct pip_root *root)
{
	if (is_still_it(root))
		close(root->memory_fd);
}

void memory_fd_close(struct pip_root *root)
{
	memory_fd_drop(root);
	root->memory_fd = -1;
}

bool memory_fd_write(const struct pip_root *root, void *to, const void *from,
		     size_t size)
{
	return is_still_it(root) &&
	       pwrite(root->memory_fd, from, size, (off_t)to) == (ssize_t)size;
}
