#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What plain ./quickstart shows is there: eight tasks, listed, with backtraces.
# With the programs of this build; tests/quickstart.sh is about the rest of it.
. "${srcdir:-.}/tests/testlib.sh"

[ -x "$top_srcdir/quickstart" ] || skip 'there is no quickstart in these sources'
need_command gdb gdb

status=0
"$top_srcdir/quickstart" show "$builddir" >out 2>err || status=$?
# What pips says in err may be about a program of somebody else.
[ "$status" -eq 0 ] || {
	# In out it may come after the tasks of many other programs.
	show "$builddir/backtraces.log"
	show out
	show err
	fail "exit status $status"
}

wrong() { # WHAT
	show out
	fail "$1"
}

# Eight, each with its own variable, all at one sum.
grep '^PIPID [0-7]  PID [0-9]*  rank = [0-7] at 0x[0-9a-f]*  shared at 0x[0-9a-f]*$' \
	out >tasks
count_is 8 '.*' tasks || wrong 'not eight tasks'
awk '$2 != $7 { wrong = 1 }
	{ address[$9]++; shared[$12]++; pid[$4]++ }
	END { exit wrong || length(address) != 8 || length(shared) != 1 ||
		length(pid) != 8 }' tasks || wrong 'these are not eight tasks with one sum'

# The list has each of them, and their root.
root=$(sed -n 's/^\$ kill \([0-9]*\)$/\1/p' out)
[ -n "$root" ] || wrong 'it does not say what it ends'
awk -v root="$root" '
	NR == FNR { pid[$2] = $4; next }
	$1 == "root" && $2 == root { roots++ }
	$1 ~ /^[0-7]$/ && $2 == pid[$1] { tasks++ }
	END { exit roots != 1 || tasks != 8 }' tasks out || wrong 'pips does not list them'

# Of each, a backtrace down to a line of its program; and of the root.
if grep -q '^No backtraces: kernel.yama.ptrace_scope is' out; then
	[ "$(cat /proc/sys/kernel/yama/ptrace_scope)" -ne 0 ] ||
		wrong 'it does not attach, although it may'
else
	[ "$(awk '/^\[/ { n = $1 == "[root]" ? 0 : $2 }
		/^ +(main|work) at shared_sum\.c:[0-9]+$/ { sum += n; n = 0 }
		END { print sum + 0 }' out)" -eq 8 ] || wrong 'not eight backtraces'
	grep -qx '\[root\] 1 task' out || wrong 'no backtrace of the root'
fi
[ "$(tail -n 1 out)" = 'All ended.  Try more: README.md; tests: ./quickstart check' ] ||
	wrong 'it does not come to its end'
