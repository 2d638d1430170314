#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-gdb is interrupted, and ends: whatever it was doing then, nobody is left
# stopped, and nobody is hit by the interrupt.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

is_attached() {
	grep -q '^attached' job.out || ! kill -0 "$job" 2>/dev/null
}

# Ends with GDB; a crash of GDB is no way to end.
expect_gdb_ends() {
	status=0
	wait "$job" || status=$?
	# Python takes its handler of SIGINT down some time before GDB's end.
	[ "$status" -le 1 ] || [ "$status" -eq 130 ] || {
		show job.out
		show job.err
		fail "pip-gdb: status $status"
	}
	grep -q '^attached' job.out || {
		show job.err
		framework_failed 'pip-gdb did not attach'
	}
}

# Interrupts that GDB itself has sent on to who is stopped already, from many
# to one: they do not arrive.  Somebody else's does.
start_root 2 "$target"
run_gdb -p "$root" -batch -ex "python import os, signal
os.kill($root, signal.SIGINT)
os.kill($(nth_task 1), signal.SIGINT)" -ex 'info inferiors'
expect_gdb_status 0
# shellcheck disable=SC2086
expect_running $root $tasks
run_gdb -p "$root" -batch -ex "python import os, signal
os.kill($(nth_task 0), signal.SIGINT)" -ex 'inferior 2' -ex detach -ex 'pip detach'
expect_gdb_status 0
# shellcheck disable=SC2086
expect_running $root $tasks
victim=$(nth_task 0)
run_gdb -p "$root" -batch -ex "shell kill -INT $victim"
expect_gdb_status 0
poll test ! -e "/proc/$victim" || fail 'an interrupt of somebody else is lost'
stop_root

# In non-stop mode, those who were told to stop, and have not been seen to.
start_root 3 "$target"
for how in 'pip detach' 'detach inferiors 1 2 3 4' detach 'info inferiors'; do
	run_gdb -batch -ex 'set non-stop on' -ex "pip attach $root" \
		-ex 'continue -a &' -ex 'interrupt -a' -ex "$how"
	expect_gdb_status 0
	# shellcheck disable=SC2086
	expect_running $root $tasks
done
stop_root

# A signal that stops, and is meant, is passed on while GDB goes on.
run_gdb -batch -ex 'info signals SIGSTOP' -ex 'python pip_gdb.detaching.pass_stops(False)' \
	-ex 'info signals SIGSTOP' -ex 'python pip_gdb.detaching.pass_stops(True)' \
	-ex 'info signals SIGSTOP'
expect_count 2 out '^SIGSTOP.*Yes[[:space:]]*Yes[[:space:]]*Yes'
expect_count 1 out '^SIGSTOP.*Yes[[:space:]]*Yes[[:space:]]*No'

# The end of a task makes GDB stop all others, and in that moment it is
# interrupted: once, and again and again.
ntasks=12
start_root $ntasks "$target"
for number in 11 10 9 8 7 6 5 4 3 2; do
	start_job "$pip_gdb" -nx -q -p "$root" -batch -ex 'echo attached\n' \
		-ex continue
	poll is_attached || framework_failed 'pip-gdb does not attach'
	kill -KILL "$(nth_task $number)"
	kill -INT "$job"
	again=$((number % 2 * 3))
	while [ $again -gt 0 ] && kill -INT "$job" 2>/dev/null; do
		sleep 0.02
		again=$((again - 1))
	done
	expect_gdb_ends
	# shellcheck disable=SC2046
	expect_running "$root" $(echo "$tasks" | sed "$number,\$d")
done
