#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A program without a slash in its name is searched on PATH, as execvp(3) does.
. "${srcdir:-.}/tests/testlib.sh"

mkdir a b
cp /bin/echo a/pip-test-echo
cp "$programs/start-function" b/pip-test-echo
cp /bin/echo pip-test-here

expect_status 0 env PATH="$work_dir/a:$work_dir/b:$PATH" "$pip_exec" pip-test-echo first
expect_lines 1 first out
expect_status 3 env PATH="$work_dir/b:$work_dir/a:$PATH" "$pip_exec" pip-test-echo first
expect_lines 1 main out

# What cannot be executed is passed over.
chmod -x a/pip-test-echo
expect_status 3 env PATH="$work_dir/a:$work_dir/b:$PATH" "$pip_exec" pip-test-echo
rm a/pip-test-echo
mkdir a/pip-test-echo
expect_status 3 env PATH="$work_dir/a:$work_dir/b:$PATH" "$pip_exec" pip-test-echo

# The current directory is not on PATH unless it is.
expect_status 2 "$pip_exec" pip-test-here
expect_status 0 "$pip_exec" ./pip-test-here relative
expect_lines 1 relative out
expect_status 0 env PATH=".:$PATH" "$pip_exec" pip-test-here dot
expect_lines 1 dot out
expect_status 0 "$pip_exec" "$work_dir/pip-test-here" absolute
expect_lines 1 absolute out
