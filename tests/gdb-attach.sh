#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-gdb -p PID: every task an inferior with its own symbols, and everybody
# as before afterwards.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

# Everything that is asked of an attach, whichever PID led to it.
check_attach() { # PID COUNT
	count=$2
	everybody=$((count + 1))
	set -- -p "$1" -batch -ex 'info inferiors'
	i=1
	while [ $i -le $everybody ]; do
		set -- "$@" -ex "inferior $i" -ex 'printf "RANK %d\n", rank' \
			-ex 'printf "ADDRESS %p\n", &rank' \
			-ex 'info sharedlibrary'
		[ $i -eq 1 ] || set -- "$@" \
			-ex 'printf "LOCAL %d\n", local_rank' \
			-ex 'print library_count > 0' -ex 'bt'
		i=$((i + 1))
	done
	run_gdb "$@"
	expect_gdb_status 0
	# GDB 16 warns where the source of libc is not here, GDB 13 just says so.
	sed -i '/^warning: [0-9]*.*: No such file or directory$/d' err
	expect_no_match err 'pip-gdb\|warning\|rror'
	# Columns as GDB has them, and who is who.
	expect_match out '^  Num  Description       Connection           Executable'
	expect_count 1 out "^. 1 *process $root .*/gdb-root (pip root)\$"
	i=0
	while [ $i -lt "$count" ]; do
		expect_count 1 out \
			"^. $((i + 2)) *process $(nth_task $i) .*/gdb-target (pip $i)\$"
		expect_count 1 out "^RANK $i\$"
		expect_count 1 out "^LOCAL $((i + 1000))\$"
		i=$((i + 1))
	done
	# The root has a variable of that name too: no two at the same address.
	[ "$(grep '^ADDRESS' out | sort -u | wc -l)" -eq $everybody ] ||
		fail_showing "not $everybody addresses of rank"
	# Each task's libraries, with symbols and at places of their own.
	expect_count "$count" out 'Yes.*/libgdb-target\.so'
	[ "$(awk '/Yes.*\/libc\.so/ { print $1 }' out | sort -u | wc -l)" \
		-eq $everybody ] || fail_showing "not $everybody places of libc"
	expect_count "$count" out '^\$[0-9]* = 1$'
	expect_count "$count" out '^#.* library_step .*gdb-target-library\.c:[0-9]'
	expect_count "$count" out '^#.* work (.*gdb-target\.c:[0-9]'
	expect_count "$count" out '^#.* main (.*gdb-target\.c:[0-9]'
	# shellcheck disable=SC2086
	expect_running $root $tasks
}

# For scripts: nothing but what was asked for.
check_backtraces() { # PID COUNT
	count=$2
	run_gdb -p "$1" -batch -ex 'pip bt --flat'
	expect_gdb_status 0
	expect_empty err
	sed 1q out >first
	expect_count 1 first "^pip root (inferior 1, process $root, /.*/gdb-root)\$"
	i=0
	while [ $i -lt "$count" ]; do
		expect_count 1 out \
			"^pip $i (inferior $((i + 2)), process $(nth_task $i), /.*/gdb-target)\$"
		i=$((i + 1))
	done
	expect_count "$count" out '^#.* work (.*gdb-target\.c:[0-9]'
	expect_no_match out '^\[\|warning'
	# shellcheck disable=SC2086
	expect_running $root $tasks
}

for number in 3 8; do
	start_root $number "$target"
	check_attach "$root" $number
	check_attach "$(nth_task 1)" $number
	# What was asked for is selected.
	expect_count 1 out "^\\* 3 .*(pip 1)\$"
	check_backtraces "$root" $number
	check_backtraces "$(nth_task 2)" $number
	stop_root
done

# GDB's own command attaches all of them as well; others are GDB's.
start_root 3 "$target"
sleep 3000 &
helpers="$helpers $!"
run_gdb -batch -ex "attach $(nth_task 1)" -ex 'info inferiors' -ex 'pip print rank' \
	-ex 'print rank' -ex 'pip detach' -ex "attach $!" -ex 'info inferiors' -ex detach
expect_gdb_status 0
expect_no_match err 'pip-gdb\|rror'
expect_count 1 out '^\* 3 .*/gdb-target (pip 1)$'
expect_count 1 out '^  1 .*/gdb-root (pip root)$'
expect_count 4 out '(pip [a-z0-9]*)$'
expect_count 1 out '^ *2  2$'
expect_count 1 out '^\$1 = 1$'
expect_count 1 out "^\\* 1 .*process $! "
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root

# Other spellings, and options of "backtrace".
start_root 3 "$target" threads
for spelling in "--pid=$root" "-p=$root" "-pid=$root"; do
	run_gdb "$spelling" -batch -ex 'pip bt -full 1'
	expect_gdb_status 0
	# A root with one thread, tasks with two.
	expect_count 6 out '^Thread [2-4]\.[12] (LWP [0-9]*) "[0-2]:gdb-target":$'
	expect_count 7 out '^#0 '
	expect_no_match out '^#1 '
done
run_gdb -batch -ex "pip attach $root" -ex 'pip list' -ex 'info pip' \
	-ex 'complete pip bt -f'
expect_count 2 out "^ root   1 *$root *$root stopped process   - gdb-root "
expect_count 2 out "^    1   3 *$(nth_task 1) *[0-9]* stopped process   1 gdb-target *work at gdb-target\\.c:"
expect_count 1 out '^pip bt -full$'
expect_count 1 out '^pip bt -frame-info$'
# shellcheck disable=SC2086
expect_running $root $tasks
