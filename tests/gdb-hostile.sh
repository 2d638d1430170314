#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A process with a table full of lies: nothing but itself is attached, no
# path is executed, no list is followed for ever.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
need_command python3 python3

sleep 3000 &
victim=$!
python3 "$top_srcdir/tests/gdb_fake_table.py" "$top_srcdir" $victim >started &
liar=$!
helpers="$victim $liar"
poll grep -q "^ready $liar" started || framework_failed "no table"

run_gdb -p $liar -batch -ex 'info inferiors' -ex 'pip list' -ex 'pip bt' \
	-ex "shell grep ^TracerPid /proc/$victim/status" \
	-ex "shell grep ^TracerPid /proc/$liar/status" -ex 'pip attach'
expect_gdb_status 0
expect_count 1 out "^\\* 1 *process $liar "
expect_count 1 out ' stopped '
expect_count 1 out '^TracerPid:.0$'
expect_count 1 out '^TracerPid:.[1-9]'
expect_no_match out "process $victim"
expect_no_match err 'Traceback\|Python Exception'
[ ! -e EVIL ] || fail "a path was executed"
sleeps() { # PID
	[ "$(status_of "$1" State)" = S ]
}
for pid in $victim $liar; do
	poll sleeps "$pid" || fail "process $pid does not sleep"
done
