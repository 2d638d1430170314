/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_args.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pip/pip.h>

#include "exec_signal.h"

enum {
	OPTION_HELP = 256,
	OPTION_VERSION,
	OPTION_WITH_PLUGIN,
	OPTION_SUSPEND_ON,
	OPTION_GRACE,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ "with-plugin", required_argument, NULL, OPTION_WITH_PLUGIN },
	{ "suspend-on", required_argument, NULL, OPTION_SUSPEND_ON },
	{ "grace", required_argument, NULL, OPTION_GRACE },
	{ NULL, 0, NULL, 0 },
};

/* What the parsing of one section needs to pass around. */
struct parser {
	struct exec_args *args;
	char **argv; /* of all sections */
	char *why;
	size_t whysize;
};

static bool is_separator(const char *arg)
{
	return strcmp(arg, ":") == 0 || strcmp(arg, "::") == 0;
}

#define refuse(parser, ...) \
	(snprintf((parser)->why, (parser)->whysize, __VA_ARGS__), EINVAL)

/*
 * Decimal digits only: strtol(3) also takes blanks, signs and nothing at all.
 * What is beyond INT_MAX becomes INT_MAX, which is beyond the limit as well.
 */
static int parse_ntasks(struct parser *parser, const char *text, int *ntasks)
{
	long value;

	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0')
		return refuse(parser, "-n: '%s' is not a positive number", text);
	value = strtol(text, NULL, 10);
	if (value == 0)
		return refuse(parser, "-n: a section needs at least 1 task");
	*ntasks = value > INT_MAX ? INT_MAX : (int)value;
	return 0;
}

/* list: the argument of --with-plugin, which argv[last] ends. */
static int add_plugins(struct parser *parser, const char *list, int last)
{
	struct exec_args *args = parser->args;
	char *joined;

	if (args->nsections > 0)
		return refuse(parser, "--with-plugin: is for all tasks, and "
				      "belongs before the first program");
	if (list[strspn(list, ":")] == '\0')
		return refuse(parser, "--with-plugin: an empty name");
	if (asprintf(&joined, "%s%s%s",
		     args->plugins != NULL ? args->plugins : "",
		     args->plugins != NULL ? ":" : "", list) < 0) {
		snprintf(parser->why, parser->whysize, "%s", strerror(ENOMEM));
		return ENOMEM;
	}
	free(args->plugins);
	args->plugins = joined;
	args->is_plugin[last] = true;
	/* In a word of its own, or behind "=". */
	if (strncmp(parser->argv[last], "--", 2) != 0 ||
	    strchr(parser->argv[last], '=') + 1 != list)
		args->is_plugin[last - 1] = true;
	return 0;
}

static int set_suspend_on(struct parser *parser, const char *text)
{
	if (parser->args->nsections > 0)
		return refuse(parser, "--suspend-on: is for all tasks, and "
				      "belongs before the first program");
	if (!exec_signal_parse(text, &parser->args->suspend_on))
		return refuse(parser, "--suspend-on: '%s' is no signal that "
				      "can be caught for this", text);
	return 0;
}

static int set_grace(struct parser *parser, const char *text)
{
	long value;

	if (parser->args->nsections > 0)
		return refuse(parser, "--grace: is for all tasks, and "
				      "belongs before the first program");
	if (*text == '\0' || text[strspn(text, "0123456789")] != '\0' ||
	    (value = strtol(text, NULL, 10)) > EXEC_GRACE_MAX)
		return refuse(parser, "--grace: '%s' is not a number of "
				      "seconds up to %d", text, EXEC_GRACE_MAX);
	parser->args->grace = (int)value;
	return 0;
}

/* argv[0] is what stands before the section, as getopt_long(3) expects. */
static int parse_section(struct parser *parser, struct exec_section *section,
			 int argc, char **argv)
{
	int option, err;

	*section = (struct exec_section){ .ntasks = 1 };
	optind = 0; /* glibc: start afresh, with a new argv */
	opterr = 0;
	/* '+' stops at the program: what follows is the program's. */
	while ((option = getopt_long(argc, argv, "+:n:f:dh", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'n':
			err = parse_ntasks(parser, optarg, &section->ntasks);
			if (err != 0)
				return err;
			break;
		case 'f':
			if (*optarg == '\0')
				return refuse(parser, "-f: an empty name");
			section->funcname = optarg;
			break;
		case 'd': /* taken and ignored, as the original does */
			break;
		case OPTION_WITH_PLUGIN:
			err = add_plugins(parser, optarg,
					  (int)(argv - parser->argv) + optind - 1);
			if (err != 0)
				return err;
			break;
		case OPTION_SUSPEND_ON:
			err = set_suspend_on(parser, optarg);
			if (err != 0)
				return err;
			break;
		case OPTION_GRACE:
			err = set_grace(parser, optarg);
			if (err != 0)
				return err;
			break;
		case OPTION_HELP:
			parser->args->request = EXEC_SHOW_HELP;
			return 0;
		case OPTION_VERSION:
			parser->args->request = EXEC_SHOW_VERSION;
			return 0;
		case 'h':
			return refuse(parser, "%s", "");
		case ':':
			if (optopt >= OPTION_HELP)
				return refuse(parser, "%s needs an argument",
					      argv[optind - 1]);
			return refuse(parser, "-%c needs an argument", optopt);
		default:
			if (optopt != 0 && optopt < OPTION_HELP)
				return refuse(parser, "unknown option -%c",
					      optopt);
			return refuse(parser, "unknown option %s",
				      argv[optind - 1]);
		}
	}
	if (optind >= argc)
		return refuse(parser, "no program after %s", argv[argc - 1]);
	section->argv = &argv[optind];
	return 0;
}

static int add_tasks(struct parser *parser, int ntasks)
{
	if (ntasks > PIP_NTASKS_MAX - parser->args->ntasks) {
		snprintf(parser->why, parser->whysize,
			 "too many tasks: the limit is %d", PIP_NTASKS_MAX);
		return EOVERFLOW;
	}
	parser->args->ntasks += ntasks;
	return 0;
}

static int parse_sections(struct parser *parser, int argc, char **argv)
{
	struct exec_args *args = parser->args;
	int start = 1, err;

	while (start < argc) {
		struct exec_section *section = &args->sections[args->nsections];
		int end = start;

		/*
		 * getopt_long() sees argv up to the separator, so an option's
		 * argument cannot be one: "-n :" lacks its number.
		 */
		while (end < argc && !is_separator(argv[end]))
			end++;
		if (end == start)
			return refuse(parser, "an empty section at %s",
				      argv[end]);
		err = parse_section(parser, section, end - start + 1,
				    &argv[start - 1]);
		if (err != 0 || args->request != EXEC_RUN)
			return err;
		args->nsections++;
		if (end < argc)
			argv[end] = NULL;
		start = end + 1;
	}
	/* Only now: bad usage anywhere comes before too many tasks. */
	for (int i = 0; i < args->nsections; i++) {
		err = add_tasks(parser, args->sections[i].ntasks);
		if (err != 0)
			return err;
	}
	return 0;
}

int exec_args_parse(struct exec_args *args, int argc, char **argv, char *why,
		    size_t whysize)
{
	struct parser parser = { args, argv, why, whysize };
	int err;

	*args = (struct exec_args){ .request = EXEC_RUN,
				    .grace = EXEC_GRACE_DEFAULT };
	snprintf(why, whysize, "%s", "");
	if (argc < 2)
		return EINVAL;
	args->sections = calloc((size_t)argc, sizeof(*args->sections));
	args->is_plugin = calloc((size_t)argc, sizeof(*args->is_plugin));
	if (args->sections == NULL || args->is_plugin == NULL) {
		exec_args_free(args);
		snprintf(why, whysize, "%s", strerror(ENOMEM));
		return ENOMEM;
	}
	err = parse_sections(&parser, argc, argv);
	if (err != 0 || args->request != EXEC_RUN)
		exec_args_free(args);
	return err;
}

void exec_args_free(struct exec_args *args)
{
	free(args->sections);
	free(args->plugins);
	free(args->is_plugin);
	args->plugins = args->is_plugin = NULL;
	args->sections = NULL;
	args->nsections = 0;
}
