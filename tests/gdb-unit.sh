#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The modules of pip-gdb that need no GDB.
. "${srcdir:-.}/tests/testlib.sh"
need_command python3 python3

for part in gdb-unit gdb-unit-core; do
	timeout 3000 python3 "$top_srcdir/tests/$part.py" "$top_srcdir" ||
		fail "$part: exit status $?"
done
