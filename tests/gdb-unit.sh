#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The modules of pip-gdb that need no GDB.
. "${srcdir:-.}/tests/testlib.sh"
need_command python3 python3

timeout 3000 python3 "$top_srcdir/tests/gdb-unit.py" "$top_srcdir" ||
	fail "exit status $?"
