/* SPDX-License-Identifier: BSD-2-Clause */
/* Exported addresses with names, and waiting for one to appear. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alive.h"
#include "format.h"
#include "futex.h"
#include "probe.h"

/* Longer names are formatted in memory from malloc(). */
#define NAME_BUFFER 256

/*
 * Who waits for a name is woken when it is exported, and when the exporter
 * ends or is waited for.  One that is killed wakes nobody, so that a waiter
 * has a look at it this often.
 */
#define LOOK_NS_MIN (4l * 1000 * 1000)
#define LOOK_NS_MAX (64l * 1000 * 1000)

PIP_EXPORT int pip2_named_import(int pipid, void **expp, const char *format,
				 ...) __attribute__((format(printf, 3, 4)));
PIP_EXPORT int pip2_named_tryimport(int pipid, void **expp, const char *format,
				    ...) __attribute__((format(printf, 3, 4)));

struct formatted_name {
	struct names_key key;
	char *allocated;
	char buffer[NAME_BUFFER];
};

__attribute__((format(printf, 2, 0))) static int
format_slowly(struct formatted_name *name, const char *format, va_list ap)
{
	const char *text = name->buffer;
	va_list again;
	int length;

	va_copy(again, ap);
	length = vsnprintf(name->buffer, sizeof(name->buffer), format, ap);
	if (length >= (int)sizeof(name->buffer)) {
		text = name->allocated = malloc((size_t)length + 1);
		if (text != NULL)
			vsnprintf(name->allocated, (size_t)length + 1, format,
				  again);
	}
	va_end(again);
	if (length < 0)
		return errno;
	if (text == NULL)
		return ENOMEM;
	names_make_key(&name->key, text, (size_t)length);
	return 0;
}

/* Errors: ENOMEM, and vsnprintf()'s (EILSEQ, EOVERFLOW). */
__attribute__((format(printf, 2, 0))) static inline int
format_name(struct formatted_name *name, const char *format, va_list ap)
{
	const char *end;
	size_t length;
	va_list again;
	bool done;

	name->allocated = NULL;
	if (format == NULL)
		format = "";
	end = strchrnul(format, '%');
	if (*end == '\0') { /* Many names have nothing to format. */
		names_make_key(&name->key, format, (size_t)(end - format));
		return 0;
	}
	va_copy(again, ap);
	done = format_quickly(name->buffer, sizeof(name->buffer), &length,
			      format, again);
	va_end(again);
	if (!done)
		return format_slowly(name, format, ap);
	names_make_key(&name->key, name->buffer, length);
	return 0;
}

int pip_named_export(void *exp, const char *format, ...)
{
	struct formatted_name name;
	va_list ap;
	int error;

	if (pip_self == NULL)
		return EPERM;
	va_start(ap, format);
	error = format_name(&name, format, ap);
	va_end(ap);
	if (error != 0)
		return error;
	error = names_insert(pip_self, &name.key, exp);
	if (error == 0) {
		slot_count(pip_self, PIP_COUNT_EXPORTS);
		probe_export(pip_self->pipid, exp, name.key.text,
			     name.key.length);
	}
	free(name.allocated);
	return error;
}

/* Never spawned, or waited for. */
static bool is_absent(const struct pip_slot *slot)
{
	return !slot_is_root(slot) && atomic_load(&slot->state) == SLOT_IDLE;
}

/* Can it still export?  Costs no system call unless thorough. */
static bool can_export(const struct pip_slot *slot, uint32_t life, bool thorough)
{
	pid_t pid = atomic_load(&slot->pid);

	if (slot_is_root(slot))
		return true;
	if (is_absent(slot) || atomic_load(&slot->names.life) != life ||
	    atomic_load(&slot->names.closed) == life)
		return false;
	/* The PID is 0 for a moment when the task is being spawned. */
	if (!thorough || pid == 0)
		return true;
	return root_is_threaded(slot->root) ?
		       atomic_load(&slot->end.state) != END_DONE :
		       !alive_process_has_ended(pid);
}

static int wait_for_name(struct pip_slot *slot, const struct names_key *key,
			 void **value)
{
	struct names *names = &slot->names;
	unsigned bell = key->hash % NAMES_BELLS;
	uint32_t life = atomic_load(&names->life);
	long timeout = LOOK_NS_MIN;
	bool thorough = true;
	int error = ESRCH; /* if it cannot export from the beginning */

	blt_begin_naps();

	for (;;) {
		uint32_t rings;
		bool alive, timed_out;

		atomic_fetch_add(&names->bells[bell].waiters, 1);
		rings = atomic_load(&names->bells[bell].rings);
		/* In this order: what it exports last of all counts. */
		alive = can_export(slot, life, thorough);
		if (names_find(slot, key, value) == 0)
			error = 0;
		else if (alive)
			error = EAGAIN;
		if (error == EAGAIN && !blt_nap_instead(names))
			futex_wait(&names->bells[bell].rings, rings, timeout);
		timed_out = atomic_load(&names->bells[bell].rings) == rings;
		atomic_fetch_sub(&names->bells[bell].waiters, 1);
		if (error != EAGAIN)
			return error;
		error = ECANCELED;
		thorough = timed_out;
		if (timed_out && timeout < LOOK_NS_MAX)
			timeout *= 2;
	}
}

/* The name is not there. */
static int import_absent(struct pip_slot *slot, const struct names_key *key,
			 void **value, bool block)
{
	uint32_t life = atomic_load(&slot->names.life);

	if (slot == pip_self)
		return EDEADLK;
	if (block) {
		int error;

		probe_import_begin(pip_self->pipid, slot->pipid, key->text,
				   key->length);
		error = wait_for_name(slot, key, value);
		probe_import_end(pip_self->pipid, slot->pipid, error);
		return error;
	}
	if (!can_export(slot, life, true))
		/* What it exported last of all counts. */
		return names_find(slot, key, value) == 0 ? 0 : ESRCH;
	return EAGAIN;
}

__attribute__((format(printf, 5, 0))) static inline int
import_named(int pipid, void **expp, bool block, int api, const char *format,
	     va_list ap)
{
	struct formatted_name name;
	struct pip_slot *slot;
	void *value = NULL;
	int error = slot_check_pipid(pipid, api, &slot);

	if (error == 0)
		error = format_name(&name, format, ap);
	if (error != 0)
		return error;
	if (is_absent(slot))
		error = ESRCH;
	else if (names_find(slot, &name.key, &value) != 0)
		error = import_absent(slot, &name.key, &value, block);
	if (name.allocated != NULL)
		free(name.allocated);
	if (error != 0)
		return error;
	if (expp != NULL)
		*expp = value;
	slot_count(pip_self, PIP_COUNT_IMPORTS);
	return 0;
}

#define DEFINE_IMPORT(name, block, api)                                      \
	int name(int pipid, void **expp, const char *format, ...)            \
	{                                                                    \
		va_list ap;                                                  \
		int error;                                                   \
                                                                             \
		va_start(ap, format);                                        \
		error = import_named(pipid, expp, block, api, format, ap);   \
		va_end(ap);                                                  \
		return error;                                                \
	}

DEFINE_IMPORT(pip_named_import, true, 3)
DEFINE_IMPORT(pip_named_tryimport, false, 3)
DEFINE_IMPORT(pip2_named_import, true, 2)
DEFINE_IMPORT(pip2_named_tryimport, false, 2)

/*
 * The task ends in an orderly way; nothing of its program runs after this,
 * because libpip's constructor was the first (task.c).
 */
__attribute__((destructor)) static void close_names(void)
{
	if (pip_self != NULL && !slot_is_root(pip_self))
		names_close(pip_self);
}
