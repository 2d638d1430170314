#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A static PIE needs no loader at all; it runs four times like any other.
. "${srcdir:-.}/tests/testlib.sh"

compile "${CC:-gcc}" -O2 -static-pie -fPIE -o plain "$program_sources/plain.c" -pthread
PLAIN=value
export PLAIN
status=0
./plain a 'b  c' >out || status=$?
[ "$status" -eq 5 ] || framework_failed "it fails by itself: $status $(cat out)"
expect_status 5 "$pip_exec" -n 4 ./plain a 'b  c'
expect_lines 4 'plain 2 2 thread 17 value \[a\] \[b  c\]' out
