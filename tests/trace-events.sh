#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-trace stacks at an event: each event is counted, whether its stack could
# be taken or not, at probes and functions in all tasks' copies.
. "${srcdir:-.}/tests/trace-common.sh"

# stacks [OPTION...] in the background, on the target.
start_stacks() {
	: >stacks.err
	"$pip_trace" stacks -p "$target_pid" "$@" >stacks.out 2>stacks.err &
	stacks_pid=$!
	poll stacks_are_ready || fail "stacks: $(cat stacks.err)"
}

# shellcheck disable=SC2329,SC2317 # poll calls it
stacks_are_ready() {
	grep -q '^stacks: attached' stacks.err ||
		! kill -0 "$stacks_pid" 2>/dev/null
}

# It ends by a signal, or with the program.
end_stacks() {
	kill -TERM "$stacks_pid" 2>/dev/null
	wait "$stacks_pid" || fail "stacks: $(cat stacks.err)"
	grep -vE '^[^ ]+ [0-9]+$' stacks.out && fail 'not folded'
	return 0
}

sum_of() { # PATTERN: of the counts of such lines
	grep -E -- "$1" stacks.out | awk '{ sum += $NF } END { print sum + 0 }'
}

expect_sum() { # NUMBER PATTERN
	[ "$(sum_of "$2")" -eq "$1" ] && return
	grep -vE -- "$2" stacks.out >stacks.others
	show stacks.others
	show stacks.err
	fail "$(sum_of "$2") instead of $1: $2"
}

# --- What is no event --------------------------------------------------------

expect_error() { # TEXT ARGUMENT...
	text=$1
	shift
	expect_status 2 "$pip_trace" stacks "$@"
	[ ! -s out ] || fail "$*: something on stdout"
	grep -q "^pip-trace: .*$text" err || fail "$*: $(cat err)"
}

if "$pip_trace" stacks -p $$ 2>&1 | grep -q 'without libdw'; then
	skip 'built without libdw: install libdw-dev'
fi
start_target marks 10007
for event in '' pip pip: nonsense uprobe:libc tracepoint:sched usdt:a:b :::; do
	expect_error "'$event' is no event" -e "$event" -p "$target_pid"
done
expect_error 'go with -e only' --parked -p "$target_pid"
expect_error 'from 1024 to 65536' --stack-bytes 7 -e pip:user -p "$target_pid"
expect_error 'one that is started: -e EVENT' -- "$target"

if ! has_kernel; then
	expect_status 2 "$pip_trace" stacks -e pip:user -p "$target_pid"
	grep -q '^pip-trace: stacks at an event: ' err || fail "$(cat err)"
	step_target
	end_target
	skip "not here: $(cat err)"
fi
expect_error 'has no probe pip:nonesuch' -e pip:nonesuch -p "$target_pid"
expect_error 'has no function no_such' -e uprobe:libc:no_such -p "$target_pid"
expect_error "has mapped no file 'no_such'" -e uprobe:no_such:main \
	-p "$target_pid"
expect_error 'No such file' -e uprobe:/no/such:main -p "$target_pid"
expect_error 'no tracepoint sched:no_such' -e tracepoint:sched:no_such \
	-p "$target_pid"

# --- One caller --------------------------------------------------------------

start_stacks -e pip:user
step_target
poll grep -q 'done' target.out || fail 'the program hangs'
end_stacks
expect_sum 10007 '^R;'
expect_sum 10007 '^R;(\[lost\]|.*main;pip_trace_mark)'
grep -q '^stacks: 10007 events pip:user, ' stacks.err ||
	fail "$(cat stacks.err)"
end_target

# A reader that sleeps loses stacks, and counts them.
start_target marks 10007
start_stacks -e pip:user --kernel-buffer 1 --json
kill -STOP "$stacks_pid"
step_target
poll grep -q 'done' target.out || fail 'the program hangs'
kill -CONT "$stacks_pid"
kill -TERM "$stacks_pid"
wait "$stacks_pid" || fail "stacks: $(cat stacks.err)"
grep -q '"total":10007,' stacks.out || fail "$(head -c 300 stacks.out)"
lost=$(sed -n 's/.*"lost":\([0-9]*\).*/\1/p' stacks.out)
[ "$lost" -gt 9000 ] || fail "only $lost stacks were lost"
grep -q "{\"stack\":\"R;\\[lost\\]\",\"count\":$lost}" stacks.out ||
	fail "$lost lost stacks: $(head -c 300 stacks.out)"
grep -q "^stacks: 10007 events pip:user, lost: $lost of" stacks.err ||
	fail "$(cat stacks.err)"
end_target

# --- All tasks ---------------------------------------------------------------

check_tasks() { # TASKS EVENTS-OF-EACH PATTERN
	expect_sum $(($1 * $2)) '^T[0-9]'
	expect_sum $(($1 * $2)) "^T[0-9]*;(\\[lost\\]|$3)"
	i=0
	while [ $i -lt "$1" ]; do
		expect_sum "$2" "^T$i;"
		i=$((i + 149))
	done
}

for mode in process thread; do
	for tasks in 2 300; do
		echo "$mode mode, $tasks tasks"
		PIP_MODE=$mode
		export PIP_MODE
		start_target $tasks 23
		start_stacks -e uprobe:trace-target:play_round
		step_target
		poll grep -q 'done' target.out || fail 'the program hangs'
		end_stacks
		check_tasks $tasks 23 '.*;play_task;play_round '
		end_target

		# A library of which each task has a copy.
		start_target $tasks 1
		start_stacks -e uprobe:libc:getpgid
		step_target
		poll grep -q 'done' target.out || fail 'the program hangs'
		end_stacks
		check_tasks $tasks 3 '.*;play_task;.*getpgid '
		end_target
	done
done
unset PIP_MODE

# The same from the start of a program; what ends too soon has no names.
"$pip_trace" stacks -e tracepoint:syscalls:sys_enter_getpgid -- \
	"$target" 7 1 </dev/null 2>stacks.err | grep ' [0-9]*$' >stacks.out
expect_sum 21 '^T[0-6]'
grep -q '^stacks: 21 events tracepoint:' stacks.err || fail "$(cat stacks.err)"
"$pip_trace" stacks -q --json -e uprobe:trace-target:play_round -- \
	"$target" 7 23 </dev/null 2>stacks.err | grep -q '"total":161,' ||
	fail "$(cat stacks.err)"
[ ! -s stacks.err ] || fail "-q: $(cat stacks.err)"
expect_status 1 "$pip_trace" stacks -e pip:user -- true
grep -q 'ended without becoming a PiP program' err || fail "$(cat err)"

# --- Who is parked -----------------------------------------------------------

start_target parked 5
step_target
poll grep -q parked target.out || fail 'the program hangs'
"$pip_trace" stacks -p "$target_pid" >stacks.out 2>stacks.err ||
	fail "$(cat stacks.err)"
expect_sum 5 '^T[0-4];\[saved\];.*run_main'
grep -q '^stacks: 1 samples, [0-9]* stacks, 0 samples lost$' stacks.err ||
	fail "$(cat stacks.err)"
start_stacks --parked -e pip:user --overhead
end_stacks
expect_sum 5 '^T[0-4];\[saved\];.*run_main'
grep -q '^stacks: 0 events' stacks.err || fail "$(cat stacks.err)"
grep -q '^overhead: BPF programs' stacks.err || fail "$(cat stacks.err)"
step_target
poll grep -q 'done' target.out || fail 'the program hangs'
end_target
exit 0
