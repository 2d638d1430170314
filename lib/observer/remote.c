// SPDX-License-Identifier: BSD-2-Clause
/* Memory of another process, by process_vm_readv(2). */
#include <config.h>

#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#define CHUNK 4096u

int remote_read(pid_t pid, uint64_t address, void *buffer, size_t size)
{
	char *to = buffer;

	while (size) {
		struct iovec local = { to, size };
		struct iovec remote = { (void *)(uintptr_t)address, size };
		ssize_t n;

		watch_begin(pid);
		n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
		watch_end();
		if (n < 0)
			return errno;
		if (n == 0)
			return EFAULT;
		to += n;
		address += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/*
 * A string at address, at most limit bytes of it; to be freed.  It is read up
 * to the end of a page at a time: the next page may not exist.
 */
int remote_read_string(pid_t pid, uint64_t address, size_t limit,
		       char **textp, size_t *lengthp)
{
	size_t length = 0;
	char *text = NULL;

	for (;;) {
		size_t n = CHUNK - (size_t)(address & (CHUNK - 1));
		char *more, *end;
		int error;

		if (n > limit - length)
			n = limit - length;
		more = realloc(text, length + n + 1);
		if (!more) {
			free(text);
			return ENOMEM;
		}
		text = more;
		error = n ? remote_read(pid, address, text + length, n) : 0;
		if (error) {
			free(text);
			return error;
		}
		end = memchr(text + length, '\0', n);
		length = end ? (size_t)(end - text) : length + n;
		address += n;
		if (end || length == limit)
			break;
	}
	text[length] = '\0';
	*textp = text;
	*lengthp = length;
	return 0;
}
