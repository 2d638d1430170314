/* SPDX-License-Identifier: BSD-2-Clause */
/* What is written to stderr, the runtime's messages above all. */
#ifndef TESTS_CAPTURE_H
#define TESTS_CAPTURE_H

#include <fcntl.h>
#include <sys/mman.h>

#include "check.h"

static int capture_stderr = -1, capture_fd = -1;
static char capture_text[16384];

__attribute__((unused))
static void capture_begin(void)
{
	capture_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
	capture_fd = memfd_create("captured-stderr", MFD_CLOEXEC);
	NEED(capture_stderr >= 0 && capture_fd >= 0);
	NEED(dup2(capture_fd, STDERR_FILENO) == STDERR_FILENO);
}

/* What came since capture_begin(); it also goes to the log. */
__attribute__((unused))
static const char *capture_end(void)
{
	ssize_t n = pread(capture_fd, capture_text, sizeof(capture_text) - 1,
			  0);

	NEED(dup2(capture_stderr, STDERR_FILENO) == STDERR_FILENO);
	close(capture_stderr);
	close(capture_fd);
	NEED(n >= 0);
	capture_text[n] = '\0';
	if (n > 0)
		check_say("captured: %s", capture_text);
	return capture_text;
}

#define CHECK_CONTAINS(text, part)                                           \
	do {                                                                 \
		const char *text_ = (text), *part_ = (part);                 \
		if (strstr(text_, part_) == NULL)                            \
			check_fail("%s:%d: there is no '%s' in '%s'", __FILE__, \
				   __LINE__, part_, text_);                  \
	} while (0)

#endif
