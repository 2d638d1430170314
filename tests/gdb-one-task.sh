#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# One task at a time: with schedule-multiple off only the selected one runs; in
# non-stop mode only the one that comes to a breakpoint stops.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

start_root 4 "$target"
cat >progress.py <<'EOP'
def read():
    return [int(gdb.parse_and_eval('$pip("%d", "progress")' % i)) for i in range(4)]
before = read()
EOP
run_gdb -p "$root" -batch -ex 'set schedule-multiple off' -x progress.py \
	-ex 'pip break -t 2 work' -ex 'pip task 2' -ex continue -ex continue \
	-ex continue -ex 'print rank' \
	-ex 'python print("RAN", [b - a for a, b in zip(before, read())])' \
	-ex delete -ex 'pip task 3' -ex 'pip break -t 3 library_step' \
	-ex 'python before = read()' -ex continue -ex finish -ex next \
	-ex 'python print("RAN", [b > a for a, b in zip(before, read())])' -ex 'pip detach'
expect_gdb_status 0
expect_count 3 out '^Thread 4\.1 .* hit Breakpoint 1\.'
expect_count 1 out '^Thread 5\.1 .* hit Breakpoint 2'
expect_count 1 out '^\$1 = 2$'
# Two rounds or three: it is not known where it was.
expect_count 1 out '^RAN \[0, 0, [23], 0\]$'
expect_match out '^RAN \[False, False, False, \(True\|False\)\]$'
# shellcheck disable=SC2086
expect_running $root $tasks

# Non-stop mode, as one types it: what comes next depends on what has come.
mkfifo keyboard
"$pip_gdb" -nx -q <keyboard >out 2>err &
gdb_pid=$!
helpers="$helpers $gdb_pid"
exec 4>keyboard

type_in() { # COMMAND...
	for command; do
		printf '%s\n' "$command" >&4
	done
}

appears() { # NUMBER PATTERN
	[ "$(grep -c -e "$2" out)" -ge "$1" ]
}

# A command of which the end is known.
done_count=0
type_and_wait() { # COMMAND...
	done_count=$((done_count + 1))
	type_in "$@" "echo DONE-$done_count-\\n"
	poll appears 1 "DONE-$done_count-" || fail_showing "$* does not end"
}

type_and_wait 'set width 0' 'set confirm off' 'set non-stop on' "pip attach $root" \
	'info inferiors'
expect_count 5 out '(pip \(root\|[0-3]\))$'
type_and_wait 'continue -a &' 'pip list'
expect_count 5 out ' running process '
# They do, while GDB is there.
are_busy() { # PID...
	for pid; do
		switches=$(status_of "$pid" voluntary_ctxt_switches)
		poll has_gone_on "$pid" "$switches" ||
			fail_showing "process $pid does not get on with its work"
	done
}
# shellcheck disable=SC2086
are_busy $root $tasks
type_and_wait 'pip break -t 1 work'
poll appears 1 ' hit Breakpoint 1' || fail_showing 'nobody has come to it'
type_and_wait 'echo LIST-2-\n' 'pip list'
sed '1,/LIST-2-/d' out >rest
expect_count 4 rest ' running process '
expect_count 1 rest '^ *1   3 .* stopped .* work at '
are_busy "$root" "$(nth_task 0)" "$(nth_task 2)" "$(nth_task 3)"
type_and_wait 'pip task 1' 'print rank + 100' 'print $pip(1, "local_rank")' 'bt 2' \
	'pip core dump'
expect_match out '= 101$'
expect_match out '= 1001$'
expect_match out '#1  .* in main (.*gdb-target\.c'
expect_match err "^pip core: pip .* is running: 'interrupt' stops all$"
# Until the step is over, it runs.
type_in 'next'
poll appears 1 'number = library_step(number);$' || fail_showing 'next does not end'
type_and_wait 'delete' 'continue &' 'echo LIST-3-\n' 'pip list'
sed '1,/LIST-3-/d' out >rest
expect_count 5 rest ' running process '
# shellcheck disable=SC2086
are_busy $root $tasks
type_in 'pip detach' 'quit'
exec 4>&-
status=0
wait "$gdb_pid" || status=$?
helpers=
expect_gdb_status 0
# shellcheck disable=SC2086
expect_running $root $tasks
