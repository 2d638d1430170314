/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a task's libc believes of the CPU is what the root's does, whether its
 * loader has asked the CPU (the first task's) or was told; and a task that is
 * given tunables asks.
 */
#include <dlfcn.h>
#include <sys/auxv.h>
#include <sys/platform/x86.h>

#include "role.h"

#define LEAVES 9

struct facts {
	struct cpuid_feature leaves[LEAVES];
	unsigned long hwcap, hwcap2;
	long dcache, level2, level3, line;
	/* Which of its variants libc has chosen: distances in its code. */
	long memcpy_at, strlen_at, memset_at;
};

static long distance(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);

	NEED(libc != NULL);
	return (long)((char *)dlsym(libc, name) -
		      (char *)dlsym(libc, "gnu_get_libc_version"));
}

static void find_facts(struct facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	for (unsigned i = 0; i < LEAVES; i++)
		facts->leaves[i] = *__x86_get_cpuid_feature_leaf(i);
	/* Which CPU it was asked on, not what that can do. */
	facts->leaves[CPUID_INDEX_1].cpuid_array[1] = 0;
	facts->hwcap = getauxval(AT_HWCAP);
	facts->hwcap2 = getauxval(AT_HWCAP2);
	facts->dcache = sysconf(_SC_LEVEL1_DCACHE_SIZE);
	facts->level2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
	facts->level3 = sysconf(_SC_LEVEL3_CACHE_SIZE);
	facts->line = sysconf(_SC_LEVEL1_DCACHE_LINESIZE);
	facts->memcpy_at = distance("memcpy");
	facts->strlen_at = distance("strlen");
	facts->memset_at = distance("memset");
}

/* The root's facts, in the root. */
static struct facts *of_root(void)
{
	void *exported = NULL;

	CHECK_ERROR(pip_import(PIP_PIPID_ROOT, &exported), 0);
	return exported;
}

static int play_same(int argc, char **argv)
{
	struct facts mine, *roots = of_root();

	(void)argc, (void)argv;
	find_facts(&mine);
	for (unsigned i = 0; i < LEAVES; i++)
		CHECK(memcmp(&mine.leaves[i], &roots->leaves[i],
			     sizeof(mine.leaves[i])) == 0);
	CHECK_INT(mine.hwcap2, roots->hwcap2);
	CHECK_INT(mine.dcache, roots->dcache);
	CHECK_INT(mine.level2, roots->level2);
	CHECK_INT(mine.level3, roots->level3);
	CHECK_INT(mine.line, roots->line);
	CHECK_INT(mine.hwcap, roots->hwcap);
	CHECK_INT(mine.memcpy_at, roots->memcpy_at);
	CHECK_INT(mine.strlen_at, roots->strlen_at);
	CHECK_INT(mine.memset_at, roots->memset_at);
	return check_finish();
}

static int play_tuned(int argc, char **argv)
{
	(void)argc, (void)argv;
	CHECK(!CPU_FEATURE_ACTIVE(AVX2));
	return check_finish();
}

static int play_root(int argc, char **argv)
{
	static struct facts facts;
	int status = -1;

	(void)argc, (void)argv;
	if (getenv("GLIBC_TUNABLES") != NULL)
		SKIP("GLIBC_TUNABLES is set");
	find_facts(&facts);
	CHECK_ERROR(pip_init(NULL, NULL, NULL, 0), 0);
	CHECK_ERROR(pip_export(&facts), 0);
	for (int i = 0; i < 5; i++) {
		CHECK_ERROR(role_spawn(NULL, "same", NULL), 0);
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
	}
	if (CPU_FEATURE_ACTIVE(AVX2)) {
		setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2", 1);
		CHECK_ERROR(role_spawn(NULL, "tuned", NULL), 0);
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		unsetenv("GLIBC_TUNABLES");
	}
	CHECK_ERROR(pip_fin(), 0);
	return check_finish();
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "root", play_root },
		{ "same", play_same },
		{ "tuned", play_tuned },
		{ NULL, NULL },
	};

	return role_main(argc, argv, roles);
}
