#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bi-level threads in thread mode: the tests of process mode, as far as they are
# not about what all tasks share there.  (blt-signals is: handlers.)
. "${srcdir:-.}/tests/testlib.sh"

PIP_MODE=thread PIP_TEST_SECONDS=2 PIP_TEST_KILLS=3
export PIP_MODE PIP_TEST_SECONDS PIP_TEST_KILLS

# The wait for each is bounded by its own watchdog.
for name in barrier crash end errors exact many mutex policies queue table \
	values waits; do
	"$builddir/tests/blt-$name" >log 2>&1
	status=$?
	[ $status -eq 0 ] ||
		fail "blt-$name in thread mode: status $status: $(cat log)"
done
