#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip core: a core file for each process, with an index that is opened as one
# session; what can't be written is said, and nothing half done is left.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

count_files() { # NUMBER
	set -- "$1" dump/*
	[ $(($# - 1)) -eq "$1" ] || fail_showing "not $1 files: $*"
}

start_root 4 "$target" threads
run_gdb -p "$root" -batch -ex "pip core $work_dir/dump" -ex 'pip core dump' \
	-ex 'pip core' -ex 'pip core a b' -ex 'pip core -p x dump' \
	-ex "pip core -p $root other" -ex 'pip core /nonexistent/dump' \
	-ex "pip core $work_dir/started" -ex 'continue&' -ex 'pip core other'
expect_count 1 out '^Wrote 5 core files and an index, [0-9.]* MiB:$'
expect_count 1 out "^  $work_dir/dump/index.json\$"
expect_no_match out '^No core file'
expect_count 1 err "dump' has core files already: name another one\$"
expect_count 3 err '^pip core: \(which directory?\|-p needs a PID\)$'
expect_count 1 err 'a program is attached already: omit -p PID$'
expect_count 1 err "nonexistent/dump': No such file or directory\$"
expect_count 1 err "started' is not a directory\$"
expect_count 1 err "^pip core: pip .* is running: 'interrupt' stops all\$"
expect_no_match err 'Python\|Traceback'
[ ! -e other ] || fail 'something was left of what was refused'
count_files 6
for file in dump/*; do
	[ "$(stat -c %a "$file")" = 600 ] || fail "others may read $file"
done
[ "$(stat -c %a dump)" = 700 ] || fail 'others may look into the directory'
# The memory is there once.
[ "$(stat -c %s dump/core.2)" -lt "$(($(stat -c %s dump/core.root) / 50))" ] ||
	fail 'the core file of a task is large'
# shellcheck disable=SC2086
expect_running $root $tasks
tids=$(for pid in $root $tasks; do ls "/proc/$pid/task"; done | wc -l)
second=$(nth_task 1)
stop_root

# Nobody is there any more.
check_session() { # PATH
	run_gdb -batch --core "$1" -ex 'info inferiors' -ex 'pip list' -ex 'pip bt' \
		-ex 'pip print rank' -ex 'pip print local_rank' -ex 'info threads' \
		-ex 'pip task 3' -ex 'print rank' -ex 'print *$pip("1", "&rank")' \
		-ex 'pip maps &rank' -ex 'info sharedlibrary' -ex 'pip core dump2' \
		-ex 'print progress > 0' -ex 'bt'
	expect_gdb_status 0
	expect_count 1 err '^pip core: this is a core file already$'
	expect_no_match err 'pip-gdb'
	expect_count 1 out '/gdb-root (pip root)$'
	for i in 0 1 2 3; do
		expect_count 1 out "/gdb-target (pip $i)\$"
		expect_count 1 out "^ *$i  $i\$"
		expect_count 1 out "^ *$i  $((i + 1000))\$"
	done
	expect_count 1 out "^    1   3 *$second *$second stopped process .* work at "
	expect_count 2 out '^\[0-3\] 4 tasks$'
	expect_count 2 out '^  library_step at gdb-target-library\.c:'
	expect_count 1 out '^  work at gdb-target\.c:'
	[ "$(grep -c ' (LWP [0-9]*) ' out)" -eq "$tids" ] ||
		fail_showing "not $tids threads"
	expect_count 1 out '^\$1 = 3$'
	expect_count 1 out '^\$2 = 1$'
	expect_count 1 out '^\$3 = 1$'
	expect_count 1 out '^0x[0-9a-f]*: pip 3 '
	expect_count 1 out 'Yes.*/libgdb-target\.so'
	expect_count 1 out '^#[0-9]* .* work (.*gdb-target\.c:'
}
check_session dump
check_session dump/index.json
# Moved; the core files of tasks say where the memory was.
mkdir elsewhere
mv dump 'elsewhere/a dump'
check_session 'elsewhere/a dump'
mv 'elsewhere/a dump' dump
# One by one, to any debugger.
"${GDB:-gdb}" -nx -batch -ex 'core-file dump/core.2' -ex 'print $_siginfo.si_signo' \
	-ex 'info threads' -ex 'x/i $pc' -ex 'x/8xb $sp' "$target" >out 2>err
expect_count 2 out ' LWP [0-9]* '
expect_match out '^=> 0x'
expect_no_match err 'Cannot access'

# What is damaged, or wants to lead elsewhere.
refuse() { # PATTERN
	run_gdb -batch --core dump -ex 'print 1'
	expect_gdb_status 1
	expect_empty out
	expect_count 1 err '^pip-gdb: '
	expect_count 1 err "$1"
}
cp dump/index.json good
sed 's/"core.2"/"..\/core.2"/' good >dump/index.json
refuse 'pip 2: its core file is not beside the index$'
sed 's/"core.root"/"\/etc\/passwd"/' good >dump/index.json
refuse 'its memory is not in a file beside it$'
sed 's/"pipid": "2"/"pipid": "1"/' good >dump/index.json
refuse 'it has a task twice$'
sed 's/"version": 1/"version": 9/' good >dump/index.json
refuse 'it is not of version 1$'
head -c 300 good >dump/index.json
refuse 'it is not JSON'
rm dump/index.json
refuse 'index .*: No such file or directory$'
cp good dump/index.json
# Without its own core file, a task's variables are still in the others' memory.
without_core_2() { # DIRECTORY PATTERN
	run_gdb -batch --core "$1" -ex 'pip print -t 1,2 rank' -ex 'pip bt -t 1,2'
	expect_gdb_status 0
	expect_count 1 err "^pip-gdb: pip 2: $2"
	expect_count 1 out '^ *1  1$'
	expect_count 1 out '^ *2  2$'
	expect_count 1 out '^  (its registers are not in this core file)$'
}
mv dump/core.2 kept
without_core_2 dump 'core file .*core.2: it is missing: no registers$'
head -c 5000 kept >dump/core.2
without_core_2 dump '.*core.2" is not a core dump'
head -c 3000 kept >dump/core.2
mv dump elsewhere/moved
without_core_2 elsewhere/moved 'core file .*core.2: it is damaged: no registers$'
rm elsewhere/moved/core.2
without_core_2 elsewhere/moved 'core file .*core.2: No such file or directory: no registers$'
mv elsewhere/moved dump
cp dump/core.root kept.root
for size in 100 5000 100000; do
	head -c $size kept.root >dump/core.root
	run_gdb -batch --core dump -ex 'pip bt'
	expect_no_match err 'Traceback\|Python'
done
rm -r dump

# From outside of a session; with a task that has just been killed.
start_root 3 "$target"
run_gdb -batch -ex "pip core -p $(nth_task 1) dump" -ex 'info inferiors'
expect_gdb_status 0
expect_count 1 out '^Wrote 4 core files'
expect_count 1 out '^\* 1 *<null>'
# shellcheck disable=SC2086
expect_running $root $tasks
rm -r dump
run_gdb -p "$root" -batch -ex "shell kill -KILL $(nth_task 1)" \
	-ex "python import time; [time.sleep(0.1) for i in range(18000) if not open('/proc/$(nth_task 1)/stat').read().split(') ')[1].startswith('Z')]" \
	-ex 'pip core dump'
expect_count 1 out '^Wrote 3 core files'
expect_count 1 out "^No core file of pip 1 (process $(nth_task 1)): "
run_gdb -batch --core dump -ex 'pip print rank' -ex 'pip bt -t 1,2'
expect_gdb_status 0
expect_count 1 out '^ *0  0$'
expect_count 1 out '^ *2  2$'
expect_count 1 out '^  main at gdb-target\.c:'
rm -r dump

# No room: everything is removed again.
# dash and bash have it, though POSIX has not.
# shellcheck disable=SC3045
(
	ulimit -f 1000
	run_gdb -p "$root" -batch -ex 'pip core dump'
	expect_count 1 err "dump.*': File too large (see 'ulimit -f'; nothing is left there)\$"
) || exit 1
[ ! -e dump ] || fail 'something was left where there was no room'
mkdir small
if [ "$(id -u)" -eq 0 ] && unshare -m mount -t tmpfs -o size=512k none small 2>/dev/null; then
	export pip_gdb root
	# shellcheck disable=SC2016
	unshare -m sh -c 'mount -t tmpfs -o size=512k none small &&
		"$pip_gdb" -nx -p "$root" -batch -ex "pip core small/dump"
		ls small' >out 2>err </dev/null
	expect_count 1 err "small/dump': at least .* MiB are needed, and .* KiB are free\$"
	expect_empty out
else
	echo "NOTE: a full file system is not tested: it needs root and mount"
fi
stop_root

# User contexts: all of them, on whichever kernel thread they are.
start_ulps ulp
run_gdb -p "$root" -batch -ex 'pip core dump'
expect_gdb_status 0
run_gdb -batch --core dump -ex 'pip bt' -ex 'pip ulp 0' -ex 'pip ulp 1' \
	-ex 'pip ulp 2' -ex 'pip list'
expect_gdb_status 0
expect_count 2 out '^    (suspended)$'
expect_count 1 out '^    (decoupled, runs on kernel thread [0-9]*)$'
expect_count 1 out '^#[0-9]* .* suspend_here () at '
expect_count 1 out '^#[0-9]* .* park_here () at '
expect_count 1 out '^#[0-9]* .* inner () at '
expect_count 2 out ' suspended process '
rm -r dump
stop_root

# Thread mode: one process.
target=$builddir/tests/gdb-target
PIP_MODE=thread
export PIP_MODE
start_root 3 "$target"
run_gdb -p "$root" -batch -ex 'pip core dump'
expect_gdb_status 0
expect_count 1 out '^Wrote 1 core file and an index'
count_files 2
run_gdb -batch --core dump -ex 'pip bt' -ex 'pip print rank'
expect_gdb_status 0
expect_count 1 out '^\[0-2\] 3 tasks$'
for i in 0 1 2; do
	expect_count 1 out "^ *$i  $i\$"
done
