#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A C++ program with threads, exceptions and thread-local objects, four times.
. "${srcdir:-.}/tests/testlib.sh"

need_command "${CXX:-g++}" g++
compile "${CXX:-g++}" -O2 -fPIE -pie -pthread -o threads "$program_sources/threads.cc"
[ "$(./threads)" = 'sum 1045 destroyed 10' ] || framework_failed 'it fails by itself'
expect_status 0 "$pip_exec" -n 4 ./threads
expect_lines 4 'sum 1045 destroyed 10' out

# libgcc's unwinder and libstdc++ linked into the program itself.
compile "${CXX:-g++}" -O2 -fPIE -pie -pthread -static-libstdc++ -static-libgcc \
	-o threads "$program_sources/threads.cc"
expect_status 0 "$pip_exec" -n 4 ./threads
expect_lines 4 'sum 1045 destroyed 10' out
