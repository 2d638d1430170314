#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The vDSO, which all tasks share: stacks through it, and no breakpoints in it by
# names that libc has too.  Of many tasks GDB does not look for it in /proc
# (pip_gdb/vdso.py).
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb
TMPDIR=$work_dir/directories
export TMPDIR
mkdir "$TMPDIR" || framework_failed "no $TMPDIR"
grep -q '\[vdso\]$' /proc/self/maps || skip 'the kernel has no vDSO'

# GDB 13 can be told; of others it is enough that everything is right.
is_told() { ${GDB:-gdb} --version | grep -q '^GNU gdb.* 13\.'; }

# Leads a task into the vDSO, and on into the middle of the function.
cat >inside.py <<'EOP'
import gdb

def find_vdso(pid):
    for line in open(f"/proc/{pid}/maps"):
        if line.endswith("[vdso]\n"):
            return [int(end, 16) for end in line.split()[0].split("-")]

def go_inside(number):
    gdb.execute(f"inferior {number}", to_string=True)
    low, high = find_vdso(gdb.selected_inferior().pid)
    gdb.execute("set scheduler-locking on")
    gdb.execute("thbreak *(long)&clock_gettime", to_string=True)
    gdb.execute("continue", to_string=True)
    while not low <= gdb.newest_frame().pc() < high:
        gdb.execute("stepi", to_string=True)
    for _ in range(8):
        gdb.execute("stepi", to_string=True)
    print("INSIDE", low <= gdb.newest_frame().pc() < high)
    gdb.execute("set scheduler-locking replay")
EOP
cat >report.py <<'EOP'
from pip_gdb import vdso
print("HIDDEN", vdso.number_hidden)
EOP

expect_inside() {
	expect_count 1 out '^INSIDE True$'
	expect_count 1 out '^#0 .* in __vdso_clock_gettime ()'
	expect_match out '^#1 .*clock_gettime'
	expect_count 1 out '^#2 .* in main (.*gdb-target\.c:[0-9]'
}

for number in 3 30; do
	start_root $number "$target"
	run_gdb -p "$root" -batch -x inside.py -ex 'python go_inside(3)' -ex 'bt 3' \
		-ex 'pip bt' -ex 'info symbol $pc' -ex 'info sharedlibrary' \
		-x report.py -ex 'echo AGAIN\n' -ex 'set sysroot' -ex 'bt 1' \
		-ex 'info auxv' -ex 'info variables ^_dl_auxv$'
	expect_gdb_status 0
	expect_no_match err 'pip-gdb\|Python\|warning'
	sed '/^AGAIN$/,$d' out >first
	sed '1,/^AGAIN$/d' out >again
	expect_count 1 again '^#0 .* in __vdso_clock_gettime ()'
	mv first out
	expect_inside
	expect_match out '^ *__vdso_clock_gettime\( in linux-vdso\.so\.1\)*$'
	expect_match out '^__vdso_clock_gettime + [0-9]* in section'
	expect_no_match out ' No .*/'
	if is_told; then
		hidden=$((number < 24 ? 0 : number))
		expect_count 1 out "^HIDDEN $hidden\$"
		expect_count $((hidden == 0)) again AT_SYSINFO_EHDR
		expect_count 1 again AT_ENTRY
	fi
	expect_no_match again '^0x.* _dl_auxv$'
	# shellcheck disable=SC2086
	expect_running $root $tasks

	# Names that libc and the vDSO have: nobody dies of a breakpoint there, nor of
	# one in the vDSO.
	run_gdb -p "$root" -batch -ex 'break clock_gettime' -ex 'info breakpoints' \
		-ex 'break __vdso_clock_gettime' -ex 'break __vdso_time' \
		-ex 'pip continue' -ex 'bt 1' -ex 'pip continue' -ex 'bt 1' \
		-ex 'delete' -ex 'hbreak __vdso_clock_gettime' -ex 'pip continue'
	expect_gdb_status 0
	expect_count 1 err 'breakpoint 2 is disabled: all tasks share that code'
	expect_count 1 err 'breakpoint 3 is disabled: all tasks share that code'
	expect_count 1 out 'hit Breakpoint 4.* in __vdso_clock_gettime ()'
	expect_count $number out '^1\.[0-9]* .* clock_gettime\.c.* inf [2-9][0-9]*$\|^1\.[0-9]* .*clock_gettime.* inf \([2-9]\|[1-9][0-9][0-9]*\)$'
	expect_count 2 out '^#0 .*clock_gettime'
	# shellcheck disable=SC2086
	expect_running $root $tasks
	[ -z "$(ls -A "$TMPDIR")" ] || fail "left behind: $(ls -A "$TMPDIR")"
	stop_root
done

# A task that is spawned later has it, too.
start_root 1 "$target"
run_gdb -p "$root" -batch -ex 'handle SIGUSR1 nostop noprint pass' \
	-ex "shell kill -USR1 $root" -ex 'tbreak work if rank == 1' -ex 'pip continue' \
	-x inside.py -ex 'python go_inside(3)' -ex 'bt 3'
expect_gdb_status 0
expect_inside
read_tasks
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root

# Somebody's own file of that name is not taken for it.
start_root 30 "$target"
: >linux-vdso.so.1
run_gdb -p "$root" -batch -x inside.py -ex 'python go_inside(30)' -ex 'bt 3' \
	-x report.py
expect_gdb_status 0
expect_inside
expect_count 1 out '^HIDDEN 0$'
expect_empty err
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root
