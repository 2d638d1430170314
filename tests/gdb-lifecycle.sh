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
stop_root

# Processes that a task forks are followed if the user wants it, with the task's
# symbols, and a task that is spawned then is one nevertheless.
start_root 2 "$target" forks
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 SIGUSR2 nostop noprint pass' \
	-ex 'set detach-on-fork off' -ex 'break work_as_child' \
	-ex 'break report_status' -ex "shell kill -USR2 $(nth_task 1)" \
	-ex continue -ex 'print rank' -ex 'info inferiors' -ex continue -ex continue \
	-ex 'pip continue' -ex 'print rank'
expect_gdb_status 0
expect_count 3 out '^Thread 4\.1 .* hit Breakpoint [0-9]*\.[0-9]*, work_as_child '
expect_count 1 out '^Thread 3\.1 .* hit Breakpoint [0-9]*\.[0-9]*, report_status (status=7)'
expect_count 2 out '^\$[12] = 1$'
expect_no_match err 'annot insert\|^pip-gdb'
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex 'set detach-on-fork off' -ex 'pip break work if rank == 2' \
	-ex "shell kill -USR1 $root" -ex continue -ex 'info inferiors' \
	-ex 'show detach-on-fork'
expect_gdb_status 0
expect_count 1 out '(pip 2)$'
expect_count 1 out ' child of a fork is off\.$'
expect_no_match err 'annot\|^pip-gdb'
poll count_tasks 3 || framework_failed 'no third task'
read_tasks
# shellcheck disable=SC2086
expect_running $root $tasks
run_gdb -p "$root" -batch -ex 'handle SIGUSR2 nostop noprint pass' \
	-ex 'set follow-fork-mode child' -ex 'break work_as_child' \
	-ex "shell kill -USR2 $(nth_task 1)" -ex continue -ex 'print rank' \
	-ex continue -ex continue -ex continue
expect_gdb_status 0
expect_count 3 out '^Thread [0-9]*\.1 .* hit Breakpoint 1\.[0-9]*, work_as_child '
expect_count 1 out '^\$1 = 1$'
expect_count 1 out 'exited with code 07'
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root

# Killed in the middle of a spawn, and run again: tasks end with their root, and
# nothing of it is left.
storm=$builddir/tests/gdb-storm
run_gdb -batch -ex 'set breakpoint pending on' -ex 'break work' \
	-ex 'run 3 >storm.out' -ex 'inferior 1' -ex kill -ex 'info inferiors' \
	-ex run -ex 'inferior 1' -ex 'kill inferiors 1' -ex delete -ex run \
	-ex 'pip continue' -ex 'info inferiors' --args "$storm"
expect_gdb_status 0
expect_count 2 out '^Thread [0-9]*\.1 .* hit Breakpoint 1\.'
expect_count 2 out '<null>'
expect_count 1 storm.out '^done 3 bad 0$'

# Detached and attached in the middle of spawns, time and again; and GDB ends.
start_storm 4 ever
cat >again.py <<-EOP
	for place in ["arch_start", "arch_clone3"] * 2:
	    gdb.execute(f"hbreak {place}")
	    gdb.execute("continue")
	    gdb.execute("delete")
	    gdb.execute("pip detach")
	    gdb.execute("pip attach $root")
	print("DONE")
EOP
run_gdb -p "$root" -batch -x again.py -ex continue
expect_gdb_status 0
expect_count 1 out '^DONE$'
expect_no_match err '^pip-gdb\|^Python'

# Interrupted in the middle of spawns.
start_job "$pip_gdb" -nx -q -p "$root" -batch -ex 'echo attached\n' \
	-ex continue -ex 'inferior 1' -ex 'echo first\n' -ex continue \
	-ex 'inferior 1' -ex 'echo second\n' -ex continue
is_at() { grep -q "^$1" job.out || ! kill -0 "$job" 2>/dev/null; }
for place in attached first second; do
	poll is_at "$place" || fail "pip-gdb does not come to $place"
	poll_spawns=$(status_of "$root" voluntary_ctxt_switches)
	poll has_gone_on "$root" $((poll_spawns + 20))
	kill -INT "$job" 2>/dev/null
done
status=0
wait "$job" || status=$?
[ "$status" -le 1 ] || fail "pip-gdb: status $status"
kill "$holder"
wait "$root" || fail 'it did not end well'
root=
expect_match storm.out '^done [0-9]* bad 0$'
