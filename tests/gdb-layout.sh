#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# table.py against the C header: every offset, size and constant.
. "${srcdir:-.}/tests/testlib.sh"
need_command python3 python3

[ -x "$builddir/tests/table-offsets" ] ||
	framework_failed 'tests/table-offsets is not built: make check TESTS='
"$builddir/tests/table-offsets" >layout || framework_failed "no layout"
timeout 600 python3 "$top_srcdir/tests/gdb_layout.py" "$top_srcdir" <layout ||
	fail "table.py is not what pip_table.h is"
