#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect's own BPF programs, bpftrace and perf: each counts exactly what
# happened, of the one program.
. "${srcdir:-.}/tests/effect-lib.sh"

is_here usdt || skip "probes: $why"
measure switch 10006 usdt-empty usdt stack sched syscalls
measure mark 10007 usdt-empty usdt stack
measure couple 300 usdt stack
measure spawn 23 usdt stack
measure malloc 10007 usdt stack
measure pingpong 503 usdt stack sched
measure dd 1009 syscalls
# The lecture's number of locks, each with its stack.
measure lock 57446 usdt stack

# A function of a library that everybody has, in a command that calls it a few
# times: without a known number of events it is only reported.
libc=$(ldd /bin/sh | sed -n 's/.*=> \(.*libc.so.6\) .*/\1/p')
if [ -n "$libc" ]; then
	expect_status 0 "$effect" -n 2 -I usdt -I stack -P "$libc:malloc" \
		-m system dd if=/dev/zero of=/dev/null count=10 status=none
	awk '/usdt: / { split($0, w, "counted "); u = w[2] + 0 }
		/stack: / { split($0, w, "counted "); s = w[2] + 0 }
		END { exit !(u > 0 && u == s) }' out ||
		{ show out; fail 'the calls of malloc'; }
	# It is refused when it is not the number that it should be.
	refuses 1 'events instead of 10007' -e 10007 -I usdt -P "$libc:malloc" \
		dd if=/dev/zero of=/dev/null count=10 status=none
fi
# bpftrace counts one program, too, while another passes the same probe.
if is_here bpftrace; then
	(
		while [ ! -e enough ]; do
			"$effect" -q -W lock -e 1009 -n 1 -I recorder
		done >/dev/null 2>&1
	) &
	measure lock 10007 bpftrace bpftrace-stack usdt
	touch enough
	wait
fi
! is_here perf || measure dd 1009 perf perf-trace
