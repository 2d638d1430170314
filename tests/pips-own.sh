#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A user without privileges sees all of his own PiP programs: by the memfd that
# the root has open or, when the program closed it, in the root's memory.
. "${srcdir:-.}/tests/pips-lib.sh"

need_json
need_memory 65534
as_user=
if [ "$(id -u)" -eq 0 ]; then
	as_user='setpriv --reuid 65534 --regid 65534 --clear-groups'
	chmod 755 "$work_dir"
fi
# Another user need not have the right to look into the build directory.
mkdir programs
cp "$pips" "$root_program" "$task_program" "$builddir/lib/.libs/libpip.so.0" \
	programs || framework_failed 'cp'
chmod 755 programs programs/*
LD_LIBRARY_PATH=$work_dir/programs
export LD_LIBRARY_PATH
$as_user programs/pips --version >out 2>err ||
	skip "cannot run programs of $work_dir as another user: $(cat err)"

for options in '' '-c'; do
	# shellcheck disable=SC2086 # several words, or none
	start_program $as_user programs/observer-root $options 3 \
		programs/observer-task touch 2
	$as_user programs/pips -p "$root_pid" --json --modules >user ||
		fail 'pips as its user'
	"$pips" -p "$root_pid" --json --modules >all || fail 'pips'
	for file in user all; do
		grep -vE '"(cpu_percent|cpu_seconds|started)":' $file >$file.cut
	done
	cmp user.cut all.cut || fail "'$options': $(diff user.cut all.cut)"
	[ "$(count '"kind": "program"' user)" -eq 4 ] ||
		fail "modules: $(cat user)"
	[ "$(count '"rss_bytes": [0-9]{7}' user)" -eq 5 ] ||
		fail "memory: $(cat user)"
	stop_root
done
