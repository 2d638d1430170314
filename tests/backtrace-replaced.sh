#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program file that was deleted or replaced since: the build id is not that
# in memory, so no wrong names are printed, and stacks are still whole.
. "${srcdir:-.}/tests/backtrace-lib.sh"

cp "$target" program
target=$work_dir/program

is_asleep() {
	run_pips 0 -b --flat -p "$root_pid"
	[ "$(count '^#[0-9]+ +read at ' out)" -eq 3 ]
}

for how in delete replace; do
	cp "$programs/backtrace-target" "$target"
	start_target 3 read
	poll is_asleep || fail_showing 'tasks do not sleep in read()'
	want 'inner at backtrace-target'
	rm "$target"
	[ "$how" = delete ] || cp "$programs/crash" "$target"
	run_pips 0 -b --flat -p "$root_pid"
	want_not 'crash_here|overflow|inner'
	[ "$(count '^#[0-9]+ +read at ' out)" -eq 3 ] ||
		fail_showing "$how: not all tasks are there"
	[ "$(count '^#[0-9]+ +__libc_start_call_main ' out)" -eq 4 ] ||
		fail_showing "$how: not all stacks are whole"
	want '^#[0-9]+ +0x[0-9a-f]+ \(program\)$'
	stop_root
done
