#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Context switches that pip-trace records are those that the kernel has counted,
# each, and they are where they belong among the events of the flight recorder.
. "${srcdir:-.}/tests/trace-common.sh"

has_kernel || skip "$(grep -h 'no kernel events' probe.err)"

# The marks' values before and after, and what was recorded between the last
# mark before and the last after.
summarise() { # FILE
	"$pip_trace" export -q --format csv -i "$1" |
		awk -F, -v root="$target_pid" '
		$3 == "mark" {
			value[!!begun] = $9
			out[!!begun] = outs
		}
		$3 == "begin" { begun = 1 }
		$3 == "sched_out" && $5 == root { outs++ }
		$3 == "wakeup" && $5 == root { wakeups++ }
		END {
			print value[1] - value[0], out[1] - out[0], wakeups + 0
		}'
}

check() { # FILE ROUNDS
	nothing_lost "$1" || fail "$1: events were lost: $(cat record.err)"
	# shellcheck disable=SC2046 # words
	set -- "$2" $(summarise "$1")
	echo "the kernel has counted $2 switches, recorded: $3; wakeups: $4"
	[ "$2" -gt 0 ] || fail 'the kernel has counted no switches'
	[ "$2" -eq "$3" ] || fail "$3 switches instead of $2"
	# Not one for each: some are woken before they sleep.
	[ "$4" -gt 0 ] || fail 'no wakeups'
}

for kinds in sched sched,syscalls,faults,signals; do
	start_target switches 10007
	: >sched.data
	"$pip_trace" record --kernel-events=$kinds --kernel-buffer 64 \
		-o sched.data -p "$target_pid" 2>record.err &
	recorder=$!
	# Its header is written when all is attached.
	poll test -s sched.data || fail "$(cat record.err)"
	step_target
	poll grep -q 'done' target.out || fail 'the program hangs'
	kill -TERM $recorder
	wait $recorder || fail "record: $(cat record.err)"
	check sched.data 10007
	end_target
done
exit 0
