/* SPDX-License-Identifier: BSD-2-Clause */
#include "exec_plugin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

char **exec_plugin_copy(int argc, char **argv)
{
	size_t size = ((size_t)argc + 1) * sizeof(*argv);
	char **copy = malloc(size);

	return copy != NULL ? memcpy(copy, argv, size) : NULL;
}

/* Those of the environment come first. */
static int name_them(const char *plugins)
{
	const char *before = getenv(PIP_ENV_PLUGINS);
	char *joined;
	int error;

	if (before == NULL || *before == '\0')
		return setenv(PIP_ENV_PLUGINS, plugins, 1);
	if (asprintf(&joined, "%s:%s", before, plugins) < 0)
		return -1;
	error = setenv(PIP_ENV_PLUGINS, joined, 1);
	free(joined);
	return error;
}

int exec_plugin_restart(const struct exec_args *args, char **argv)
{
	size_t n = 0;

	if (argv == NULL || name_them(args->plugins) != 0) {
		fprintf(stderr, "pip-exec: %s\n", strerror(ENOMEM));
		return ENOMEM;
	}
	for (size_t i = 0; argv[i] != NULL; i++)
		if (!args->is_plugin[i])
			argv[n++] = argv[i];
	argv[n] = NULL;
	execv("/proc/self/exe", argv);
	fprintf(stderr, "pip-exec: cannot start itself again for its plugins: %s\n",
		strerror(errno));
	return errno;
}
