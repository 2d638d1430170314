#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Where Yama keeps processes of one user from tracing each other: reports of
# exceptions are whole with scope 1, and whoever is refused says why in one line.
# On a machine without Yama, make check-yama runs this in a virtual machine.
. "${srcdir:-.}/tests/gdb-common.sh"

scope=$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)
[ "$scope" -ge 1 ] ||
	skip 'kernel.yama.ptrace_scope is not 1 here: make check-yama tests it in a virtual machine'
[ "$(id -u)" -ne 0 ] || skip 'root may trace whatever Yama says: run this as another user'
require_gdb

unset PIP_BACKTRACE PIP_BACKTRACE_FILE PIP_GDB_PATH PIP_GDB_COMMAND \
	PIP_GDB_SIGNALS PIP_SHOW_MAPS PIP_SHOW_PIPS PIP_QUIET PIP_MODE
PIP_REPORT_TIMEOUT=1000
export PIP_REPORT_TIMEOUT
pips=$builddir/pips/pips
pip_backtrace=$builddir/bin/pip-backtrace
pip_trace=$builddir/bpf/pip-trace
crash=$builddir/tests/programs/crash
why="kernel\\.yama\\.ptrace_scope is $scope"

want() { # REGEXP FILE
	grep -qE "$1" "$2" || fail_showing "there is no '$1' in $2"
}

# Standard error is this line alone.
expect_error() { # REGEXP
	count_is 1 "$1" err && count_is 1 '.*' err ||
		fail_showing "standard error is not '$1'"
}

# --- Observers of somebody else's program ------------------------------------

expect_refusals() {
	what="pips: 3 processes may not be read: $why.*"
	for view in -b '-b --flat' '-b --stop' -M -e; do
		# shellcheck disable=SC2086 # words by intention
		expect_status 1 "$pips" $view -p "$root"
		expect_error "$what"
	done
	for pid in $root $tasks; do
		expect_status 2 "$pip_backtrace" -p "$pid"
		expect_error "pip-backtrace: process $pid may not be read: $why.*"
	done
	run_gdb_refused "$root"
	[ "$scope" -ge 2 ] || run_gdb_refused "$(nth_task 1)"
	if "$pip_trace" --help 2>/dev/null | grep -q ' summary '; then
		expect_status 1 "$pip_trace" summary -p "$root" 1 1
		want "^pip-trace: the flight recorder of .*: $why" err
		expect_status 2 "$pip_trace" stacks -p "$root"
		expect_error "pip-trace: the stacks of process $root: $why.*"
	fi
}

# Not by run_gdb(), which skips the test then.
run_gdb_refused() { # PID
	expect_status 1 "$pip_gdb" -nx -p "$1" -batch -ex 'pip bt'
	expect_empty out
	expect_error "pip-gdb: not permitted to trace process $1: $why.*"
}

# What the kernel shows to everybody who could send a signal.
expect_list() {
	for pid in $root $tasks; do
		expect_status 0 "$pips" --no-header --wide -p "$pid"
		count_is 3 ".* ($root|$(echo "$tasks" | tr '\n' '|')-) .*" out ||
			fail_showing "pips -p $pid does not list all"
		expect_empty err
	done
	expect_status 0 "$builddir/pip-top/pip-top" -b -n 1 -p "$root"
	want " $(nth_task 1) " out
}

start_root 2 "$target"
expect_list
expect_refusals
# shellcheck disable=SC2086 # words by intention
expect_running $root $tasks
stop_root

# --- Reports of exceptions ---------------------------------------------------

run_crash() { # ARGUMENTS OF crash...
	status=0
	last=b # SIGSEGV
	[ "$2" != heap ] || last=6
	timeout -k 5 3000 "$crash" "$@" >out 2>err </dev/null || status=$?
	[ "$status" -eq 0 ] || fail_showing "$*: exit status $status"
	grep -qx "0 $last" out || fail_showing "$*: not the wait status '0 $last'"
}

if [ "$scope" -ge 2 ]; then
	PIP_BACKTRACE=1 run_crash task segv
	want "^pip-backtrace: process [0-9]+ may not be read: $why" err
	[ "$scope" -eq 2 ] || exit 0
	PIP_GDB_PATH=$pip_gdb run_crash task segv
	want "^pip-gdb: not permitted to trace process [0-9]+: $why" err
	expect_status 127 "$pip_gdb" -nx -batch -ex run -ex 'quit 127' --args "$crash" task exit
	want "^pip-gdb: $why" err
	exit 0
fi

for mode in process thread; do
	PIP_MODE=$mode PIP_BACKTRACE=1 run_crash task segv 2
	for who in 'task 0' 'task 1'; do
		want "^--- end of the report on $who\$" err
	done
	[ "$(grep -cE '^#0 .* crash_here at ' err)" -eq 2 ] ||
		fail_showing "$mode: not two reports"
	want '^ *pip_wait_any at ' err
	! grep -qE 'may not|cannot be' err || fail_showing "$mode: not a whole report"

	# Two debuggers after each other, but not twice: they take long.
	count=1
	[ "$mode" = thread ] || count=2
	PIP_MODE=$mode PIP_GDB_PATH=$pip_gdb run_crash task segv $count
	[ "$(grep -cE '^#[0-9]+ .*crash_here' out)" -eq $count ] ||
		fail_showing "$mode: pip-gdb has not shown where $count crashed"
	! grep -q 'not permitted' out err || fail_showing "$mode: pip-gdb was refused"
	[ "$mode" = thread ] || want '^\* [23] .*\(pip 0\)' out
done
for how in overflow heap; do
	PIP_BACKTRACE=1 run_crash task $how
	want "^ *#?[0-9]* .*$how.* at .*/crash.c:" err
	want '^--- end of the report on task 0$' err
	! grep -qE 'may not|cannot be' err || fail_showing "$how: not a whole report"
done
PIP_SHOW_PIPS=on run_crash task segv
want '^ +0 +[0-9]+ .*crash task segv' out

# --- PIP_STOP_ON_START: a script that is nobody's ancestor --------------------

cat >script <<END
#!/bin/sh
${GDB:-gdb} -nx -batch -p "\$1" -ex 'print \$pc != 0' >$work_dir/attached 2>&1
kill -CONT "\$1"
END
chmod +x script
PIP_STOP_ON_START=$work_dir/script expect_status 0 "$pip_exec" seq 1
expect_lines 1 1 out
want '^\$1 = 1$' attached

# --- What one has started oneself --------------------------------------------

run_gdb -batch -ex 'set breakpoint pending on' -ex 'break crash_here' -ex run \
	-ex 'info inferiors' -ex 'pip bt' --args "$crash" task segv
expect_gdb_status 0
want '^\* 2 .*\(pip 0\)' out
want ' crash_here at ' out
if "$pip_trace" --help 2>/dev/null | grep -q ' record '; then
	expect_status 0 "$pip_trace" record -o trace -- "$crash" task exit
	want '^trace: [1-9][0-9]* events' err
fi
