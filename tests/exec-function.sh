#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-exec -f starts at a function, static or not, after the constructors.
. "${srcdir:-.}/tests/testlib.sh"

program=$programs/start-function

expect_status 3 "$pip_exec" "$program"
expect_lines 1 main out
expect_status 42 "$pip_exec" -n 3 -f answer "$program" ignored arguments
expect_lines 3 'answer NULL constructed' out
expect_status 7 "$pip_exec" -f question "$program"
expect_lines 1 question out
expect_status 42 "$pip_exec" -f answer "$program" : -f question "$program" : "$program"
expect_sorted out <<'END'
answer NULL constructed
main
question
END

# ENOEXEC: no such function.  Another one's name is no match for a part of it.
expect_status 8 "$pip_exec" -f no_such_function "$program"
[ ! -s out ] || fail 'something ran'
grep -q no_such_function err || fail 'the function is not named'
expect_status 8 "$pip_exec" -f answ "$program"
