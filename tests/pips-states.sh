#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The states of a task that are not "running" or "sleeping".
. "${srcdir:-.}/tests/pips-lib.sh"
need_memory "$(id -u)"

all_are() { # STATE NUMBER
	run_pips 0 --no-header --wide -p "$root_pid"
	[ "$(count "^ *[0-9]+ +[0-9]+ +[0-9]+ $1 " out)" -eq "$2" ]
}

# Ended, not waited for: known to the table as alive, to the kernel as zombie.
start_root 3 "$task_program" zombie
poll all_are zombie 3 || fail "zombies: $(cat out)"
# A zombie has no address space, but is found by its PID all the same.
pid=$(awk '$1 == 1 { print $2 }' out)
run_pips 0 --no-header --wide -p "$pid"
[ "$(wc -l <out)" -eq 4 ] || fail "by a zombie's PID: $(cat out)"
stop_root

# Called execve: other text, other modules, another address space's size.
start_root 2 "$task_program" exec
have_executed() {
	run_pips 0 -l --no-header -p "$root_pid"
	[ "$(count '^ +[01] .* x +1 .* a cat -u -$' out)" -eq 2 ]
}
poll have_executed || fail "execve: $(cat out)"
pid=$(awk '$1 == 1 { print $2 }' out)
run_pips 0 --modules --no-header -p "$pid"
grep -q " program .*/cat\$" out || fail "modules after execve: $(cat out)"
stop_root

# fork(2) copies of tasks are not tasks.
start_root 2 "$task_program" fork
run_pips 0 --no-header -p "$root_pid"
[ "$(wc -l <out)" -eq 3 ] || fail "copies: $(cat out)"
for child in $(ps -o pid= --ppid "$(awk '$1 == 0 { print $2 }' out)"); do
	run_pips 1 -p "$child"
	expect_error "pips: process $child does not belong to a PiP program"
done
stop_root

# Stopped.
start_root 1 "$task_program"
run_pips 0 --no-header -p "$root_pid"
pid=$(awk '$1 == 0 { print $2 }' out)
kill -STOP "$pid"
poll all_are stopped 1 || fail "stopped: $(cat out)"
kill -CONT "$pid"
stop_root

# The root is killed and its tasks are to stay: a program without a root.
PIP_KEEP_TASKS=1
export PIP_KEEP_TASKS
start_root 2 "$task_program"
run_pips 0 --no-header -p "$root_pid"
tasks=$(awk '$1 != "root" { print $2 }' out)
kill -KILL "$root_pid"
wait "$job"
started=$tasks
for pid in $tasks; do
	run_pips 0 --no-header -p "$pid"
	[ "$(count '^ root +- +- gone ' out)" -eq 1 ] &&
		[ "$(count '^ +[01] +[0-9]+ .* sleeping ' out)" -eq 2 ] ||
		fail "without a root: $(cat out)"
	run_pips 0 --modules --no-header -p "$pid"
	grep -q ' program .*/observer-task$' out ||
		fail "modules without a root: $(cat out)"
done
exec 9>&-
