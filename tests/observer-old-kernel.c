// SPDX-License-Identifier: BSD-2-Clause
/*
 * Preloaded, it makes the kernel older: without the ioctls of maps and pagemap
 * (before 6.11 and 6.7), without kcmp(2) (not configured).
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int ioctl(int fd, unsigned long request, ...)
{
	(void)fd;
	(void)request;
	errno = ENOTTY;
	return -1;
}

/* Of syscall(2) the observer library makes one use. */
long syscall(long number, ...)
{
	(void)number;
	errno = ENOSYS;
	return -1;
}
