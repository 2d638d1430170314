#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bad arguments get one line; what is built without libdw says so.
. "${srcdir:-.}/tests/backtrace-lib.sh"

bad() { # LINE PROGRAM ARGUMENTS...
	line=$1
	shift
	expect_status 2 "$@"
	expect_error "$line"
}

bad 'pip-backtrace: which process\? Give it by -p PID' "$pip_backtrace"
for pid in 0 -1 x 1x '' 99999999999; do
	bad "pip-backtrace: '$pid' is no PID: .*" "$pip_backtrace" -p "$pid"
done
bad "pip-backtrace: 'x' is no number of frames: .*" "$pip_backtrace" -p 1 --frames x
bad "pip-backtrace: '0' is no number of frames: .*" "$pip_backtrace" -p 1 --frames 0
bad "pip-backtrace: '-1' is no time limit: .*" "$pip_backtrace" -p 1 --time-limit=-1
for crash in '' 12 '12,' ',12' 'x,y' '12,34z'; do
	bad "pip-backtrace: '.*' is not two addresses, .*" "$pip_backtrace" -p 1 --crash "$crash"
done
bad "pip-backtrace: what is 'word'\\? .*" "$pip_backtrace" word
bad "pip-backtrace: process $$ does not belong to a PiP program" "$pip_backtrace" -p $$
bad 'pip-backtrace: process 2147483646: no such process' "$pip_backtrace" -p 2147483646

bad "pips: --flat goes with -b" "$pips" --flat
bad "pips: --stop goes with -b" "$pips" --stop
bad "pips: --frames goes with -b" "$pips" --frames 3
bad "pips: --frames is a number from 1, not '0'" "$pips" -b --frames 0
bad 'pips: -b and -M are two lists: .*' "$pips" -b -M
! has_json || bad 'pips: --flat is for text: .*' "$pips" -b --json --flat

# By hand, of a task and of its root.
start_target 2 read
asleep() {
	expect_status 0 "$pip_backtrace" -p "$root_pid" "$@"
	! grep -q 'is running' out
}
poll asleep || fail_showing 'they do not sleep'
want "^--- pip-backtrace: the root, PID $root_pid, thread $root_pid, program /.*/backtrace-target\$"
want '^stacks of the others:$'
want '^ *inner at .*/backtrace-target.c:'
want '^--- end of the report on the root$'
asleep --only
want_not inner
# Addresses of a handler that are none: said, and no crash of our own.
expect_status 0 "$pip_backtrace" -p "$root_pid" --crash 0x10,0x7fffffffffff --only -o report.%i.%p
[ -e "report.root.$root_pid" ] || fail "no report.root.$root_pid"
grep -q '^signal: cannot be read$' "report.root.$root_pid" || fail "$(cat report*)"
bad "pip-backtrace: '/nonexistent/x' cannot be written: No such file or directory" \
	"$pip_backtrace" -p "$root_pid" -o /nonexistent/x
stop_root

# Built without libdw.
bad 'pips: -b needs libdw, .*: install libdw-dev .*' "$programs/pips-without-libdw" -b
expect_status 2 "$programs/pip-backtrace-without-libdw" -p 1
expect_error 'pip-backtrace: built without libdw, .*: install libdw-dev .*'
