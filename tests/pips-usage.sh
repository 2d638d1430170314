#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What pips says to a user who asks for help, or for something it has not.
. "${srcdir:-.}/tests/pips-lib.sh"

run_pips 0 --help
for option in long pid modules json no-header wide color help version columns \
	sort tree totals csv openmetrics watch root task family descent mode maps \
	arguments auxv elf files kill signal ps top verbose; do
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
run_pips 2 -m ''
expect_error 'pips: No mode specified'
run_pips 2 -m Q
expect_error "pips: Invalid mode 'Q': letters of P, L, G, C, T"
run_pips 2 -s SIGNONE
expect_error "pips: 'SIGNONE' is not a signal: .*"
run_pips 2 -s 32
expect_error "pips: '32' is not a signal: .*"
run_pips 2 --ps --top
expect_error 'pips: either --ps or --top can be specified'
run_pips 2 -k -s HUP
expect_error 'pips: either --kill or --signal can be specified'
run_pips 2 --watch=0
expect_error "pips: --watch: '0' is not a number of seconds .*"
run_pips 2 -o pid,nothing
expect_error "pips: 'nothing' is not a column; .*"
run_pips 2 --sort=nothing
expect_error "pips: 'nothing' is not a column; .*"
run_pips 2 -o ,
expect_error 'pips: -o: no column is named'
run_pips 2 -v --csv
expect_error 'pips: maps has no other form'

run_pips 1 -p 2147483646
expect_error 'pips: process 2147483646: no such process'
run_pips 1 -p $$
expect_error "pips: process $$ does not belong to a PiP program"
[ ! -s out ] || fail "output: $(cat out)"
if has_json; then
	run_pips 1 -p $$ --json
	expect_error "pips: process $$ does not belong to a PiP program"
	grep -q '"programs": \[\]' out || fail "JSON: $(cat out)"
else
	run_pips 2 -p $$ --json
	expect_error 'pips: JSON needs jansson, .*'
fi

expect_status 2 "$builddir/tests/programs/pips-without-jansson" --json
expect_error 'pips: JSON needs jansson, without which this was built: install libjansson-dev, .*'

start_root 2 "$task_program"
expect_status 0 "$builddir/tests/programs/pips-without-jansson" -p "$root_pid"
[ "$(wc -l <out)" -eq 4 ] || fail "without jansson: $(cat out)"
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
