/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libpip.so as a program: it prints what it was built from and for.
 *
 * PT_INTERP makes the kernel start it with a loader, which has run libc's
 * constructors but, as for every program, not its own: those are left to the
 * start code, and there is none.  So nothing of the runtime is initialised
 * here; it is not needed.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "elf_machine.h"
#include "lib/build_info.h"
#include "root.h"

/* Version 2's, which this file does not see otherwise (pip.h). */
#define SIZEOF_SPAWN_PROGRAM_2 64

__attribute__((section(".interp"), used)) static const char interpreter[] =
	PIP_ELF_LOADER;

PIP_HIDDEN void libpip_main(int argc, char **argv) __attribute__((noreturn));

/*
 * Option, title and value of each item, in the original's order: scripts may
 * cut lines by their number.  It is one string because every task has a copy
 * of libpip: an array of pointers would have to be relocated in each of them.
 */
#define ITEM(option, title, value) option "\0" title "\0" value "\0"
#ifdef __OPTIMIZE__
#define DEBUG_BUILD "no"
#else
#define DEBUG_BUILD "yes"
#endif
static const char items[] =
	ITEM("--name", "Package", PACKAGE_NAME)
	ITEM("--version", "Version", PACKAGE_VERSION)
	ITEM("--license", "License", "BSD-2-Clause")
	ITEM("--os", "Build OS", PIP_BUILD_HOST)
	ITEM("--cc", "Build CC", PIP_BUILD_CC)
	ITEM("--prefix", "Prefix dir", PIP_BUILD_PREFIX)
	ITEM("--glibc", "PiP-glibc", "none")
	ITEM("--ldlinux", "ld-linux", PIP_ELF_LOADER)
	ITEM("--commit", "Commit Hash", PIP_BUILD_COMMIT)
	ITEM("--debug", "Debug build", DEBUG_BUILD)
	ITEM("-", "URL", PACKAGE_URL)
	ITEM("-", "mailto", PACKAGE_BUGREPORT);

static const char usage[] =
	"Usage: libpip.so [--name | --version | --license | --os | --cc | --prefix |\n"
	"                  --glibc | --ldlinux | --commit | --debug | --context |\n"
	"                  --sizes | --cache | --all | --usage | --help]\n"
	"Print what libpip was built from and for: one value, or without an option\n"
	"and with --all every one with its name.  See libpip.so(1).\n";

static const char *next_word(const char *word)
{
	return word + strlen(word) + 1;
}

static void print_items(void)
{
	const char *option, *title, *value;

	for (option = items; *option != '\0'; option = next_word(value)) {
		title = next_word(option);
		value = next_word(title);
		printf("%s\t%s\n", title, *value != '\0' ? value : "none");
	}
}

static bool print_item(const char *wanted)
{
	const char *option, *value;

	for (option = items; *option != '\0'; option = next_word(value)) {
		value = next_word(next_word(option));
		if (strcmp(option, wanted) == 0) {
			puts(value);
			return true;
		}
	}
	return false;
}

/* What is passed between a program and libpip, and what a task costs it. */
static void print_sizes(void)
{
	printf("pip_spawn_program_t\t%zu\n", sizeof(pip_spawn_program_t));
	printf("pip_spawn_program_t (version 2)\t%d\n",
	       SIZEOF_SPAWN_PROGRAM_2);
	printf("pip_spawn_hook_t\t%zu\n", sizeof(pip_spawn_hook_t));
	printf("struct pip_table_header\t%zu\n",
	       sizeof(struct pip_table_header));
	printf("struct pip_table_entry\t%zu\n", sizeof(struct pip_table_entry));
	printf("struct pip_root\t%zu\n", sizeof(struct pip_root));
	printf("struct pip_slot\t%zu\n", sizeof(struct pip_slot));
}

static bool print_option(const char *option)
{
	if (strcmp(option, "--all") == 0)
		print_items();
	else if (strcmp(option, "--context") == 0)
		puts("none"); /* no user-level contexts are switched yet */
	else if (strcmp(option, "--sizes") == 0)
		print_sizes();
	else if (strcmp(option, "--cache") == 0)
		printf("%zu\n", _Alignof(struct pip_slot));
	else
		return *option == '-' && option[1] == '-' && print_item(option);
	return true;
}

/* As the original: asking how it is used is no success either. */
static int answer(int argc, char **argv)
{
	if (argc < 2) {
		print_items();
		return 0;
	}
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--usage") == 0 ||
		    strcmp(argv[i], "--help") == 0) {
			fputs(usage, stdout);
			return 1;
		}
	for (int i = 1; i < argc; i++)
		if (!print_option(argv[i])) {
			fprintf(stderr, "libpip.so: unknown option '%s': see "
					"libpip.so --help\n", argv[i]);
			return 1;
		}
	return 0;
}

void libpip_main(int argc, char **argv)
{
	int status = answer(argc, argv);

	if (fflush(stdout) != 0) {
		perror("libpip.so: standard output");
		status = 1;
	}
	/* Not exit(3): nobody has registered what it would run. */
	_exit(status);
}
