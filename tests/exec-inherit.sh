#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tasks inherit stdin, stdout, stderr, directory, environment, umask and what
# is ignored; arguments arrive as they are.
. "${srcdir:-.}/tests/testlib.sh"

# One stdin for all: each line is read once.
printf 'one\ntwo\nthree\nfour\n' |
	"$pip_exec" -n 4 sh -c 'read -r line; echo "$line"' >out || fail "status $?"
expect_sorted out <<'END'
four
one
three
two
END

# Closed descriptors stay closed, and pip-exec does not mind.
"$pip_exec" -n 2 sh -c 'test ! -e /proc/self/fd/0 || exit 1; echo closed' \
	<&- >out 2>err || fail "without stdin: status $?"
expect_lines 2 closed out
status=0
"$pip_exec" -n 2 sh -c 'exit 4' <&- >&- 2>&- || status=$?
[ "$status" -eq 4 ] || fail "without any descriptor: status $status"

expect_status 0 "$pip_exec" -n 2 sh -c 'echo err >&2'
expect_lines 2 err err

mkdir 'a directory'
(cd 'a directory' && umask 027 && PIP_TEST_VARIABLE='a  value' \
	"$pip_exec" sh -c 'pwd; echo "$PIP_TEST_VARIABLE"; umask') >out ||
	fail "status $?"
expect_sorted out <<END
$work_dir/a directory
a  value
0027
END

expect_status 0 "$pip_exec" printf '[%s]\n' a '' 'b  c' '*' '$x' -n --
cat >expected <<'END'
[a]
[]
[b  c]
[*]
[$x]
[-n]
[--]
END
cmp out expected || fail 'the arguments are not what was given'

# What is ignored stays so; what is caught or blocked is nobody else's matter.
# Of signals 1 to 31: 32 and 33 are libc's own, and what posix_spawn(3) starts,
# as make(1) does, ignores them; libpip catches the second to suspend tasks.
own_signals() {
	while read -r name mask; do
		printf '%s %x\n' "$name" $((0x$mask & 0x7fffffff))
	done
}
(trap '' HUP USR1 && exec "$pip_exec" grep SigIgn /proc/self/status) | own_signals >ignored
(trap '' HUP USR1 && exec grep SigIgn /proc/self/status) | own_signals >expected
cmp ignored expected || fail "ignored signals: $(cat ignored), not $(cat expected)"
"$pip_exec" grep -E 'Sig(Blk|Cgt)' /proc/self/status | own_signals >caught
grep -E 'Sig(Blk|Cgt)' /proc/self/status | own_signals >expected
cmp caught expected || fail "caught or blocked signals: $(cat caught)"
