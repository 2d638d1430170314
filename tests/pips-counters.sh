#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What pips and pip-top say of counters and contexts is what the program did: two
# ULPs that yielded 10,007 times, were suspended before they began and when they were done, and are in task 0's domain.
. "${srcdir:-.}/tests/pips-lib.sh"

need_json
start_program "$builddir/tests/observer-domain" 10007
expect_both() { # WHAT, A REGEXP OF JSON, HOW OFTEN
	[ "$(grep -oE "$2" out | wc -l)" -eq "$3" ] ||
		fail "$1: $(grep -oE "$2" out | wc -l) times $2: $(head -c 4000 out)"
}
check_form() { # THE COLON OF THIS JSON
	expect_both "$1" "\"yields\":$1""10007[,}]?" 2
	expect_both "$1" "\"domain\":$1""0," 3
	expect_both "$1" "\"waits_on\":$1\"0x[0-9a-f]+\"" 2
}
is_known() {
	"$pips" -p "$root_pid" --json >out 2>/dev/null
}
poll is_known || fail 'not found'
tr '\n' ' ' <out | tr -s ' ' >line && mv line out
check_form ' '
expect_both 'blt' '"blt": "suspended"' 2
expect_both 'spawns' '"spawns": 3' 1
if [ -x "$builddir/pip-top/pip-top" ]; then
	expect_status 0 "$builddir/pip-top/pip-top" --json -n 1 -d 0.1 -p "$root_pid"
	check_form ''
	expect_both 'state' '"state":"suspended"' 2
	# Both switch no more.
	expect_both 'rates' '"user_switches_per_second":0\.0' 5
fi
run_pips 0 -p "$root_pid" --openmetrics
[ "$(count '^pip_task_suspends_total\{.*pipid="[12]".*\} 2$' out)" -eq 2 ] || fail "metrics: $(cat out)"
run_pips 0 -p "$root_pid" --csv --no-header -t -o pipid,switches,couples
awk -F, '$1 > 0 && $2 < 10007 { exit 1 }' out || fail "switches: $(cat out)"
stop_root
