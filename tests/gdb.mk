# SPDX-License-Identifier: BSD-2-Clause
# Tests of pip-gdb.  The unit tests need python3, most others gdb as well;
# what is missing is said, and the test skipped.
gdb_tests = \
	tests/gdb-layout.sh \
	tests/gdb-unit.sh

TESTS += $(gdb_tests)
EXTRA_DIST += $(gdb_tests) tests/gdb-unit.py tests/gdb_fake_table.py \
	tests/gdb_layout.py

check_PROGRAMS += tests/table-offsets
tests_table_offsets_SOURCES = tests/table-offsets.c
