#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tasks that come, end and become something else.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

start_root 4 "$target"
# One task has ended.
kill -KILL "$(nth_task 0)"
poll test ! -e "/proc/$(nth_task 0)" || framework_failed "the task stays"
run_gdb -p "$root" -batch -ex 'pip list' -ex 'pip bt --flat 1'
expect_gdb_status 0
expect_count 4 out ' stopped '
expect_count 1 out '^    0   - .* ended'
expect_no_match out '^pip 0 '

# One ends while it is attached: the others go on.
run_gdb -p "$root" -batch -ex 'inferior 2' -ex 'kill' -ex 'pip list' \
	-ex 'inferior 1' -ex 'break work' -ex 'continue' -ex 'continue'
expect_gdb_status 0
expect_count 2 out '^Thread .* hit Breakpoint 1\.'
set -- "$(nth_task 2)" "$(nth_task 3)"
expect_running "$root" "$@"

# New ones, while GDB is there: "pip attach" without PID takes them in.
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex 'pip break work if rank == 4' -ex "shell kill -USR1 $root" \
	-ex continue -ex delete -ex 'break work' -ex 'pip attach' \
	-ex 'pip list' -ex 'pip bt --flat' \
	-ex continue -ex continue -ex continue
expect_gdb_status 0
poll count_tasks 5 || framework_failed "no fifth task"
read_tasks
newest=$(nth_task 4)
expect_count 1 out "^ .* $newest stopped process .* gdb-target"
expect_match out "^pip [0-9] (inferior [0-9]*, process $newest, "
expect_running "$root" "$@" "$newest"

# "pip detach", then everything again in the same session.
run_gdb -batch -ex "pip attach $newest" -ex 'pip list' -ex 'pip detach' \
	-ex 'show schedule-multiple' -ex "pip attach $root" \
	-ex 'show schedule-multiple' -ex 'pip list' -ex 'pip detach' \
	-ex 'info inferiors'
expect_gdb_status 0
expect_count 8 out ' stopped '
expect_count 1 out ' is off\.$'
expect_count 1 out ' is on\.$'
expect_count 1 out '<null>'
expect_running "$root" "$@" "$newest"
stop_root

# Attach and detach again and again while tasks run.
start_root 3 "$target"
i=0
while [ $i -lt 5 ]; do
	run_gdb -p "$(nth_task $((i % 3)))" -batch -ex 'break work' -ex continue
	expect_gdb_status 0
	expect_count 1 out '^Thread .* hit Breakpoint 1\.'
	i=$((i + 1))
done
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root

# A task that has executed another program is left alone.
start_root 3 "$target" execute
poll grep -q -a '^sleep' "/proc/$(nth_task 1)/cmdline" ||
	framework_failed "the task did not execute sleep"
run_gdb -p "$root" -batch -ex 'pip list' -ex 'pip bt 1'
expect_gdb_status 0
expect_count 1 out "^    1   - *$(nth_task 1) .*detached .*(another program)"
expect_count 3 out ' stopped '
run_gdb -p "$(nth_task 1)" -batch
expect_gdb_status 1
expect_count 1 err 'is not a PiP root or task'
expect_running "$root" "$(nth_task 0)" "$(nth_task 2)"
