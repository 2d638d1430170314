/* SPDX-License-Identifier: BSD-2-Clause */
/* A program's own events, and the recorder's switch. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <pip/pip_trace.h>

#include "probe.h"

_Static_assert(PIP_TRACE_OVERWRITE == (int)PIP_RECORDER_OVERWRITE, "");
_Static_assert(PIP_TRACE_STOP == (int)PIP_RECORDER_STOP, "");

static int set_switch(uint32_t mode)
{
	if (pip_self == NULL || pip_self->root->recorder == NULL)
		return EPERM;
	__atomic_store_n(&pip_self->root->table->recorder, mode,
			 __ATOMIC_RELAXED);
	recorder_adjust_clock(pip_self->root);
	return 0;
}

int pip_trace_start(int mode)
{
	if (mode != PIP_TRACE_OVERWRITE && mode != PIP_TRACE_STOP)
		return EINVAL;
	return set_switch((uint32_t)mode);
}

int pip_trace_stop(void)
{
	return set_switch(PIP_RECORDER_OFF);
}

static int find_name(struct pip_recorder_header *header, const char *name,
		     uint32_t *idp)
{
	for (uint32_t i = 0; i < header->names; i++)
		if (strcmp(header->name[i], name) == 0) {
			*idp = i;
			return 0;
		}
	if (header->names == PIP_RECORDER_NAMES)
		return ENOSPC;
	strcpy(header->name[header->names], name);
	*idp = header->names;
	__atomic_store_n(&header->names, header->names + 1, __ATOMIC_RELEASE);
	return 0;
}

int pip_trace_register(const char *name, uint32_t *idp)
{
	struct pip_root *root;
	int error;

	if (pip_self == NULL || pip_self->root->recorder == NULL)
		return EPERM;
	if (name == NULL || idp == NULL || *name == '\0' ||
	    strlen(name) >= PIP_RECORDER_NAME_MAX)
		return EINVAL;
	root = pip_self->root;
	/* Whoever died with it has at most left a name that does not count. */
	(void)!lock_acquire(&root->names_lock);
	error = find_name(root->recorder, name, idp);
	lock_release(&root->names_lock);
	return error;
}

void pip_trace_mark(uint32_t id, uint64_t value)
{
	probe_user(PIP_EVENT_MARK, id, value);
}

void pip_trace_begin(uint32_t id, uint64_t value)
{
	probe_user(PIP_EVENT_BEGIN, id, value);
}

void pip_trace_end(uint32_t id, uint64_t value)
{
	probe_user(PIP_EVENT_END, id, value);
}

void pip_trace_counter(uint32_t id, uint64_t value)
{
	probe_user(PIP_EVENT_COUNTER, id, value);
}
