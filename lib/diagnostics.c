/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages for programs, in the form of libpip's own, and who the caller is. */
#include <pip/pip_util.h>

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/build_info.h"
#include "message.h"
#include "mode.h"
#include "program.h"
#include "root.h"
#include "undeclared.h"

PIP_EXPORT void pip_debug_info(void);
PIP_EXPORT size_t pip_idstr(char *buffer, size_t size);

#define DEFINE_MESSAGE(name, level)                              \
	void name(const char *format, ...)                       \
	{                                                        \
		va_list ap;                                      \
                                                                 \
		va_start(ap, format);                            \
		message_to(STDERR_FILENO, level, format, ap);    \
		va_end(ap);                                      \
	}

DEFINE_MESSAGE(pip_info_mesg, MESSAGE_INFO)
DEFINE_MESSAGE(pip_warn_mesg, MESSAGE_WARNING)
DEFINE_MESSAGE(pip_err_mesg, MESSAGE_ERROR)

void pip_info_fmesg(FILE *file, const char *format, ...)
{
	va_list ap;

	/* After what the program has written to it. */
	fflush(file);
	va_start(ap, format);
	message_to(fileno(file), MESSAGE_INFO, format, ap);
	va_end(ap);
}

size_t pip_idstr(char *buffer, size_t size)
{
	int n;

	if (buffer == NULL || size == 0)
		return size;
	n = message_who(buffer, size);
	return (size_t)n < size ? size - (size_t)n : 0;
}

void pip_debug_info(void)
{
	struct pip_slot *self = pip_self;

	if (self == NULL) {
		pip_info_mesg("PID %d, not initialised", (int)getpid());
		return;
	}
	pip_info_mesg("PID %d, PIPID %d%s, %d tasks at most, mode %s, "
		      "root's PID %d, exported %p, aux %p",
		      (int)getpid(), self->pipid,
		      slot_is_root(self) ? " (root)" : "", self->root->ntasks,
		      mode_name(self->root->mode), (int)self->root->pid,
		      atomic_load(&self->exported), self->aux);
}

const char *pip_errname(int error)
{
	const char *name = strerrorname_np(error);

	return name != NULL ? name : "(unknown)";
}

/* Above the folder that libpip.so is in, so that a moved installation finds
 * itself; in a build tree it is what was configured. */
char *pip_prefix_dir(void)
{
	char path[PATH_MAX], *slash;
	Dl_info info;

	if (dladdr(&pip_self, &info) != 0 && info.dli_fname != NULL &&
	    realpath(info.dli_fname, path) != NULL &&
	    (slash = strrchr(path, '/')) != NULL) {
		*slash = '\0';
		slash = strrchr(path, '/');
		if (slash != NULL && slash != path &&
		    strncmp(slash, "/lib", 4) == 0 &&
		    access(PIP_BUILD_PREFIX, F_OK) != 0) {
			*slash = '\0';
			return strdup(path);
		}
	}
	return strdup(PIP_BUILD_PREFIX);
}

int pip_check_pie(const char *path, int verbose)
{
	return path == NULL ? EINVAL : program_check(path, verbose != 0);
}
