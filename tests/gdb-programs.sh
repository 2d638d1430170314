#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs of other kinds: the root's own, musl's, static ones, names that a
# shell or GDB would stumble over; and libraries that are loaded later.
. "${srcdir:-.}/tests/gdb-common.sh"
require_gdb

# Three tasks are attached.  WHERE is what the list shows; without debugging
# information GDB can't unwind musl's functions.
check_kind() { # NAME FUNCTION [WHERE]
	run_gdb -p "$(nth_task 1)" -batch -ex 'print rank' -ex 'pip list' \
		-ex 'pip bt' -ex "break $2" -ex continue -ex continue \
		-ex continue -ex continue -ex continue -ex continue \
		-ex 'maint info breakpoints'
	expect_gdb_status 0
	expect_no_match err 'pip-gdb\|warning'
	expect_count 1 out '^.1 = 1$'
	expect_count 4 out ' stopped '
	expect_count 3 out "^ *[0-9] .* stopped .* ${3-$2 at }"
	expect_count 6 out '^Thread [2-4]\.1 .* hit Breakpoint 1\.'
	# GDB's own breakpoint in a loader: everybody's is another one.
	awk '/shlib events/ && $1 !~ /\./ { print $6 }' out | sort >places
	[ -z "$(uniq -d places)" ] || fail_showing "$1: places of breakpoints"
	# shellcheck disable=SC2086
	expect_running $root $tasks
	stop_root
	echo "$1: checked"
}

# The same program as the root's.
start_root 3 self
check_kind 'the root as task' work_as_task

# A path that has to be quoted.
odd="$work_dir/a 'b\" \\c"
mkdir "$odd" && cp "$target" "$odd/p x"
LD_LIBRARY_PATH=$builddir/tests/.libs
export LD_LIBRARY_PATH
start_root 3 "$odd/p x"
check_kind 'a path with blanks' work

# Replaced, and removed, while it runs: said, not hidden.
start_root 3 "$odd/p x"
unset LD_LIBRARY_PATH
cp "$target" new && mv new "$odd/p x"
run_gdb -p "$root" -batch -ex 'pip bt'
expect_gdb_status 0
expect_count 3 err '^pip-gdb: pip [0-2]: .*replaced since the task started'
rm "$odd/p x"
run_gdb -p "$root" -batch -ex 'pip bt --flat'
expect_gdb_status 0
expect_count 3 err '^pip-gdb: pip [0-2]: .*No such file or directory: no symbols'
expect_count 3 out ' library_step '
# shellcheck disable=SC2086
expect_running $root $tasks
stop_root

# A path with a line break in it must not become a command.
evil="$work_dir/x
shell touch EVIL"
mkdir "$evil" && cp "$builddir/tests/gdb-plain" "$evil/p"
start_root 1 "$evil/p"
run_gdb -p "$root" -batch -ex 'pip list' -ex 'pip bt' -ex 'info inferiors'
expect_gdb_status 0
expect_count 1 err "that GDB can't take: no symbols"
[ ! -e EVIL ] || fail "a path was executed"
stop_root

# A name that is not ASCII, and one that is not UTF-8: a thread is called so, and
# in a core file a command line.
for pair in "C $(printf 'r\303\266')" "C.UTF-8 $(printf 'r\377')"; do
	locale=${pair% *} name=${pair#* }
	cp "$builddir/tests/gdb-plain" "$work_dir/$name"
	start_root 1 "$work_dir/$name"
	LC_ALL=$locale run_gdb -p "$root" -batch -ex 'pip list' -ex 'pip bt' \
		-ex 'pip bt --flat' -ex 'pip bt --json' -ex 'pip core dump'
	expect_gdb_status 0
	expect_no_match err 'codec\|Traceback'
	expect_count 1 out '^ *0  *2 .* stopped '
	expect_count 1 out '^Wrote 2 core files'
	LC_ALL=$locale run_gdb -batch --core dump -ex 'pip list' -ex 'pip bt'
	expect_gdb_status 0
	expect_no_match err 'codec\|Traceback'
	expect_count 1 out '^ *0  *2 .* stopped '
	rm -r dump
	stop_root
done

# Other C libraries.
can_compile() { # COMPILER OPTION...
	command -v "$1" >/dev/null &&
		"$@" -g -O1 -o program "$top_srcdir/tests/gdb-plain.c" \
			2>compile.err
}
if can_compile "${MUSL_GCC:-musl-gcc}" -fPIE -pie; then
	start_root 3 "$work_dir/program"
	check_kind 'a musl program' work ''
else
	echo 'NOTE: not tested with musl: install musl-tools'
fi
if can_compile "${CC:-cc}" -static-pie -fPIE; then
	start_root 3 "$work_dir/program"
	check_kind 'a static program' work
else
	echo 'NOTE: not tested with a static program: no static C library'
fi

# Libraries loaded while GDB is attached, and after it was.
start_root 3 "$target"
run_gdb -p "$root" -batch -ex 'handle SIGUSR2 nostop noprint pass' \
	-ex "shell kill -USR2 $(nth_task 1)" \
	-ex 'break report_opened' -ex continue \
	-ex 'inferior 2' -ex 'info sharedlibrary' -ex 'echo NEXT\n' \
	-ex 'inferior 3' -ex 'info sharedlibrary'
expect_gdb_status 0
expect_count 1 out 'Yes.*/libm\.so'
sed '1,/^NEXT/d' out >rest
expect_count 1 rest '/libm\.so'
kill -USR2 "$root" "$(nth_task 0)" "$(nth_task 2)"
all_opened() { [ "$(grep -c '^opened 1' started)" -eq 4 ]; }
poll all_opened || fail_showing "somebody could not load a library"
# shellcheck disable=SC2086
expect_running $root $tasks
