/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pip-unpie: says that nothing needs doing.
 *
 * The original loads programs with dlopen(3), which refuses those that are
 * marked as PIEs (DF_1_PIE) since glibc 2.30, so pip-unpie took the mark away.
 * Here a program is started by its own loader, for which the mark is right:
 * the file is left as it is.  Build systems that call pip-unpie still can.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "elf_file.h"

#define EXIT_UNACCEPTABLE 1
#define EXIT_TROUBLE 2

static const char usage[] =
	"Usage: pip-unpie [-c] FILE\n"
	"       pip-unpie --help | --version\n"
	"Say that FILE need not be changed to be a PiP task; it is not.\n"
	"\n"
	"  -c  only check whether FILE can be one (exit status 1: it cannot)\n"
	"\n"
	"See pip-unpie(1).\n";

static bool is_elf(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, SELFMAG, 0) == SELFMAG &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

static int examine(const char *path, bool check_only)
{
	struct elf_file elf;
	char why[256];
	int fd, error;
	bool elf_magic;

	/* Do not wait for the writer of a FIFO. */
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "pip-unpie: '%s': %s\n", path, strerror(errno));
		return EXIT_TROUBLE;
	}
	error = elf_file_read(fd, &elf, why, sizeof(why));
	elf_magic = is_elf(fd);
	close(fd);
	if (error == EACCES) {
		fprintf(stderr, "pip-unpie: '%s' is %s\n", path, why);
		return EXIT_TROUBLE;
	}
	if (error != 0 && (check_only || !elf_magic)) {
		fprintf(stderr, "pip-unpie: '%s' is %s\n", path, why);
		return EXIT_UNACCEPTABLE;
	}
	if (error != 0)
		printf("%s: unchanged, and no task: it is %s\n", path, why);
	else if (!check_only)
		printf("%s: nothing to do: PIEs are started as they are\n",
		       path);
	return EXIT_SUCCESS;
}

static int finish(int status)
{
	if (fflush(stdout) == 0)
		return status;
	perror("pip-unpie: standard output");
	return EXIT_TROUBLE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'H' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	bool check_only = false;
	int option;

	while ((option = getopt_long(argc, argv, "c", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			check_only = true;
			break;
		case 'H':
			fputs(usage, stdout);
			return finish(EXIT_SUCCESS);
		case 'V':
			puts("pip-unpie (" PACKAGE_NAME ") " PACKAGE_VERSION);
			return finish(EXIT_SUCCESS);
		default:
			fputs(usage, stderr);
			return EXIT_TROUBLE;
		}
	}
	if (argc - optind != 1) {
		fputs(usage, stderr);
		return EXIT_TROUBLE;
	}
	return finish(examine(argv[optind], check_only));
}
