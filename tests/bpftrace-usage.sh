#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-bpftrace without bpftrace: options, errors, and the script that it makes.
. "${srcdir:-.}/tests/testlib.sh"

pip_bpftrace=$builddir/bpftrace/pip-bpftrace
scripts='blocked consistency couple-latency spawn switches syscalls-by-task'

expect_error() { # STATUS TEXT ARGUMENT...
	expected_text=$2
	expected_status=$1
	shift 2
	expect_status "$expected_status" "$pip_bpftrace" "$@"
	[ ! -s out ] || fail "$*: something on stdout"
	grep -q "^pip-bpftrace: .*$expected_text" err || {
		show err
		fail "$*: no '$expected_text'"
	}
}

for option in -h --help; do
	expect_status 0 "$pip_bpftrace" $option
	grep -q '^Usage: pip-bpftrace' out || fail "$option"
	[ "$(awk 'length > 80' out | wc -l)" -eq 0 ] || fail 'over 80 columns'
done
expect_status 0 "$pip_bpftrace" --version
grep -q '^pip-bpftrace (pip-toolkit) ' out || fail '--version'
expect_status 0 "$pip_bpftrace" -l
[ "$(wc -l <out)" -eq 6 ] || fail 'not six scripts'
for script in $scripts; do
	grep -qE "^pip-$script +[A-Z].*\\.\$" out || fail "$script is not listed"
	grep -q "^\\.B pip.*$(echo "$script" | sed 's/-/.-/g')" \
		"$top_srcdir/docs/man/pip-bpftrace.1" || fail "$script is not in pip-bpftrace(1)"
done

expect_error 2 'which script'
expect_error 2 'which program' switches
expect_error 2 'only one of' switches -a -p 5
expect_error 2 'only one of' switches -a -- true
expect_error 2 "'nonsense'" nonsense -a
expect_error 2 "'x5' is not a number" switches -p x5
expect_error 2 "'-3' is not a number" switches -p -3
expect_error 2 'needs an argument' switches -p
expect_error 2 "unknown option '-z'" switches -z
expect_error 2 'two scripts' switches spawn -a
expect_error 2 'does not go with' switches -d 5 -- true
expect_error 1 'cannot be read' ./no.bt -a
expect_error 1 'no libpip.so' -L /no/libpip.so switches -a
expect_error 1 'no process 4194305' switches -p 4194305
sleep 1000 &
sleeper=$!
expect_status 1 "$pip_bpftrace" switches -p $sleeper
grep -q "^pip-bpftrace: process $sleeper is of no PiP program" err || fail 'no PiP program'
kill $sleeper

# Every script, for a program that runs: all probes in its libpip, and its tasks.
start_job "$pip_exec" -n 3 sh -c 'echo ready; exec sleep 1000'
expect_job_prints 3 ready
"$builddir/pips/pips" --no-header -p "$job" >tasks
root=$(awk '$1 == "root" { print $2 }' tasks)
for script in $scripts; do
	expect_status 0 "$pip_bpftrace" -n "pip-$script.bt" -p "$root"
	grep '^usdt:' out | grep -vq "^usdt:$builddir/lib/.libs/libpip.so[.0-9]*:pip:" &&
		fail "$script: another libpip"
	grep -q '@libpip@' out && fail "$script: a placeholder"
	# Of those that are lists of probes, each is one of libpip's.
	sed -n 's/^usdt:.*:pip:\([a-z_]*\).*/\1/p' out | sort -u | while read -r probe; do
		grep -q "pip, $probe," "$top_srcdir/lib/probe.h" || echo "$probe"
	done >unknown
	[ ! -s unknown ] || fail "$script: unknown probes: $(cat unknown)"
done
expect_status 0 "$pip_bpftrace" -n consistency -p "$root"
grep -qx "	@own\\[$root\\] = 252;" out || fail 'the root is not known'
[ "$(grep -c '@process\[[0-9]*\] = ' out)" -ge 1 ] || fail 'no processes'
kill "$job"
wait "$job"

# Without bpftrace, or not as root.
if [ "$(id -u)" -ne 0 ] || ! command -v bpftrace >/dev/null; then
	expect_error 1 bpftrace switches -- true
fi
exit 0
