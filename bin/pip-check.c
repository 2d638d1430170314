/* SPDX-License-Identifier: BSD-2-Clause */
/* pip-check: can these programs be PiP roots, or PiP tasks? */
#include "config.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "check_file.h"
#include "elf_machine.h"

#define EXIT_USAGE 1 /* the original's */

static const char usage[] =
	"Usage: pip-check [-r | -t | -b] [-v] FILE...\n"
	"       pip-check --ldlinux | --help | --version\n"
	"Say on standard error, for each FILE, whether it can be a PiP root or task.\n"
	"\n"
	"  -r, --root, --piproot  it must be able to be a root\n"
	"  -t, --task, --piptask  it must be able to be a task\n"
	"  -b, --both, --pipboth  it must be able to be either\n"
	"  -v, --verbose          say why not\n"
	"  --ldlinux, --ldso      print the loader that programs are expected to have\n"
	"\n"
	"The exit status is 0 if all are as asked for, else 1.  See pip-check(1).\n";

/* What the command line asks for; neither: any PiP program will do. */
struct request {
	bool root;
	bool task;
	bool verbose;
};

/* A verdict in the original's words; *ok: it is as asked for. */
static const char *judge_program(const struct check_file *file,
				 const struct request *request, bool *ok)
{
	/*
	 * The runtime starts any PIE.  If nothing special was asked for, one
	 * that bears no mark of PiP is still called what its owner calls it.
	 */
	bool any = !request->root && !request->task;
	bool is_task = file->can_be_task &&
		       (request->task || file->needs_libpip ||
			file->exports_main);

	*ok = any ? file->can_be_root || is_task :
		    (!request->root || file->can_be_root) &&
			    (!request->task || is_task);
	if (*ok)
		return !file->can_be_root ? "Task" :
		       is_task		  ? "Root&Task" :
					    "Root";
	if (any || (request->root && request->task && !file->can_be_root &&
		    !is_task))
		return "not a PiP program";
	return request->root && !file->can_be_root ? "cannot be a PiP root" :
						     "cannot be a PiP task";
}

static const char *judge(const struct check_file *file,
			 const struct request *request, bool *ok)
{
	*ok = false;
	switch (file->kind) {
	case CHECK_NOT_FOUND:
		return "not found";
	case CHECK_NOT_EXECUTABLE:
		return "not an executable file";
	case CHECK_NOT_ELF:
		return "not an ELF file";
	case CHECK_ELF:
		break;
	}
	return judge_program(file, request, ok);
}

static bool check(const char *path, const struct request *request)
{
	struct check_file file;
	const char *verdict;
	bool ok;

	check_file(path, &file);
	verdict = judge(&file, request, &ok);
	fprintf(stderr, "%s : %s\n", path, verdict);
	if (request->verbose && file.why_not[0] != '\0')
		fprintf(stderr, "    %s\n", file.why_not);
	if (request->verbose && !ok && file.can_be_task)
		fputs("    though pip-exec can start it as a task\n", stderr);
	return ok;
}

/* Exit status if the options ask for no file to be checked, else -1. */
static int parse(int argc, char **argv, struct request *request)
{
	enum { OPTION_HELP = 256, OPTION_VERSION, OPTION_LDLINUX, OPTION_USAGE };
	static const struct option options[] = {
		{ "root", no_argument, NULL, 'r' },
		{ "piproot", no_argument, NULL, 'r' },
		{ "task", no_argument, NULL, 't' },
		{ "piptask", no_argument, NULL, 't' },
		{ "both", no_argument, NULL, 'b' },
		{ "pipboth", no_argument, NULL, 'b' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "ldlinux", no_argument, NULL, OPTION_LDLINUX },
		{ "ldso", no_argument, NULL, OPTION_LDLINUX },
		{ "usage", no_argument, NULL, OPTION_USAGE },
		{ "help", no_argument, NULL, OPTION_HELP },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	*request = (struct request){ false, false, false };
	while ((option = getopt_long(argc, argv, "rtbvh", options, NULL)) != -1)
		switch (option) {
		case 'r':
			request->root = true;
			break;
		case 't':
			request->task = true;
			break;
		case 'b':
			request->root = request->task = true;
			break;
		case 'v':
			request->verbose = true;
			break;
		case OPTION_LDLINUX:
			puts(PIP_ELF_LOADER);
			return EXIT_SUCCESS;
		case OPTION_HELP:
			fputs(usage, stdout);
			return EXIT_SUCCESS;
		case OPTION_VERSION:
			puts("pip-check (" PACKAGE_NAME ") " PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
	if (optind < argc)
		return -1;
	fputs("pip-check: no file to check\n", stderr);
	fputs(usage, stderr);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	struct request request;
	int status = parse(argc, argv, &request);

	if (status >= 0)
		return fflush(stdout) == 0 ? status : EXIT_FAILURE;
	status = EXIT_SUCCESS;
	for (int i = optind; i < argc; i++)
		if (!check(argv[i], &request))
			status = EXIT_FAILURE;
	return status;
}
