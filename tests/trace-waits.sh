#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is made of kernel threads' switches and wakeups.
. "${srcdir:-.}/tests/trace-common.sh"

make_file() { # NAME MINOR END <LINES
	"$builddir/tests/trace-make" "$1.data" "$2" "$3" ||
		framework_failed "$1: trace-make"
}

# --- Who has ended -----------------------------------------------------------

# It may still lose its CPU, and what it does then is not always recorded: it
# neither waits nor sleeps.  Its number may be used again.
make_file ended 2 5000 <<-END
	1  100 in     101 0 0   0 0 0
	0  200 gone   101 0 0   0 0 0
	1  300 out    101 0 0   0 0 0
	3  100 in     102 1 0   0 0 0
	0  200 gone   102 1 0   0 0 0
	3  300 out    102 1 128 0 0 0
	2 1000 wakeup 101 1 100 1 0 0
	2 1400 in     101 1 0   0 0 0
END
"$pip_trace" report -i ended.data >out || fail 'report'
for line in '101 .* 3.70 0.40 0.00' '102 .* 0.10 0.00 0.00'; do
	grep -qE "^$(echo "$line" | sed 's/ / +/g')\$" out || {
		show out
		fail "not '$line'"
	}
done
exit 0
