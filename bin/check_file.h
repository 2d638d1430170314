/* SPDX-License-Identifier: BSD-2-Clause */
/* What pip-check finds out about a file. */
#ifndef PIP_CHECK_FILE_H
#define PIP_CHECK_FILE_H

#include <stdbool.h>

enum check_kind {
	CHECK_NOT_FOUND,
	CHECK_NOT_EXECUTABLE,
	CHECK_NOT_ELF,
	CHECK_ELF,
};

/* All false unless kind is CHECK_ELF. */
struct check_file {
	enum check_kind kind;
	bool needs_libpip; /* it is linked with libpip */
	bool exports_main; /* as what pipcc links does (-rdynamic) */
	bool can_be_root;  /* needs_libpip, and can be executed here */
	bool can_be_task;  /* the runtime can start it as a task */
	char why_not[512]; /* why one of the two is false, "" otherwise */
};

/* Examine the file at path, as far as the caller may read it. */
void check_file(const char *path, struct check_file *file);

#endif
