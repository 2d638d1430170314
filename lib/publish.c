/* SPDX-License-Identifier: BSD-2-Clause */
#include "publish_memory.h"

#include <errno.h>
#include <string.h>

#include <pip/pip_coordinate.h>

#include "kernel_signal.h"
#include "root.h"

/* So many that a million pairs have a few in each; only those pages of them
 * that are used take memory. */
#define BUCKETS (1u << 18)
#define BUCKETS_SIZE (BUCKETS * sizeof(struct publish_pair *))

/* Longer ones cannot be, and additions to lengths below do not overflow. */
#define LENGTH_MAX (SIZE_MAX / 4)

struct publish_value {
	size_t length;
	char bytes[];
};

struct publish_pair {
	struct publish_pair *_Atomic next;
	struct publish_value *_Atomic value;
	uint32_t hash;
	size_t key_length;
	char key[];
};

/* One operation: where it looks, and what it has locked. */
struct access {
	struct publish_shard *shard;
	struct publish_pair *_Atomic *bucket;
	struct names_key key;
	uint64_t signal_mask;
};

static size_t value_size(size_t length)
{
	return sizeof(struct publish_value) + length;
}

static size_t pair_size(size_t key_length)
{
	return sizeof(struct publish_pair) + key_length;
}

/* Another may do the same just now. */
static bool make_buckets(struct publish *publish)
{
	struct publish_pair *_Atomic *none = NULL, *_Atomic *made;

	if (atomic_load(&publish->buckets) != NULL)
		return true;
	made = publish_map(BUCKETS_SIZE);
	if (made == NULL)
		return false;
	if (!atomic_compare_exchange_strong(&publish->buckets, &none, made))
		arch_syscall2(SYS_munmap, made, BUCKETS_SIZE);
	return true;
}

/* With the key's shard locked and all signals blocked. */
static void begin(struct access *access)
{
	struct publish *publish = &pip_self->root->publish;
	uint64_t all = ~0ull;

	access->bucket =
		&atomic_load(&publish->buckets)[access->key.hash % BUCKETS];
	access->shard = &publish->shards[access->key.hash % PUBLISH_SHARDS];
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &all,
		      &access->signal_mask, KERNEL_SIGSET_SIZE);
	if (lock_acquire(&access->shard->lock) != 0) {
		/* Its holder died; nothing is half done. */
	}
}

static int end(struct access *access, int error)
{
	lock_release(&access->shard->lock);
	arch_syscall4(SYS_rt_sigprocmask, SIG_SETMASK, &access->signal_mask,
		      NULL, KERNEL_SIGSET_SIZE);
	return error;
}

/* The link that leads to the pair, or to where it should be. */
static struct publish_pair *_Atomic *find(struct access *access)
{
	struct publish_pair *_Atomic *link = access->bucket;
	const struct names_key *key = &access->key;
	struct publish_pair *pair;

	for (; (pair = *link) != NULL; link = &pair->next)
		if (pair->hash == key->hash &&
		    pair->key_length == key->length &&
		    memcmp(pair->key, key->text, key->length) == 0)
			break;
	return link;
}

static struct publish_value *make_value(struct access *access,
					const void *bytes, size_t length)
{
	struct publish_value *value =
		publish_allocate(access->shard, value_size(length));

	if (value == NULL)
		return NULL;
	value->length = length;
	if (length != 0)
		memcpy(value->bytes, bytes, length);
	return value;
}

static void free_value(struct access *access, struct publish_value *value)
{
	publish_free(access->shard, value, value_size(value->length));
}

static int add(struct access *access, struct publish_pair *_Atomic *link,
	       struct publish_value *value)
{
	const struct names_key *key = &access->key;
	struct publish_pair *pair =
		publish_allocate(access->shard, pair_size(key->length));

	if (pair == NULL) {
		free_value(access, value);
		return ENOMEM;
	}
	pair->next = NULL;
	pair->value = value;
	pair->hash = key->hash;
	pair->key_length = key->length;
	if (key->length != 0)
		memcpy(pair->key, key->text, key->length);
	*link = pair;
	return 0;
}

static int put(struct access *access, const void *bytes, size_t length,
	       bool only_new)
{
	struct publish_pair *_Atomic *link = find(access);
	struct publish_value *value, *before;

	if (*link != NULL && only_new)
		return EEXIST;
	value = make_value(access, bytes, length);
	if (value == NULL)
		return ENOMEM;
	if (*link == NULL)
		return add(access, link, value);
	before = (*link)->value;
	(*link)->value = value;
	free_value(access, before);
	return 0;
}

static int check(struct access *access, const void *key, size_t length)
{
	if (pip_self == NULL)
		return EPERM;
	if (key == NULL && length != 0)
		return EINVAL;
	if (length > LENGTH_MAX)
		return ENOMEM;
	names_make_key(&access->key, key, length);
	return 0;
}

static int publish(const void *key, size_t key_length, const void *value,
		   size_t value_length, bool only_new)
{
	struct access access;
	int error = check(&access, key, key_length);

	if (error != 0)
		return error;
	if (value == NULL && value_length != 0)
		return EINVAL;
	if (value_length > LENGTH_MAX ||
	    !make_buckets(&pip_self->root->publish))
		return ENOMEM;
	begin(&access);
	return end(&access, put(&access, value, value_length, only_new));
}

int pip_publish(const void *key, size_t key_length, const void *value,
		size_t value_length)
{
	return publish(key, key_length, value, value_length, false);
}

int pip_publish_new(const void *key, size_t key_length, const void *value,
		    size_t value_length)
{
	return publish(key, key_length, value, value_length, true);
}

static int get(struct access *access, void *buffer, size_t *lengthp)
{
	const struct publish_pair *pair = *find(access);
	const struct publish_value *value;
	size_t size = *lengthp;

	if (pair == NULL)
		return ENOENT;
	value = pair->value;
	*lengthp = value->length;
	if (size > value->length)
		size = value->length;
	if (size != 0)
		memcpy(buffer, value->bytes, size);
	return size < value->length ? EMSGSIZE : 0;
}

int pip_query(const void *key, size_t key_length, void *value,
	      size_t *value_length)
{
	struct access access;
	int error = check(&access, key, key_length);

	if (error == ENOMEM) /* no such key can have been published */
		return ENOENT;
	if (error != 0)
		return error;
	if (value_length == NULL || (value == NULL && *value_length != 0))
		return EINVAL;
	if (atomic_load(&pip_self->root->publish.buckets) == NULL)
		return ENOENT;
	begin(&access);
	return end(&access, get(&access, value, value_length));
}

static int take_away(struct access *access)
{
	struct publish_pair *_Atomic *link = find(access);
	struct publish_pair *pair = *link;

	if (pair == NULL)
		return ENOENT;
	*link = pair->next;
	free_value(access, pair->value);
	publish_free(access->shard, pair, pair_size(pair->key_length));
	return 0;
}

int pip_unpublish(const void *key, size_t key_length)
{
	struct access access;
	int error = check(&access, key, key_length);

	if (error == ENOMEM)
		return ENOENT;
	if (error != 0)
		return error;
	if (atomic_load(&pip_self->root->publish.buckets) == NULL)
		return ENOENT;
	begin(&access);
	return end(&access, take_away(&access));
}

/* Large blocks are mappings of their own, so all pairs are visited. */
void publish_release(struct pip_root *root)
{
	struct publish_pair *_Atomic *buckets =
		atomic_load(&root->publish.buckets);
	struct access access = { 0 };

	if (buckets == NULL)
		return;
	for (uint32_t i = 0; i < BUCKETS; i++) {
		access.shard = &root->publish.shards[i % PUBLISH_SHARDS];
		for (struct publish_pair *pair = buckets[i], *next;
		     pair != NULL; pair = next) {
			next = pair->next;
			free_value(&access, pair->value);
			publish_free(access.shard, pair,
				     pair_size(pair->key_length));
		}
	}
	for (unsigned i = 0; i < PUBLISH_SHARDS; i++)
		publish_free_all(&root->publish.shards[i]);
	arch_syscall2(SYS_munmap, buckets, BUCKETS_SIZE);
}
