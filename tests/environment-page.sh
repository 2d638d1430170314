#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# pip-environment(7) has every variable that the sources read.
. "${srcdir:-.}/tests/testlib.sh"

page=$top_srcdir/docs/man/pip-environment.7

# By getenv(), through a macro of pip.h, from a table, or by a script.
{
	(
		cd "$top_srcdir" &&
			grep -hoE 'getenv\("[A-Z_]+"\)' lib/*.c lib/*/*.c \
				bin/*.c pips/*.c | grep -oE '[A-Z_]{2,}'
		grep -hoE '"[A-Z]+_STACKSI?Z?E?"' lib/stack_size.c | tr -d '"'
		grep -hE '#define PIP_ENV_[A-Z_]+ "PIP_' include/pip/*.h |
			sed 's/[^"]*"\([A-Z_]*\)".*/\1/'
		grep -hoE 'environ\.get\("[A-Z_]+"' gdb/pip_gdb/*.py |
			grep -oE '[A-Z_]{2,}'
		grep -hoE '\$\{?(PIP_[A-Z_]+|GDB|CC|CXX|FC|MANPATH)\b' bin/*.in \
			gdb/*.in | tr -d '${'
	)
} | sort -u >variables
[ "$(grep -c . variables)" -ge 20 ] || framework_failed 'too few are found'
while read -r variable; do
	grep -qw "$variable" "$page" || fail "$variable is not in ${page##*/}"
done <variables

# Each once: in the table, and as the title of a paragraph.
sed -n 's/^\([A-Z_]*\)|.*/\1/p' "$page" | sort | uniq -d >twice
awk 'title && /^\.B PIP_/ { print $2 } { title = /^\.TP/ }' "$page" | sort | uniq -d >>twice
[ ! -s twice ] || { show twice; fail 'explained twice'; }
