/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Arguments and environment of any size arrive as given, in the number given;
 * what would take more than a quarter of the stack is E2BIG.
 */
#include <sys/resource.h>

#include "capture.h"
#include "role.h"
#include "self.h"

#define MIB (1 << 20)

/* A sum over strings that depends on their order and length. */
static unsigned long sum_strings(char **strings)
{
	unsigned long sum = 1;

	for (; *strings != NULL; strings++)
		for (const char *c = *strings;; c++) {
			sum = sum * 31 + (unsigned char)*c;
			if (*c == '\0')
				break;
		}
	return sum;
}

/* NULL-terminated, n strings of at least a length each. */
static char **make_strings(int n, size_t length, const char *prefix)
{
	char **strings = calloc((size_t)n + 1, sizeof(char *));

	NEED(strings != NULL);
	for (int i = 0; i < n; i++) {
		size_t size = length + 32, used;

		NEED((strings[i] = malloc(size)) != NULL);
		used = (size_t)snprintf(strings[i], size, "%s%d=", prefix, i);
		if (used < length) {
			memset(strings[i] + used, 'a' + i % 26, length - used);
			strings[i][length] = '\0';
		}
	}
	return strings;
}

static void free_strings(char **strings, int n)
{
	for (int i = 0; i < n; i++)
		free(strings[i]);
	free(strings);
}

struct seen {
	int argc;
	unsigned long argv_sum, env_sum;
} seen;

static int spawn(int nargs, size_t arg_length, int nenv, size_t env_length)
{
	char **args = make_strings(nargs, arg_length, "arg");
	char **env = make_strings(nenv, env_length, "E");
	char **argv = calloc((size_t)nargs + 3, sizeof(char *));
	int status = -1, error;

	NEED(argv != NULL);
	argv[0] = role_path;
	argv[1] = (char *)"task";
	memcpy(argv + 2, args, (size_t)nargs * sizeof(char *));
	memset(&seen, 0, sizeof(seen));
	error = pip_spawn(role_path, argv, env, PIP_CPUCORE_ASIS, NULL, NULL,
			  NULL, NULL);
	if (error == 0) {
		CHECK_ERROR(pip_wait_any(NULL, &status), 0);
		CHECK_STATUS(status, EXITED(0));
		CHECK_INT(seen.argc, nargs + 2);
		CHECK_INT(seen.argv_sum, sum_strings(argv));
		CHECK_INT(seen.env_sum, sum_strings(env));
	}
	free(argv);
	free_strings(args, nargs);
	free_strings(env, nenv);
	return error;
}

/* The stack has 4 MiB: 1 MiB is the border. */
static void check_sizes(void)
{
	long maps = 0;
	const char *text;

	CHECK_ERROR(spawn(0, 0, 0, 0), 0);
	CHECK_ERROR(spawn(1, 10, 1, 10), 0);
	CHECK_ERROR(spawn(1000, 20, 1000, 20), 0);
	CHECK_ERROR(spawn(20000, 30, 0, 0), 0);
	CHECK_ERROR(spawn(0, 0, 20000, 30), 0);
	CHECK_ERROR(spawn(1, 900000, 0, 0), 0);
	CHECK_ERROR(spawn(0, 0, 1, 900000), 0);
	CHECK_ERROR(spawn(1, 450000, 1, 450000), 0);
	/* Odd numbers, for the alignment of the stack. */
	for (int i = 0; i < 20; i++)
		CHECK_ERROR(spawn(i % 5, (size_t)i * 3 + 12, i % 3,
				  (size_t)i + 12), 0);
	capture_begin();
	CHECK_ERROR(spawn(1, MIB, 0, 0), E2BIG);
	text = capture_end();
	CHECK_CONTAINS(text, role_path);
	CHECK_CONTAINS(text, "PIP_STACKSIZE");
	setenv("PIP_QUIET", "", 1);
	for (int round = 0; round < 10; round++) {
		CHECK_ERROR(spawn(1, MIB, 0, 0), E2BIG);
		CHECK_ERROR(spawn(0, 0, 1, MIB), E2BIG);
		CHECK_ERROR(spawn(0, 0, 60000, 30), E2BIG);
		CHECK_ERROR(spawn(100000, 12, 0, 0), E2BIG);
		if (round == 1)
			maps = self_count_maps();
	}
	unsetenv("PIP_QUIET");
	/* Nothing is left of what was refused. */
	CHECK(self_count_maps() <= maps + 4);
	CHECK_ERROR(pip_wait_any(NULL, NULL), ECHILD);
	CHECK_ERROR(spawn(1, 10, 1, 10), 0);
}

static int play_root(int argc, char **argv)
{
	struct rlimit limit;

	(void)argc, (void)argv;
	setenv("PIP_STACKSIZE", "4M", 1);
	role_init(2);
	CHECK_ERROR(pip_export(&seen), 0);
	check_sizes();
	CHECK_ERROR(pip_fin(), 0);
	/* With a larger stack, which RLIMIT_STACK must allow, there is room. */
	NEED(getrlimit(RLIMIT_STACK, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	NEED(setrlimit(RLIMIT_STACK, &limit) == 0);
	if (limit.rlim_cur < 64u << 20)
		return check_finish();
	setenv("PIP_STACKSIZE", "64M", 1);
	role_init(2);
	CHECK_ERROR(pip_export(&seen), 0);
	CHECK_ERROR(spawn(1, MIB, 1, MIB), 0);
	CHECK_ERROR(spawn(100000, 30, 100000, 30), 0);
	return role_finish();
}

static int play_task(int argc, char **argv)
{
	struct seen *root = role_shared();

	root->argc = argc + 1;
	root->argv_sum = sum_strings(argv - 1);
	root->env_sum = sum_strings(environ);
	/* 16-byte alignment at each call (psABI 3.2.2). */
	CHECK_INT((unsigned long)__builtin_frame_address(0) % 16, 0);
	return check_finish();
}

static const struct role roles[] = {
	{ "root", play_root }, { "task", play_task }, { NULL, NULL }
};

int main(int argc, char **argv)
{
	return role_main(argc, argv, roles);
}
