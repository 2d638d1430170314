#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Contexts that are not on their own kernel thread have their own stack: a
# suspended one, and one that another task's thread runs.
. "${srcdir:-.}/tests/backtrace-lib.sh"

is_suspended() {
	run_pips 0 -b --flat -p "$root_pid"
	[ "$(count '^ *\(context is suspended\)$' out)" -eq 2 ] &&
		[ "$(count '^ *\(decoupled: runs on another' out)" -eq 1 ] &&
		[ "$(count ' read at ' out)" -ge 2 ]
}

start_target 3 ulp
poll is_suspended || fail_showing 'they are not where they should be'

# Of one task: its context, and what its thread does.
of_task() { # PIPID
	pid=$(awk -v pipid="$1" '$1 == pipid { print $2 }' list)
	run_pips 0 -b --flat -p "$pid"
}
run_pips 0 --no-header --wide -p "$root_pid"
cp out list
of_task 0
want "^#[0-9]+ +suspend_here at backtrace-target.c:$(line_of suspend)\$"
want '^#[0-9]+ +main at '
want '^ *\(its thread, without its context\)$'
[ "$(count '^task 0' out)" -eq 2 ] || fail_showing 'not two stacks'
of_task 1
kernel=$(awk '$1 == 2 { print $3 }' list)
want "^task 1, thread $kernel\$"
want "^#[0-9]+ +inner at backtrace-target.c:$(line_of inner)\$"
want "^#[0-9]+ +decouple_here at backtrace-target.c:$(line_of decoupled)\$"
of_task 2
want "^#[0-9]+ +park_here at backtrace-target.c:$(line_of park)\$"
# Its thread is shown with task 1.
[ "$(count '^task 2' out)" -eq 1 ] || fail_showing 'not one stack'
want_not inner
stop_root

# One that crashes on another's kernel thread crashes at home, whether or not
# the spawn of that other task has already returned.
is_reported() {
	grep -q '^--- end of the report on task 1$' report
}
# A kernel thread spins for a while before it sleeps.
are_alive() {
	run_pips 0 --no-header --wide -p "$root_pid"
	[ "$(count '^ +[02] .* sleeping ' out)" -eq 2 ]
}
for _ in 1 2 3 4 5 6 7 8; do
	PIP_BACKTRACE=1 PIP_BACKTRACE_FILE=$work_dir/report
	export PIP_BACKTRACE PIP_BACKTRACE_FILE
	start_target 3 ulp-crash 2>err
	poll is_reported || fail_showing 'no report'
	cp report out
	want '^--- pip-backtrace: task 1, '
	want "^#0 .* crash_here at .*/backtrace-target.c:$(line_of crash) "
	want "^#[0-9]+ .* decouple_here at .*/backtrace-target.c:"
	want '^ *\(context is suspended\)$'
	poll are_alive || fail_showing 'the others have not survived'
	unset PIP_BACKTRACE PIP_BACKTRACE_FILE
	stop_root
	rm report
done
