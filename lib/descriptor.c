/* SPDX-License-Identifier: BSD-2-Clause */
#include "descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/single_threaded.h>

#include "arch.h"
#include "kernel_dirent.h"

/* Descriptors that are asked for one by one where there is no /proc. */
#define WITHOUT_PROC_MAX 65536

static bool is_cloexec(int fd)
{
	long flags = arch_syscall2(SYS_fcntl, fd, F_GETFD);

	return flags >= 0 && (flags & FD_CLOEXEC) != 0;
}

static int parse_number(const char *text)
{
	int number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (*text - '0');
	return *text == '\0' ? number : -1;
}

/* Call visit for each descriptor but the one that is used to list them.
 * Returns false when there is no /proc. */
static bool for_each_descriptor(bool (*visit)(int fd, void *arg), void *arg)
{
	char buffer[2048] __attribute__((aligned(8)));
	bool more = true;
	long dir, bytes;

	dir = arch_syscall4(SYS_openat, AT_FDCWD, "/proc/self/fd",
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return false;
	while (more && (bytes = arch_syscall3(SYS_getdents64, dir, buffer,
					      sizeof(buffer))) > 0)
		for (long at = 0; more && at < bytes;) {
			struct kernel_dirent *entry = (void *)(buffer + at);
			int fd = parse_number(entry->name);

			if (fd >= 0 && fd != dir)
				more = visit(fd, arg);
			at += entry->reclen;
		}
	arch_syscall1(SYS_close, dir);
	return true;
}

static bool add_to_list(int fd, void *arg)
{
	struct descriptor_list *list = arg;

	if (fd == list->keep || !is_cloexec(fd))
		return true;
	if (list->count == DESCRIPTOR_LIST_MAX) {
		list->exact = false;
		return false;
	}
	list->fds[list->count++] = fd;
	return true;
}

static bool close_if_cloexec(int fd, void *arg)
{
	const struct descriptor_list *list = arg;

	if (fd != list->keep && is_cloexec(fd))
		arch_syscall1(SYS_close, fd);
	return true;
}

void descriptor_list_cloexec(struct descriptor_list *list, int keep)
{
	list->count = 0;
	list->keep = keep;
	list->exact = __libc_single_threaded;
	if (list->exact && !for_each_descriptor(add_to_list, list))
		list->exact = false;
}

void descriptor_close_listed(const struct descriptor_list *list)
{
	if (list->exact) {
		for (int i = 0; i < list->count; i++)
			arch_syscall1(SYS_close, list->fds[i]);
	} else if (!for_each_descriptor(close_if_cloexec, (void *)list)) {
		for (int fd = 0; fd < WITHOUT_PROC_MAX; fd++)
			close_if_cloexec(fd, (void *)list);
	}
}
