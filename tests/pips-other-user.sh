#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Another user's PiP program is not listed; pips names what it may not read.
. "${srcdir:-.}/tests/pips-lib.sh"

[ "$(id -u)" -eq 0 ] || skip 'needs root, to become another user'
chmod 755 "$work_dir"
as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
cp "$pips" "$work_dir/pips" && chmod 755 "$work_dir/pips"
as_nobody "$work_dir/pips" --version >out 2>err ||
	skip "cannot run pips as another user: $(cat err)"

root_is_nobodys() {
	as_nobody "$work_dir/pips" -p "$root_pid" --no-header -o user,pid >out 2>err &&
		grep -qx "nobody *$root_pid *" out
}

start_root 2 "$task_program"
for options in '' $json; do
	status=0
	# shellcheck disable=SC2086 # perhaps none
	as_nobody "$work_dir/pips" $options >out 2>err || status=$?
	[ "$status" -eq 1 ] || fail "exit status $status: $(cat out err)"
	grep -qxE "pips: process $root_pid \('observer-root.*'\) looks like a \
PiP root, but you may not read it" err || fail "its name: $(cat err)"
	grep -qE 'no PiP program is running that you may see \([0-9]+ process' \
		err || fail "summary: $(cat err)"
done
status=0
as_nobody "$work_dir/pips" -p "$root_pid" >out 2>err || status=$?
[ "$status" -eq 1 ] || fail "-p: exit status $status"
expect_error "pips: process $root_pid: you may not look into it"
stop_root

# A root that has become another user is his, and ends as any other: it may not
# send a signal to its guardian then.
start_root -u 1 "$task_program"
poll root_is_nobodys || fail "not listed: $(cat out err)"
stop_root
