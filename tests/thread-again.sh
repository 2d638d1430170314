#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests of process mode that hold in thread mode as well, once more.
. "${srcdir:-.}/tests/testlib.sh"

PIP_MODE=thread
export PIP_MODE

# The wait for each is bounded by its own watchdog.
for name in api-program api-task barrier2 features hooks inside-fork inside-libc \
	inside-processes malloc-family malloc-storm memory-rounds stack-arguments \
	stack-size start-function storm-instant storm-many wait-foreign \
	wait-spawner; do
	"$builddir/tests/$name" >log 2>&1
	status=$?
	[ $status -eq 0 ] || [ $status -eq 77 ] ||
		fail "$name in thread mode: status $status: $(cat log)"
done
