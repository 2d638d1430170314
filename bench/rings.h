/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rings of contexts by other means than ours: swapcontext(3), Boost.Context
 * and Argobots, of which the last two are used if their libraries are there.
 * None of them changes the thread pointer.
 *
 * make() returns false when it cannot be; run() goes round so many times.
 */
#ifndef BENCH_RINGS_H
#define BENCH_RINGS_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "bench.h"

#define RING_STACK_SIZE 16384

static int ring_length; /* of all of them */

static char *ring_stacks_make(int n)
{
	char *stacks = malloc((size_t)n * (RING_STACK_SIZE + 192));

	if (stacks == NULL)
		bench_fail("malloc fails");
	ring_length = n;
	return stacks;
}

/* Of context i; not all of them at the same place of a page. */
static char *ring_stack(char *stacks, int i)
{
	return stacks + (size_t)i * (RING_STACK_SIZE + 192);
}

/* The first of the libraries that is there, NULL. */
static void *ring_library(const char *const *names)
{
	void *library = NULL;

	for (; *names != NULL && library == NULL; names++)
		library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
	return library;
}

/* --- swapcontext(3) --------------------------------------------------------- */

static ucontext_t *ucontext_ring;
static char *ucontext_stacks;

static void ucontext_main(int self)
{
	for (;;)
		swapcontext(&ucontext_ring[self],
			    &ucontext_ring[(self + 1) % ring_length]);
}

static bool ucontext_make(int n)
{
	ucontext_stacks = ring_stacks_make(n);
	ucontext_ring = calloc((size_t)n, sizeof(*ucontext_ring));
	if (ucontext_ring == NULL)
		bench_fail("calloc fails");
	for (int i = 1; i < n; i++) {
		getcontext(&ucontext_ring[i]);
		ucontext_ring[i].uc_stack.ss_sp =
			ring_stack(ucontext_stacks, i);
		ucontext_ring[i].uc_stack.ss_size = RING_STACK_SIZE;
		makecontext(&ucontext_ring[i], (void (*)(void))ucontext_main,
			    1, i);
	}
	return true;
}

static void ucontext_run(long rounds)
{
	while (rounds-- > 0)
		swapcontext(&ucontext_ring[0], &ucontext_ring[1]);
}

static void ucontext_free(void)
{
	free(ucontext_ring);
	free(ucontext_stacks);
}

/* --- Boost.Context: the two functions under its C++ ------------------------- */

struct boost_transfer {
	void *context; /* who has jumped here, as it is now */
	void *data;
};

static struct boost_transfer (*boost_jump)(void *to, void *data);
static void *(*boost_make_context)(void *top, size_t size,
				   void (*function)(struct boost_transfer));
static void **boost_ring;
static char *boost_stacks;

/* The one before has jumped: from is where it goes on. */
static void boost_main(struct boost_transfer from)
{
	intptr_t self = (intptr_t)from.data;

	for (;;) {
		intptr_t next = self + 1 < ring_length ? self + 1 : 0;

		boost_ring[self - 1] = from.context;
		from = boost_jump(boost_ring[next], (void *)next);
	}
}

static bool boost_make(int n)
{
	static const char *const names[] = { "libboost_context.so",
					     "libboost_context.so.1.74.0",
					     "libboost_context.so.1.83.0", NULL };
	static void *library;

	if (library == NULL)
		library = ring_library(names);
	if (library == NULL)
		return false;
	*(void **)&boost_jump = dlsym(library, "jump_fcontext");
	*(void **)&boost_make_context = dlsym(library, "make_fcontext");
	if (boost_jump == NULL || boost_make_context == NULL)
		return false;
	boost_stacks = ring_stacks_make(n);
	boost_ring = calloc((size_t)n, sizeof(*boost_ring));
	if (boost_ring == NULL)
		bench_fail("calloc fails");
	for (int i = 1; i < n; i++)
		boost_ring[i] = boost_make_context(
			ring_stack(boost_stacks, i) + RING_STACK_SIZE,
			RING_STACK_SIZE, boost_main);
	return true;
}

static void boost_run(long rounds)
{
	while (rounds-- > 0) {
		struct boost_transfer from =
			boost_jump(boost_ring[1], (void *)1);

		boost_ring[ring_length - 1] = from.context;
	}
}

static void boost_free(void)
{
	free(boost_ring);
	free(boost_stacks);
}

/* --- Argobots: its handles are pointers ------------------------------------- */

static struct {
	int (*init)(int argc, char **argv);
	int (*self)(void **xstream);
	int (*pools)(void *xstream, int max, void **pools);
	int (*attr)(void **attr);
	int (*create)(void *pool, void (*function)(void *), void *arg,
		      void *attr, void **thread);
	int (*yield)(void);
	int (*free)(void **thread);
} abt;
static void **abt_ring;
static bool abt_stop;

static bool abt_find(void)
{
	static const char *const names[] = { "libabt.so.1", "libabt.so",
					     "libabt.so.0", NULL };
	static const struct {
		const char *name;
		void *function;
	} symbols[] = {
		{ "ABT_init", &abt.init },
		{ "ABT_xstream_self", &abt.self },
		{ "ABT_xstream_get_main_pools", &abt.pools },
		{ "ABT_thread_attr_create", &abt.attr },
		{ "ABT_thread_create", &abt.create },
		{ "ABT_thread_yield", &abt.yield },
		{ "ABT_thread_free", &abt.free },
	};
	void *library = ring_library(names);

	if (library == NULL)
		return false;
	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		void *address = dlsym(library, symbols[i].name);

		if (address == NULL)
			return false;
		*(void **)symbols[i].function = address;
	}
	return abt.init(0, NULL) == 0;
}

static void abt_main(void *arg)
{
	(void)arg;
	while (!*(volatile bool *)&abt_stop)
		abt.yield();
}

static bool abt_make(int n)
{
	static int found = -1;
	void *xstream, *pool, *attr;

	if (found < 0)
		found = abt_find();
	if (found == 0 || abt.self(&xstream) != 0 ||
	    abt.pools(xstream, 1, &pool) != 0 || abt.attr(&attr) != 0)
		return false;
	ring_length = n;
	abt_stop = false;
	abt_ring = calloc((size_t)n, sizeof(*abt_ring));
	if (abt_ring == NULL)
		bench_fail("calloc fails");
	for (int i = 1; i < n; i++)
		if (abt.create(pool, abt_main, NULL, attr, &abt_ring[i]) != 0)
			bench_fail("ABT_thread_create fails");
	return true;
}

static void abt_run(long rounds)
{
	while (rounds-- > 0)
		abt.yield();
}

static void abt_free(void)
{
	abt_stop = true;
	for (int i = 1; i < ring_length; i++)
		abt.free(&abt_ring[i]);
	free(abt_ring);
}

#endif
