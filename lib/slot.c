/* SPDX-License-Identifier: BSD-2-Clause */
/* Who am I, and who is PIPID n. */
#include <errno.h>
#include <sys/auxv.h>

#include "recorder.h"

struct pip_slot *pip_self;
static bool is_forked;

struct pip_slot *pip_slot_from_auxv(void)
{
	struct pip_slot *slot = (struct pip_slot *)getauxval(PIP_AT_SLOT);

	if (slot == NULL || is_forked || slot->root->magic != PIP_ROOT_MAGIC)
		return NULL;
	return slot;
}

void slot_forget(void)
{
	is_forked = true;
	blt_own = NULL;
	recorder_close();
	pip_self = NULL;
}

int slot_check_pipid(int pipid, int api, struct pip_slot **slotp)
{
	struct pip_slot *self = pip_self;

	if (self == NULL)
		return EPERM;
	switch (pipid) {
	case PIP_PIPID_ROOT:
		*slotp = &self->root->self;
		return 0;
	case PIP_PIPID_MYSELF:
		*slotp = self;
		return 0;
	case PIP_PIPID_ANY:
	case PIP_PIPID_NULL:
		return EINVAL;
	}
	if (pipid < 0)
		return api == 2 ? ERANGE : EINVAL;
	if (pipid >= self->root->ntasks)
		return ERANGE;
	*slotp = &self->root->slots[pipid];
	return 0;
}

int pip_get_pipid(int *pipidp)
{
	if (pip_self == NULL)
		return EPERM;
	if (pipidp != NULL)
		*pipidp = pip_self->pipid;
	return 0;
}

int pip_get_ntasks(int *ntasksp)
{
	if (pip_self == NULL)
		return EPERM;
	if (ntasksp != NULL)
		*ntasksp = pip_self->root->ntasks;
	return 0;
}

int pip_isa_root(void)
{
	return pip_self != NULL && slot_is_root(pip_self);
}

int pip_isa_task(void)
{
	return pip_self != NULL && !slot_is_root(pip_self);
}
