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
	{ SIGTRAP, "TRAP", true },   { SIGABRT, "ABRT", true },
	{ SIGBUS, "BUS", true },     { SIGFPE, "FPE", true },
	{ SIGUSR1, "USR1", true },   { SIGSEGV, "SEGV", true },
	{ SIGUSR2, "USR2", true },   { SIGPIPE, "PIPE", true },
	{ SIGALRM, "ALRM", false },  { SIGTERM, "TERM", true },
	{ SIGSTKFLT, "STKFLT", false }, { SIGXCPU, "XCPU", false },
	{ SIGXFSZ, "XFSZ", false },  { SIGVTALRM, "VTALRM", false },
	{ SIGIO, "IO", false },	     { SIGPWR, "PWR", false },
	{ SIGSYS, "SYS", true },
};
const unsigned exception_signals_count =
	sizeof(exception_signals) / sizeof(exception_signals[0]);

#define BIT(sig) (1ull << (sig))
#define DEFAULT_SIGNALS (BIT(SIGHUP) | BIT(SIGSEGV))
/* What the CPU raises, seccomp(2), and abort(3). */
#define BACKTRACE_SIGNALS                                           \
	(BIT(SIGABRT) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) |   \
	 BIT(SIGSEGV) | BIT(SIGSYS) | BIT(SIGTRAP))
#define TIME_LIMIT 60       /* seconds */
#define TIME_LIMIT_MAX 86400

/* Not the original's. */
#define ENV_BACKTRACE "PIP_BACKTRACE"
#define ENV_BACKTRACE_FILE "PIP_BACKTRACE_FILE"
#define ENV_REPORT_TIMEOUT "PIP_REPORT_TIMEOUT"

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
static uint64_t parse_signals(const char *list, uint64_t by_default, bool warn)
{
	uint64_t set = *list == '+' || *list == '-' ? by_default : 0;
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

	if (!is_set(gdb))
		return;
	if (strchr(gdb, '/') != NULL ||
	    program_search_path(find(envp, "PATH"), gdb, settings->gdb,
				PATH_MAX) != 0)
		copy_path(settings->gdb, gdb, PIP_ENV_GDB_PATH, warn);
	if (is_set(command))
		copy_path(settings->command, command, PIP_ENV_GDB_COMMAND,
			  warn);
}

/* For the debugger, and for the report of our own. */
static void read_signals(struct exception_settings *settings, char **envp,
			 bool warn)
{
	const char *list = find(envp, PIP_ENV_GDB_SIGNALS);

	settings->gdb_signals = DEFAULT_SIGNALS;
	settings->backtrace_signals = BACKTRACE_SIGNALS;
	if (!is_set(list))
		return;
	settings->gdb_signals = parse_signals(list, DEFAULT_SIGNALS, warn);
	settings->backtrace_signals = parse_signals(list, BACKTRACE_SIGNALS,
						    false);
}

/* A number of seconds. */
static unsigned read_time_limit(char **envp, bool warn)
{
	const char *value = find(envp, ENV_REPORT_TIMEOUT);
	unsigned seconds = 0;
	const char *at = value;

	if (!is_set(value))
		return TIME_LIMIT;
	for (; *at >= '0' && *at <= '9' && seconds <= TIME_LIMIT_MAX; at++)
		seconds = seconds * 10 + (unsigned)(*at - '0');
	if (*at == '\0' && seconds <= TIME_LIMIT_MAX)
		return seconds;
	if (warn)
		warning_message("%s='%s': not a number of seconds up to %d, "
				"taken for %d", ENV_REPORT_TIMEOUT, value,
				TIME_LIMIT_MAX, TIME_LIMIT);
	return TIME_LIMIT;
}

/* A program of ours.  Beside the library: an installation can be moved, and a
 * build tree be used as it is. */
static void find_tool(char path[PATH_MAX], const char *libpip, const char *name)
{
	static const char *const places[] = { "../bin", "../../pips",
					      "../../bin" };
	int length = (int)(strrchr(libpip, '/') - libpip);

	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (snprintf(path, PATH_MAX, "%.*s/%s/%s", length, libpip,
			     places[i], name) < PATH_MAX &&
		    access(path, X_OK) == 0)
			return;
	snprintf(path, PATH_MAX, "%s/bin/%s", PIP_BUILD_PREFIX, name);
}

static void read_backtrace(struct exception_settings *settings,
			   const char *libpip, char **envp, bool warn)
{
	const char *value = find(envp, ENV_BACKTRACE);
	const char *file = find(envp, ENV_BACKTRACE_FILE);

	if (!is_set(value) || strcmp(value, "0") == 0 ||
	    strcasecmp(value, "off") == 0)
		return;
	settings->backtrace_stops = strcasecmp(value, "stop") == 0;
	if (!settings->backtrace_stops && strcmp(value, "1") != 0 &&
	    strcasecmp(value, "on") != 0) {
		if (warn)
			warning_message("%s='%s': neither '1', 'stop' nor "
					"'0', taken for '0'", ENV_BACKTRACE,
					value);
		return;
	}
	find_tool(settings->pip_backtrace, libpip, "pip-backtrace");
	if (is_set(file))
		copy_path(settings->backtrace_file, file, ENV_BACKTRACE_FILE,
			  warn);
}

bool exception_settings_exist(char **envp)
{
	return is_set(find(envp, PIP_ENV_GDB_PATH)) ||
	       is_set(find(envp, ENV_BACKTRACE)) ||
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
	read_backtrace(settings, root->libpip, envp, warn);
	if (settings->show_pips)
		find_tool(settings->pips, root->libpip, "pips");
	if (!settings->show_maps && !settings->show_pips &&
	    settings->gdb[0] == '\0' && settings->pip_backtrace[0] == '\0')
		return false;
	read_signals(settings, envp, warn);
	settings->time_limit = read_time_limit(envp, warn);
	return true;
}
