/* SPDX-License-Identifier: BSD-2-Clause */
/* One exported address per task, and the program's own pointer (aux). */
#include <errno.h>

#include "probe.h"

PIP_EXPORT int pip2_export(void *exp);
PIP_EXPORT int pip2_import(int pipid, void **expp);

int pip_export(void *exp)
{
	if (pip_self == NULL)
		return EPERM;
	atomic_store_explicit(&pip_self->exported, exp, memory_order_release);
	atomic_store(&pip_self->has_exported, true);
	slot_count(pip_self, PIP_COUNT_EXPORTS);
	probe_export(pip_self->pipid, exp, NULL, 0);
	return 0;
}

int pip2_export(void *exp)
{
	if (pip_self == NULL)
		return EPERM;
	if (exp == NULL)
		return EINVAL;
	if (atomic_exchange(&pip_self->has_exported, true))
		return EBUSY;
	atomic_store_explicit(&pip_self->exported, exp, memory_order_release);
	slot_count(pip_self, PIP_COUNT_EXPORTS);
	probe_export(pip_self->pipid, exp, NULL, 0);
	return 0;
}

static int import(struct pip_slot *slot, void **expp)
{
	if (expp != NULL)
		*expp = atomic_load_explicit(&slot->exported,
					     memory_order_acquire);
	slot_count(pip_self, PIP_COUNT_IMPORTS);
	return 0;
}

int pip_import(int pipid, void **expp)
{
	struct pip_slot *slot;
	int error = slot_check_pipid(pipid, 3, &slot);

	return error != 0 ? error : import(slot, expp);
}

/* In version 2 only the living can be imported from. */
static bool is_dead(const struct pip_slot *slot)
{
	return !slot_is_root(slot) && atomic_load(&slot->state) == SLOT_IDLE &&
	       slot->entry->generation != 0;
}

int pip2_import(int pipid, void **expp)
{
	struct pip_slot *slot;
	int error = slot_check_pipid(pipid, 2, &slot);

	if (error != 0)
		return error;
	return is_dead(slot) ? ESRCH : import(slot, expp);
}

int pip_set_aux(void *aux)
{
	if (pip_self == NULL)
		return EPERM;
	pip_self->aux = aux;
	return 0;
}

int pip_get_aux(void **auxp)
{
	if (pip_self == NULL)
		return EPERM;
	if (auxp != NULL)
		*auxp = pip_self->aux;
	return 0;
}
