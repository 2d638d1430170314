#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Breakpoints: one location per task, hits in several tasks, and nobody left
# behind with one.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

continues() { # NUMBER: that often -ex continue
	i=0
	while [ $i -lt "$1" ]; do
		printf ' -ex continue'
		i=$((i + 1))
	done
}

write_go_round
for number in 3 8; do
	start_root $number "$target"
	run_gdb -p "$root" -batch -ex 'break work' -ex 'info breakpoints' \
		-x go_round.py -ex "python go_round(range(2, $((number + 2))), 3)" \
		-ex 'delete' \
		-ex 'info breakpoints' -ex 'pip detach' -ex 'info inferiors'
	expect_gdb_status 0
	expect_count 1 out "^Breakpoint 1 at .*($number locations)"
	i=0
	while [ $i -lt $number ]; do
		expect_count 1 out "^1\\.[0-9].* in work at .* inf $((i + 2))\$"
		expect_match out "^Thread $((i + 2))\\.1 .* hit Breakpoint 1\\."
		i=$((i + 1))
	done
	expect_stops '^Thread .* hit Breakpoint 1\.'
	expect_match out '^No breakpoints'
	# One inferior is left, as at the start.
	expect_count 1 out '^\* 1 *<null>'
	expect_count 1 out '<null>'
	# shellcheck disable=SC2086
	expect_running $root $tasks

	# Quit at a breakpoint, with breakpoints in everybody, from a task.
	# shellcheck disable=SC2046
	run_gdb -p "$(nth_task 2)" -batch -ex 'break library_step' \
		-ex 'break work' -ex 'tbreak usleep' $(continues 7)
	expect_gdb_status 0
	expect_count 7 out '^Thread .* hit \(Temporary b\|B\)reakpoint'
	# shellcheck disable=SC2086
	expect_running $root $tasks
	stop_root
done

start_root 3 "$target" threads
# A condition that holds in one task only, of a private and of a local
# variable; GDB's own is warned of.
run_gdb -p "$root" -batch -ex 'pip break work if rank == 2 && number == 2' \
	-ex continue -ex 'print rank' -ex continue -ex 'print rank' \
	-ex 'info breakpoints' -ex 'delete' -ex 'break work if rank == 1' \
	-ex 'delete' -ex 'pip break' -ex 'pip break no_such_function'
expect_gdb_status 0
expect_count 2 out '^Thread 4\.1 .* hit Breakpoint 1\.'
expect_count 2 out '^Thread .* hit Breakpoint'
expect_count 2 out '^.[12] = 2$'
expect_count 1 err '^pip-gdb: the condition of breakpoint 2 '
expect_count 1 err '^pip break: which location?$'
# shellcheck disable=SC2086
expect_running $root $tasks

# Stepping and finishing while the others run.
run_gdb -p "$(nth_task 0)" -batch -ex 'tbreak gdb-target.c:work' -ex continue \
	-ex 'inferior 2' -ex 'break library_step' -ex continue -ex finish \
	-ex next -ex step -ex 'delete' -ex 'pip list'
expect_gdb_status 0
expect_no_match err 'Cannot\|rror'
expect_no_match out 'SIGTRAP\|SIGSEGV\|SIGILL'
expect_count 4 out ' stopped '
# shellcheck disable=SC2086
expect_running $root $tasks

# A hardware breakpoint: hit, deleted or left behind, and gone after the detach.
for end in delete 'delete 1' 'pip list'; do
	run_gdb -p "$root" -batch -ex 'pip task 1' -ex 'hbreak work' -ex continue \
		-ex 'pip task 2' -ex 'break library_step' -ex "$end" -ex 'pip detach'
	expect_gdb_status 0
	expect_match out 'hit Hardware\|hit Breakpoint'
	# shellcheck disable=SC2086
	expect_running $root $tasks
done

# One that was left behind holds again after the next attach.
run_gdb -p "$root" -batch -ex 'pip task 1' -ex 'hbreak work' -ex 'pip detach' \
	-ex 'info breakpoints' -ex "pip attach $root" -ex continue -ex 'pip detach'
expect_gdb_status 0
expect_count 1 out 'hw breakpoint  *keep n'
expect_count 1 out 'hit Breakpoint 1'
# shellcheck disable=SC2086
expect_running $root $tasks

# GDB's own "detach" for one; "pip attach" takes it in again.
run_gdb -p "$root" -batch -ex 'break work' -ex 'continue' -ex 'inferior 3' \
	-ex 'detach' -ex 'pip list' -ex 'info inferiors' \
	-ex "pip attach $root" -ex 'pip list'
expect_gdb_status 0
expect_count 1 out '^    1   - .* detached'
expect_count 1 out '^    1   [0-9].* stopped'
# shellcheck disable=SC2086
expect_running $root $tasks

# While they run: nothing has to be stopped to look, or to let go.
run_gdb -p "$root" -batch -ex 'break work if rank == 77' -ex 'continue&' \
	-ex 'shell sleep 1' -ex 'pip list' -ex 'pip bt' -ex 'pip detach'
expect_gdb_status 0
expect_count 4 out ' running '
expect_match out '^  (running)$'
# shellcheck disable=SC2086
expect_running $root $tasks
