# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# What the tests of pip-trace share.
. "${srcdir:-.}/tests/testlib.sh"
need_json # most look at what was recorded by --json

# For the tests that source this:
# shellcheck disable=SC2034
pip_trace=$builddir/bpf/pip-trace target=$builddir/tests/trace-target
# shellcheck disable=SC2154
[ -x "$pip_trace" ] || framework_failed "no $pip_trace"

# Run in the background with a line of input for each step; see trace-target.c.
start_target() { # ARGUMENT...
	rm -f steps
	: >target.out # not what the last one has said
	mkfifo steps || framework_failed 'mkfifo'
	"$target" "$@" <steps >target.out 2>target.err &
	target_pid=$!
	exec 9>steps
	poll grep -q ready target.out || fail 'the program did not start'
}

step_target() {
	echo >&9
}

end_target() {
	echo >&9
	exec 9>&-
	wait "$target_pid" || fail "the program failed: $(cat target.err)"
}

# What is running when a test fails.
# shellcheck disable=SC2329,SC2317
clean_up() {
	exec 9>&-
}

# Can this user, on this machine, record events of the kernel?
has_kernel() {
	"$pip_trace" record -o probe.data -- "$target" 2 3 </dev/null \
		>/dev/null 2>probe.err || fail "record: $(cat probe.err)"
	! grep 'no kernel events' probe.err
}

# count_event FILE EVENT: how often is it in FILE?
count_event() {
	"$pip_trace" export -q --format csv -i "$1" |
		cut -d, -f3 | grep -cx "$2"
}

expect_events() { # FILE EVENT NUMBER
	n=$(count_event "$1" "$2")
	[ "$n" -eq "$3" ] || fail "$n events $2 instead of $3 in $1"
}

# The sum of a counter that the runtime keeps for each task.
table_counter() { # FILE NAME
	"$pip_trace" export -q --format json -i "$1" |
		sed -n "s/.*\"counters\":{.*\"$2\":\([0-9]*\)[,}].*/\1/p" |
		awk '{ sum += $1 } END { print sum + 0 }'
}

nothing_lost() { # FILE
	"$pip_trace" report --json -i "$1" | grep -q \
		'"lost":{"recorder":0,"stopped":0,"kernel":0,"tail_unknown":false}'
}
