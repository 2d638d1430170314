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

# Every ULP is a process, but one kernel thread, the root's, runs them all.
expect_status 0 "$examples/ulp_ring" 5 100000
grep -qxE '100000 hops, [0-9]+ ns each' out || { show out; fail 'not 100000 hops'; }
grep '^ULP' out >ulps
expect_lines 5 'ULP [0-4], process [0-9]+: 20000 hops on the kernel thread of process [0-9]+' ulps
[ "$(sed 's/.*, process \([0-9]*\):.*/\1/' ulps | sort -u | wc -l)" -eq 5 ] ||
	fail 'the PIDs of ULPs are not their own'
[ "$(sed 's/.* //' ulps | sort -u | wc -l)" -eq 1 ] ||
	fail 'not one kernel thread'
expect_status 2 "$examples/ulp_ring" 0

# One of eight keeps the lock for a second; nothing is lost.
expect_status 0 timeout 100 "$pip_exec" -n 8 "$examples/stuck_lock" 1
sort out >sorted
expect_lines 2 "PIPID 5 has got the answer 'y'|counter 3200" sorted
expect_status 2 "$examples/stuck_lock"

# If a blocked ULP kept the others from running, it would hang.
expect_status 0 timeout 600 "$examples/ulp_overlap" 3
grep '^computer' out >computers
expect_lines 3 'computer: made 1000 steps' computers
grep '^reader' out >reader
expect_lines 1 'reader: read "all done"; others made 3000 steps meanwhile' reader
expect_status 2 "$examples/ulp_overlap" 0
