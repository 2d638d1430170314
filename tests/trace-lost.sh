#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is lost is counted exactly.
. "${srcdir:-.}/tests/trace-common.sh"

is_on() {
	[ "$("$pip_trace" switch -p "$target_pid")" = "$1" ]
}

has_lost() { # FILE LOST STOPPED EVENTS
	"$pip_trace" report --json -i "$1" >report.json || fail 'report'
	grep -q "\"lost\":{\"recorder\":$2,\"stopped\":$3,\"kernel\":0" \
		report.json || fail "$(head -c 300 report.json)"
	expect_events "$1" mark "$4"
}

# The recorder is asleep while a ring of 16 is written 10007 times.
PIP_TRACE=off:16 start_target marks 10007
is_on off || fail 'it was on before'
"$pip_trace" record --no-kernel -o lost.data -p "$target_pid" 2>record.err &
recorder=$!
poll is_on overwrite || fail "record: $(cat record.err)"
sleep 0.2 # for its first look at the rings
kill -STOP $recorder
step_target
poll grep -q 'done' target.out || fail 'the program hangs'
kill -CONT $recorder
sleep 0.2
kill -TERM $recorder
wait $recorder || fail "record: $(cat record.err)"
is_on off || fail 'the switch was not restored'
grep -q 'lost: 9991 events' record.err || fail "$(cat record.err)"
has_lost lost.data 9991 0 16
"$pip_trace" export --format csv -i lost.data 2>/dev/null |
	grep -q 'recorder,lost,R,.*,9991,0,0$' || fail 'no such gap in csv'
end_target

# A ring that stops when it is full: the first 16 stay.  They are from before
# the recording, and it does not switch a recorder that is on.
PIP_TRACE=stop:16 start_target marks 10007
"$pip_trace" switch -p "$target_pid" | grep -qx stop || fail 'not stop'
step_target
poll grep -q 'done' target.out || fail 'the program hangs'
"$pip_trace" switch -p "$target_pid" off || fail 'switch'
is_on off || fail 'it is still on'
"$pip_trace" record --past --no-kernel -o past.data -p "$target_pid" \
	2>record.err &
recorder=$!
poll is_on overwrite || fail "record: $(cat record.err)"
sleep 0.2
kill -TERM $recorder
wait $recorder || fail "record: $(cat record.err)"
# 1 is root_init
has_lost past.data 0 0 15
end_target

# The buffer of the kernel's events is full: two recordings of the same, of
# which one cannot be read for a while.
kernel_sum() { # FILE
	sed -n "s/^$1.data: .* events, \([0-9]*\) of the kernel/\1/p
		s/^lost: .* recorder, \([0-9]*\) of the kernel/\1/p" "$1.err" |
		awk '{ sum += $1 } END { print sum }'
}

if has_kernel; then
	# Even without a sleep between bursts: 2 * 56 bytes for each.
	PIP_TRACE=overwrite:65536 start_target rate 30011 20
	for i in 1 64; do
		"$pip_trace" record --kernel-buffer $i -o kernel$i.data \
			-p "$target_pid" 2>kernel$i.err &
		eval recorder$i=$!
		# Its header is written when all is attached.
		poll test -s kernel$i.data || fail "$(cat kernel$i.err)"
	done
	sleep 0.2
	# shellcheck disable=SC2154 # eval sets it
	kill -STOP "$recorder1"
	step_target
	poll grep -q 'done' target.out || fail 'the program hangs'
	sleep 0.2
	kill -CONT "$recorder1"
	sleep 0.2
	# shellcheck disable=SC2154
	kill -TERM "$recorder1" "$recorder64"
	wait "$recorder1" "$recorder64" || fail 'a recording failed'
	grep '^lost' kernel1.err
	grep -q 'recorder, 0 of the kernel' kernel1.err &&
		fail 'nothing was lost of what does not fit'
	[ "$(kernel_sum kernel1)" -eq "$(kernel_sum kernel64)" ] ||
		fail "$(kernel_sum kernel1) events of the kernel, and $(
			kernel_sum kernel64)"
	end_target
fi

# What was read and what was lost is all there was, however busy the machine.
"$pip_trace" record --ring-records 16 --no-kernel -o busy.data -- \
	"$target" rate 1009 100 </dev/null >/dev/null 2>record.err ||
	fail "record: $(cat record.err)"
lost=$(sed -n 's/^lost: \([0-9]*\) events.*/\1/p' record.err)
read=$(sed -n 's/^busy.data: \([0-9]*\) events.*/\1/p' record.err)
if grep -q 'how many, is$' record.err; then
	echo 'not privileged: the end of a program is not recorded'
else
	# and root_init, root_fin
	[ $((lost + read)) -eq $((1009 * 200 + 2)) ] || fail "$lost lost, $read read"
fi
exit 0
