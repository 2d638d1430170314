/* SPDX-License-Identifier: BSD-2-Clause */
/* pip-exec: run programs as the tasks of one root, in one address space. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "exec_args.h"
#include "exec_job.h"
#include "exec_plugin.h"

#define EXIT_USAGE 2

static const char usage[] =
	"Usage: pip-exec [--with-plugin LIST] [--suspend-on SIG] [--grace SECONDS]\n"
	"                [-n N] [-f FUNC] PROG ARGS...\n"
	"                { : [-n N] [-f FUNC] PROG ARGS... }\n"
	"Run programs as Process-in-Process tasks: processes in one address space.\n"
	"\n"
	"  -n N       start N tasks of PROG (default 1)\n"
	"  -f FUNC    start them at the function int FUNC(void *) instead of main\n"
	"  --with-plugin A.so:B.so\n"
	"             load plugins into the root and all tasks; see pip_plugin(7)\n"
	"  --suspend-on SIG\n"
	"             suspend all tasks for a moment when SIG arrives, for plugins;\n"
	"             see pip_suspend_all(3)\n"
	"  --grace SECONDS\n"
	"             how long tasks may take to end after HUP, INT, QUIT or TERM,\n"
	"             before they are killed (default 3)\n"
	"  --help     show this text\n"
	"  --version  show the version\n"
	"\n"
	"PROG is a position-independent executable; without a slash it is searched\n"
	"on PATH.  Sections are separated by ':' or '::'.  See pip-exec(1).\n";

/* Exit status if the command line asks for nothing to be run, else -1. */
static int parse(struct exec_args *args, int argc, char **argv)
{
	char why[256];
	int err = exec_args_parse(args, argc, argv, why, sizeof(why));

	if (err != 0 && why[0] != '\0')
		fprintf(stderr, "pip-exec: %s\n", why);
	if (err == EINVAL) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (err != 0)
		return err;
	if (args->request == EXEC_RUN)
		return -1;
	if (args->request == EXEC_SHOW_HELP)
		fputs(usage, stdout);
	else
		puts("pip-exec (" PACKAGE_NAME ") " PACKAGE_VERSION);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct exec_args args;
	struct exec_job job;
	char **given = exec_plugin_copy(argc, argv);
	int status = parse(&args, argc, argv);

	if (status < 0 && args.plugins != NULL)
		status = exec_plugin_restart(&args, given);
	free(given);
	if (status >= 0)
		return status;
	exec_job_start(&job, &args);
	if (job.failure == 0 || job.killed)
		exec_job_run(&job);
	status = exec_job_finish(&job);
	exec_args_free(&args);
	return status;
}
