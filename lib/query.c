/* SPDX-License-Identifier: BSD-2-Clause */
/* Small questions about tasks. */
#include <errno.h>
#include <sys/time.h>
#include <unistd.h>

#include "root.h"
#include <pip/pip_util.h>

#include "undeclared.h"

PIP_EXPORT int pip2_get_system_id(int pipid, pip_id_t *idp);
PIP_EXPORT int pip2_yield(int flag);

/* The slot of a PIPID whose task has been made. */
static int find_task(int pipid, int api, struct pip_slot **slotp, pid_t *tidp)
{
	int error = slot_check_pipid(pipid, api, slotp);
	struct pip_slot *slot = *slotp;

	if (error != 0)
		return error;
	*tidp = slot_is_root(slot) ? slot->root->pid : atomic_load(&slot->pid);
	if (*tidp == 0 ||
	    (!slot_is_root(slot) && atomic_load(&slot->state) == SLOT_IDLE))
		return ESRCH;
	return 0;
}

/* Process mode: its PID.  Thread mode: its pthread_t, which in glibc is the
 * address that the thread pointer has. */
static int get_system_id(int pipid, pip_id_t *idp, int api)
{
	struct pip_slot *slot = NULL;
	pip_id_t id;
	pid_t tid;
	int error = find_task(pipid, api, &slot, &tid);

	if (error != 0)
		return error;
	id = root_is_threaded(slot->root) ? slot->entry->fs_base :
					    (pip_id_t)tid;
	if (id == 0) /* its loader has not made it yet */
		return ESRCH;
	if (idp != NULL)
		*idp = id;
	return 0;
}

int pip_get_system_id(int pipid, pip_id_t *idp)
{
	return get_system_id(pipid, idp, 3);
}

int pip2_get_system_id(int pipid, pip_id_t *idp)
{
	return get_system_id(pipid, idp, 2);
}

int pip_get_pid_(int pipid, pid_t *pidp)
{
	struct pip_slot *slot = NULL;
	pid_t tid;
	int error = find_task(pipid, 2, &slot, &tid);

	if (error == 0 && pidp != NULL)
		*pidp = tid;
	return error;
}

static int answer_if_threaded(int *flagp)
{
	if (pip_self == NULL)
		return EPERM;
	if (flagp != NULL)
		*flagp = pip_self->root->mode == PIP_TABLE_MODE_THREAD;
	return 0;
}

int pip_is_threaded(int *flagp)
{
	return answer_if_threaded(flagp);
}

/* Threads share their descriptors, processes do not. */
int pip_is_shared_fd(int *flagp)
{
	return answer_if_threaded(flagp);
}

int pip_isa_piptask(void)
{
	return pip_isa_task();
}

int pip_is_debug_build(void)
{
	return 0;
}

int pip2_yield(int flag)
{
	(void)flag;
	return pip_yield(PIP_YIELD_SYSTEM);
}

double pip_gettime(void)
{
	struct timeval now;

	gettimeofday(&now, NULL);
	return (double)now.tv_sec + (double)now.tv_usec * 1e-6;
}

pid_t pip_gettid(void)
{
	return gettid();
}
