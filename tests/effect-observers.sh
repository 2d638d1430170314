#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect with what looks on from outside, and with pip-trace, which
# counts exactly.
. "${srcdir:-.}/tests/effect-lib.sh"

# It does not keep anything from being done.
for tool in pips pip-top pip-trace gdb; do
	! is_here "$tool" || measure switch 20002 "$tool"
done

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
