#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# On a machine without a PiP program, pips says so and exits 1.  The machine is
# a PID namespace of its own: other tests have PiP programs at the same time.
. "${srcdir:-.}/tests/pips-lib.sh"

alone() {
	unshare --user --map-root-user --pid --fork --mount-proc "$@"
}

alone true 2>err || skip "no user and PID namespaces here: $(head -n 1 err)"
status=0
alone "$pips" >out 2>err || status=$?
[ "$status" -eq 1 ] || fail "exit status $status"
[ ! -s out ] || fail "output: $(cat out)"
expect_error 'pips: no PiP program is running'
if has_json; then
	status=0
	alone "$pips" --json >out 2>err || status=$?
	[ "$status" -eq 1 ] || fail "--json: exit status $status"
	expect_error 'pips: no PiP program is running'
	grep -q '"schema": "pips"' out || fail "JSON: $(cat out)"
fi
