#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The command line of pip-trace, its errors, and who has no rights.
. "${srcdir:-.}/tests/trace-common.sh"

expect_error() { # STATUS REGEXP COMMAND...
	wanted=$1 text=$2
	shift 2
	expect_status "$wanted" "$@" </dev/null
	count_is 1 "$text" err || {
		show err
		fail "not one line '$text': $*"
	}
}

expect_status 0 "$pip_trace" --help
grep -q runqlat out || fail 'no list of commands'
expect_status 0 "$pip_trace" --version
grep -q '^pip-trace (.*) [0-9]' out || fail 'no version'
for command in record report summary timehist map runqlat offcpu syscalls \
	faults ulp consistency stacks export switch; do
	expect_status 0 "$pip_trace" $command --help
	awk 'length > 80 { exit 1 }' out || fail "$command --help: too wide"
done
expect_error 2 "pip-trace: no command 'nonsense'; .*" "$pip_trace" nonsense
expect_error 2 "pip-trace: a PID is a number .*, not '1x'" \
	"$pip_trace" record -p 1x
expect_error 2 'pip-trace: record: which program\? .*' "$pip_trace" record
expect_error 2 'pip-trace: report: one of -p, -i, -a and a program.*' \
	"$pip_trace" report -i x -p 1
expect_error 2 "pip-trace: an interval is .*, not 'x'" "$pip_trace" runqlat x
expect_error 2 'pip-trace: nofile: No such file or directory' \
	"$pip_trace" report -i nofile
echo 'no trace at all, but some text that is long enough for a header,
with more and more and more and more and more and more of it' >text
expect_error 2 'pip-trace: text: is not a file of pip-trace record' \
	"$pip_trace" report -i text
: >empty
expect_error 2 'pip-trace: empty: is not a file of pip-trace record' \
	"$pip_trace" report -i empty
expect_error 2 'pip-trace: export: which --format\? .*' "$pip_trace" export
expect_error 2 "pip-trace: export: no format 'x': .*" \
	"$pip_trace" export --format x -i text
expect_error 1 'pip-trace: process [0-9]* does not belong to a PiP program' \
	"$pip_trace" record --no-kernel -p $$
expect_error 1 'pip-trace: process 2147483647: no such process' \
	"$pip_trace" record --no-kernel -p 2147483647
expect_error 2 "pip-trace: --kernel-events: 'x' is not sched, .*" \
	"$pip_trace" record --kernel-events=sched,x -- true
expect_error 2 "pip-trace: switch: off, overwrite or stop, not 'on'" \
	"$pip_trace" switch -p $$ on
[ ! -e pip-trace.data ] || fail 'a recording that failed left a file'
expect_error 127 'pip-trace: /no/such/program: No such file or directory' \
	"$pip_trace" record --no-kernel -- /no/such/program
expect_error 1 'pip-trace: true ended without becoming a PiP program.*' \
	"$pip_trace" record --no-kernel -- true

# The exit status of record is the program's, and it may be a shell.
# shellcheck disable=SC2016 # that shell has the variable
status=0
"$pip_trace" record -q --no-kernel -o sh.data -- \
	sh -c '"$1" rate 100 1000; exit 7' sh "$target" </dev/null >out 2>err ||
	status=$?
[ $status -eq 7 ] || fail "exit status $status: $(cat err)"
[ "$(count_event sh.data mark)" -gt 0 ] || fail 'no events'

# Live, with intervals.
start_target marks 11
expect_status 0 "$pip_trace" summary --json --no-kernel -p "$target_pid" 0.1 3
[ "$(wc -l <out)" -eq 3 ] || fail 'not 3 reports'
[ "$("$pip_trace" switch -p "$target_pid")" = off ] ||
	fail 'the switch was not restored'
expect_status 2 "$pip_trace" record --no-kernel -o /dev/full -p "$target_pid"
grep -qx 'pip-trace: /dev/full: No space left on device' err || fail "$(cat err)"
[ -c /dev/full ] || fail 'it has removed /dev/full'
[ "$("$pip_trace" switch -p "$target_pid")" = off ] ||
	fail 'the switch was not restored after an error'
step_target
end_target

# Without any right, but that to one's own programs.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 777 .
	setpriv --reuid 65534 --regid 65534 --clear-groups \
		--bounding-set=-all "$pip_trace" record -o own.data -- \
		"$target" 2 23 </dev/null >out 2>err || {
		[ -x "$target" ] && setpriv --reuid 65534 --regid 65534 \
			--clear-groups test -x "$target" ||
			skip 'another user cannot reach the build directory'
		show err
		fail 'without rights'
	}
	grep -q 'no kernel events: ' err || fail 'nothing was said'
	grep -q 'how many, is' err && fail 'the tail is not known'
	"$pip_trace" report -i own.data >out || fail 'report'
fi
exit 0
