/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the CPU can do, told to a new loader instead of asked again.
 *
 * At its start glibc's loader executes CPUID some thirty times.  In a virtual
 * machine each is an exit to the hypervisor, together a good part of the time
 * that a trivial program takes.  The root's loader has the answers already, in
 * a structure without pointers, and a loader that finds it filled in does not
 * ask again.
 *
 * Where the structure is, glibc says (_dl_x86_get_cpu_features, for its own
 * use); how long it is, is learnt: the first task asks by itself, and what is
 * the same in its loader and in the root's from there on is what a later one
 * gets.  What differs is not among it, pointers above all.
 */
#include <dlfcn.h>
#include <elf.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/platform/x86.h>
#include <sys/stat.h>

#include "arch.h"

#define SIZE_MIN 128 /* less than that cannot be it */

/*
 * The versions for which this is known to work: tests/features passes with
 * them.  2.41 sets more than the structure in the same place, and a loader that
 * is told crashes.
 */
static const char *const known_versions[] = { "2.36" };

static bool is_known_version(void)
{
	for (size_t i = 0;
	     i < sizeof(known_versions) / sizeof(known_versions[0]); i++)
		if (strcmp(gnu_get_libc_version(), known_versions[i]) == 0)
			return true;
	return false;
}

/* The structure in our own loader; false if this glibc has none such. */
static bool find_own(const uint8_t **start, const uint8_t **end,
		     Dl_info *loader)
{
	const void *(*get)(unsigned);
	const Elf64_Sym *symbol;
	void *getter, *globals;

	getter = dlvsym(RTLD_DEFAULT, "_dl_x86_get_cpu_features",
			"GLIBC_PRIVATE");
	globals = dlvsym(RTLD_DEFAULT, "_rtld_global_ro", "GLIBC_PRIVATE");
	if (getter == NULL || globals == NULL ||
	    dladdr1(globals, loader, (void **)&symbol, RTLD_DL_SYMENT) == 0 ||
	    symbol == NULL || loader->dli_fname == NULL)
		return false;
	memcpy(&get, &getter, sizeof(get));
	*start = get(0);
	*end = (const uint8_t *)globals + symbol->st_size;
	return *start >= (const uint8_t *)globals && *start < *end;
}

/* CPUID leaf 1 says in EBX which CPU it was executed on, which is nobody's
 * feature (Intel SDM, volume 2, CPUID). */
static bool is_cpu_number(const uint8_t *byte)
{
	const uint8_t *ebx = (const uint8_t *)&__x86_get_cpuid_feature_leaf(
				     CPUID_INDEX_1)->cpuid_array[1];

	return byte >= ebx && byte < ebx + sizeof(unsigned);
}

bool arch_features_learn(struct arch_features *features, uint64_t dev,
			 uint64_t ino, uint64_t bias)
{
	const uint8_t *start, *end, *theirs;
	struct stat st;
	Dl_info loader;
	size_t size = 0;

	/* Settings change what the loader finds: then it is no one else's. */
	if (!is_known_version() || getenv("GLIBC_TUNABLES") != NULL ||
	    !find_own(&start, &end, &loader) ||
	    stat(loader.dli_fname, &st) != 0 || st.st_dev != dev ||
	    st.st_ino != ino)
		return false;
	theirs = (const uint8_t *)(bias +
				   (uint64_t)(start -
					      (uint8_t *)loader.dli_fbase));
	while (start + size < end && size < sizeof(features->bytes) &&
	       (start[size] == theirs[size] || is_cpu_number(start + size)))
		size++;
	size &= ~(size_t)7;
	/* The first word says which maker's CPU it is, 0 = not filled in. */
	if (size < SIZE_MIN || *(const uint32_t *)start == 0)
		return false;
	memcpy(features->bytes, start, size);
	features->size = size;
	features->offset = (uint64_t)(start - (uint8_t *)loader.dli_fbase);
	features->dev = dev;
	features->ino = ino;
	return true;
}

bool arch_features_tell(const struct arch_features *features, uint64_t dev,
			uint64_t ino, uint64_t bias)
{
	if (features->size == 0 || features->dev != dev || features->ino != ino)
		return false;
	memcpy((void *)(bias + features->offset), features->bytes,
	       features->size);
	return true;
}
