#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# User contexts that are not on their own kernel thread: their stacks, locals
# and variables, and everybody as before afterwards.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
source=$top_srcdir/tests/programs/backtrace-target.c

line_of() { # MARK
	grep -n "LINE $1 \\*/" "$source" | cut -d: -f1
}

start_ulps ulp
run_gdb -p "$root" -batch -ex 'info pip' -ex 'info pip -s suspended'
expect_count 2 out '^    0   2 .* suspended process   [0-9] .* suspend_here at '
expect_count 1 out '^    1   3 .* decoupled process   2 .* inner at '
expect_count 2 out '^    2   4 .* suspended process   [0-9] .* park_here at '

run_gdb -p "$root" -batch -ex 'pip bt'
expect_gdb_status 0
expect_count 1 out "^    suspend_here at backtrace-target.c:$(line_of suspend)\$"
expect_count 1 out "^    park_here at backtrace-target.c:$(line_of park)\$"
expect_count 1 out "^    inner at backtrace-target.c:$(line_of inner)\$"
expect_count 1 out "^    decouple_here at backtrace-target.c:$(line_of decoupled)\$"
expect_count 2 out '^    (suspended)$'
expect_count 1 out '^    (decoupled, runs on kernel thread [0-9]*)$'
# What the kernel threads do is not the contexts'.
expect_no_match out 'blt_kernel_wait\|sleep_for_mail'

# Each by itself: stack, locals, registers, variables of its own.
run_gdb -p "$root" -batch -ex 'pip ulp 1' -ex 'pip ulp 0' -ex 'pip ulp 2 bt 3' \
	-ex 'pip bt -t 1 --full' -ex 'pip print sink' -ex 'pip ulp 0 print &sink' \
	-ex 'pip task 0' -ex 'print &sink' -ex 'pip ulp 0 step' -ex 'pip ulp 9' \
	-ex 'pip ulp x' -ex 'pip apply state=suspended up' -ex 'pip ulp 0 fin' \
	-ex 'pip apply 0 return' -ex 'pip ulp 0 print (int)getpid()' \
	-ex 'pip apply 0 print (int)getpid()' -ex 'pip print -t 0 (int)getpid()' \
	-ex 'pip ulp 1 p (int)getpid()' -ex 'show may-call-functions'
expect_count 1 out '^#[0-9]* .* suspend_here () at '
expect_count 2 out '^#[0-9]* .* inner () at '
expect_count 2 out '^#[0-9]* .* middle (n=.*1) at '
expect_match out '^ *some = '
expect_no_match out 'blt_kernel_wait\|sleep_for_mail'
expect_count 1 out "^Its user context is suspended: 'pip ulp 0 bt' shows it\.\$"
[ "$(grep -c '^\$[0-9]* = (.*<sink>$' out)" -eq 2 ] &&
	[ "$(sed -n 's/^\$[0-9]* = \((.*<sink>\)$/\1/p' out | uniq | wc -l)" -eq 1 ] ||
	fail_showing 'it is not the variable of task 0'
# Neither as an abbreviation, nor as a part of an expression.
for word in step fin return; do
	expect_count 1 err "'$word' would run the kernel thread"
done
expect_count 4 err 'Cannot call functions in the program'
expect_count 1 out 'call functions in the program is on'
expect_count 1 err '^no task 9: '
expect_count 1 err 'which PIPID'

# The kernel thread's own stack is as it was.
run_gdb -p "$root" -batch -ex 'pip ulp 0' -ex 'inferior 2' -ex 'bt' \
	-ex 'pip ulp 1' -ex 'inferior 2' -ex 'bt'
# Once by "inferior", once by "bt".
expect_count 4 out '^#0 '
expect_match out 'sleep_for_mail\|blt_kernel_wait'

# Nothing was written: all of them go on, and end as they should.
kill -0 "$root" || fail 'the root has died'
for pid in $(ps -o pid= --ppid "$root") "$root"; do
	[ "$(status_of "$pid" TracerPid)" = 0 ] || fail "process $pid is traced"
done
expect_no_match started 'status\|signal'

# In thread mode, where all have one inferior: each has its stack, and names are
# its own, also in GDB's own print.
stop_root
PIP_MODE=thread
export PIP_MODE
start_ulps ulp
run_gdb -p "$root" -batch -ex 'pip bt' -ex 'pip ulp 0' -ex 'pip ulp 1' \
	-ex 'pip ulp 0 print &sink' -ex 'pip ulp 1 p/x (long)&sink' \
	-ex 'pip ulp 2 inspect -symbol on -- &sink' -ex 'pip print (long)&sink' \
	-ex 'pip task 2' -ex 'print &sink' -ex 'p $' -ex 'p' -ex 'pip task root' \
	-ex 'p &sink' -ex 'p nobodys' -ex 'p (void)0' -ex 'pip apply 0 p &sink'
expect_gdb_status 0
expect_count 1 out "^    suspend_here at backtrace-target.c:$(line_of suspend)\$"
expect_count 1 out "^    park_here at backtrace-target.c:$(line_of park)\$"
expect_count 1 out "^    inner at backtrace-target.c:$(line_of inner)\$"
expect_count 1 out '^#[0-9]* .* suspend_here () at '
expect_count 1 out '^#[0-9]* .* inner () at '
expect_count 1 err '^No symbol "nobodys" in current context'
expect_count 1 out '^void$'
python3 - <<'END' || fail_showing "print does not find the selected task's"
import re
text = open("out").read()
own = {m[1]: int(m[2]) for m in re.finditer(r"^ *(root|[0-2])  (\d+)$", text, re.M)}
printed = [int(m[1], 16) for m in re.finditer(r"^\$\d+ = .*?(0x[0-9a-f]+)", text, re.M)]
assert len(set(own.values())) == 4, own
order = ["0", "1", "2", "2", "2", "2", "root", "0"]
assert printed == [own[label] for label in order], (own, printed)
END
stop_root
