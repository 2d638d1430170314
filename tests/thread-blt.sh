#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Bi-level threads in thread mode: the tests of process mode, as far as they are
# not about what all tasks share there.  (blt-signals is: handlers.)
. "${srcdir:-.}/tests/testlib.sh"

PIP_MODE=thread PIP_TEST_SECONDS=2 PIP_TEST_KILLS=3
export PIP_MODE PIP_TEST_SECONDS PIP_TEST_KILLS

# All at the same time; the wait for each is bounded by its own watchdog.
jobs=''
for name in crash barrier end errors exact many mutex policies queue table \
	values waits; do
	"$builddir/tests/blt-$name" >"$name.log" 2>&1 &
	jobs="$jobs $name:$!"
done

failed=''
for job in $jobs; do
	status=0
	wait "${job#*:}" || status=$?
	[ $status -eq 0 ] && continue
	failed=yes
	echo "blt-${job%:*} in thread mode: status $status"
	show "${job%:*}.log"
done
[ -z "$failed" ] || fail 'not all of them work in thread mode'
