#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Core files: all tasks by name, with their variables; the backtrace of the one
# that crashed, and every saved user context.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

has_core() {
	for core in core core.*; do
		[ -s "$core" ] && return 0
	done
	return 1
}

# Task 2 of 5 crashes, and the kernel writes its core file here.
case $(cat /proc/sys/kernel/core_pattern) in
core | core.*) ;;
*) skip 'the kernel does not write core files into the working directory' ;;
esac
# dash and bash have it, though POSIX has not.
# shellcheck disable=SC3045
ulimit -c unlimited || skip 'core files are limited to size 0'
start_root 5 "$target" threads
kill -SEGV "$(nth_task 2)"
poll has_core || framework_failed 'no core file'
# The kernel may not be done with it.
poll test ! -e "/proc/$(nth_task 2)"
crashed=$(nth_task 2)
run_gdb -batch --core "$core" -ex 'info inferiors' -ex 'pip list' -ex 'pip bt' \
	-ex 'pip print rank' -ex 'print rank' -ex 'bt' -ex 'info threads' \
	-ex 'pip maps &rank' -ex 'pip task 4' -ex 'print rank' \
	-ex 'info sharedlibrary' -ex 'pip apply 0-4 print rank'
expect_gdb_status 0
# (Of its register sets GDB 13 does not know every size, and says so.)
expect_no_match err 'pip-gdb'
expect_count 1 out '/gdb-root (pip root)$'
for i in 0 1 2 3 4; do
	expect_count 1 out "/gdb-target (pip $i)\$"
	expect_count 1 out "^ *$i  $i\$"
done
# What is selected is what has crashed: its variable, its frames.
expect_count 1 out "^ *2 *4 *$crashed *$crashed stopped .* work at "
expect_count 1 out '^\$1 = 2$'
expect_count 2 out '^  main at \|^#[0-9]* .* in main (.*gdb-target\.c'
expect_match out '^#[0-9]* .* library_step (.*gdb-target-library\.c:'
expect_count 1 out '^  object   /.*/gdb-target + 0x'
expect_count 1 out '^0x[0-9a-f]*: pip 2 '
expect_count 1 out '^\$2 = 4$'
expect_count 1 out 'Yes.*/libgdb-target\.so'
# Of the others there are no registers, and that is said.
expect_count 1 out '^\[root,0-1,3-4\] 5 tasks$'
expect_count 1 out '^  (its registers are not in this core file)$'

# What is no such core file.
echo nonsense >not-a-core
for bad in not-a-core /nonexistent "$target"; do
	run_gdb -batch --core "$bad" -ex 'print 1'
	expect_gdb_status 1
	expect_count 1 err '^pip-gdb: '
	expect_empty out
done
# Truncated, damaged.
size=$(wc -c <"$core")
for part in 2 5 50; do
	head -c $((size / part)) "$core" >piece
	run_gdb -batch --core piece -ex 'pip bt' -ex 'pip print rank'
done
stop_root
rm -f "$core" piece

# Contexts that were saved when the core was written.
start_ulps ulp
run_gdb -p "$root" -batch -ex "gcore $work_dir/ulps"
run_gdb -batch --core ulps -ex 'pip bt' -ex 'pip ulp 0' -ex 'pip ulp 2' \
	-ex 'pip ulp 1' -ex 'pip list'
expect_count 2 out '^    (suspended)$'
expect_count 2 out ' suspended '
expect_match out '^    suspend_here at '
expect_match out '^    park_here at '
expect_count 1 out '^#[0-9]* .* suspend_here () at '
expect_count 1 out '^#[0-9]* .* park_here () at '
expect_count 1 err 'its registers are not in this core file'
