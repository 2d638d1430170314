/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Called in a task before libc is initialised: getenv(3) does not work yet,
 * so the environment is looked through here.
 */
#include "exception_settings.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "lib/build_info.h"
#include "message.h"
#include "program.h"

const struct exception_signal exception_signals[] = {
	{ SIGHUP, "HUP", true },     { SIGINT, "INT", true },
	{ SIGQUIT, "QUIT", true },   { SIGILL, "ILL", true },
	{ SIGTRAP, "TRAP", false },  { SIGABRT, "ABRT", true },
	{ SIGBUS, "BUS", true },     { SIGFPE, "FPE", true },
	{ SIGUSR1, "USR1", true },   { SIGSEGV, "SEGV", true },
	{ SIGUSR2, "USR2", true },   { SIGPIPE, "PIPE", true },
	{ SIGALRM, "ALRM", false },  { SIGTERM, "TERM", true },
	{ SIGSTKFLT, "STKFLT", false }, { SIGXCPU, "XCPU", false },
	{ SIGXFSZ, "XFSZ", false },  { SIGVTALRM, "VTALRM", false },
	{ SIGIO, "IO", false },	     { SIGPWR, "PWR", false },
};
const unsigned exception_signals_count =
	sizeof(exception_signals) / sizeof(exception_signals[0]);

#define BIT(sig) (1ull << (sig))
#define DEFAULT_SIGNALS (BIT(SIGHUP) | BIT(SIGSEGV))

static const char *find(char **envp, const char *name)
{
	size_t length = strlen(name);

	for (; envp != NULL && *envp != NULL; envp++)
		if (strncmp(*envp, name, length) == 0 &&
		    (*envp)[length] == '=')
			return *envp + length + 1;
	return NULL;
}

static bool is_set(const char *value)
{
	return value != NULL && *value != '\0';
}

/* All signals that the word stands for; 0: none is called so. */
static uint64_t signals_of(const char *word, size_t length)
{
	uint64_t all = 0;

	if (length > 3 && strncasecmp(word, "SIG", 3) == 0) {
		word += 3;
		length -= 3;
	}
	for (unsigned i = 0; i < exception_signals_count; i++) {
		const struct exception_signal *signal = &exception_signals[i];

		if (!signal->is_gdb)
			continue;
		all |= BIT(signal->number);
		if (strncasecmp(signal->name, word, length) == 0 &&
		    signal->name[length] == '\0')
			return BIT(signal->number);
	}
	return length == 3 && strncasecmp(word, "ALL", 3) == 0 ? all : 0;
}

/* "ALL-HUP": a list that begins with a sign changes the default, another one
 * replaces it. */
static uint64_t parse_signals(const char *list, bool warn)
{
	uint64_t set = *list == '+' || *list == '-' ? DEFAULT_SIGNALS : 0;
	const char *at = list;

	while (*at != '\0') {
		char sign = *at == '-' ? '-' : '+';
		size_t length;
		uint64_t signals;

		if (*at == '+' || *at == '-')
			at++;
		length = strcspn(at, "+-");
		signals = signals_of(at, length);
		if (signals == 0 && warn)
			warning_message("PIP_GDB_SIGNALS='%s': '%.*s' is not a "
					"signal that can be asked for: it is "
					"passed over",
					list, (int)length, at);
		set = sign == '+' ? set | signals : set & ~signals;
		at += length;
	}
	return set;
}

static bool parse_switch(char **envp, const char *name, bool warn)
{
	const char *value = find(envp, name);

	if (!is_set(value) || strcasecmp(value, "off") == 0)
		return false;
	if (strcasecmp(value, "on") == 0)
		return true;
	if (warn)
		warning_message("%s='%s': neither 'on' nor 'off', taken for "
				"'off'", name, value);
	return false;
}

static void copy_path(char to[PATH_MAX], const char *path, const char *name,
		      bool warn)
{
	if (snprintf(to, PATH_MAX, "%s", path) < PATH_MAX)
		return;
	to[0] = '\0';
	if (warn)
		warning_message("%s: its value is too long for a path", name);
}

static void read_gdb(struct exception_settings *settings, char **envp,
		     bool warn)
{
	const char *gdb = find(envp, PIP_ENV_GDB_PATH);
	const char *command = find(envp, PIP_ENV_GDB_COMMAND);
	const char *signals = find(envp, PIP_ENV_GDB_SIGNALS);

	if (!is_set(gdb))
		return;
	if (strchr(gdb, '/') != NULL ||
	    program_search_path(find(envp, "PATH"), gdb, settings->gdb,
				PATH_MAX) != 0)
		copy_path(settings->gdb, gdb, PIP_ENV_GDB_PATH, warn);
	if (is_set(command))
		copy_path(settings->command, command, PIP_ENV_GDB_COMMAND,
			  warn);
	settings->gdb_signals = is_set(signals) ?
					parse_signals(signals, warn) :
					DEFAULT_SIGNALS;
}

/* Beside the library: an installation can be moved, and a build tree be used
 * as it is. */
static void find_pips(char path[PATH_MAX], const char *libpip)
{
	static const char *const places[] = { "../bin/pips", "../../pips/pips",
					      "../../bin/pips" };
	int length = (int)(strrchr(libpip, '/') - libpip);

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, PATH_MAX, "%.*s/%s", length, libpip,
			     places[i]) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return;
	snprintf(path, PATH_MAX, "%s/bin/pips", PIP_BUILD_PREFIX);
}

bool exception_settings_exist(char **envp)
{
	return is_set(find(envp, PIP_ENV_GDB_PATH)) ||
	       is_set(find(envp, PIP_ENV_SHOW_MAPS)) ||
	       is_set(find(envp, PIP_ENV_SHOW_PIPS));
}

bool exception_settings_read(struct exception_settings *settings,
			     const struct pip_root *root, char **envp, bool warn)
{
	/* Nobody but root may say what a set-user-ID program executes. */
	if (getauxval(AT_SECURE) != 0)
		return false;
	settings->quiet = find(envp, "PIP_QUIET") != NULL;
	settings->show_maps = parse_switch(envp, PIP_ENV_SHOW_MAPS, warn);
	settings->show_pips = parse_switch(envp, PIP_ENV_SHOW_PIPS, warn);
	read_gdb(settings, envp, warn);
	if (settings->show_pips)
		find_pips(settings->pips, root->libpip);
	return settings->show_maps || settings->show_pips ||
	       settings->gdb[0] != '\0';
}
