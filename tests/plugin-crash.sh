#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A plugin that crashes is reported by name, and the task ends as it would have;
# the others and the root go on.
. "${srcdir:-.}/tests/testlib.sh"
. "$top_srcdir/tests/plugin-lib.sh"
# shellcheck disable=SC3045 # dash has it
ulimit -c 0

segv=11 abrt=6
in_hook="PiP-ERR\[[0-9]+\(T0\)\] plugin 'second' has crashed in its hook of TASK_START: SIG"
at_16=" at 0x[0-9a-f]{16} \(second.so\+0x[0-9a-f]{16}\), address 0x0{14}10; it is $plugins/second.so"

reported() { # REGEXP
	grep -qxE "$1" err || { show err; fail "no line '$1'"; }
}

for mode in process thread; do
	PIP_MODE=$mode
	export PIP_MODE
	# One of two tasks; it is counted by pip-exec.
	PLUGIN_CRASH='second TASK_START' expect_status $segv "$pip_exec" --with-plugin "$tracers" "$program"
	reported "${in_hook}SEGV$at_16"
	[ "$(grep -c 'has crashed' err)" -eq 1 ] || { show err; fail 'not one report'; }
	PLUGIN_CRASH_IN_WRAPPER=1 expect_status $segv "$pip_exec" \
		--with-plugin "$plugins/first.so:$plugins/second.so" "$program" login : "$program" nothing
	reported "PiP-ERR\[[0-9]+\(T0\)\] plugin 'first' has crashed in its own code: SIGSEGV at .*first.so\+.*"
done
unset PIP_MODE
PLUGIN_ABORT='second TASK_START' expect_status $abrt "$pip_exec" --with-plugin "$tracers" "$program"
reported "${in_hook}ABRT at 0x[0-9a-f]{16}; it is $plugins/second.so"

# In the root, with and without a handler there; in a constructor.
ROOT_EVENTS='INIT EXIT'
for event in $ROOT_EVENTS; do
	status=0
	PLUGIN_CRASH="first $event" PIP_PLUGINS=$tracers "$program" nothing >out 2>err || status=$?
	[ $status -eq 139 ] || { show err; fail "$event: status $status"; }
	reported "PiP-ERR\[[0-9]+\(-\)\] plugin 'first' has crashed in its hook of $event: SIGSEGV.*"
done
status=0
PLUGIN_CRASH='first ROOT_INIT' PIP_PLUGINS=$tracers "$program" root >out 2>err || status=$?
[ $status -eq 139 ] || { show err; fail "ROOT_INIT: status $status"; }
reported "PiP-ERR\[[0-9]+\(R\)\] plugin 'first' has crashed in its hook of ROOT_INIT: SIGSEGV.*"
status=0
PLUGIN_CONSTRUCTOR_CRASHES=1 PIP_PLUGINS=$plugins/constructor.so "$program" nothing >out 2>err || status=$?
[ $status -eq 139 ] || { show err; fail "constructor: status $status"; }
reported "PiP-ERR\[[0-9]+\(-\)\] plugin 'constructor' has crashed in its own code: SIGSEGV.*"

# While contexts run elsewhere: it is the traveller's, and its own process ends.
status=0
PLUGIN_CRASH='third DECOUPLED' PIP_PLUGINS=$tracers timeout 100 "$program" root carry >out 2>err || status=$?
[ $status -eq 1 ] || { show err; fail "decoupled: status $status"; }
reported "PiP-ERR\[[0-9]+\(T1\)\] plugin 'third' has crashed in its hook of DECOUPLED: SIGSEGV.*"

# What else reports crashes does so, too.
PLUGIN_CRASH='second TASK_START' PIP_SHOW_MAPS=on expect_status $segv "$pip_exec" --with-plugin "$tracers" "$program"
reported "${in_hook}SEGV$at_16"
grep -q 'Exception signal: SIGSEGV' err || fail 'no report of the exception'
# A program's own crash is none of a plugin's.
expect_status $segv "$pip_exec" --with-plugin "$tracers" sh -c 'kill -SEGV $$'
! grep -q 'has crashed' err || { show err; fail 'a plugin is blamed'; }
# PIP_QUIET does as it says.
PLUGIN_CRASH='second TASK_START' PIP_QUIET=1 expect_status $segv "$pip_exec" --with-plugin "$tracers" "$program"
! grep -q 'PiP-ERR' err || { show err; fail 'PIP_QUIET'; }
