#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A PiP program in a PID namespace (a container).  From outside, its tasks are
# listed by the PIDs that they have outside; from inside, by their own.
. "${srcdir:-.}/tests/pips-lib.sh"

unshare --pid --fork --mount-proc true 2>err ||
	skip "no PID namespace of our own here: $(head -n 1 err)"
# sh would give a background job /dev/null as its standard input.
start_program unshare --pid --fork --kill-child --mount-proc sh -c "exec 3<&0
	'$root_program' -f 1 3 '$task_program' <&3 3<&- & wait"
inner_root=$root_pid

# The process that is PID $1 in a namespace whose first process is our child.
shell=$(ps -o pid= --ppid "$job" | tr -d ' ')
nsenter --target "$shell" --pid --mount "$pips" --no-header --wide >inside ||
	fail 'pips inside'
[ "$(awk '{ print $1 }' inside | tr '\n' ' ')" = 'root 0 1 2 ' ] ||
	fail "inside: $(cat inside)"
[ "$(awk '$1 == "root" { print $2 }' inside)" = "$inner_root" ] ||
	fail "the root's PID inside: $(cat inside)"

outer_root=$(ps -o pid= --ppid "$shell" | tr -d ' ')
run_pips 0 --no-header --wide -p "$outer_root"
[ "$(awk '{ print $1 }' out | tr '\n' ' ')" = 'root 0 1 2 ' ] ||
	fail "outside: $(cat out)"
while read -r pipid pid tid state _; do
	[ "$pid" = "$tid" ] || fail "TID $tid of PID $pid"
	[ "$state" = sleeping ] || fail "PID $pid is $state"
	inner=$(awk '/^NSpid:/ { print $3 }' "/proc/$pid/status")
	[ "$(awk -v id="$pipid" '$1 == id { print $2 }' inside)" = "$inner" ] ||
		fail "PIPID $pipid is $pid outside and $inner inside"
done <out
# As one of many programs, too.
run_pips 0 --no-header --wide
grep -qE "^ root +$outer_root " out || fail "not among all: $(cat out)"
stop_root
