/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line of pip-exec, as bin/exec_args.c parses it. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pip/pip.h>

#include "../bin/exec_args.h"

#define MAX_WORDS 32

/*
 * What is expected, as one text: each section as "N FUNC [word word]", or
 * "error NUMBER", "help", "version".
 */
static const struct {
	const char *line; /* words, separated by blanks; _ is an empty word */
	const char *expected;
} cases[] = {
	/* One section. */
	{ "ls", "1 - [ls]" },
	{ "ls -l -n 3", "1 - [ls -l -n 3]" },
	{ "-n 8 ls", "8 - [ls]" },
	{ "-n8 ls", "8 - [ls]" },
	{ "-n 010 ls", "10 - [ls]" },
	{ "-n 2 -n 3 ls", "3 - [ls]" },
	{ "-f work a.out", "1 work [a.out]" },
	{ "-n 4 -f work a.out x", "4 work [a.out x]" },
	{ "-f work -n 4 a.out", "4 work [a.out]" },
	{ "-d ls", "1 - [ls]" },
	{ "-- -n", "1 - [-n]" },
	{ "-n 2 -- ls --help", "2 - [ls --help]" },
	{ "ls --help", "1 - [ls --help]" },
	{ "ls _ x", "1 - [ls  x]" },
	{ "-n 4096 ls", "4096 - [ls]" },
	/* Several. */
	{ "a : b", "1 - [a] 1 - [b]" },
	{ "a :: b", "1 - [a] 1 - [b]" },
	{ "a :", "1 - [a]" },
	{ "a ::", "1 - [a]" },
	{ "-n 2 a x : -n 3 -f g b y : c", "2 - [a x] 3 g [b y] 1 - [c]" },
	{ "a : b :", "1 - [a] 1 - [b]" },
	{ "a :x : b ::: c", "1 - [a :x] 1 - [b ::: c]" },
	{ "-n 4095 a : b", "4095 - [a] 1 - [b]" },
	/* Other requests; they win over what comes after them only. */
	{ "--help", "help" },
	{ "--version", "version" },
	{ "--help : :", "help" },
	{ "-n 2 --version", "version" },
	{ "a : --help", "help" },
	{ "-n x --help", "error EINVAL" },
	/* Bad usage. */
	{ "", "error EINVAL" },
	{ "-h", "error EINVAL" },
	{ "-x ls", "error EINVAL" },
	{ "-c 1 ls", "error EINVAL" },
	{ "--foo ls", "error EINVAL" },
	{ "--help=x", "error EINVAL" },
	{ "-n", "error EINVAL" },
	{ "-n 4", "error EINVAL" },
	{ "-n : ls", "error EINVAL" },
	{ "-f", "error EINVAL" },
	{ "-f _ ls", "error EINVAL" },
	{ "-n 0 ls", "error EINVAL" },
	{ "-n 000 ls", "error EINVAL" },
	{ "-n -1 ls", "error EINVAL" },
	{ "-n +1 ls", "error EINVAL" },
	{ "-n 1x ls", "error EINVAL" },
	{ "-n x ls", "error EINVAL" },
	{ "-n _ ls", "error EINVAL" },
	{ "-n 1.5 ls", "error EINVAL" },
	{ "-n ls", "error EINVAL" },
	{ ":", "error EINVAL" },
	{ ": a", "error EINVAL" },
	{ "a : :", "error EINVAL" },
	{ "a : : b", "error EINVAL" },
	{ "a : -n 2", "error EINVAL" },
	{ "a : -n 2 : b", "error EINVAL" },
	/* Too many; but bad usage anywhere comes first. */
	{ "-n 4097 ls", "error EOVERFLOW" },
	{ "-n 4096 a : b", "error EOVERFLOW" },
	{ "-n 4294967297 ls", "error EOVERFLOW" },
	{ "-n 99999999999999999999999 ls", "error EOVERFLOW" },
	{ "-n 2147483647 a : -n 2147483647 b", "error EOVERFLOW" },
	{ "-n 4097 a : :", "error EINVAL" },
};

/* Split into argv, with argv[0] in front and NULL behind. */
static int split_words(char *line, char **argv)
{
	int argc = 0;

	argv[argc++] = (char *)"pip-exec";
	for (char *word = strtok(line, " "); word != NULL;
	     word = strtok(NULL, " "))
		argv[argc++] = strcmp(word, "_") == 0 ? (char *)"" : word;
	argv[argc] = NULL;
	return argc;
}

static void describe_sections(FILE *out, const struct exec_args *args)
{
	for (int i = 0; i < args->nsections; i++) {
		const struct exec_section *section = &args->sections[i];

		fprintf(out, "%s%d %s [", i > 0 ? " " : "", section->ntasks,
			section->funcname ? section->funcname : "-");
		for (int a = 0; section->argv[a] != NULL; a++)
			fprintf(out, "%s%s", a > 0 ? " " : "",
				section->argv[a]);
		fputc(']', out);
	}
}

/* The sum and the reason are checked here, the rest becomes text. */
static bool describe_result(FILE *out, int err, const struct exec_args *args,
			    const char *why, int argc)
{
	int sum = 0;

	if (err == EINVAL)
		fputs("error EINVAL", out);
	else if (err == EOVERFLOW)
		fputs("error EOVERFLOW", out);
	else if (err != 0)
		fprintf(out, "error %d", err);
	else if (args->request == EXEC_SHOW_HELP)
		fputs("help", out);
	else if (args->request == EXEC_SHOW_VERSION)
		fputs("version", out);
	else
		describe_sections(out, args);

	if (err == EOVERFLOW && why[0] == '\0')
		return false;
	if (err != 0 || args->request != EXEC_RUN)
		return args->sections == NULL && strchr(why, '\n') == NULL;
	for (int i = 0; i < args->nsections; i++)
		sum += args->sections[i].ntasks;
	return sum == args->ntasks && args->nsections < argc;
}

static bool check(const char *line, const char *expected)
{
	char words[256], why[256], *argv[MAX_WORDS], *got = NULL;
	struct exec_args args;
	size_t size;
	int argc, err;
	FILE *out = open_memstream(&got, &size);
	bool ok;

	if (out == NULL)
		exit(99);
	snprintf(words, sizeof(words), "%s", line);
	argc = split_words(words, argv);
	err = exec_args_parse(&args, argc, argv, why, sizeof(why));
	ok = describe_result(out, err, &args, why, argc);
	fclose(out);
	ok = ok && strcmp(got, expected) == 0;
	if (!ok)
		printf("pip-exec %s\n\texpected %s\n\tgot      %s (%s)\n", line,
		       expected, got, why);
	free(got);
	exec_args_free(&args);
	return ok;
}

int main(void)
{
	size_t ncases = sizeof(cases) / sizeof(cases[0]), failed = 0;

	for (size_t i = 0; i < ncases; i++)
		failed += !check(cases[i].line, cases[i].expected);
	printf("%zu command lines, %zu wrong\n", ncases, failed);
	return failed > 0;
}
