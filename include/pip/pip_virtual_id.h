/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual identifiers: what a program is told instead of a number that the
 * kernel, or a peer, has assigned and may assign anew: a process ID, a
 * descriptor, a timer.
 *
 * A table translates virtual ids to real ones and back.  It is for any thread
 * of any task that has its address, and for programs without PiP too.  Looking
 * up takes no lock and makes no system call.  No function allocates by
 * malloc(3), and all but create and destroy may be called by signal handlers
 * and by the hooks of a suspension.  After fork() the child has a copy of its
 * own, whatever other threads were doing to the table.
 *
 * Functions that return int return 0 or an errno value.
 */
#ifndef PIP_VIRTUAL_ID_H
#define PIP_VIRTUAL_ID_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct pip_virtual_ids pip_virtual_ids_t;

/*
 * Make a table that gives out virtual ids from first to last, in this order
 * and then those that have become free.  Its memory is the caller's: it goes
 * when the memory of that task goes (pip_spawn(3)).
 * Errors: EINVAL first > last; ENOMEM.
 */
int pip_virtual_ids_create(pip_virtual_ids_t **tablep, int64_t first,
			   int64_t last);

/* Give it back.  Nobody may be using it. */
void pip_virtual_ids_destroy(pip_virtual_ids_t *table);

/*
 * The virtual id of a real one, which gets one if it has none.
 * Errors: ENOSPC all from first to last are in use; ENOMEM.
 */
int pip_virtual_id_add(pip_virtual_ids_t *table, int64_t real,
		       int64_t *virtualp);

/*
 * From now on virtual_id means real: one that was not in the table, or that
 * has meant something else, as after a restart.  It need not be between first
 * and last.
 * Errors: EEXIST real has another virtual id; ENOMEM.
 */
int pip_virtual_id_set(pip_virtual_ids_t *table, int64_t virtual_id,
		       int64_t real);

/* Translate.  ENOENT: it is not in the table. */
int pip_virtual_id_to_real(const pip_virtual_ids_t *table, int64_t virtual_id,
			   int64_t *realp);
int pip_virtual_id_to_virtual(const pip_virtual_ids_t *table, int64_t real,
			      int64_t *virtualp);

/* Forget a virtual id, which becomes free.  ENOENT. */
int pip_virtual_id_remove(pip_virtual_ids_t *table, int64_t virtual_id);

/* How many are in the table. */
size_t pip_virtual_id_count(const pip_virtual_ids_t *table);

/*
 * Call visit for each pair, in no order, until it returns something else than
 * 0, which is then returned.  The table may be changed meanwhile, by visit() too:
 * then a pair may be left out, or come twice.
 */
int pip_virtual_id_for_each(const pip_virtual_ids_t *table,
			    int (*visit)(int64_t virtual_id, int64_t real,
					 void *arg),
			    void *arg);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif /* PIP_VIRTUAL_ID_H */
