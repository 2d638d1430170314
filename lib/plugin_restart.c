/* SPDX-License-Identifier: BSD-2-Clause */
#include "plugin_restart.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pip/pip_plugin.h>

#include "arch.h"

/* "PID LENGTH": who has started itself again, and how long the value of
 * LD_PRELOAD was; -1: there was none. */
#define ENV_RESTARTED "PIP_PLUGINS_RESTARTED"
/* "PID": who has executed this program, and had plugins. */
#define ENV_EXECUTED "PIP_PLUGINS_EXECUTED"
#define ENV_PRELOAD "LD_PRELOAD"

static char **find(char *const *envp, const char *name)
{
	size_t length = strlen(name);

	for (; *envp != NULL; envp++)
		if (strncmp(*envp, name, length) == 0 &&
		    (*envp)[length] == '=')
			return (char **)envp;
	return NULL;
}

const char *plugin_restart_variable(char *const *envp, const char *name)
{
	char **at = find(envp, name);

	return at != NULL ? *at + strlen(name) + 1 : NULL;
}

static bool has_hidden;

/*
 * Not by closing the gap: the auxiliary vector begins right behind the NULL at
 * the end, and there are those who look for it there.  Until libc has started
 * another variable is there twice, which does no harm.
 */
static void hide(char **envp, char **at)
{
	char **other = find(envp, PIP_ENV_PLUGINS);

	if (other == NULL || other == at)
		other = envp == at ? at + 1 : envp;
	if (*other == NULL)
		return;
	*at = *other;
	has_hidden = true;
}

static bool is_repeated(char *const *envp, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (envp[j] == envp[i])
			return true;
	return false;
}

void plugin_restart_tidy(char **envp)
{
	size_t count = 0, n = 0, nauxv = 0;
	const Elf64_auxv_t *auxv;
	char **tidy;

	if (!has_hidden || environ == NULL)
		return;
	has_hidden = false;
	while (environ[count] != NULL)
		count++;
	/* A constructor may have moved it by setenv(3). */
	auxv = (const Elf64_auxv_t *)(environ + count + 1);
	while (environ == envp && auxv[nauxv++].a_type != AT_NULL)
		;
	tidy = malloc((count + 1) * sizeof(*tidy) + nauxv * sizeof(*auxv));
	if (tidy == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		if (!is_repeated(environ, i))
			tidy[n++] = environ[i];
	tidy[n++] = NULL;
	memcpy(tidy + n, auxv, nauxv * sizeof(*auxv));
	environ = tidy;
}

/* Is the text for this process, and not inherited by a child?  The rest. */
static const char *read_pid(const char *text)
{
	char *end;

	if (text == NULL || strtol(text, &end, 10) != getpid())
		return NULL;
	return end;
}

bool plugin_restart_undo(char **envp)
{
	char **mark = find(envp, ENV_RESTARTED);
	char **preload = find(envp, ENV_PRELOAD);
	const char *rest;
	long length;

	if (mark == NULL)
		return false;
	rest = read_pid(*mark + sizeof(ENV_RESTARTED));
	length = rest != NULL ? strtol(rest, NULL, 10) : -1;
	hide(envp, mark);
	if (rest == NULL || preload == NULL)
		return false;
	if (length < 0)
		hide(envp, preload);
	else if ((size_t)length < strlen(*preload + sizeof(ENV_PRELOAD)))
		(*preload)[sizeof(ENV_PRELOAD) + (size_t)length] = '\0';
	return true;
}

bool plugin_restart_was_executed(char **envp)
{
	char **mark = envp != NULL ? find(envp, ENV_EXECUTED) : NULL;
	bool is_own = mark != NULL &&
		      read_pid(*mark + sizeof(ENV_EXECUTED)) != NULL;

	if (mark != NULL)
		hide(envp, mark);
	return is_own;
}

void plugin_restart_forget(char **envp)
{
	char **mark = find(envp, ENV_EXECUTED);

	if (mark != NULL)
		hide(envp, mark);
}

char *const *plugin_restart_announce(char *const *envp, size_t count,
				     char **room, char *text)
{
	size_t n = 0;

	if (find(envp, PIP_ENV_PLUGINS) == NULL)
		return envp;
	for (size_t i = 0; i < count; i++)
		if (strncmp(envp[i], ENV_EXECUTED "=",
			    sizeof(ENV_EXECUTED)) != 0)
			room[n++] = envp[i];
	snprintf(text, PLUGIN_RESTART_TEXT, ENV_EXECUTED "=%d", (int)getpid());
	room[n++] = text;
	room[n] = NULL;
	return room;
}

/*
 * libc learns its environment from its constructor, which runs after libpip's
 * only when the program starts: later, the program has run.  AT_BASE is 0 when
 * it was the loader that was executed, whose arguments are not known any more.
 */
static bool is_possible(void)
{
	return environ == NULL && getauxval(AT_BASE) != 0;
}

/* The program's name in the file system, for the sake of its comm. */
static void find_self(char path[PATH_MAX])
{
	static const char self[] = "/proc/self/exe";
	ssize_t n = readlink(self, path, PATH_MAX - 1);
	struct stat named, real;

	path[n > 0 ? n : 0] = '\0';
	if (n <= 0 || stat(path, &named) != 0 || stat(self, &real) != 0 ||
	    named.st_dev != real.st_dev || named.st_ino != real.st_ino)
		strcpy(path, self);
}

static char *format_preload(const char *before, const char *list)
{
	bool has_before = before != NULL && *before != '\0';
	char *text = NULL;

	if (asprintf(&text, ENV_PRELOAD "=%s%s%s", has_before ? before : "",
		     has_before ? ":" : "", list) < 0)
		return NULL;
	return text;
}

void plugin_restart(const char *list, char **argv, char **envp)
{
	const char *before = plugin_restart_variable(envp, ENV_PRELOAD);
	char path[PATH_MAX], mark[64], *preload, **changed;
	size_t count = 0, n = 0;

	if (!is_possible())
		return;
	while (envp[count] != NULL)
		count++;
	changed = malloc((count + 3) * sizeof(*changed));
	preload = format_preload(before, list);
	if (changed != NULL && preload != NULL) {
		snprintf(mark, sizeof(mark), ENV_RESTARTED "=%d %ld",
			 (int)getpid(),
			 before != NULL ? (long)strlen(before) : -1);
		for (size_t i = 0; i < count; i++)
			if (find(&envp[i], ENV_PRELOAD) != &envp[i] &&
			    find(&envp[i], ENV_RESTARTED) != &envp[i])
				changed[n++] = envp[i];
		changed[n++] = preload;
		changed[n++] = mark;
		changed[n] = NULL;
		find_self(path);
		arch_syscall3(SYS_execve, path, argv, changed);
	}
	free(changed);
	free(preload);
}
