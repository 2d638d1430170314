#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Commands for many tasks: sets of tasks, values of a row per task, merged
# stacks, whose memory an address is.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
command -v python3 >/dev/null 2>&1 && python=python3

count=8
start_root $count "$target" threads

# Values: a row per task, and each its own.
run_gdb -p "$root" -batch -ex 'pip print rank' -ex 'pip print local_rank' \
	-ex 'pip print -t 0-2,7 rank' -ex 'pip print rank < 8 ? 1 : 0'
expect_gdb_status 0
i=0
while [ $i -lt $count ]; do
	expect_match out "^ *$i  $i\$"
	expect_count 1 out "^ *$i  $((i + 1000))\$"
	i=$((i + 1))
done
expect_count 2 out '^ *7  7$'
expect_count 1 out '^ *3  3$'
# Ranks differ and nobody is odd.
expect_no_match out '^\*'

# The odd one out.
run_gdb -p "$root" -batch -ex 'pip print rank == 5' \
	-ex 'pip print -t 0-7 rank == 5' -ex 'pip diff -t 0-7 rank == 5' \
	-ex 'pip diff -t 0-7 rank / 8' -ex 'pip diff no_such_variable' \
	-ex 'pip print no_such_variable'
expect_gdb_status 1
expect_count 2 out '^\*  *5  1$'
expect_count 2 out '^\* outliers: \[5\] 1 task$'
expect_count 1 out '^  \[0-4,6-7\] 7 tasks: 0$'
expect_count 1 out '^  \[5\] 1 task: 1$'
expect_count 1 out 'rank / 8: the same in \[0-7\] 8 tasks: 0$'
expect_count 1 err '^pip diff: No symbol "no_such_variable"'
expect_count 1 err '^pip print: No symbol "no_such_variable"'

# As print takes them; and what is wrong is said once, not for each task.
run_gdb -p "$root" -batch -ex 'pip print/x -t 0-7 rank + 16' \
	-ex 'pip print -t 0-7 /t rank' -ex 'pip diff/x -t 0,5 rank + 32' \
	-ex 'pip print 1 / 0' -ex 'pip diff rank +' -ex 'pip print /q rank' \
	-ex 'pip print *(char *)0'
expect_gdb_status 1
expect_count 1 out '^ *7  0x17$'
expect_count 1 out '^ *7  111$'
expect_count 1 out '^  \[5\] 1 task: 0x25$'
expect_count 1 err '^pip print: Division by zero$'
expect_count 1 err '^pip diff: A syntax error in expression'
expect_count 1 err "^pip print: no format '/q': /a,"
expect_count 1 err '^pip print: Cannot access memory at address 0x0$'
[ "$(wc -l <err)" -eq 4 ] || fail_showing 'errors are repeated'

# From one task's expression to another's variable.
# shellcheck disable=SC2016
run_gdb -p "$root" -batch -ex 'pip task 3' -ex 'print $pip("6", "rank") + rank' \
	-ex 'print *$pip(7, "&rank")' -ex 'print $pip("root", "rank")' \
	-ex 'pip task' -ex 'print &rank == &$pip(3, "rank")' \
	-ex 'print $pip("x", "rank")' -ex 'print $pip(99, "rank")' \
	-ex 'print $pip()' -ex 'print $pip("1", "nothing")' -ex 'print $pip("1", 2)'
expect_count 1 out '^\$1 = 9$'
expect_count 1 out '^\$2 = 7$'
expect_count 1 out '^\$3 = -1$'
expect_count 1 out '^\$4 = 1$'
expect_count 2 out '^pip 3 (inferior 5, '
expect_count 1 err "'x' is no PIPID"
expect_count 1 err '^.*no task 99: there are \[root,0-7\] 9 tasks'
expect_count 1 err '^\$pip: it takes two: '
expect_count 1 err '^\$pip: No symbol "nothing" in current context'
expect_no_match err 'Python\|Traceback'

# A command in many tasks; errors stop it unless asked otherwise.
run_gdb -p "$root" -batch -ex 'pip apply 0-2,5 print rank' \
	-ex 'pip apply state=stopped -q print rank + 100' \
	-ex 'pip apply all -c print local_rank' -ex 'pip apply all -s print local_rank' \
	-ex 'pip apply all nonsense' -ex 'pip apply 9 print 1' -ex 'pip apply x print 1' \
	-ex 'pip apply 5-1 print 1' -ex 'pip apply all' -ex 'pip apply' \
	-ex 'pip apply all -z print 1'
expect_count 4 out '^\$[0-9]* = [0125]$'
expect_count 9 out '^\$[0-9]* = \(99\|10[0-7]\)$'
expect_count 16 out '^\$[0-9]* = 100[0-7]$'
# (and with -c and -s)
expect_count 3 out '^pip 5 (inferior 7, process [0-9]*):$'
expect_count 1 err 'Undefined command: "nonsense"'
expect_count 1 err 'no attached task is one of those'
expect_count 1 err "'x' is no set of tasks"
expect_count 1 err "'5-1' is an inverted range"
expect_count 1 err 'pip apply: which command?'
expect_count 1 err 'pip apply: which tasks?'
expect_count 1 err "no option '-z'"

# Stacks: everybody once, common frames once.
run_gdb -p "$root" -batch -ex 'pip bt'
expect_gdb_status 0
expect_count 1 out '^\[root\] 1 task$'
expect_count 2 out '^\[0-7\] 8 tasks$'
expect_count 1 out '^  main at gdb-target\.c:[0-9]*$'
expect_count 2 out '^ *library_step at gdb-target-library\.c:[0-9]*$'
[ -z "$(awk 'length > 80' out)" ] || fail_showing 'lines are too wide'
run_gdb -p "$root" -batch -ex 'pip bt -t 3,5 --flat 1' -ex 'pip bt -t 2 --full' \
	-ex 'pip bt --flat --json' -ex 'pip bt --nonsense' -ex 'pip bt -t x'
expect_count 1 out '^pip 3 (inferior 5, '
expect_count 1 out '^pip 5 (inferior 7, '
expect_count 1 out '^pip 2 (inferior 4, '
expect_match out '^ *thread = '
expect_count 1 err 'only one of'
expect_count 1 err "no option '--nonsense'"
# Stacks that are deeper than what is shown of them.
run_gdb -p "$root" -batch -ex 'python import pip_gdb.frames' \
	-ex 'python pip_gdb.frames.MAX_FRAMES = 2' -ex 'pip bt -t 0' \
	-ex 'echo OUTERMOST\n' -ex 'pip bt -t 0 -1' -ex 'echo INNERMOST\n' \
	-ex 'pip bt -t 0 1'
expect_gdb_status 0
expect_count 1 out '^  (more frames)$'
expect_count 1 out '^  main at gdb-target\.c:[0-9]*$'
[ "$(sed -n '/^OUTERMOST/,/^INNERMOST/s/^  main at .*/main/p' out)" = main ] ||
	fail_showing 'the outermost frame is not main'
run_gdb -p "$root" -batch -ex 'pip bt --json'
expect_gdb_status 0
if [ -n "$python" ]; then
	$python - out <<'EOP' || fail_showing 'pip bt --json'
import json, sys
document = json.load(open(sys.argv[1]))
assert (document["format"], document["version"]) == ("pip-bt", 1)
tasks = {task["pipid"]: task for task in document["tasks"]}
assert list(tasks) == ["root"] + [str(i) for i in range(8)]
for i in range(8):
    stacks = tasks[str(i)]["stacks"]
    assert len(stacks) == 2
    names = [f["function"] for s in stacks for f in s["frames"]]
    assert names.count("library_step") == 2 and names.count("main") == 1
EOP
fi

# Lists.
run_gdb -p "$root" -batch -ex 'info pip -s stopped' -ex 'info pip -s suspended' \
	-ex 'info pip -s odd'
expect_count 9 out ' stopped process '
expect_count 1 err 'no task is in that state'
expect_count 1 err "'odd' is no state"

# Whose memory is that?
# shellcheck disable=SC2016
run_gdb -p "$root" -batch -ex 'pip maps $pip(4, "&rank")' \
	-ex 'pip maps &rank' -ex 'pip task 6' -ex 'pip maps $sp' \
	-ex 'pip maps library_step' -ex 'pip maps 16' -ex 'pip maps'
expect_count 1 out '^0x[0-9a-f]*: pip 4 (process '"$(nth_task 4)"', stopped)$'
expect_count 1 out '^0x[0-9a-f]*: pip root (process '"$root"', stopped)$'
expect_count 2 out '^0x[0-9a-f]*: pip 6 (process '"$(nth_task 6)"', stopped)$'
expect_count 1 out '^  object   stack + 0x'
expect_count 1 out '^  object   /.*/libgdb-target\.so + 0x'
expect_count 1 out '^  object   /.*/gdb-target + 0x'
expect_count 2 out '^  symbol   rank in section'
expect_count 1 out '^  symbol   library_step in section \.text'
expect_count 1 err 'nothing is mapped at 0x10$'
expect_count 1 err '^pip maps: which address?$'

# Completion, and a help text for each.
run_gdb -p "$root" -batch -ex 'complete pip ' -ex 'complete pip apply state=sus' \
	-ex 'complete pip task r' -ex 'complete pip bt --fl' \
	-ex 'complete info pip -s rea' -ex 'complete pip print -t state=rea' \
	-ex 'complete pip apply all inf' -ex 'complete pip print work_as_t' \
	-ex 'complete pip apply all -' -ex 'complete pip core -' \
	-ex 'complete pip print -' -ex 'complete pip break -t 0-3 work_as_t' \
	-ex 'complete pip break --s'
expect_gdb_status 0
for word in 'pip apply' 'pip attach' 'pip break' 'pip bt' 'pip detach' \
	'pip diff' 'pip list' 'pip maps' 'pip print' 'pip task' 'pip ulp' \
	'pip apply state=suspended' 'pip task root' 'pip bt --flat' \
	'info pip -s ready' 'pip print -t state=ready' 'pip apply all info' \
	'pip print work_as_task' 'pip apply all -c' 'pip core -p' 'pip print -t' \
	'pip break -t 0-3 work_as_task' 'pip break --shared'; do
	expect_count 1 out "^$word\$"
done
# Alone it says what there is.
mv out completed
run_gdb -batch -ex pip -ex 'pip nonsense'
expect_gdb_status 1
expect_count 1 out '^pip apply -- '
expect_count 1 err '^Undefined pip command: "nonsense"'
mv completed out
set --
for word in $(sed -n 's/^pip \([a-z]*\)$/\1/p' out | sort -u); do
	set -- "$@" -ex "help pip $word"
done
run_gdb -batch "$@"
expect_gdb_status 0
[ "$(grep -c '^Usage: ' out)" -eq $(($# / 2)) ] || fail_showing 'no Usage'
expect_no_match out 'not documented'
[ -z "$(awk 'length > 80' out)" ] || fail_showing 'help is too wide'
# shellcheck disable=SC2086
expect_running $root $tasks
