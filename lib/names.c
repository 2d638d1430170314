/* SPDX-License-Identifier: BSD-2-Clause */
#include "names.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"
#include "futex.h"
#include "root.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* An entry's place is its distance from the start of the area; 0 = none. */
typedef _Atomic uint32_t name_link;

/*
 * The area begins with the buckets, so many that a table of thousands of
 * names has hardly two in one.  Only those pages that are used take memory.
 */
#define BUCKETS 65536u
#define BUCKETS_SIZE (BUCKETS * sizeof(name_link))

/* The area is made writable in steps: less than a huge page at first, which
 * the kernel would fill for the sake of one name. */
#define STEP (1ul << 20)

struct name {
	name_link next;
	uint32_t hash;
	uint32_t length;
	void *value;
	char text[];
};

/* Multiplier of splitmix64 (Steele, Lea, Flood 2014). */
#define MIX 0xbf58476d1ce4e5b9ull

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * MIX;
	return hash ^ hash >> 32;
}

static uint64_t load_word(const char *text, size_t size)
{
	uint64_t word;

	memcpy(&word, text, size == 8 ? 8 : 4);
	return size == 8 ? word : (uint32_t)word;
}

/* The last bytes, fewer than 8. */
static uint64_t load_rest(const char *text, size_t size)
{
	if (size >= 4) { /* two words that overlap */
		uint32_t a, b;

		memcpy(&a, text, 4);
		memcpy(&b, text + size - 4, 4);
		return (uint64_t)a << 32 | b;
	}
	return (uint64_t)(uint8_t)text[0] << 16 |
	       (uint64_t)(uint8_t)text[size / 2] << 8 |
	       (uint8_t)text[size - 1];
}

void names_make_key(struct names_key *key, const char *text, size_t length)
{
	uint64_t hash = length * MIX;

	key->text = text;
	key->length = length;
	for (; length >= 8; text += 8, length -= 8)
		hash = mix(hash, load_word(text, 8));
	if (length > 0)
		hash = mix(hash, load_rest(text, length));
	key->hash = (uint32_t)(hash ^ hash >> 29);
}

static name_link *bucket_of(uint64_t low, uint32_t hash)
{
	return (name_link *)low + hash % BUCKETS;
}

static void ring(struct names *names, unsigned bell)
{
	atomic_fetch_add(&names->bells[bell].rings, 1);
	if (atomic_load(&names->bells[bell].waiters) != 0)
		futex_wake(&names->bells[bell].rings, INT_MAX);
}

/* Address space for the area.  Another thread may do the same just now. */
static bool reserve_area(struct pip_slot *slot)
{
	struct names *names = &slot->names;
	uint64_t wanted = slot_is_root(slot) ? 0 : slot->window_high, none = 0;
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	long at;

	if (atomic_load(&names->low) != 0)
		return true;
	at = arch_syscall6(SYS_mmap, (long)wanted, NAMES_AREA, PROT_NONE,
			   wanted != 0 ? flags | MAP_FIXED_NOREPLACE : flags,
			   -1, 0);
	if (wanted != 0 && at >= 0 && (uint64_t)at != wanted)
		arch_syscall2(SYS_munmap, at, NAMES_AREA); /* before 4.17 */
	else if (wanted == 0 && at < 0)
		return false;
	else if (wanted != 0 && at < 0 && at != -EEXIST)
		return false;
	/* EEXIST: an owner before us, or another thread, has done it. */
	if (!atomic_compare_exchange_strong(
		    &names->low, &none, wanted != 0 ? wanted : (uint64_t)at) &&
	    wanted == 0)
		arch_syscall2(SYS_munmap, at, NAMES_AREA);
	return true;
}

/* Make the first size bytes of the area writable.  To do it twice does no
 * harm. */
static bool open_area(struct pip_slot *slot, uint64_t size)
{
	struct names *names = &slot->names;
	uint64_t open = atomic_load(&names->open);

	if (size <= open)
		return true;
	if (!reserve_area(slot))
		return false;
	size = (size + STEP - 1) & ~(STEP - 1);
	if (arch_syscall3(SYS_mprotect, atomic_load(&names->low), size,
			  PROT_READ | PROT_WRITE) != 0)
		return false;
	while (open < size &&
	       !atomic_compare_exchange_weak(&names->open, &open, size))
		;
	return true;
}

/* Memory from the area; 0 = none is left. */
static uint64_t take_memory(struct pip_slot *slot, size_t size)
{
	uint64_t used = atomic_load(&slot->names.used), start;

	size = (size + 7) & ~7ul;
	do {
		start = used != 0 ? used : BUCKETS_SIZE;
		if (size > NAMES_AREA - start)
			return 0;
		if (!open_area(slot, start + size))
			return 0;
	} while (!atomic_compare_exchange_weak(&slot->names.used, &used,
					       start + size));
	return start;
}

static bool is_name(const struct name *name, const struct names_key *key)
{
	return name->hash == key->hash && name->length == key->length &&
	       memcmp(name->text, key->text, key->length) == 0;
}

/* Is the key among the entries from one to another?  For the owner. */
static bool is_among(uint64_t low, uint32_t from, uint32_t to,
		     const struct names_key *key)
{
	while (from != to) {
		const struct name *name = (const void *)(low + from);

		if (is_name(name, key))
			return true;
		from = atomic_load(&name->next);
	}
	return false;
}

int names_insert(struct pip_slot *slot, const struct names_key *key,
		 void *value)
{
	struct names *names = &slot->names;
	uint32_t head, searched = 0, place;
	struct name *name;
	name_link *bucket;
	void *present;
	uint64_t low;

	/* Before memory is spent on it. */
	if (names_find(slot, key, &present) == 0)
		return EBUSY;
	if (key->length > NAMES_AREA)
		return ENOMEM;
	place = (uint32_t)take_memory(slot, sizeof(*name) + key->length);
	if (place == 0)
		return ENOMEM;
	low = atomic_load(&names->low);
	name = (void *)(low + place);
	name->hash = key->hash;
	name->length = (uint32_t)key->length;
	name->value = value;
	memcpy(name->text, key->text, key->length);
	bucket = bucket_of(low, key->hash);
	head = atomic_load(bucket);
	do {
		/* What other threads of the owner have put before it. */
		if (is_among(low, head, searched, key))
			return EBUSY;
		searched = head;
		atomic_store(&name->next, head);
	} while (!atomic_compare_exchange_strong(bucket, &head, place));
	ring(names, key->hash % NAMES_BELLS);
	return 0;
}

int names_find(struct pip_slot *slot, const struct names_key *key, void **value)
{
	struct names *names = &slot->names;
	uint32_t life = atomic_load_explicit(&names->life,
					     memory_order_acquire);
	uint64_t low = atomic_load_explicit(&names->low, memory_order_acquire);
	uint32_t place;

	if (atomic_load_explicit(&names->used, memory_order_acquire) == 0)
		return ENOENT;
	place = atomic_load_explicit(bucket_of(low, key->hash),
				     memory_order_acquire);
	while (place != 0) {
		const struct name *name = (const void *)(low + place);
		bool found;

		/* Is place what it was taken for, and (again below) are the
		 * length and the text that is compared up to it? */
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&names->life) != life)
			return ENOENT;
		found = name->hash == key->hash && name->length == key->length;
		place = atomic_load_explicit(&name->next, memory_order_acquire);
		if (!found)
			continue;
		*value = name->value;
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&names->life) != life)
			return ENOENT;
		found = memcmp(name->text, key->text, key->length) == 0;
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load(&names->life) != life)
			return ENOENT;
		if (found)
			return 0;
	}
	return ENOENT;
}

void names_close(struct pip_slot *slot)
{
	struct names *names = &slot->names;

	atomic_store(&names->closed, atomic_load(&names->life));
	for (unsigned bell = 0; bell < NAMES_BELLS; bell++)
		ring(names, bell);
}

void names_renew(struct pip_slot *slot)
{
	struct names *names = &slot->names;
	uint64_t used = atomic_load(&names->used);

	/* First of all: who reads it must notice. */
	atomic_fetch_add(&names->life, 1);
	if (used != 0)
		madvise((void *)atomic_load(&names->low), used, MADV_DONTNEED);
	atomic_store(&names->used, 0);
	for (unsigned bell = 0; bell < NAMES_BELLS; bell++)
		ring(names, bell);
}

void names_release(struct pip_slot *slot)
{
	if (atomic_load(&slot->names.low) != 0)
		munmap((void *)atomic_load(&slot->names.low), NAMES_AREA);
}
