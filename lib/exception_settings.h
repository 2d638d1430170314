/* SPDX-License-Identifier: BSD-2-Clause */
/* What the environment says about exceptions: PIP_GDB_*, PIP_SHOW_*,
 * PIP_BACKTRACE*, PIP_REPORT_TIMEOUT. */
#ifndef PIP_EXCEPTION_SETTINGS_H
#define PIP_EXCEPTION_SETTINGS_H

#include <limits.h>

#include "root.h"

struct exception_settings {
	char gdb[PATH_MAX];     /* PIP_GDB_PATH; "" none */
	char command[PATH_MAX]; /* PIP_GDB_COMMAND; "" none */
	char pips[PATH_MAX];    /* the pips of this installation */
	char pip_backtrace[PATH_MAX]; /* its pip-backtrace; "" not asked for */
	char backtrace_file[PATH_MAX]; /* PIP_BACKTRACE_FILE; "" stderr */
	bool backtrace_stops;   /* PIP_BACKTRACE=stop */
	bool show_maps, show_pips;
	bool quiet;             /* PIP_QUIET */
	uint64_t gdb_signals;   /* PIP_GDB_SIGNALS: bit N is signal N */
	uint64_t backtrace_signals; /* likewise, with another default */
	unsigned time_limit;    /* PIP_REPORT_TIMEOUT, seconds; 0 none */
};

/* A signal that is an exception where the program does not handle it. */
struct exception_signal {
	int number;
	const char *name;  /* without SIG */
	bool is_gdb;       /* PIP_GDB_SIGNALS may name it */
};
PIP_HIDDEN extern const struct exception_signal exception_signals[];
PIP_HIDDEN extern const unsigned exception_signals_count;

/*
 * Read them.  envp is the environment; warn: say what is wrong with it.
 * False: none is set, nothing is to be done.
 */
PIP_HIDDEN PIP_CHECKED bool
exception_settings_read(struct exception_settings *settings,
			const struct pip_root *root, char **envp, bool warn);

/* Is anything set that exception_settings_read() could read? */
PIP_HIDDEN PIP_CHECKED bool exception_settings_exist(char **envp);

#endif
