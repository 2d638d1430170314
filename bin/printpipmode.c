/* SPDX-License-Identifier: BSD-2-Clause */
/* printpipmode: the mode that pip_init() chooses here, for scripts. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pip/pip.h>

#define EXIT_USAGE 2

static const char usage[] =
	"Usage: printpipmode [--help | --version]\n"
	"Print the name of the mode in which a PiP program would run, as the\n"
	"environment variable PIP_MODE selects it.  See printpipmode(1).\n";

static int print_mode(void)
{
	int ntasks = 1;
	int error = pip_init(NULL, &ntasks, NULL, PIP_OPTS_NONE);

	if (error != 0) {
		fprintf(stderr, "pip_init() fails (%s)\n", strerror(error));
		return error;
	}
	puts(pip_get_mode_str());
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	if (argc == 1) {
		status = print_mode();
	} else if (strcmp(argv[1], "--help") == 0) {
		fputs(usage, stdout);
	} else if (strcmp(argv[1], "--version") == 0) {
		puts("printpipmode (" PACKAGE_NAME ") " PACKAGE_VERSION);
	} else {
		fprintf(stderr, "printpipmode: unknown argument '%s': see "
				"printpipmode --help\n", argv[1]);
		return EXIT_USAGE;
	}
	if (fflush(stdout) != 0) {
		perror("printpipmode: standard output");
		return EXIT_FAILURE;
	}
	return status;
}
