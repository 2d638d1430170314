#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect with what looks on from outside, and with pip-trace, which
# counts exactly.
. "${srcdir:-.}/tests/effect-lib.sh"

# It does not keep anything from being done.
for tool in pips pip-top pip-trace gdb; do
	! is_here "$tool" || measure switch 20002 "$tool"
done

# Also to tasks that are not this program's, and of one that only switches.
for tool in pips pip-top pip-trace gdb; do
	! is_here "$tool" || {
		measure ipc 2003 "$tool"
		measure 'ipc=-i shm 2ulp' 503 "$tool"
	}
done
expect_status 1 "$effect" -n 2 -W 'ipc=2thread' -I pip-trace -I lttng
grep -qx 'pip-probe-effect: pip-trace is left out: only modes 2pip and .*' err ||
	{ show err; fail 'threads under pip-trace'; }
refuses 1 'did 0 events instead of 500' -W 'ipc=-b 4K,8K 2thread' -e 500 -I recorder

# A recording that misses the beginning would have fewer.
is_here pip-trace-sched || skip "pip-trace's programs: $why"
measure pingpong 503 pip-trace-sched

# The lecture's number of locks, each with its stack.
is_here pip-trace-stacks || skip "pip-trace stacks -e: $why"
measure lock 57446 pip-trace-stacks
measure switch 2002 pip-trace-stacks
measure couple 307 pip-trace-stacks
measure spawn 23 pip-trace-stacks
measure pingpong 101 pip-trace-stacks
