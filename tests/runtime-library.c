/* SPDX-License-Identifier: BSD-2-Clause */
#include "runtime-library.h"

#include <stddef.h>
#include <unistd.h>

#include <pip/pip.h>

struct constructor_record library_constructor;

static int order;

void constructor_note(struct constructor_record *record)
{
	record->ran++;
	record->order = ++order;
	record->pid = getpid();
	record->is_task = pip_isa_task();
	record->pipid = -1;
	record->error = pip_get_pipid(&record->pipid);
	record->imported = NULL;
	pip_import(PIP_PIPID_ROOT, &record->imported);
}

__attribute__((constructor)) static void construct(void)
{
	constructor_note(&library_constructor);
}

int library_start(void *arg)
{
	return arg == NULL ? 1 : *(int *)arg;
}
