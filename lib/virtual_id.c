/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two maps, one for each direction.  Readers use a sequence lock; writers a
 * lock that does not outlive its holder, and that a child made by fork() does
 * not inherit, so that nobody has to be asked before a fork.  Who takes over
 * such a lock makes the second map anew from the first.
 *
 * A writer blocks all signals: it cannot be suspended (suspend.h), nor
 * interrupted by a handler that writes too.
 */
#include <pip/pip_virtual_id.h>

#include "alive.h"
#include "futex.h"
#include "kernel_signal.h"
#include "root.h"
#include "virtual_id_map.h"

/* How long a waiter sleeps before it asks whether the holder still lives. */
#define PROBE_NS (5 * 1000 * 1000)
/* In how many attempts a reader must have succeeded not to take the lock. */
#define ATTEMPTS 200

/* Who holds the lock: its thread, and which address space that was in, since
 * after fork() there is no such thread. */
union holder {
	_Atomic uint64_t word; /* 0: free */
	struct { /* as little-endian CPUs have it */
		_Atomic uint32_t tid; /* a futex */
		uint32_t space;
	};
};

struct pip_virtual_ids {
	union holder holder;
	_Atomic uint32_t waiters;
	_Atomic uint32_t writes; /* odd: somebody is writing */
	int64_t first, last, next;
	struct id_map to_real, to_virtual;
};

/* What tells address spaces apart: the process that made it.  (In a child made
 * by vfork() that is another number, too; it should not write.) */
static uint32_t space_of_caller(void)
{
	struct pip_slot *self = pip_self;

	return self != NULL ? (uint32_t)self->root->pid :
			      (uint32_t)arch_syscall1(SYS_getpid, 0);
}

static void rebuild(struct pip_virtual_ids *table)
{
	struct id_array *from = table->to_real.now, *to = table->to_virtual.now;

	/* It died in id_map_replace(). */
	if (table->to_real.spare == from)
		table->to_real.spare = NULL;
	if (table->to_virtual.spare == to)
		table->to_virtual.spare = NULL;
	table->to_real.count = table->to_virtual.count = 0;
	/* It may be in whatever state; there is no memory to be had here. */
	memset(to->places, 0, to->size * sizeof(struct id_place));
	to->taken = from->taken = 0;
	for (size_t i = 0; i < from->size; i++) {
		struct id_place *place = &from->places[i];

		from->taken += place->state != ID_PLACE_EMPTY;
		if (place->state != ID_PLACE_USED)
			continue;
		table->to_real.count++;
		id_map_add(&table->to_virtual, place->value, place->key);
	}
}

static bool is_gone(uint64_t holder, uint32_t space)
{
	return (uint32_t)(holder >> 32) != space ||
	       alive_has_ended((pid_t)(uint32_t)holder);
}

static void acquire(struct pip_virtual_ids *table)
{
	uint32_t space = space_of_caller();
	uint64_t self = (uint64_t)space << 32 |
			(uint32_t)arch_syscall1(SYS_gettid, 0);
	bool slept = false;

	for (;;) {
		uint64_t holder = 0;

		if (atomic_compare_exchange_strong(&table->holder.word, &holder,
						   self))
			return;
		if ((slept || (uint32_t)(holder >> 32) != space) &&
		    is_gone(holder, space)) {
			if (!atomic_compare_exchange_strong(
				    &table->holder.word, &holder, self))
				continue;
			atomic_fetch_or(&table->writes, 1);
			rebuild(table);
			atomic_fetch_add(&table->writes, 1);
			return;
		}
		atomic_fetch_add(&table->waiters, 1);
		futex_wait(&table->holder.tid, (uint32_t)holder, PROBE_NS);
		slept = true;
		atomic_fetch_sub(&table->waiters, 1);
	}
}

static uint64_t begin(struct pip_virtual_ids *table)
{
	uint64_t all = ~0ull, before;

	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before,
		      KERNEL_SIGSET_SIZE);
	acquire(table);
	return before;
}

static int end(struct pip_virtual_ids *table, uint64_t signal_mask, int error)
{
	atomic_store(&table->holder.word, 0);
	if (atomic_load(&table->waiters) != 0)
		futex_wake(&table->holder.tid, 1);
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &signal_mask, NULL,
		      KERNEL_SIGSET_SIZE);
	return error;
}

/* Between these two readers look again. */
static void begin_write(struct pip_virtual_ids *table)
{
	atomic_fetch_or(&table->writes, 1);
	atomic_thread_fence(memory_order_seq_cst);
}

static void end_write(struct pip_virtual_ids *table)
{
	atomic_fetch_add_explicit(&table->writes, 1, memory_order_release);
}

static int read_place(const struct id_map *map, int64_t key, int64_t *value)
{
	struct id_place *place = id_map_find(map, key);

	if (place == NULL)
		return ENOENT;
	*value = atomic_load_explicit(&place->value, memory_order_relaxed);
	return 0;
}

static int translate(const struct pip_virtual_ids *constant,
		     const struct id_map *map, int64_t key, int64_t *valuep)
{
	struct pip_virtual_ids *table = (struct pip_virtual_ids *)constant;
	int64_t value = 0;
	uint64_t mask;
	int error;

	for (int i = 0; i < ATTEMPTS; i++) {
		uint32_t writes = atomic_load_explicit(&table->writes,
						       memory_order_acquire);

		if (writes & 1) {
			arch_pause();
			continue;
		}
		error = read_place(map, key, &value);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&table->writes,
					 memory_order_relaxed) != writes)
			continue;
		if (error == 0 && valuep != NULL)
			*valuep = value;
		return error;
	}
	mask = begin(table);
	error = read_place(map, key, &value);
	if (error == 0 && valuep != NULL)
		*valuep = value;
	return end(table, mask, error);
}

int pip_virtual_id_to_real(const pip_virtual_ids_t *table, int64_t virtual_id,
			   int64_t *realp)
{
	return translate(table, &table->to_real, virtual_id, realp);
}

int pip_virtual_id_to_virtual(const pip_virtual_ids_t *table, int64_t real,
			      int64_t *virtualp)
{
	return translate(table, &table->to_virtual, real, virtualp);
}

/* With the lock: the next one that is free.  ENOSPC. */
static int choose(struct pip_virtual_ids *table, int64_t *chosen)
{
	uint64_t span = (uint64_t)table->last - (uint64_t)table->first;
	uint64_t tries = table->to_real.count;

	/* Of so many and one more, one is free. */
	if (tries > span)
		tries = span;
	for (uint64_t i = 0; i <= tries; i++) {
		int64_t candidate = table->next;

		table->next = candidate == table->last ? table->first :
							 candidate + 1;
		if (id_map_find(&table->to_real, candidate) == NULL) {
			*chosen = candidate;
			return 0;
		}
	}
	return ENOSPC;
}

static int reserve(struct pip_virtual_ids *table)
{
	int error;

	/* It rebuilds the spare array, in which a reader may still be. */
	begin_write(table);
	error = id_map_reserve(&table->to_real);
	if (error == 0)
		error = id_map_reserve(&table->to_virtual);
	end_write(table);
	return error;
}

static int add(struct pip_virtual_ids *table, int64_t real, int64_t *chosen)
{
	int error;

	if (read_place(&table->to_virtual, real, chosen) == 0)
		return 0;
	error = choose(table, chosen);
	if (error == 0)
		error = reserve(table);
	if (error != 0)
		return error;
	begin_write(table);
	id_map_add(&table->to_real, *chosen, real);
	id_map_add(&table->to_virtual, real, *chosen);
	end_write(table);
	return 0;
}

int pip_virtual_id_add(pip_virtual_ids_t *table, int64_t real,
		       int64_t *virtualp)
{
	uint64_t mask = begin(table);
	int64_t chosen = 0;
	int error = add(table, real, &chosen);

	if (error == 0 && virtualp != NULL)
		*virtualp = chosen;
	return end(table, mask, error);
}

static int set(struct pip_virtual_ids *table, int64_t virtual_id, int64_t real)
{
	struct id_place *place;
	int64_t other;
	int error;

	if (read_place(&table->to_virtual, real, &other) == 0)
		return other == virtual_id ? 0 : EEXIST;
	error = reserve(table);
	if (error != 0)
		return error;
	place = id_map_find(&table->to_real, virtual_id);
	begin_write(table);
	if (place != NULL) {
		int64_t before = atomic_exchange(&place->value, real);

		id_map_remove(&table->to_virtual, before);
	} else {
		id_map_add(&table->to_real, virtual_id, real);
	}
	id_map_add(&table->to_virtual, real, virtual_id);
	end_write(table);
	return 0;
}

int pip_virtual_id_set(pip_virtual_ids_t *table, int64_t virtual_id,
		       int64_t real)
{
	uint64_t mask = begin(table);

	return end(table, mask, set(table, virtual_id, real));
}

int pip_virtual_id_remove(pip_virtual_ids_t *table, int64_t virtual_id)
{
	uint64_t mask = begin(table);
	int64_t real;

	if (read_place(&table->to_real, virtual_id, &real) != 0)
		return end(table, mask, ENOENT);
	begin_write(table);
	id_map_remove(&table->to_real, virtual_id);
	id_map_remove(&table->to_virtual, real);
	end_write(table);
	return end(table, mask, 0);
}

size_t pip_virtual_id_count(const pip_virtual_ids_t *table)
{
	return __atomic_load_n(&table->to_real.count, __ATOMIC_RELAXED);
}

/* visit() may change the table, so each pair is taken by itself. */
int pip_virtual_id_for_each(const pip_virtual_ids_t *constant,
			    int (*visit)(int64_t virtual_id, int64_t real,
					 void *arg),
			    void *arg)
{
	struct pip_virtual_ids *table = (struct pip_virtual_ids *)constant;
	struct id_array *array = atomic_load(&table->to_real.now);

	for (size_t i = 0; i < array->size; i++) {
		uint64_t mask = begin(table);
		int64_t virtual_id = atomic_load(&array->places[i].key), real;
		bool used = atomic_load(&array->places[i].state) ==
				    ID_PLACE_USED &&
			    read_place(&table->to_real, virtual_id, &real) == 0;
		int result = end(table, mask, 0);

		if (used)
			result = visit(virtual_id, real, arg);
		if (result != 0)
			return result;
	}
	return 0;
}

int pip_virtual_ids_create(pip_virtual_ids_t **tablep, int64_t first,
			   int64_t last)
{
	struct pip_virtual_ids *table;

	if (tablep == NULL || first > last)
		return EINVAL;
	table = mmap(NULL, sizeof(*table), PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (table == MAP_FAILED)
		return ENOMEM;
	table->first = table->next = first;
	table->last = last;
	if (!id_map_begin(&table->to_real) ||
	    !id_map_begin(&table->to_virtual)) {
		id_array_free(table->to_real.now);
		munmap(table, sizeof(*table));
		return ENOMEM;
	}
	*tablep = table;
	return 0;
}

void pip_virtual_ids_destroy(pip_virtual_ids_t *table)
{
	if (table == NULL)
		return;
	id_map_end(&table->to_real);
	id_map_end(&table->to_virtual);
	munmap(table, sizeof(*table));
}
