/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The names that a task (or the root) has exported: a hash table per slot
 * that only its owner's threads write and every task reads.
 *
 * Nobody takes a lock, so a task that is killed in the middle stops nobody.
 * An entry is written before it is linked in, by one compare-and-swap, and
 * never changes afterwards.
 *
 * The table must outlive its owner until the slot is used again, and a reader
 * may be in the midst of it even then.  So it lies in an area of its own, at
 * the end of the slot's window (the root's: anywhere), which is never unmapped
 * before pip_fin(): a new life of the slot makes the kernel take the pages
 * back, and a reader finds zeros.  Before it follows what it has read it
 * checks that the slot's life is still the one that it began with, as a
 * reader of a sequence lock does.
 */
#ifndef PIP_NAMES_H
#define PIP_NAMES_H

#include <stdatomic.h>
#include <stdint.h>
#include <stddef.h>

struct pip_slot;

/* Address space of one table; memory is only what is used of it. */
#define NAMES_AREA (64ul << 20)

/* Importers that wait sleep on one of these, by the hash of the name. */
#define NAMES_BELLS 8

struct names {
	_Atomic uint32_t life;   /* counts the lives of the slot [spawner] */
	_Atomic uint32_t closed; /* the life whose owner exports no more */
	_Atomic uint64_t low;    /* where the area starts, 0 = not yet */
	_Atomic uint64_t used;   /* bytes of it that are handed out */
	_Atomic uint64_t open;   /* bytes of it that can be written */
	struct {
		_Atomic uint32_t rings; /* a futex: changes with each export */
		_Atomic uint32_t waiters;
	} bells[NAMES_BELLS];
};

/* A name and its hash. */
struct names_key {
	const char *text; /* need not end with a NUL */
	size_t length;
	uint32_t hash;
};

__attribute__((visibility("hidden"))) void
names_make_key(struct names_key *key, const char *text, size_t length);

/* By the owner.  Errors: EBUSY the name is there already; ENOMEM. */
__attribute__((visibility("hidden"), warn_unused_result)) int
names_insert(struct pip_slot *slot, const struct names_key *key, void *value);

/* By anybody.  ENOENT: it is not there (any more). */
__attribute__((visibility("hidden"), warn_unused_result)) int
names_find(struct pip_slot *slot, const struct names_key *key, void **value);

/* The owner has ended, or exports no more: wake who waits for its names. */
__attribute__((visibility("hidden"))) void names_close(struct pip_slot *slot);

/* A new task gets the slot: no names, and the memory goes back. */
__attribute__((visibility("hidden"))) void names_renew(struct pip_slot *slot);

/* Unmap the table, at pip_fin(). */
__attribute__((visibility("hidden"))) void names_release(struct pip_slot *slot);

#endif
