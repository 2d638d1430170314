/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A hash map from 64-bit numbers to such, for virtual_id.c: open addressing,
 * linear probing, and places that are not used again before it is rebuilt.
 *
 * One thread writes, others may read at the same time and look afterwards
 * whether somebody has written (a sequence lock).  So an array stays mapped
 * until the map goes: there are two of the present size, of which one is
 * rebuilt into the other, and smaller ones that were outgrown.
 *
 * Whoever writes may be killed, or another thread of its process may fork, at
 * any point: each change becomes true by one store.
 */
#ifndef PIP_VIRTUAL_ID_MAP_H
#define PIP_VIRTUAL_ID_MAP_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ID_MAP_FIRST 128u /* places of the first arrays: a page or so */

enum id_place_state { ID_PLACE_EMPTY, ID_PLACE_USED, ID_PLACE_GONE };

struct id_place {
	_Atomic int64_t key, value;
	_Atomic uint32_t state; /* enum id_place_state */
};

struct id_array {
	struct id_array *outgrown; /* by this one: the one before */
	size_t size;     /* places; a power of two */
	size_t taken;    /* places that are not empty */
	struct id_place places[];
};

struct id_map {
	struct id_array *_Atomic now;
	struct id_array *spare; /* as large, or NULL */
	size_t count;
};

static inline size_t id_array_bytes(size_t size)
{
	return sizeof(struct id_array) + size * sizeof(struct id_place);
}

static inline struct id_array *id_array_make(size_t size)
{
	struct id_array *array = mmap(NULL, id_array_bytes(size),
				      PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (array == MAP_FAILED)
		return NULL;
	array->size = size;
	return array;
}

static inline void id_array_free(struct id_array *array)
{
	if (array != NULL)
		munmap(array, id_array_bytes(array->size));
}

/* Multiplier of splitmix64 (Steele, Lea, Flood 2014). */
static inline size_t id_hash(int64_t key)
{
	uint64_t hash = (uint64_t)key * 0xbf58476d1ce4e5b9ull;

	return hash ^ hash >> 32;
}

/* The key's place, NULL if it has none. */
static inline struct id_place *id_array_find(struct id_array *array, int64_t key)
{
	size_t at = id_hash(key), mask = array->size - 1;

	/* A reader may look at an array that is being rebuilt, which is full
	 * for a moment in its eyes. */
	for (size_t i = 0; i <= mask; i++, at++) {
		struct id_place *place = &array->places[at & mask];
		uint32_t state = atomic_load_explicit(&place->state,
						      memory_order_acquire);

		if (state == ID_PLACE_EMPTY)
			return NULL;
		if (state == ID_PLACE_USED &&
		    atomic_load_explicit(&place->key, memory_order_relaxed) ==
			    key)
			return place;
	}
	return NULL;
}

static inline struct id_place *id_map_find(const struct id_map *map, int64_t key)
{
	return id_array_find(atomic_load_explicit(&map->now,
						  memory_order_acquire),
			     key);
}

/* There is room, and the key is not there. */
static inline void id_array_add(struct id_array *array, int64_t key,
				int64_t value)
{
	size_t at = id_hash(key), mask = array->size - 1;
	struct id_place *place;

	do
		place = &array->places[at++ & mask];
	while (atomic_load_explicit(&place->state, memory_order_relaxed) !=
	       ID_PLACE_EMPTY);
	atomic_store_explicit(&place->key, key, memory_order_relaxed);
	atomic_store_explicit(&place->value, value, memory_order_relaxed);
	array->taken++;
	atomic_store_explicit(&place->state, ID_PLACE_USED,
			      memory_order_release);
}

static inline bool id_map_begin(struct id_map *map)
{
	map->now = id_array_make(ID_MAP_FIRST);
	map->spare = NULL;
	map->count = 0;
	return map->now != NULL;
}

static inline void id_map_end(struct id_map *map)
{
	struct id_array *array = map->now, *next;

	id_array_free(map->spare);
	for (; array != NULL; array = next) {
		next = array->outgrown;
		id_array_free(array);
	}
}

/* An empty array of that size that is not in use. */
static inline struct id_array *id_map_take_array(struct id_map *map, size_t size)
{
	struct id_array *spare = map->spare;

	if (spare == NULL || spare->size != size)
		return id_array_make(size);
	map->spare = NULL;
	memset(spare->places, 0, size * sizeof(struct id_place));
	spare->taken = 0;
	return spare;
}

/* Put another array in place of the one in use, which stays. */
static inline void id_map_replace(struct id_map *map, struct id_array *array)
{
	struct id_array *before = map->now;

	if (array->size == before->size) {
		array->outgrown = before->outgrown;
		map->spare = before;
		before->outgrown = NULL;
	} else {
		/* Readers may still be in the spare one. */
		if (map->spare != NULL)
			map->spare->outgrown = before->outgrown,
			before->outgrown = map->spare;
		map->spare = NULL;
		array->outgrown = before;
	}
	atomic_store_explicit(&map->now, array, memory_order_release);
}

/* Make room for one more.  ENOMEM. */
static inline int id_map_reserve(struct id_map *map)
{
	struct id_array *now = map->now, *array;
	size_t size = now->size;

	if ((now->taken + 1) * 4 <= size * 3)
		return 0;
	if ((map->count + 1) * 2 > size)
		size *= 2;
	array = id_map_take_array(map, size);
	if (array == NULL)
		return ENOMEM;
	for (size_t i = 0; i < now->size; i++) {
		struct id_place *place = &now->places[i];

		if (place->state == ID_PLACE_USED)
			id_array_add(array, place->key, place->value);
	}
	id_map_replace(map, array);
	return 0;
}

/* After id_map_reserve(). */
static inline void id_map_add(struct id_map *map, int64_t key, int64_t value)
{
	id_array_add(map->now, key, value);
	map->count++;
}

static inline void id_map_remove(struct id_map *map, int64_t key)
{
	struct id_place *place = id_map_find(map, key);

	if (place == NULL)
		return;
	atomic_store_explicit(&place->state, ID_PLACE_GONE,
			      memory_order_release);
	map->count--;
}

#endif
