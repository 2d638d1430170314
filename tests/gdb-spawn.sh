#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# New tasks are inferiors by themselves, with their symbols and with the
# breakpoints that have names, before any code of their program runs.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
storm=$builddir/tests/gdb-storm

# Counts hits of work() by task, and stops nobody.
cat >count.py <<'EOP'
import collections, gdb
hits = collections.Counter()
class Count(gdb.Breakpoint):
    def stop(self):
        pid = gdb.selected_inferior().pid
        hits[pid, int(gdb.parse_and_eval("rank"))] += 1
        return False
Count("work")
EOP
cat >report.py <<'EOP'
ranks = {rank for _, rank in hits}
print("TASKS", len(hits), "RANKS", len(ranks), "HITS", sum(hits.values()))
for (_, rank), number in sorted(hits.items(), key=lambda item: item[0][1]):
    if number != 1:
        print("OFTEN", rank, number)
EOP

# All of them are seen, and each hit.
expect_storm() { # TASKS HITS [KIND]
	run_gdb -batch -x count.py -ex "run $1 ${3:-} >storm.out" -ex 'pip continue' \
		-x report.py -ex 'info inferiors' --args "$storm"
	expect_gdb_status 0
	expect_count 1 storm.out "^done $1 bad 0\$"
	expect_count 1 out "^TASKS $1 RANKS $1 HITS $2\$"
}

# A storm of 200 spawns: nobody is missed, nobody is counted twice, nobody dies
# of it, and no inferior is left.
expect_storm 200 $((200 + 9 * 22)) # 9 multiples of 23 below 200
expect_count 9 out '^OFTEN [0-9]* 23$'
expect_count 1 out '^\* 1 *<null>'
expect_count 1 out '<null>'
expect_no_match out 'SIGTRAP\|SIGSEGV'
expect_no_match err '^pip-gdb'

# What tasks fork and execute is let go.
expect_storm 5 27 fork
expect_count 1 out '<null>'

# Tasks that tasks spawn.
expect_storm 40 84 nested
expect_count 2 out '^OFTEN [0-9]* 23$'
expect_count 1 out '<null>'

# Tasks that become another program are let go, and change nothing for others.
expect_storm 20 42 exec
expect_count 1 out '<null>'
expect_no_match out 'Detaching after fork'

# A storm in a program that was attached, and that again.
start_storm 100 wait
run_gdb -p "$root" -batch -x count.py -ex 'pip detach' -ex "pip attach $root" \
	-ex "shell kill $holder" -ex continue -ex 'pip continue' -x report.py
expect_gdb_status 0
expect_count 1 storm.out '^done 100 bad 0$'
expect_count 1 out "^TASKS 100 RANKS 100 HITS $((100 + 5 * 22))\$"
expect_no_match out 'SIGTRAP\|SIGSEGV\|Detaching'
wait "$root" || fail 'it did not end well'
root=

# pip-exec from the start; what the user deletes or disables meanwhile is not
# what announces new tasks.
cp "$target" task
LD_LIBRARY_PATH=$builddir/lib/.libs:$builddir/tests/.libs
export LD_LIBRARY_PATH
pip_exec=$builddir/bin/.libs/pip-exec
[ -x "$pip_exec" ] || pip_exec=$builddir/bin/pip-exec
for command in delete disable 'delete breakpoints'; do
	run_gdb -batch -ex 'set breakpoint pending on' -ex 'break work' -ex run \
		-ex "$command" -ex 'pip break work if $_inferior == 5' -ex continue \
		-ex 'info inferiors' -ex 'pip bt' \
		--args "$pip_exec" -n 4 ./task
	expect_gdb_status 0
	expect_count 1 out '^Thread 2\.1 .* hit Breakpoint 1, work '
	expect_count 1 out '^Thread 5\.1 .* hit Breakpoint '
	expect_count 1 out '/pip-exec (pip root)$'
	expect_count 4 out '/task (pip [0-3])$'
	expect_no_match out 'Detaching after fork\|guardian'
done
unset LD_LIBRARY_PATH

# A task that was being loaded when GDB came, its loader halfway: it gets its
# symbols by itself, and no hit is missed.
mkfifo gate
is_loading() { grep -qs '^0[:|]gdb-storm' "/proc/$root/task/"*/comm \
	"/proc/$(find_child "$root" '0:gdb-storm')/comm"; }
for mode in process thread; do
	PIP_MODE=$mode PIP_TEST_PRELOAD=$work_dir/gate "$storm" 1 >storm.out 2>storm.err &
	root=$!
	poll is_loading || framework_failed 'no task is being loaded'
	run_gdb -p "$root" -batch -x count.py -ex 'pip list' -ex 'shell : >gate &' \
		-ex continue -ex 'pip continue' -x report.py
	expect_gdb_status 0
	expect_count 1 out '^    0 .* loading '
	expect_count 1 out '^TASKS 1 RANKS 1 HITS 23$'
	expect_no_match err '^pip-gdb'
	wait "$root" || fail_showing 'it did not end well'
	root=
	expect_count 1 storm.out '^done 1 bad 0$'
done

# Attached later: a new task stops at a breakpoint that is older than it.
start_root 3 "$target"
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex 'pip break work if rank == 3' -ex "shell kill -USR1 $root" \
	-ex continue -ex 'print rank' -ex 'info inferiors' -ex 'pip list' \
	-ex 'pip print rank' -ex 'info sharedlibrary' -ex 'show detach-on-fork' \
	-ex 'delete' -ex 'break no_such_function' -ex 'pip detach'
expect_gdb_status 0
expect_count 1 out '^Thread 5\.1 .* hit Breakpoint 1\.'
expect_count 1 out '^\$1 = 3$'
expect_count 1 out '^\* 5 .*/gdb-target (pip 3)$'
expect_count 1 out '^ *3  3$'
expect_count 1 out 'Yes.*/libgdb-target\.so'
# A setting of the user's is as it was.
expect_count 1 out '^Whether gdb will detach the child of a fork is on\.$'
poll count_tasks 4 || framework_failed 'no fourth task'
read_tasks
# shellcheck disable=SC2086
expect_running $root $tasks

# Breakpoints of the root outlive a spawn, in which GDB takes them out of its
# memory.
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex 'break say' -ex "shell kill -USR1 $root" -ex continue \
	-ex delete -ex 'pip list'
expect_gdb_status 0
expect_count 1 out '^Thread 1\.1 .* hit Breakpoint 1\.[0-9]*, say (.*number=5'
expect_count 6 out ' stopped '
# Not wanted: they run on, and are attached when asked for.  While ten are spawned,
# breakpoints of those that are attached hold: each goes round its loop at least 23
# times, and is seen each time.
cat >exact.py <<-'EOP'
	import collections, os, signal
	last, hits, missed, spawned = {}, collections.Counter(), 0, []
	class Work(gdb.Breakpoint):
	    def stop(self):
	        global missed
	        number = gdb.selected_inferior().num
	        value = int(gdb.parse_and_eval("progress"))
	        missed += value - last.get(number, value - 1) - 1
	        last[number] = value
	        hits[number] += 1
	        # From here, as a signal makes the root come to its breakpoint again.
	        if len(spawned) < 10 and spawned != wanted[:]:
	            wanted[:] = spawned
	            os.kill(root, signal.SIGUSR1)
	        return len(spawned) >= 10 and min(hits.values()) >= 23
	class Say(gdb.Breakpoint):
	    def stop(self):
	        spawned.append(int(gdb.parse_and_eval("number")))
	        return False
	root, wanted = gdb.selected_inferior().pid, [0]
	Work("work")
	Say("say")
EOP
run_gdb -p "$root" -batch -ex 'show pip auto-attach' \
	-ex 'set pip auto-attach off' -ex 'show pip auto-attach' \
	-ex 'handle SIGUSR1 nostop noprint pass' \
	-x exact.py -ex continue -ex delete \
	-ex 'python print("MISSED", missed, "OF", len(hits), "SPAWNED", spawned)' \
	-ex 'info inferiors' -ex 'pip attach' -ex 'info inferiors'
expect_gdb_status 0
expect_empty err
expect_count 1 out 'attached by themselves: on\.$'
expect_count 1 out 'attached by themselves: off\.$'
expect_count 1 out '^MISSED 0 OF 5 SPAWNED \[6, 7, 8, 9, 10, 11, 12, 13, 14, 15\]$'
# Those that were there, and in the end ten more.
expect_count 2 out '(pip 4)$'
expect_count 1 out '(pip 5)$'
expect_count 1 out '(pip 14)$'
poll count_tasks 15 || framework_failed 'no fifteenth task'
read_tasks
# shellcheck disable=SC2086
expect_running $root $tasks
