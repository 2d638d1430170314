#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Which tasks pips shows, in which form and order, and to whom it sends signals.
. "${srcdir:-.}/tests/pips-lib.sh"

start_root 4 "$task_program" x
print_pipids() { # ARGUMENTS: on one line
	run_pips 0 -p "$root_pid" --no-header -o pipid "$@"
	tr -s ' \n' ' ' <out | sed 's/^ //; s/ $//'
}
expect() { # WANTED ARGUMENTS...
	wanted_list=$1
	shift
	got=$(print_pipids "$@")
	[ "$got" = "$wanted_list" ] || fail "$*: '$got', not '$wanted_list'"
}
pid_of() { # PIPID
	"$pips" -p "$root_pid" --no-header -o pipid,pid |
		awk -v pipid="$1" '$1 == pipid { print $2 }'
}

expect 'root 0 1 2 3'
expect root -r
expect '0 1 2 3' -t
expect 'root 0 1 2 3' -r -t
expect 1 "$(pid_of 1)"
expect '0 2' "$(pid_of 0)" "$(pid_of 2)"
expect 'root 1' -f "$(pid_of 1)"
expect 'root 0 1 2 3' -f "$root_pid"
expect 'root 0 1 2 3' -d "$root_pid"
expect root observer-root
expect '0 1 2 3' 'observer-t*'
expect 'root 0 1 2 3' -m P
expect 'root 0 1 2 3' -m l
run_pips 1 -p "$root_pid" -m T
expect_error 'pips: no PiP task found'
expect '3 2 1 0 root' --sort=pipid
expect 'root 0 1 2 3' --tree

# Columns: their names, their order.
run_pips 0 -p "$root_pid" --wide -o command,pid,BLT,domain,waits-on -t
sed 1q out | grep -qx '  PID BLT       DOMAIN WAITS-ON COMMAND' || fail "header: $(sed 1q out)"
expect_lines 4 ' *[0-9]+ coupled +[0-3] - +[^ ]*observer-task x' "$(
	tail -n +2 out >rows
	echo rows
)"
# The tree.
run_pips 0 -p "$root_pid" --tree --wide --no-header -o pipid,command
[ "$(count '^ +[0-3] \\_ [^ ]*observer-task x$' out)" -eq 4 ] || fail "tree: $(cat out)"

# CSV: a header, five records of the same length.
run_pips 0 -p "$root_pid" --csv -o pipid,pid,rss,time,command
sed 1q out | grep -qx 'PIPID,PID,RSS,TIME,COMMAND' || fail "CSV: $(sed 1q out)"
[ "$(count '^(root|[0-3]),[0-9]+,[0-9]+,[0-9]+\.[0-9]{3},[^,]+$' out)" -eq 5 ] ||
	fail "CSV: $(cat out)"

# Totals: the parts are the whole (of one rounding).
run_pips 0 -p "$root_pid" --totals
[ "$(count "^program $root_pid: 4 tasks, [0-9.]+M resident: [0-9.]+M in the tasks' windows, [0-9.]+[KM] of the root\$" out)" -eq 1 ] ||
	fail "totals: $(cat out)"

# Metrics.
run_pips 0 -p "$root_pid" --openmetrics
[ "$(count '^pip_task_up\{root="[0-9]+",pipid="(root|[0-3])",pid="[0-9]+",program="observer-(root|task)"\} 1$' out)" -eq 5 ] ||
	fail "metrics: $(cat out)"
# Every sample belongs to the metric that was declared before it.
awk '/^# TYPE/ { name = $3; next } /^#/ { next }
	{ sub(/\{.*/, "", $1); if ($1 != name) { print; bad = 1 } }
	END { exit bad }' out || fail 'metrics are mixed up'

# Again and again, until the program has ended: below.
"$pips" -p "$root_pid" --watch=0.1 -t --no-header -o pipid,pid >watched \
	2>watched.err 9>&- &
watcher=$!
started="$started $watcher"
watched_twice() {
	[ "$(grep -cE '^ +[0-3] +[0-9]+$' watched)" -ge 8 ]
}
poll watched_twice || fail "--watch: $(head watched)"

# Signals, to whom they are meant for.
victim=$(pid_of 2)
run_pips 0 -s USR1 --verbose -p "$victim"
grep -qx "pip-tgkill 10 $victim $victim" out || fail "--verbose: $(cat out)"
gone() {
	run_pips 0 -p "$root_pid" --no-header -o pipid,state
	grep -qE '^ +2 zombie' out
}
poll gone || fail "-s USR1: $(cat out)"
[ "$(grep -c sleeping out)" -eq 4 ] || fail "others got the signal: $(cat out)"
run_pips 0 --ps=u "$(pid_of 1)"
grep -q "^[^ ]* *$(pid_of 1) " out || fail "--ps: $(cat out)"
# Tasks first, roots last: a root's end is that of its tasks.
run_pips 0 -s SIGCONT --verbose -p "$root_pid"
[ "$(wc -l <out)" -ge 4 ] && [ "$(tail -n 1 out)" = "pip-tgkill 18 $root_pid $root_pid" ] ||
	fail "the order of signals: $(cat out)"
[ "$(grep -c "^pip-tgkill 18 $root_pid " out)" -eq 1 ] || fail "the root: $(cat out)"
if command -v top >/dev/null; then
	run_pips 0 --top=-b,-n,1 "$(pid_of 1)"
	grep -q "^ *$(pid_of 1) " out || fail "--top: $(cat out)"
fi
# What BSD's ps has in front of its options, and what ends these.
for letters in a ax aux u; do
	run_pips 0 $letters -p "$root_pid" --no-header
	[ "$(wc -l <out)" -eq 5 ] || fail "$letters: $(cat out)"
done
run_pips 0 -- 'observer-t*'
[ "$(grep -c ' [0-9]* sleeping' out)" -ge 3 ] || fail "--: $(cat out)"
run_pips 0 -k -t -p "$root_pid"
stop_root
start_program "$builddir/tests/observer-spawner" "$task_program"
expect 'root 0 1 2'
expect '0 1 2' -d "$(pid_of 0)"
expect 1 -d "$(pid_of 1)"
expect 'root 1' -f "$(pid_of 1)"
run_pips 0 -p "$root_pid" --tree --wide --no-header -o pipid,parent,command
[ "$(count '^ +[12] +0   \\_ [^ ]*observer-task$' out)" -eq 2 ] || fail "a task's tasks: $(cat out)"
stop_root
wait "$watcher"
# The root may be there a moment longer than its tasks.
expect_lines 1 'pips: process [0-9]+: no such process|pips: process [0-9]+ does not belong to a PiP program|pips: no PiP task found' watched.err
