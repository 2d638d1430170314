/* SPDX-License-Identifier: BSD-2-Clause */
#include "stop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "alive.h"
#include "message.h"
#include "run.h"

#define PAUSE_NS (500 * 1000)

/* The PIPID behind the last '@'.  False: that is none, and part of a path. */
static bool parse_pipid(const char *text, long *pipid)
{
	char *end;

	*pipid = -1;
	if (*text == '\0')
		return true;
	errno = 0;
	*pipid = strtol(text, &end, 10);
	return *end == '\0' && end != text && errno == 0;
}

/* A number alone: the original's README means a PIPID, its code a script. */
static bool is_pipid(const char *value)
{
	return *value != '\0' && value[strspn(value, "0123456789")] == '\0' &&
	       access(value, F_OK) != 0;
}

bool stop_is_wanted(const struct pip_slot *slot, const char **scriptp)
{
	static char script[PATH_MAX]; /* root->lock is held */
	const char *value = getenv(PIP_ENV_STOP_ON_START), *at;
	size_t length;
	long pipid;

	*scriptp = "";
	/* Nobody but root may say what a set-user-ID program executes. */
	if (value == NULL || getauxval(AT_SECURE) != 0 ||
	    root_is_threaded(slot->root))
		return false;
	length = strlen(value);
	at = strrchr(value, '@');
	if (at != NULL && parse_pipid(at + 1, &pipid)) {
		if (pipid >= 0 && pipid != slot->pipid)
			return false;
		length = (size_t)(at - value);
	} else if (is_pipid(value)) {
		if (!parse_pipid(value, &pipid) || pipid != slot->pipid)
			return false;
		length = 0;
	}
	if (length >= sizeof(script)) {
		warning_message("PIP_STOP_ON_START: its script's path is too "
				"long");
		return false;
	}
	memcpy(script, value, length);
	script[length] = '\0';
	*scriptp = script;
	return true;
}

/* False: it has ended, or somebody has continued it already. */
static bool wait_until_stopped(const struct pip_slot *slot, pid_t pid)
{
	while (!alive_is_stopped(pid)) {
		if (alive_has_ended(pid) || atomic_load(&slot->resumed))
			return false;
		nanosleep(&(struct timespec){ 0, PAUSE_NS }, NULL);
	}
	return true;
}

/* Returns 0 or an errno value. */
static int run_script(const char *script, pid_t pid, int pipid,
		      const char *program)
{
	char pid_text[16], pipid_text[16];
	const char *argv[] = { script, pid_text, pipid_text, program, NULL };
	struct run run = { .path = script, .argv = (char *const *)argv,
			   .envp = environ };
	int error;

	snprintf(pid_text, sizeof(pid_text), "%d", (int)pid);
	snprintf(pipid_text, sizeof(pipid_text), "%d", pipid);
	run.stack = mmap(NULL, RUN_STACK_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run.stack == MAP_FAILED)
		return errno;
	error = run_detached(&run);
	munmap(run.stack, RUN_STACK_SIZE);
	return error;
}

void stop_attend(const struct pip_slot *slot, const char *script,
		 const char *program)
{
	pid_t pid = atomic_load(&slot->pid);
	int error;

	if (!wait_until_stopped(slot, pid))
		return;
	if (*script == '\0') {
		message(MESSAGE_INFO, "PiP task[%d] (PID=%d) is SIGSTOPed",
			slot->pipid, (int)pid);
		return;
	}
	message(MESSAGE_INFO, "PiP task[%d] (PID=%d) is SIGSTOPed and "
		"executing '%s' script", slot->pipid, (int)pid, script);
	error = run_script(script, pid, slot->pipid, program);
	if (error == 0)
		return;
	error_message("PIP_STOP_ON_START: '%s' cannot be executed (%s): the "
		      "task goes on", script, strerror(error));
	kill(pid, SIGCONT);
}
