/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How large a task's stack is: which environment variable wins, what a size
 * looks like, what is too small or too large, and that all of it can be used.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "capture.h"
#include "role.h"
#include "self.h"

#define KIB (1ul << 10)
#define MIB (1ul << 20)
#define GIB (1ul << 30)
#define DEFAULT (16 * MIB)

static const char *const variables[] = { "PIP_STACKSIZE", "PIP_STACKSZ",
					 "KMP_STACKSIZE", "GOMP_STACKSIZE",
					 "OMP_STACKSIZE" };
#define NVARIABLES 5

/* The stack of a task of a root that sees the environment as it is now. */
static unsigned long measure(void)
{
	unsigned long size;
	int status = -1;

	role_init(1);
	CHECK_ERROR(role_spawn(NULL, "nothing", NULL), 0);
	size = self_entry(0)->stack_high - self_entry(0)->stack_low;
	CHECK_ERROR(pip_wait(0, &status), 0);
	CHECK_STATUS(status, EXITED(0));
	CHECK_ERROR(pip_fin(), 0);
	return size;
}

static void check_text(const char *text, unsigned long expected, bool warns)
{
	unsigned long size;
	const char *said;

	setenv(variables[0], text, 1);
	capture_begin();
	size = measure();
	said = capture_end();
	if (size != expected)
		check_fail("%s='%s': %lu bytes, not %lu", variables[0], text,
			   size, expected);
	if (warns) {
		CHECK_CONTAINS(said, variables[0]);
		CHECK_CONTAINS(said, text);
	} else {
		CHECK_STR(said, "");
	}
	unsetenv(variables[0]);
}

static void check_texts(void)
{
	check_text("2048", 2 * MIB, false); /* KiB */
	check_text("2048K", 2 * MIB, false);
	check_text("2048k", 2 * MIB, false);
	check_text("3M", 3 * MIB, false);
	check_text("3m", 3 * MIB, false);
	check_text("2097152B", 2 * MIB, false);
	check_text("2097153b", 2 * MIB + 4096, false); /* whole pages */
	check_text("1G", GIB, false);
	check_text("", DEFAULT, false); /* as if unset */
	/* Too small, too large. */
	check_text("1", MIB, false);
	check_text("1B", MIB, false);
	check_text("100G", 16 * GIB, false);
	check_text("1T", 16 * GIB, false);
	check_text("18446744073709551615", 16 * GIB, false);
	check_text("99999999999T", 16 * GIB, false);
	/* No size at all. */
	check_text("abc", DEFAULT, true);
	check_text("-1", DEFAULT, true);
	check_text("-1M", DEFAULT, true);
	check_text("1X", DEFAULT, true);
	check_text("1MB", DEFAULT, true);
	check_text("1 M", DEFAULT, true);
	check_text("1.5M", DEFAULT, true);
	check_text("0x100000", DEFAULT, true);
	check_text("M", DEFAULT, true);
	check_text("99999999999999999999", DEFAULT, true);
	check_text("0", DEFAULT, true);
}

/* The first of the list that is set is the one that counts. */
static void check_order(void)
{
	char text[16];

	for (int i = NVARIABLES - 1; i >= 0; i--) {
		snprintf(text, sizeof(text), "%dM", 20 + i);
		setenv(variables[i], text, 1);
		CHECK_INT(measure(), (20 + (unsigned long)i) * MIB);
	}
	/* An empty one is not set. */
	for (int i = 0; i < NVARIABLES - 1; i++) {
		setenv(variables[i], "", 1);
		CHECK_INT(measure(), (21 + (unsigned long)i) * MIB);
	}
	for (int i = 0; i < NVARIABLES; i++)
		unsetenv(variables[i]);
	CHECK_INT(measure(), DEFAULT);
}

/* RLIMIT_STACK clamps what the environment asks for; unlimited does not. */
static void check_limit(void)
{
	struct rlimit before, limit;

	NEED(getrlimit(RLIMIT_STACK, &before) == 0);
	limit = before;
	limit.rlim_cur = 8 * MIB;
	NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
	check_text("64M", 8 * MIB, false);
	check_text("4M", 4 * MIB, false);
	limit.rlim_cur = 64 * KIB;
	NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
	check_text("4M", MIB, false);
	NEED(setrlimit(RLIMIT_STACK, &before) == 0);
}

/* All of it can be used, and libc knows where it is. */
static int play_use(int argc, char **argv)
{
	const struct pip_table_entry *entry = self_entry(0);
	unsigned long room, here = (unsigned long)&room;
	volatile char *block;
	pthread_attr_t attr;
	size_t size;
	void *low;

	(void)argc, (void)argv;
	CHECK(here > entry->stack_low && here < entry->stack_high);
	room = here - entry->stack_low - 64 * KIB;
	block = __builtin_alloca(room);
	for (size_t i = 0; i < room; i += 4096)
		block[i] = 1;
	NEED(pthread_getattr_np(pthread_self(), &attr) == 0);
	NEED(pthread_attr_getstack(&attr, &low, &size) == 0);
	CHECK((unsigned long)low <= here && (unsigned long)low + size > here);
	return check_finish();
}

static int play_test(int argc, char **argv)
{
	struct rlimit limit;
	int ntasks = 1;

	(void)argc, (void)argv;
	unsetenv("PIP_QUIET");
	for (int i = 0; i < NVARIABLES; i++)
		unsetenv(variables[i]);
	NEED(getrlimit(RLIMIT_STACK, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max != RLIM_INFINITY)
		SKIP("RLIMIT_STACK is limited to %lu bytes",
		     (unsigned long)limit.rlim_max);
	NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
	CHECK_INT(measure(), DEFAULT);
	check_texts();
	check_order();
	check_limit();
	for (int i = 0; i < 3; i++) {
		static const char *const texts[] = { "1M", "16M", "700M" };

		setenv(variables[0], texts[i], 1);
		CHECK_ERROR(pip_init(NULL, &ntasks, NULL, 0), 0);
		CHECK_STATUS(role_run("use", NULL), EXITED(0));
		CHECK_ERROR(pip_fin(), 0);
	}
	return check_finish();
}

static int play_nothing(int argc, char **argv)
{
	(void)argc, (void)argv;
	return 0;
}

static const struct role roles[] = {
	{ "test", play_test },
	{ "nothing", play_nothing },
	{ "use", play_use },
	{ NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
