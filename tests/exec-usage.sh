#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-exec says how it is used: on stderr with status 2 if asked wrongly, on
# stdout with status 0 for --help; too many tasks is EOVERFLOW.
. "${srcdir:-.}/tests/testlib.sh"

expect_usage() { # ARGUMENT...
	expect_status 2 "$pip_exec" "$@"
	[ ! -s out ] || fail "stdout is not empty: $*"
	grep -q '^Usage: pip-exec ' err || fail "no usage on stderr: $*"
	awk 'length > 80 { exit 1 }' err || fail "more than 80 columns: $*"
}

expect_usage
expect_usage -h
expect_usage -c 1 /bin/true
expect_usage --no-such-option /bin/true
expect_usage -n
expect_usage -n 0 /bin/true
expect_usage -n -1 /bin/true
expect_usage -n 8x /bin/true
expect_usage -n 4
expect_usage :
expect_usage /bin/true : :
expect_usage : /bin/true

expect_usage -n 8x /bin/true
grep -q "^pip-exec: -n: '8x' is not a positive number$" err ||
	fail 'the bad number is not named'

expect_status 0 "$pip_exec" --help
[ ! -s err ] || fail '--help prints on stderr'
grep -q '^Usage: pip-exec ' out || fail '--help does not show the usage'
expect_status 0 "$pip_exec" --version
expect_lines 1 'pip-exec \(pip-toolkit\) [0-9]+\.[0-9]+\.[0-9]+' out

expect_status 75 "$pip_exec" -n 4097 /bin/true
expect_lines 1 'pip-exec: too many tasks: the limit is 4096' err
expect_status 75 "$pip_exec" -n 4096 /bin/true : /bin/true

# A task cannot wait for tasks, so pip-exec as a task refuses; from a shell it
# is an ordinary program again.
real=$builddir/bin/.libs/pip-exec
[ -x "$real" ] || real=$pip_exec
LD_LIBRARY_PATH=$builddir/lib/.libs
export LD_LIBRARY_PATH
expect_status 1 "$pip_exec" "$real" /bin/true
grep -q '^pip-exec: is a task itself' err || fail "as a task: $(cat err)"
expect_status 5 "$pip_exec" sh -c "$real -n 2 sh -c 'echo inner; exit 5'"
expect_lines 2 inner out
