#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# libpip.so is a program that prints what it was built from; it can still be
# linked with, preloaded, and carried by tasks.
. "${srcdir:-.}/tests/testlib.sh"

libpip=$builddir/lib/.libs/libpip.so
tab=$(printf '\t')

expect_status 0 "$libpip"
cut -f 1 out | diff - /dev/fd/3 3<<'END' || fail 'other items'
Package
Version
License
Build OS
Build CC
Prefix dir
PiP-glibc
ld-linux
Commit Hash
Debug build
URL
mailto
END
count_is 12 "[^${tab}]+${tab}[^${tab}]+" out || { show out; fail 'not 12 items and values'; }
cp out all
expect_status 0 "$libpip" --all
diff all out || fail '--all is not all'
while read -r option title; do
	expect_status 0 "$libpip" "$option"
	expect_lines 1 '.+' out
	[ "$title$tab$(cat out)" = "$(grep "^$title$tab" all)" ] || fail "$option is another value"
done <<'END'
--name Package
--version Version
--license License
--os Build OS
--cc Build CC
--prefix Prefix dir
--glibc PiP-glibc
--ldlinux ld-linux
--commit Commit Hash
--debug Debug build
END
expect_status 0 "$libpip" --version
expect_lines 1 '[0-9]+\.[0-9]+\.[0-9]+' out
expect_status 0 "$libpip" --debug
expect_lines 1 'yes|no' out
expect_status 0 "$libpip" --license
expect_lines 1 BSD-2-Clause out
expect_status 0 "$libpip" --ldlinux
[ -x "$(cat out)" ] || fail "no loader at $(cat out)"
expect_status 0 "$libpip" --cache
expect_lines 1 '[0-9]+' out
expect_status 0 "$libpip" --context
expect_lines 1 '[a-z]+' out
expect_status 0 "$libpip" --sizes
count_is 7 "[a-z_0-9() ]+${tab}[0-9]+" out || { show out; fail '--sizes'; }

for option in --usage --help; do
	expect_status 1 "$libpip" $option
	grep -q '^Usage: libpip.so' out || fail "no usage: $option"
	awk 'length > 80 { exit 1 }' out || fail "more than 80 columns: $option"
done
for option in --no-such-option -x '' -; do
	expect_status 1 "$libpip" "$option"
	expect_lines 1 "libpip.so: unknown option '$option': .*" err
done
if [ -w /dev/full ]; then
	status=0
	"$libpip" >/dev/full 2>err || status=$?
	[ "$status" -eq 1 ] || fail "a full disk: exit status $status"
fi

# By the loader, with a copy of itself preloaded, and as a task.
expect_status 0 "$(grep "^ld-linux$tab" all | cut -f 2)" "$libpip" --version
expect_status 0 env LD_PRELOAD="$libpip" "$libpip" --version
expect_lines 1 '[0-9.]+' out
expect_status 0 env LD_PRELOAD="$libpip" echo preloaded
expect_lines 1 preloaded out
expect_status 0 "$pip_exec" -n 3 "$libpip" --version
expect_lines 3 '[0-9]+\.[0-9]+\.[0-9]+' out

# Nothing to relocate in each task for it: there are no pointers among them.
if command -v nm >/dev/null; then
	nm "$libpip" 2>/dev/null | grep -qE ' [dD] (items|usage)$' &&
		fail 'what it prints is in data that is relocated'
fi
exit 0
