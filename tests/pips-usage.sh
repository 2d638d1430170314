#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What pips says to a user who asks for help, or for something it has not.
. "${srcdir:-.}/tests/pips-lib.sh"

run_pips 0 --help
for option in long pid modules json no-header wide color help version; do
	grep -q -e "--$option" out || fail "--help does not name --$option"
done
run_pips 0 --version
grep -q '^pips (pip-toolkit) [0-9]' out || fail "--version: $(cat out)"

run_pips 2 --no-such-option
run_pips 2 -p
for pid in '' x 12x -1 0 99999999999999999999 0x10; do
	run_pips 2 -p "$pid"
	expect_error "pips: '$pid' is not a PID"
done
run_pips 2 --color=pink
expect_error "pips: --color is auto, always or never, not 'pink'"
run_pips 2 one two
expect_error "pips: one COMMAND at most, 'two' is a second; quote a pattern"

run_pips 1 -p 2147483646
expect_error 'pips: process 2147483646: no such process'
run_pips 1 -p $$
expect_error "pips: process $$ does not belong to a PiP program"
[ ! -s out ] || fail "output: $(cat out)"
run_pips 1 -p $$ --json
expect_error "pips: process $$ does not belong to a PiP program"
grep -q '"programs": \[\]' out || fail "JSON: $(cat out)"

start_root 2 "$task_program"
run_pips 1 -p "$root_pid" no-such-name
expect_error "pips: no PiP task runs a program named 'no-such-name'"
# A full disk is an error, not a short list.
if [ -w /dev/full ]; then
	status=0
	"$pips" -p "$root_pid" >/dev/full 2>err || status=$?
	[ "$status" -eq 2 ] || fail "/dev/full: exit status $status"
	expect_error 'pips: standard output: No space left on device'
fi
stop_root
