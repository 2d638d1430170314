#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bi-level threads in thread mode: the tests of process mode, as far as they are
# not about what all tasks share there.  (blt-signals is: handlers.)
. "${srcdir:-.}/tests/testlib.sh"

PIP_MODE=thread PIP_TEST_SECONDS=2 PIP_TEST_KILLS=3
export PIP_MODE PIP_TEST_SECONDS PIP_TEST_KILLS

# The wait for each is bounded by its own watchdog.
test_blt() { # NAME
	echo "blt-$1 in thread mode:"
	"$builddir/tests/blt-$1"
}

run_together 'test_blt crash' 'test_blt barrier' 'test_blt end' \
	'test_blt errors' 'test_blt exact' 'test_blt many' 'test_blt mutex' \
	'test_blt policies' 'test_blt queue' 'test_blt table' 'test_blt values' \
	'test_blt waits'
