#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tasks without libpip inside (musl's libc, static PIE) are listed with their
# arguments, however long, and with their modules.
. "${srcdir:-.}/tests/pips-lib.sh"

long=$(printf '%0300d' 7)

check_task() { # PROGRAM LOADER|- MODULES
	start_root 2 "$1" a '' "$long"
	run_pips 0 --wide --no-header -p "$root_pid"
	[ "$(count "^ +[01] .* $1 a  $long\$" out)" -eq 2 ] ||
		fail "$1: listed as: $(cat out)"
	run_pips 0 -l --no-header -p "$root_pid"
	[ "$(count ' process:preload o(t|) ' out)" -eq 2 ] ||
		fail "$1: not flagged as outside: $(cat out)"
	task=$(awk '$1 == 1 { print $2 }' out)
	run_pips 0 --modules --no-header -p "$task"
	[ "$(wc -l <out)" -eq "$3" ] || fail "$1: modules: $(cat out)"
	# Each lies where /proc says, in the window of the task.
	while read -r pipid pid bias kind path; do
		[ "$pipid $pid" = "1 $task" ] || fail "$1: task $pipid $pid"
		case $kind in
		vdso) continue ;;
		program) [ "$path" = "$1" ] || fail "$1: program $path" ;;
		loader) [ "$path" = "$2" ] || fail "$1: loader $path" ;;
		*) fail "$1: a $kind, $path" ;;
		esac
		real=$(readlink -f "$path")
		grep -q "^${bias#0x}-.* 00000000 .* $real\$" \
			"/proc/$root_pid/maps" || fail "$1: $path at $bias"
	done <out
	stop_root
}

source=$top_srcdir/tests/observer-task.c
${CC:-cc} -O2 -fPIE -static-pie -o "$work_dir/static" "$source" 2>err ||
	skip "no static PIE can be linked: $(tail -n 1 err)"
check_task "$work_dir/static" - 2
need_command musl-gcc musl-tools
compile musl-gcc -O2 -fPIE -pie -o "$work_dir/musl" "$source"
check_task "$work_dir/musl" /lib/ld-musl-x86_64.so.1 3
