// SPDX-License-Identifier: BSD-2-Clause
/*
 * Why the memory of a process of one's own may not be read.  The Yama module
 * refuses what ptrace(2) calls PTRACE_MODE_ATTACH to who is no ancestor
 * (Documentation/admin-guide/LSM/Yama.rst); /proc/PID/maps and fd, which want
 * PTRACE_MODE_READ, it leaves alone.
 */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int refusal_read_scope(void)
{
	int fd = open("/proc/sys/kernel/yama/ptrace_scope",
		      O_RDONLY | O_CLOEXEC);
	char digit = '0';

	if (fd < 0)
		return 0; /* no such module */
	if (read(fd, &digit, 1) != 1)
		digit = '0';
	close(fd);
	return digit - '0';
}

static bool refusal_is_capable(void)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_SYS_PTRACE)].effective &
		CAP_TO_MASK(CAP_SYS_PTRACE)) != 0;
}

const char *refusal_describe(int scope, bool capable)
{
	if (scope < 1 || scope > 3 || (capable && scope < 3))
		return NULL;
	if (scope == 3)
		return "kernel.yama.ptrace_scope is 3, until the next boot";
	return scope == 1 ? "kernel.yama.ptrace_scope is 1; run this as root, "
			    "or set it to 0" :
			    "kernel.yama.ptrace_scope is 2; run this as root, "
			    "or set it to 0";
}

const char *observer_explain_refusal(void)
{
	return refusal_describe(refusal_read_scope(), refusal_is_capable());
}

const char *observer_explain_error(int error)
{
	const char *why = error == EPERM || error == EACCES ?
				  observer_explain_refusal() : NULL;

	return why ? why : strerror(error);
}
