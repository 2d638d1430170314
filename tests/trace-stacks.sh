#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-trace stacks: sampled, folded, and nobody is stopped.
. "${srcdir:-.}/tests/trace-common.sh"

start_target marks 11
"$pip_trace" stacks -p "$target_pid" 0.01 7 >out 2>err || {
	grep -q 'without libdw' err && {
		end_target
		skip 'built without libdw: install libdw-dev'
	}
	fail "stacks: $(cat err)"
}
# The root waits for input, in each sample.
grep -Eq '^R;(.*;)?main;wait_for_line;.*read.* 7$' out || {
	show out
	fail 'the stack of the root'
}
grep -vE '^[^ ]+ [0-9]+$' out && fail 'not folded'
"$pip_trace" stacks --json -p "$target_pid" >out 2>err || fail "$(cat err)"
grep -q '^{"version":1,"command":"stacks","samples":1,' out || fail "$(cat out)"
expect_status 2 "$pip_trace" stacks
expect_status 2 "$pip_trace" stacks -- "$target"
step_target
end_target
exit 0
