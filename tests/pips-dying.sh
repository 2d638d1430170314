#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Roots come and die by SIGKILL while pips reads them, all the time: it lists
# what it finds or says that there is none, and never crashes or hangs.
. "${srcdir:-.}/tests/pips-lib.sh"

storm() {
	while [ ! -e stop ]; do
		"$root_program" 5 "$task_program" touch 1 <input >/dev/null \
			2>&1 &
		digit=$(((digit + 3) % 10))
		sleep 0.0${digit}5
		kill -KILL $!
		wait $!
	done 2>/dev/null
}

mkfifo input
exec 9<>input
digit=0
storm &
job=$!
round=0 listed=0
while [ "$round" -lt 150 ]; do
	for options in '' '-l' '--modules' "$json --modules"; do
		status=0
		# shellcheck disable=SC2086 # several options
		timeout 60 "$pips" $options >out 2>err || status=$?
		case $status in
		0) listed=$((listed + 1)) ;;
		1) ;;
		*) touch stop && wait "$job"
			fail "pips $options: exit status $status: $(cat err)" ;;
		esac
	done
	round=$((round + 1))
done
touch stop
wait "$job"
[ "$listed" -gt 20 ] || fail "only $listed of 600 lists had a program"
