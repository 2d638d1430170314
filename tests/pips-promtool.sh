#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Prometheus' own promtool takes pips' metrics: no program, one without tasks,
# BLTs, thread mode, names that must be escaped, and 100 tasks.
. "${srcdir:-.}/tests/pips-lib.sh"

# ./quickstart puts it there.
promtool=$(command -v promtool) || promtool=$builddir/tools/promtool
[ -x "$promtool" ] ||
	skip 'promtool is missing: install prometheus, or run ./quickstart packages'

# Exit status 3 is for what its linter does not like.
promtool_takes() { # WHAT
	"$promtool" check metrics <out >lint 2>&1 && [ ! -s lint ] && return
	show out
	fail "$1: promtool: $(cat lint)"
}
# It does find what is wrong.
run_pips 1 -p $$ --openmetrics
start_root 0 "$task_program"
run_pips 0 -p "$root_pid" --openmetrics
promtool_takes 'no task'
sed 's/^# TYPE \(pip_[a-z_]*\) gauge/# TYPE \1 nonsense/; s/"} /" /' out >broken
! "$promtool" check metrics <broken >lint 2>&1 || fail 'promtool takes anything'
stop_root

name=$(printf 'q"b\\s\303\274 \n{x}=,#')
ln -s "$task_program" "$name" || framework_failed ln
start_root 2 "$work_dir/$name" "$(printf 'a"\\\nb')"
run_pips 0 -p "$root_pid" --openmetrics
[ "$(count '^pip_task_up\{.*pipid="[01]".*\} 1$' out)" -eq 2 ] || fail "$(cat out)"
promtool_takes 'names'
stop_root

for mode in process thread; do
	PIP_MODE=$mode
	export PIP_MODE
	start_root 100 "$task_program" threads 1
	unset PIP_MODE
	run_pips 0 -p "$root_pid" --openmetrics
	[ "$(count '^pip_task_up\{' out)" -eq 101 ] || fail "$(count '^pip_task_up' out) tasks"
	promtool_takes "mode $mode"
	stop_root
done

start_program "$builddir/tests/observer-domain"
run_pips 0 --openmetrics
promtool_takes 'BLTs'
stop_root
