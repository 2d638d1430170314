#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Breakpoints in code of one task that others call, and what is left behind by
# a detach, a quit, or a debugger that is killed: nobody is hurt.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

"$builddir/tests/gdb-shared" 4 >started 2>started.err </dev/null &
root=$!
poll count_tasks 4 || framework_failed 'gdb-shared did not start'
read_tasks

# Hardware breakpoints: everybody stops who comes there.
write_go_round
run_gdb -p "$root" -batch -ex 'pip break --shared -t 0 step_for' \
	-x go_round.py -ex 'python go_round((3, 4, 5), 2)' -ex 'info breakpoints' -ex 'pip break --shared step_for' \
	-ex 'pip break --shared no_such_function' -ex quit
expect_stops '^Thread .* hit Breakpoint 1'
for i in 1 2 3; do
	expect_match out "^Thread $((i + 2))\\.1 .* hit Breakpoint 1"
done
expect_no_match out '^Thread [12]\.1 .* hit'
expect_no_match out 'SIGTRAP'
expect_count 1 out '^1 *hw breakpoint'
expect_count 1 err "no task has 'no_such_function'"
# shellcheck disable=SC2086
expect_running $root $tasks

# A condition, in the task that comes there: it knows the register, and its own
# variables, not the names of the other's code.
# shellcheck disable=SC2016
run_gdb -p "$root" -batch -ex 'pip break --shared -t 0 step_for if $rdi == 2' \
	-ex continue -ex 'print rank' -ex continue -ex 'print rank'
expect_count 2 out '^Thread 4\.1 .* hit Breakpoint 1'
expect_count 2 out '^\$[12] = 2$'
# shellcheck disable=SC2086
expect_running $root $tasks

# Software breakpoints kill who comes there.  They are made hardware
# breakpoints, and nobody dies.
run_gdb -p "$root" -batch -ex 'break step_for' -ex continue -ex 'info breakpoints' \
	-ex continue -ex continue -ex continue
expect_count 1 out 'received signal SIGTRAP'
expect_count 1 err '^pip-gdb: that was breakpoint 1, '
expect_match out '^1 *breakpoint *keep n'
expect_match out '^2 *hw breakpoint *keep y'
expect_count 3 out '^Thread [345]\.1 .* hit Breakpoint 2'
# shellcheck disable=SC2086
expect_running $root $tasks

# While they run, with breakpoints in memory, set but hardly ever hit.
run_gdb -p "$root" -batch -ex 'break run_task' -ex 'break usleep' \
	-ex 'ignore 2 100000' -ex 'continue&' -ex 'shell sleep 1' -ex 'pip detach'
# shellcheck disable=SC2086
expect_running $root $tasks
# shellcheck disable=SC2016
run_gdb -p "$root" -batch -ex 'pip break --shared -t 0 step_for if $rdi == 77' \
	-ex 'continue&' -ex 'shell sleep 1'
# shellcheck disable=SC2086
expect_running $root $tasks

# GDB is killed: the kernel lets go of what it traced.  With all of them
# stopped no breakpoint is in memory.
kill_gdb() { # GDB-COMMAND...
	"$pip_gdb" -nx -p "$root" -ex 'set confirm off' "$@" \
		-ex 'python print("READY", flush=True); import time; time.sleep(3000)' \
		>out 2>err </dev/null &
	gdb_pid=$!
	poll grep -q READY out || fail_showing 'gdb did not come that far'
	kill -KILL $gdb_pid
	wait $gdb_pid 2>/dev/null
}
kill_gdb -ex 'break run_task' -ex 'break step_for'
# shellcheck disable=SC2086
expect_running $root $tasks
# (A hardware breakpoint stays: Linux does not clear the debug registers of whom
# a tracer leaves.  pip-gdb(1) says so.)
# (So may one that is at a breakpoint at that very moment, which GDB has not yet
# put back; nothing can be done about it.)
