#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Programs that pipcc and pipfc compile are tasks: C, C++ and Fortran, for
# versions 2 and 3; what does not compile gives the compiler's exit status.
. "${srcdir:-.}/tests/testlib.sh"

pipcc=$builddir/bin/pipcc pipfc=$builddir/bin/pipfc
unset CC CXX FC PIP_API

expect_status 0 "$pipcc" -Wall -Wextra -Werror -O2 --api=2 -o v2 "$program_sources/pipcc-v2.c"
grep -q -- '-DPIP_VERSION=2.4.1' out || fail 'the command line is not printed'
expect_status 0 ./v2
expect_lines 1 'version 2 task 0: 40' out
expect_status 1 "$pipcc" --silent --api=3 -o v3 "$program_sources/pipcc-v2.c"
[ ! -s out ] || fail '--silent is not'
[ ! -e v3 ] || fail 'a version 2 program compiles for version 3'

# In two steps, and in a directory with a blank in its name.
mkdir 'a directory'
cp "$program_sources/pipcc-v2.c" 'a directory/v 2.c'
(
	cd 'a directory' || exit
	PIP_API=2 "$pipcc" --silent -c -o 'v 2.o' 'v 2.c' &&
		PIP_API=2 "$pipcc" --silent -o 'v 2' 'v 2.o'
) || fail 'two steps'
expect_status 0 'a directory/v 2'
expect_lines 1 'version 2 task 0: 40' out

# Linking fails: the original loses the status.
echo 'extern int nothing(void); int main(void) { return nothing(); }' >unresolved.c
expect_status 1 "$pipcc" --silent -o unresolved unresolved.c

# A root with a fixed address cannot be a task.
expect_status 0 "$pipcc" --silent --api=2 --piproot -o root "$program_sources/pipcc-v2.c"
expect_status 1 ./root
grep -q "'.*root' is not PIE" err || fail "--piproot: $(cat err)"

if command -v g++ >/dev/null; then
	for api in 2 3; do
		expect_status 0 "$pipcc" --silent --api=$api -Wall -Wextra -Werror \
			-o cxx "$program_sources/pipcc-task.cc"
		expect_status 3 "$pip_exec" -n 4 ./cxx 'two words'
		expect_lines 4 "C\\+\\+ task [0-3] of $api \\[two words\\]" out
		expect_status 99 ./cxx
	done
fi
if command -v gfortran >/dev/null; then
	expect_status 0 "$pipfc" --silent -o fortran "$program_sources/pipcc-task.f90"
	expect_status 0 "$pip_exec" -n 3 ./fortran
	expect_lines 3 'Fortran task [0-2]' out
	expect_status 0 ./fortran
	expect_lines 1 'Fortran, no task' out
fi
