#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# PIP_GDB_PATH with GDB itself and with pip-gdb: the backtrace shows where the
# program crashed, and nobody is left stopped.
. "${srcdir:-.}/tests/gdb-common.sh"

require_gdb
crash=$builddir/tests/programs/crash
[ -x "$crash" ] || framework_failed "$crash is not built: make check TESTS="

# It may take that long on a machine that is busy; backtrace-limit.sh has the limit.
PIP_REPORT_TIMEOUT=1000
export PIP_REPORT_TIMEOUT

run_crash() { # STATUS DEBUGGER WHO HOW [N]
	expected=$1
	PIP_GDB_PATH=$2
	export PIP_GDB_PATH
	shift 2
	status=0
	timeout -k 5 3000 "$crash" "$@" >out 2>err </dev/null || status=$?
	# Of several debuggers at once, all but one are not permitted either.  To
	# Yama a reason to skip is scope 2 or 3 only.
	scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)
	if [ $# -eq 2 ] && [ "$scope" -ne 1 ] &&
		grep -qi 'not permitted' out err; then
		skip 'ptrace is not permitted here: allow the capability SYS_PTRACE'
	fi
	[ "$status" -eq "$expected" ] ||
		fail_showing "$PIP_GDB_PATH, $*: exit status $status"
}

want() { # REGEXP
	grep -qE "$1" out || fail_showing "there is no '$1'"
}

gdb=$(command -v "${GDB:-gdb}")
run_crash 139 "$gdb" root segv
want '^#[0-9]+ .*crash_here'
run_crash 139 "$gdb" root thread
want '^#[0-9]+ .*crash_in_thread'
# Blind in a task, but it harms nobody.
run_crash 0 "$gdb" task segv
want 'Inferior 1'
want '^0 b$'

run_crash 139 "$pip_gdb" root segv
want '^#[0-9]+ .*crash_here'
for how in segv thread threads; do
	run_crash 0 "$pip_gdb" task "$how"
	want '^#[0-9]+ .*crash_here'
	want '^\* 2 .*\(pip 0\)'
	want '^0 b$'
done
run_crash 0 "$pip_gdb" task overflow
want '^#[0-9]+ .*overflow'
want '^0 b$'

# The heap is corrupt, and locked.
PIP_GDB_SIGNALS=ALL-TERM
export PIP_GDB_SIGNALS
run_crash 0 "$pip_gdb" task heap
want '^#[0-9]+ .*corrupt_heap'
want '^0 6$'
unset PIP_GDB_SIGNALS

# Several debuggers at once want the same processes: one report each, and none
# in the middle of another.
run_crash 0 "$pip_gdb" task segv 4
count_is 4 '[0-3] b' out || fail_showing 'not all tasks have ended by SIGSEGV'
[ "$(sed -n 's/^\* .*(pip \([0-3]\))$/\1/p' out | sort | tr '\n' ,)" = 0,1,2,3, ] ||
	fail_showing 'not one report for each'
awk '/^\* .*\(pip / { if (open) exit 1; open = 1 }
	/^#[0-9]+ .*crash_here/ { if (!open) exit 1; open = 0 }
	END { exit open }' out || fail_showing 'a report is in the middle of another'

# In thread mode, where the task is a thread of the root's.
PIP_MODE=thread
export PIP_MODE
for how in segv thread; do
	run_crash 0 "$pip_gdb" task "$how"
	want '^#[0-9]+ .*crash_here'
	want '^\* 1 .*\(pip root\)'
	want '^0 b$'
done
unset PIP_MODE

echo 'print/x 0xabc + 1' >commands
PIP_GDB_COMMAND=$work_dir/commands
export PIP_GDB_COMMAND
run_crash 0 "$pip_gdb" task segv
want '= 0xabd$'
PIP_GDB_COMMAND=$work_dir/missing
run_crash 0 "$pip_gdb" task segv
want '^0 b$'
