#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Thread mode: tasks are threads of one inferior, and each name is that of the
# task that is asked for.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
PIP_MODE=thread
export PIP_MODE

start_root 4 "$target" threads
run_gdb -p "$root" -batch -ex 'info inferiors' -ex 'pip list' -ex 'pip bt' \
	-ex 'pip print rank' -ex 'pip print local_rank' -ex 'pip diff rank' \
	-ex 'pip maps library_step' -ex 'pip apply 3 info frame' \
	-ex 'pip print -t 2 *&rank + (int)sizeof(rank) * 10' \
	-ex 'pip print shared_rank + 100' -ex 'pip print &library_count' \
	-ex 'pip apply 3 print shared_rank' -ex 'pip print &library_count' \
	-ex 'pip print (int)(library_count > 0) + 6'
expect_gdb_status 0
expect_no_match err 'pip-gdb\|rror'
expect_count 1 out '(pip root)$'
for i in 0 1 2 3; do
	expect_count 1 out "^ *$i   1 .* stopped thread   $i gdb-target work at "
	expect_count 1 out "^ *$i  $i\$"
	expect_count 1 out "^ *$i  $((i + 1000))\$"
	expect_count 1 out "^  \\[$i\\] 1 task: $i\$"
	expect_count 1 out "^ *$i  $((i + 100))\$"
done
expect_count 1 out '^ *2  42$'
expect_count 1 out '^\$1 = 3$'
expect_count 4 out '^ *[0-3]  7$'
[ "$(grep -c ' <library_count>$' out)" -eq 8 ] &&
	[ "$(sed -n 's/ <library_count>$//p' out | sort -u | wc -l)" -eq 4 ] ||
	fail_showing 'tasks share a variable of the library'
expect_count 2 out '^\[0-3\] 4 tasks$'
expect_count 2 out '^  library_step at gdb-target-library\.c:'
expect_count 1 out '^  work at gdb-target\.c:'

# Tasks by number, each its own; a breakpoint in all, and of one.
# shellcheck disable=SC2016
run_gdb -p "$root" -batch -ex 'pip task 2' -ex 'pip task' \
	-ex 'pip maps &shared_rank' -ex 'pip maps &rank' \
	-ex 'print $pip("1", "rank") * 10 + $pip(3, "rank")' \
	-ex 'break work' -ex continue -ex continue -ex delete \
	-ex 'pip break -t 3 work' -ex continue -ex 'print rank' -ex continue \
	-ex 'print rank' -ex delete -ex 'pip break work if rank == 1' \
	-ex continue -ex 'print rank'
expect_gdb_status 0
expect_count 2 out '^pip 2 (inferior 1, process .*, thread .*): stopped$'
expect_count 2 out '^0x[0-9a-f]*: pip 2 '
expect_count 1 out '^\$1 = 13$'
expect_count 1 out '^Breakpoint 1 at .*(4 locations)'
expect_count 2 out '^Thread .* hit Breakpoint 1\.'
expect_count 2 out '^Thread .*"3|gdb-target" hit Breakpoint 2\.'
expect_count 2 out '^\$[23] = 3$'
expect_count 1 out '^Thread .*"1|gdb-target" hit Breakpoint 3\.'
expect_count 1 out '^\$4 = 1$'

# A new task has its symbols, and the breakpoint by name.
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex 'pip break work if rank == 4' -ex "shell kill -USR1 $root" \
	-ex continue -ex 'print rank' -ex 'pip print rank' -ex 'pip detach'
expect_gdb_status 0
expect_no_match err 'pip-gdb\|rror'
expect_count 1 out '^Thread .*"4|gdb-target" hit Breakpoint 1\.'
expect_count 1 out '^\$1 = 4$'
expect_count 1 out '^ *4  4$'
expect_count 1 out '^ *3  3$'
expect_running "$root"

# Again and again: at a breakpoint in the symbols that are let go.
i=0
while [ $i -lt 5 ]; do
	run_gdb -p "$root" -batch -ex 'pip break -t 4 work' -ex continue -ex 'pip detach' \
		-ex 'info inferiors'
	expect_gdb_status 0
	expect_no_match err 'pip-gdb\|rror'
	expect_count 1 out '^Thread .*"4|gdb-target" hit Breakpoint 1\.'
	expect_count 1 out '^\* 1 *<null>'
	i=$((i + 1))
done
expect_running "$root"

# Tasks that have ended: what was theirs is forgotten.
run_gdb -batch -ex 'pip break work if rank == 15' -ex 'run 20 >storm.out' \
	-ex 'pip attach' -ex 'pip list' -ex 'print rank' -ex 'bt 1' -ex 'pip detach' \
	--args "$builddir/tests/gdb-storm"
expect_gdb_status 0
expect_no_match err 'pip-gdb\|rror'
expect_count 1 out '^Thread .*"5|gdb-storm" hit Breakpoint 1\.'
expect_count 1 out '^ *15   1 .* stopped .* work at gdb-storm\.c:'
expect_count 1 out '^\$1 = 15$'
expect_count 1 out '^#0  work (step=1) at '
expect_match out '^ *0   - .* ended '
expect_no_match out ' detached '
poll grep -q '^done 20 bad 0$' storm.out || fail 'they did not go on'

# One task after the other in the same slot, of two programs in turn: hits are
# exact, and GDB uses nothing that it has freed.
cat >count.py <<'EOP'
import collections, gdb
hits = collections.Counter()
class Count(gdb.Breakpoint):
    def stop(self):
        hits[int(gdb.parse_and_eval("rank"))] += 1
        return False
Count("work")
EOP
cp "$builddir/tests/gdb-storm" other
for programs in '' ./other; do
	MALLOC_PERTURB_=165
	export MALLOC_PERTURB_
	run_gdb -batch -x count.py -ex "run 46 again $programs >storm.out" \
		-ex 'pip continue' \
		-ex 'python print("RANKS", len(hits), "HITS", sum(hits.values()))' \
		-ex 'python print("OFTEN", *[r for r in hits if hits[r] == 23])' \
		--args "$builddir/tests/gdb-storm"
	unset MALLOC_PERTURB_
	expect_gdb_status 0
	expect_no_match err 'pip-gdb\|rror\|nternal'
	expect_count 1 storm.out '^done 46 bad 0$'
	expect_count 1 out '^RANKS 46 HITS 90$'
	expect_count 1 out '^OFTEN 0 23$'
done

# From a core file of the process.
run_gdb -p "$root" -batch -ex "gcore $work_dir/threads"
run_gdb -batch --core threads -ex 'pip bt' -ex 'pip print rank'
expect_count 2 out '^\[0-4\] 5 tasks$'
expect_count 1 out '^ *4  4$'
expect_count 1 out '^ *0  0$'
