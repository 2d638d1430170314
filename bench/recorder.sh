#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# bench/recorder beside LTTng-UST: in a session of its own, which keeps the
# newest events in memory.  Run it in the build directory.
set -eu

command -v lttng-sessiond >/dev/null || {
	echo 'recorder.sh: lttng-sessiond is missing: install lttng-tools' >&2
	exit 1
}
LTTNG_HOME=$(mktemp -d)
LTTNG_RUNDIR=$LTTNG_HOME/run
LTTNG_UST_REGISTER_TIMEOUT=3000
export LTTNG_HOME LTTNG_RUNDIR LTTNG_UST_REGISTER_TIMEOUT
# As root the daemon is the machine's one, in /var/run; it may run already.
started=''
if ! lttng --no-sessiond list >/dev/null 2>&1; then
	lttng-sessiond --no-kernel >"$LTTNG_HOME/log" 2>&1 &
	started=$!
	tries=0
	until lttng --no-sessiond list >/dev/null 2>&1; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || break
		sleep 0.1
	done
fi
session=pip-bench-$$
finish() {
	lttng --no-sessiond destroy "$session" >/dev/null 2>&1 || :
	[ -z "$started" ] || { kill "$started" && wait "$started"; } 2>/dev/null || :
	rm -rf "$LTTNG_HOME"
}
trap finish EXIT
lttng create "$session" --snapshot --output="$LTTNG_HOME/out" >/dev/null
lttng enable-event -s "$session" --userspace 'pip_bench:*' >/dev/null
lttng start "$session" >/dev/null
bench/recorder "$@"
