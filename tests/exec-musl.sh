#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program of another libc, musl, with musl's own loader: libpip cannot be
# inside, and yet it runs four times, is waited for, and its status counts.
. "${srcdir:-.}/tests/testlib.sh"

need_command musl-gcc musl-tools
compile musl-gcc -O2 -fPIE -pie -o plain "$program_sources/plain.c" -pthread
PLAIN=value
export PLAIN
expected='plain 2 2 thread 17 value [a] [b  c]'
status=0
./plain a 'b  c' >out || status=$?
[ "$status" -eq 5 ] && [ "$(cat out)" = "$expected" ] ||
	framework_failed "it fails by itself: $status $(cat out)"
expect_status 5 "$pip_exec" -n 4 ./plain a 'b  c'
expect_lines 4 'plain 2 2 thread 17 value \[a\] \[b  c\]' out

# Beside glibc's.
expect_status 5 "$pip_exec" -n 2 ./plain a 'b  c' : -n 2 /bin/echo glibc
[ "$(grep -c '^plain 2 2 thread 17 value' out)" -eq 2 ] || { show out; fail 'not two of musl'; }
[ "$(grep -c '^glibc$' out)" -eq 2 ] || { show out; fail 'not two of glibc'; }
