#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# --all: every PiP program of the machine, which is here a PID namespace of our
# own: others' programs are not to be recorded.
. "${srcdir:-.}/tests/trace-common.sh"

if [ "${1-}" != inside ]; then
	need_command unshare util-linux
	unshare --pid --fork --kill-child --mount-proc true 2>unshare.err ||
		skip "no PID namespace can be made: $(cat unshare.err)"
	cd "$builddir" || framework_failed "cannot enter $builddir"
	unshare --pid --fork --kill-child --mount-proc \
		sh "$top_srcdir/tests/trace-all.sh" inside
	exit
fi

# Each waits for a line on a descriptor of its own.
mkfifo steps1 steps2 steps3
"$target" marks 211 <steps1 >target1.out 2>&1 &
first=$!
exec 7>steps1
"$target" 7 23 <steps2 >target2.out 2>&1 &
second=$!
exec 8>steps2
poll grep -q ready target1.out || fail 'the first program'
poll grep -q ready target2.out || fail 'the second program'

# One report of each, and no more.
"$pip_trace" stacks -a >out 2>err || fail "stacks -a: $(cat err)"
for pid in $first $second; do
	grep -qx "process $pid:" out || fail "no process $pid: $(cat out)"
done
[ "$(grep -c '^R;.*;main;wait_for_line;' out)" -eq 2 ] || fail "$(cat out)"
"$pip_trace" stacks -a --json >out 2>err || fail "stacks --json: $(cat err)"
for pid in $first $second; do
	grep -q "^{\"version\":1,\"command\":\"stacks\",.*\"root_pid\":$pid," \
		out || fail "no process $pid: $(cat out)"
done
"$pip_trace" summary -a --no-kernel 0.1 3 >out 2>err ||
	fail "summary -a: $(cat err)"
[ "$(grep -c "^process $first:" out)" -eq 3 ] || fail "$(cat out)"
[ "$(grep -c "^process $second:" out)" -eq 3 ] || fail "$(cat out)"

# A file for each, also for one that begins later.
"$pip_trace" record -a --no-kernel -o all.data 2>record.err &
recorder=$!
# shellcheck disable=SC2329,SC2317 # poll calls it
is_on() {
	[ "$("$pip_trace" switch -p "$1")" = overwrite ]
}
poll is_on $first || fail "record -a: $(cat record.err)"
poll is_on $second || fail "record -a: $(cat record.err)"
"$target" marks 101 <steps3 >target3.out 2>&1 7>&- 8>&- &
third=$!
exec 9>steps3
poll grep -q ready target3.out || fail 'the third program'
poll is_on $third || fail "record -a: $(cat record.err)"
for fd in 7 8 9; do
	eval "echo >&$fd"
done
for i in 1 2 3; do
	poll grep -q 'done' target$i.out || fail "program $i hangs"
done
kill -TERM $recorder
wait $recorder || fail "record -a: $(cat record.err)"
expect_events all.data.$first mark 211
expect_events all.data.$second mark $((7 * 23))
expect_events all.data.$third mark 101
[ "$(grep -c '^lost: 0 events' record.err)" -eq 3 ] ||
	fail "$(cat record.err)"
for pid in $first $second $third; do
	[ "$("$pip_trace" switch -p "$pid")" = off ] ||
		fail "the recorder of $pid is still on"
done
for fd in 7 8 9; do
	eval "echo >&$fd; exec $fd>&-"
done
wait $first || fail "the first: $(cat target1.out)"
wait $second || fail "the second: $(cat target2.out)"
wait $third || fail "the third: $(cat target3.out)"

expect_status 1 "$pip_trace" stacks -a
grep -q 'no PiP program is running that you may see' err || fail "$(cat err)"
expect_status 2 "$pip_trace" report -a -p 1
expect_status 2 "$pip_trace" switch -a
exit 0
