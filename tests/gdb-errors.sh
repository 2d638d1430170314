#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What can't be attached is said in one line, and nobody is left attached.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

expect_refused() { # PATTERN
	expect_gdb_status 1
	expect_empty out
	expect_count 1 err '^pip-gdb: '
	expect_count 1 err "$1"
	expect_count 1 err ''
}

# A PID that nobody has; the commands after it must not run.
run_gdb -p 999999999 -batch -ex 'echo NEXT'
expect_refused 'no process 999999999'

sleep 3000 &
sleeper=$!
helpers="$helpers $sleeper"
run_gdb -p $sleeper -batch -ex 'pip bt' -ex 'kill'
expect_refused "process $sleeper (sleep) is not a PiP root or task"
[ "$(status_of $sleeper TracerPid)" = 0 ] || fail "the sleeper is traced"

for bad in x -1 0x10 '1 2' 99999999999; do
	run_gdb -p "$bad" -batch
	expect_gdb_status 2
	expect_count 1 err "'$bad' is not a PID"
done
run_gdb -p 1 -p 2 -batch
expect_gdb_status 2
expect_match err 'only one'
run_gdb -batch -p
expect_gdb_status 2
expect_match err 'needs a PID'

# Not a batch: GDB is there, and says why nothing is attached.
echo 'info inferiors' >commands
status=0
timeout 600 "$pip_gdb" -nx -q -p 999999999 <commands >out 2>err || status=$?
expect_gdb_status 0
expect_match err 'no process 999999999'
expect_match out '1 *<null>'

start_root 2 "$target"
# The guardian leads to the program like everybody else, and stays unattached.
guardian=$(find_child "$root" pip-guardian) || framework_failed "no guardian"
run_gdb -p "$guardian" -batch -ex 'pip list'
expect_gdb_status 0
expect_count 3 out ' stopped '
expect_no_match out "$guardian"

# Commands without, and with senseless, arguments.
run_gdb -batch -ex 'pip bt' -ex 'pip list' -ex 'info pip' -ex 'pip detach' \
	-ex 'pip attach' -ex 'pip attach x' -ex 'pip attach 1 2' \
	-ex 'pip attach -1' -ex "pip attach $sleeper" -ex 'info inferiors x'
expect_count 4 err '^no PiP program is attached'
expect_count 1 err 'which PID'
expect_count 3 err 'is not a PID'
expect_count 1 err 'not a PiP root or task'
expect_no_match err 'Python\|Traceback'
run_gdb -p "$root" -batch -ex 'pip bt -nonsense' -ex 'pip list x' \
	-ex 'pip detach x' -ex 'info inferiors x' -ex 'info inferiors 2-3' \
	-ex 'info inferiors 77'
expect_no_match err 'Python\|Traceback'
expect_count 1 err '^pip list takes no argument but -s STATE$'
expect_count 1 err '^pip detach takes no argument'
expect_count 1 err "'x' is not an inferior ID"
expect_count 2 out ' (pip [01])$'
expect_count 1 out '^No inferiors\.$'
# shellcheck disable=SC2086
expect_running $root $tasks

# Somebody else has one of the tasks.
"${GDB:-gdb}" -nx -q -batch -p "$(nth_task 1)" -ex 'shell touch held' \
	-ex 'shell sleep 3000' >/dev/null 2>&1 &
holder=$!
helpers="$helpers $holder"
poll test -e held || framework_failed "gdb did not attach"
run_gdb -p "$root" -batch -ex 'pip bt'
expect_refused "process $(nth_task 1) (pip 1) is already traced by process $holder (gdb)"
# It detaches when its shell command is over.
kill "$(find_child $holder sleep)"
wait $holder
# shellcheck disable=SC2086
expect_running $root $tasks

# Not permitted: another user's, if we can be another user.
as_nobody() {
	setpriv --reuid 65534 --clear-groups "$@"
}
if [ "$(id -u)" -ne 0 ] || ! as_nobody test -x "$pip_gdb"; then
	echo "NOTE: 'not permitted' is not tested: it needs root, setpriv and a" \
		"build directory that others may read"
	exit 0
fi
status=0
as_nobody timeout 600 "$pip_gdb" -nx -p "$root" -batch -ex 'pip bt' \
	>out 2>err || status=$?
expect_refused "not permitted to trace process $root: "
# shellcheck disable=SC2086
expect_running $root $tasks
