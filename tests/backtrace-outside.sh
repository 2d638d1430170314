#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tasks without libpip inside: a static PIE, one of musl's libc (which has no
# unwind information), and one that has called execve.
. "${srcdir:-.}/tests/backtrace-lib.sh"

source=$top_srcdir/tests/observer-task.c
poll_line=$(grep -n 'return poll(' "$source" | cut -d: -f1)

is_asleep() { # REGEXP
	run_pips 0 -b --flat -p "$root_pid"
	[ "$(count "$1" out)" -eq 2 ]
}

check_task() { # PROGRAM
	start_root 2 "$1"
	probe_target
	poll is_asleep "^#[0-9]+ +input_ended at observer-task.c:$poll_line" ||
		fail_showing "$1: not where it is"
	[ "$(count '^#[0-9]+ +main at observer-task.c:[0-9]+' out)" -eq 2 ] ||
		fail_showing "$1: no main"
	stop_root
}

start_root 2 "$task_program" exec
probe_target
has_executed() {
	run_pips 0 -b --flat --wide -p "$root_pid"
	# The innermost frame in it, whatever there is of libc below.
	[ "$(awk '/^task/ { in_cat = 0 }
		/\/cat\)$/ && !in_cat { in_cat = 1; n++ }
		END { print n + 0 }' out)" -eq 2 ]
}
poll has_executed || fail_showing 'execve: not in the new program'
want_not 'observer-task'
stop_root

${CC:-cc} -g -O2 -fPIE -static-pie -o static "$source" 2>err ||
	skip "no static PIE can be linked: $(tail -n 1 err)"
check_task "$work_dir/static"
need_command musl-gcc musl-tools
compile musl-gcc -g -O2 -fPIE -pie -o musl "$source"
check_task "$work_dir/musl"
