#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Can pip-trace record two million events per second and kernel thread, and lose
# none?  Run it in the build directory after "make check TESTS=".
#	trace-rate.sh [SECONDS [RUNS]]
set -eu

seconds=${1:-3} runs=${2:-5}
[ -x tests/trace-target ] || {
	echo 'trace-rate.sh: no tests/trace-target: make tests/trace-target' >&2
	exit 1
}
file=$(mktemp "${TMPDIR:-/tmp}/trace-rate.XXXXXX")
trap 'rm -f "$file" "$file.err"' EXIT
echo "load: $(cut -d' ' -f1-3 /proc/loadavg)"
i=0
while [ "$i" -lt "$runs" ]; do
	i=$((i + 1))
	# A burst of 200 each 100 microseconds.
	bpf/pip-trace record --no-kernel -o "$file" -- tests/trace-target rate \
		$((seconds * 10000)) 100 </dev/null >/dev/null 2>"$file.err" ||
		{ cat "$file.err"; exit 1; }
	bpf/pip-trace summary --json -i "$file" |
		sed 's/.*"begin_ns":\([0-9]*\),"end_ns":\([0-9]*\),"events":\([0-9]*\),.*"recorder":\([0-9]*\).*/\1 \2 \3 \4/' |
		awk '{ printf "%.2f million events per second, %d of %d lost\n",
			$3 / ($2 - $1) * 1000, $4, $3 + $4 }'
done
