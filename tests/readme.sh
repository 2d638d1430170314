#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The tour in README.md: every command in it works as it stands there.
. "${srcdir:-.}/tests/testlib.sh"

need_command gdb gdb
need_command git git

# The commands are typed in the build directory.  Of those that are shown with
# the rights of root, the one whose trace is looked at later does without.
{
	echo "set -e; cd $builddir"
	sed -n -e 's/^    \$ //p' -e 's/^    # \(bpf\/pip-trace record\)/\1/p' \
		"$top_srcdir/README.md" | sed "s|\( -[io] \)trace|\1$work_dir/trace|"
} >commands
[ "$(wc -l <commands)" -ge 8 ] || framework_failed 'no commands in README.md'
# A minute, as there, is not enough where the machine is busy; and what is sent
# to the background is there when it has printed what it prints.
sed -e 's/shared_sum 60/shared_sum 600/' \
	-e "s|\(.*\) &\$|\1 >$work_dir/job \& wait_for_job|" commands >patient
{
	cat <<-END
		wait_for_job() {
			until grep -qs '^PIPID 2 .* shared at' "$work_dir/job"; do
				kill -0 \$! || return 1
				sleep 0.1
			done
			cat "$work_dir/job"
		}
	END
	cat patient
} >slower
expect_status 0 sh ./slower

expect_text() { # REGEXP
	grep -qE "$1" out || { show out; show err; fail "no '$1'"; }
}

expect_text '^Hello from PIPID 3 of 4, process [0-9]+: variable = 103 at 0x'
expect_text '^git version '
expect_text '^PIPID 2  PID [0-9]+  rank = 2 at 0x'
expect_text '^ *root +[0-9]+ +[0-9]+ .*process'
expect_text '^ *2 +[0-9]+ .*shared_sum 600'
expect_text 'shared_sum\.c:[0-9]+$'
expect_text 'hit Breakpoint 1.*work '
expect_text '^\$1 = [012]$'
expect_text '^ +2  [0-9]+$'
expect_text '^exit status 42: not one of ours$'
expect_text '^THREAD +OWNER +[0-9.]+ s, [0-9.]+ ms per column$'
expect_text '^1000000 hops, [0-9]+ ns each$'
expect_text '^ULP 3, process [0-9]+: 250000 hops on the kernel thread of process [0-9]+$'
expect_text '^sleep1: \.\.\. took [0-9.]+ s$'
expect_text '^reader: read "all done"; others made [0-9]+ steps meanwhile$'
