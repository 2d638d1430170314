// SPDX-License-Identifier: BSD-2-Clause
/*
 * LTTng-UST: a session of its own, in which each event of a workload is one of
 * LTTng's.  babeltrace2(1) counts them when they are on disk.
 *
 * As root the session daemon is the machine's one, and it may run already; ours
 * is ended again.  A lock, on a file that is there anyway, sees to it that
 * nobody else's workload has registered with it.
 */
#include "instrument.h"
#include "limit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define EVENT_BYTES 32u /* more than an event takes */
#define SUBBUFFERS 8u /* in the script, too */
#define SUBBUFFER_LEAST (1u << 20)
#define SUBBUFFER_MOST (8u << 20)
#define POLL_NS 10000000

/*
 * $0: size of a sub-buffer; $1: the workload's root; $2: how many processes of it
 * register themselves.
 *
 * The daemon starts a session in those that have registered before it says that
 * it has started, in those that come later some time after.  All events of a run
 * of two million fit into the buffers, so that none is lost even if nobody
 * empties them.  The daemon is in a session of its own, so that it does not get
 * the SIGINT that ends this script, and ends if the script is killed.
 */
static const char script[] =
	"folder=$(mktemp -d) || exit 1\n"
	"export LTTNG_HOME=$folder\n"
	"session=pip-probe-effect-$$ daemon=\n"
	"finish() {\n"
	"	lttng --no-sessiond destroy $session >/dev/null 2>&1\n"
	"	[ -z \"$daemon\" ] || { kill $daemon; wait $daemon; }\n"
	"	rm -rf \"$folder\"\n"
	"}\n"
	"trap finish EXIT\n"
	"trap 'end=1' INT\n"
	"there() { lttng --no-sessiond list >/dev/null 2>&1; }\n"
	"if ! there; then\n"
	"	bound=; command -v setpriv >/dev/null &&\n"
	"		bound='setpriv --pdeathsig TERM'\n"
	"	$bound setsid lttng-sessiond --no-kernel >\"$folder/log\" 2>&1 &\n"
	"	daemon=$! n=0\n"
	"	until there; do\n"
	"		n=$((n + 1))\n"
	"		[ $n -lt 600 ] || { cat \"$folder/log\"; exit 1; }\n"
	"		sleep 0.1\n"
	"	done\n"
	"fi\n"
	"registered() {\n"
	"	found=0\n"
	"	for pid in $(lttng --no-sessiond list -u 2>/dev/null |\n"
	"		sed -n 's/^PID: \\([0-9]*\\) .*/\\1/p'); do\n"
	"		[ $pid = $1 ] || [ \"$(awk '/^PPid:/ { print $2 }' \\\n"
	"			/proc/$pid/status 2>/dev/null)\" = $1 ] || continue\n"
	"		found=$((found + 1))\n"
	"	done\n"
	"	[ $found -ge $2 ]\n"
	"}\n"
	"n=0\n"
	"until registered $1 $2; do\n"
	"	n=$((n + 1))\n"
	"	[ $n -lt 600 ] || { echo 'it has not registered'; exit 1; }\n"
	"	sleep 0.1\n"
	"done\n"
	"set -e\n"
	"lttng create $session --output=\"$folder/trace\" >/dev/null\n"
	"lttng enable-channel -s $session --userspace --subbuf-size=$0 \\\n"
	"	--num-subbuf=8 all >/dev/null\n"
	"lttng enable-event -s $session --userspace --channel=all \\\n"
	"	pip_effect:event >/dev/null\n"
	"lttng start $session >/dev/null\n"
	"echo attached\n"
	"set +e\n"
	"while [ -z \"$end\" ]; do sleep 1000 & wait; done\n"
	"lttng stop $session >/dev/null || exit 1\n"
	"babeltrace2 \"$folder/trace\" --component=sink.utils.counter \\\n"
	"	--params=step=+0\n";

int instrument_lock_lttng(const struct effect_config *config, int *fd)
{
	const char *path = effect_find_command(config, "lttng");
	uint64_t end = limit_start();

	*fd = path != NULL ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	while (*fd >= 0 && flock(*fd, LOCK_EX | LOCK_NB) != 0) {
		if (limit_is_over(end)) {
			close(*fd);
			return -1;
		}
		nanosleep(&(struct timespec){ .tv_nsec = POLL_NS }, NULL);
	}
	return 0;
}

INSTRUMENT_CHECK(lttng)
{
	static const struct {
		const char *command, *hint;
	} needed[] = {
		{ "lttng-sessiond", "install lttng-tools" },
		{ "lttng", "install lttng-tools" },
		{ "babeltrace2", "it counts the events" },
	};

	(void)argument;
	if (config->lttng[0] == '\0')
		return "configure did not find LTTng-UST: install "
		       "liblttng-ust-dev";
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const char *reason = instrument_check_command(
			config, needed[i].command, needed[i].hint);

		if (reason != NULL)
			return reason;
	}
	return NULL;
}

INSTRUMENT_ATTACH(lttng)
{
	static char sh[] = "/bin/sh", c[] = "-c", text[sizeof(script)];
	static char size[16], pid[16], number[16];
	char *argv[] = { sh, c, text, size, pid, number, NULL };
	uint64_t bytes = SUBBUFFER_LEAST;

	(void)argument;
	while (bytes < SUBBUFFER_MOST &&
	       bytes * (SUBBUFFERS - 1) < target->config->events * EVENT_BYTES)
		bytes *= 2;
	snprintf(size, sizeof(size), "%" PRIu64, bytes);
	snprintf(pid, sizeof(pid), "%d", (int)target->pid);
	snprintf(number, sizeof(number), "%u",
		 target->config->workload->processes);
	memcpy(text, script, sizeof(script));
	return observer_start(argv, "attached\n", reason);
}

/* "  1009 Event messages", and those that it knows to be missing. */
int instrument_detach_lttng(void *state, struct effect_run *run, char *reason)
{
	int status;
	char *text = observer_stop(state, &status);
	const char *line = text != NULL ? strstr(text, "attached\n") : NULL;
	bool found = false;

	run->counted = run->lost = 0;
	while (line != NULL && (line = strchr(line, '\n')) != NULL) {
		uint64_t n;
		char what[32];

		line++;
		if (sscanf(line, " %" SCNu64 " %31[A-Za-z ]", &n, what) != 2)
			continue;
		found |= status == 0;
		if (strncmp(what, "Event", 5) == 0)
			run->counted += n;
		else if (strncmp(what, "Discarded event", 15) == 0)
			run->lost += n;
	}
	if (!found)
		observer_explain("lttng", status, text, reason);
	free(text);
	return found ? 0 : -1;
}
