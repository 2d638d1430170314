#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# How long the backtraces of all tasks take: backtrace.sh [TASKS]...  (default:
# 8 64 256), run in the build tree after `make && make check TESTS=`.
#
# pips -b, and pips -b --stop, are the medians of 5; pip-gdb with its attach, in
# the same run, is one.  Prints seconds of wall-clock time, and how many times
# as long pip-gdb takes.
case ${1-} in
-\? | --help)
	sed -n '/^# How long/,/^[^#]/s/^# \{0,1\}//p' "$0"
	exit 0
	;;
esac

target=tests/programs/backtrace-target
dir=$(mktemp -d) || exit 99
root=
trap '[ -z "$root" ] || kill -KILL $root 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 99' HUP INT TERM
[ -x "$target" ] || {
	echo "backtrace.sh: no $target here: make check TESTS= builds it" >&2
	exit 99
}

# Wall-clock seconds of a command.
seconds() { # COMMAND...
	begin=$(date +%s%N)
	"$@" >"$dir/out" 2>&1 || {
		cat "$dir/out" >&2
		exit 1
	}
	end=$(date +%s%N)
	awk -v ns=$((end - begin)) 'BEGIN { printf "%.3f\n", ns / 1e9 }'
}

median() { # COMMAND...
	for _ in 1 2 3 4 5; do
		seconds "$@" || exit 1
	done | sort -n | sed -n 3p
}

echo "$(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg), Linux $(uname -r)"
echo '  tasks    pips -b     --stop    pip-gdb   pip-gdb / pips -b'
[ $# -gt 0 ] || set -- 8 64 256
for tasks; do
	mkfifo "$dir/input" || exit 99
	"$target" "$tasks" read <"$dir/input" >"$dir/ready" &
	root=$!
	exec 9>"$dir/input"
	while ! grep -q ready "$dir/ready"; do
		kill -0 "$root" 2>/dev/null || exit 1
		sleep 0.1
	done
	sleep 1
	plain=$(median pips/pips -b -p "$root")
	stop=$(median pips/pips -b --stop -p "$root")
	gdb='-'
	command -v "${GDB:-gdb}" >/dev/null &&
		gdb=$(seconds gdb/pip-gdb -p "$root" -batch -ex 'pip bt')
	awk -v n="$tasks" -v a="$plain" -v b="$stop" -v c="$gdb" 'BEGIN {
		printf "%7d %10s %10s %10s   %s\n", n, a, b, c,
			c == "-" || a == 0 ? "-" : sprintf("%.0f", c / a) }'
	exec 9>&-
	wait "$root"
	root=
	rm "$dir/input"
done
