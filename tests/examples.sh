#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The examples do what they are examples of.
. "${srcdir:-.}/tests/testlib.sh"

expect_status 0 "$examples/hello"
expect_lines 1 'Hello from process [0-9]+, no task of PiP' out

# Eight tasks, one sum, eight private variables, one shared address.
expect_status 0 "$pip_exec" -n 8 "$examples/shared_sum" 2
grep '^PIPID' out >tasks
expect_lines 8 'PIPID [0-7]  PID [0-9]+  rank = [0-7] at 0x[0-9a-f]+  shared at 0x[0-9a-f]+' tasks
[ "$(wc -l <out)" -eq 9 ] || { show out; fail 'not 9 lines'; }
grep -qxE 'sum [0-9]+ of 8 tasks is right' out || { show out; fail 'the sum is wrong'; }
[ "$(sed 's/.* at \(.*\)  shared.*/\1/' tasks | sort -u | wc -l)" -eq 8 ] ||
	fail 'private variables are not private'
[ "$(sed 's/.*shared at //' tasks | sort -u | wc -l)" -eq 1 ] ||
	fail 'the shared memory is not shared'
expect_status 2 "$examples/shared_sum"

expect_status 0 "$examples/root_and_tasks" 3
cat >expected <<'END'
exit status  0: PIPID 0 was process N
exit status  1: PIPID 1 was process N
exit status  2: PIPID 2 was process N
exit status 42: not one of ours
and greeting is still "the root's own"
END
sed 's/process [0-9]*/process N/' out | diff expected - || fail 'root_and_tasks'
