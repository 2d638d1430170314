#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program that writes nonsense into its task table, while pips -b reads it:
# no crash, no hang, no error that the sanitizers see; other tasks are shown.
. "${srcdir:-.}/tests/backtrace-lib.sh"

sanitized=$programs/pips-sanitized
# Not where the sanitizers reserve what the program has.
ASAN_OPTIONS=detect_leaks=1
export ASAN_OPTIONS

start_target 4 hostile
for _ in 1 2 3 4 5 6 7 8 9 10; do
	for how in '' --flat $json; do
		status=0
		# shellcheck disable=SC2086 # no word, or one
		timeout 60 "$sanitized" -b $how -p "$root_pid" >out 2>err ||
			status=$?
		[ "$status" -eq 0 ] || fail_showing "pips -b $how: status $status"
		! grep -q 'Sanitizer\|runtime error' err || fail_showing 'sanitizer'
		[ -s out ] || fail_showing 'nothing is printed'
	done
done
kill -0 "$root_pid" || fail 'the program has not survived'
stop_root
