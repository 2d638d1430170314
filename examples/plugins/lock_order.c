/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A plugin: do threads lock their mutexes in the same order?  If one locks A
 * and then B, and another (or the same one, at another time) B and then A, they
 * can wait for each other for ever, even if they never did so far.
 *
 * The graph has an edge from each mutex that was held to the one that was
 * locked meanwhile.  A new edge that closes a circle is reported, once.
 *
 * It is about the mutexes of one task: each has a graph of its own.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

PIP_PLUGIN("lock-order");

#define MUTEXES_MAX 1024 /* that were held together with another */
#define HELD_MAX 64      /* by one thread */
#define EDGES_MAX 8192

struct edge {
	unsigned from, to; /* mutexes */
	void *where;       /* "to" was locked there while "from" was held */
};

/* Under "guard", which is locked behind the wrapper's back. */
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t *mutexes[MUTEXES_MAX];
static struct edge edges[EDGES_MAX];
static unsigned nmutexes, nedges;
static bool visited[MUTEXES_MAX];

static __thread pthread_mutex_t *held[HELD_MAX];
static __thread unsigned nheld;

static unsigned number_of(pthread_mutex_t *mutex)
{
	for (unsigned i = 0; i < nmutexes; i++)
		if (mutexes[i] == mutex)
			return i;
	if (nmutexes == MUTEXES_MAX)
		return MUTEXES_MAX;
	mutexes[nmutexes] = mutex;
	return nmutexes++;
}

static struct edge *find_edge(unsigned from, unsigned to)
{
	for (unsigned i = 0; i < nedges; i++)
		if (edges[i].from == from && edges[i].to == to)
			return &edges[i];
	return NULL;
}

/* The first edge of a way from one to the other; NULL: there is none. */
static struct edge *find_way(unsigned from, unsigned to)
{
	visited[from] = true;
	for (unsigned i = 0; i < nedges; i++) {
		if (edges[i].from != from)
			continue;
		if (edges[i].to == to ||
		    (!visited[edges[i].to] &&
		     find_way(edges[i].to, to) != NULL))
			return &edges[i];
	}
	return NULL;
}

static void format_place(char *text, size_t size, void *where)
{
	const char *file;
	Dl_info info;

	if (dladdr(where, &info) == 0) {
		snprintf(text, size, "%p", where);
		return;
	}
	file = strrchr(info.dli_fname, '/');
	file = file != NULL ? file + 1 : info.dli_fname;
	if (info.dli_sname != NULL)
		snprintf(text, size, "%s", info.dli_sname);
	else
		snprintf(text, size, "%s+%#lx", file,
			 (unsigned long)((char *)where - (char *)info.dli_fbase));
}

static void report(const struct edge *new, const struct edge *old)
{
	char here[128], there[128];

	format_place(here, sizeof(here), new->where);
	format_place(there, sizeof(there), old->where);
	dprintf(STDERR_FILENO,
		"lock-order: %s locks mutex %u while it holds mutex %u,\n"
		"            %s did it the other way round%s: they can deadlock\n",
		here, new->to, new->from, there,
		old->to == new->from ? "" : ", through others");
}

static void add_edge(pthread_mutex_t *from, pthread_mutex_t *to, void *where)
{
	struct edge new = { number_of(from), number_of(to), where };
	const struct edge *old;

	if (new.from == MUTEXES_MAX || new.to == MUTEXES_MAX ||
	    nedges == EDGES_MAX || find_edge(new.from, new.to) != NULL)
		return;
	memset(visited, 0, sizeof(visited));
	old = find_way(new.to, new.from);
	edges[nedges++] = new;
	if (old != NULL)
		report(&new, old);
}

/* Before it waits: if it does so for ever, that has been told. */
static void note_wanted(pthread_mutex_t *mutex, void *where)
{
	if (nheld == 0)
		return;
	NEXT_FNC(pthread_mutex_lock)(&guard);
	for (unsigned i = 0; i < nheld; i++)
		if (held[i] != mutex)
			add_edge(held[i], mutex, where);
	NEXT_FNC(pthread_mutex_unlock)(&guard);
}

static void note_held(pthread_mutex_t *mutex)
{
	if (nheld < HELD_MAX)
		held[nheld++] = mutex;
}

static void note_released(pthread_mutex_t *mutex)
{
	for (unsigned i = nheld; i-- > 0;)
		if (held[i] == mutex) {
			memmove(&held[i], &held[i + 1],
				(--nheld - i) * sizeof(held[0]));
			return;
		}
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	int error;

	note_wanted(mutex, __builtin_return_address(0));
	error = NEXT_FNC(pthread_mutex_lock)(mutex);
	if (error == 0)
		note_held(mutex);
	return error;
}

/* It does not wait, but what is locked while it is held does. */
int pthread_mutex_trylock(pthread_mutex_t *mutex)
{
	int error = NEXT_FNC(pthread_mutex_trylock)(mutex);

	if (error == 0)
		note_held(mutex);
	return error;
}

int pthread_mutex_unlock(pthread_mutex_t *mutex)
{
	note_released(mutex);
	return NEXT_FNC(pthread_mutex_unlock)(mutex);
}

/* Another one may be made at its address. */
int pthread_mutex_destroy(pthread_mutex_t *mutex)
{
	NEXT_FNC(pthread_mutex_lock)(&guard);
	for (unsigned i = 0; i < nmutexes; i++)
		if (mutexes[i] == mutex)
			mutexes[i] = NULL;
	NEXT_FNC(pthread_mutex_unlock)(&guard);
	return NEXT_FNC(pthread_mutex_destroy)(mutex);
}
