# SPDX-License-Identifier: BSD-2-Clause
# Tests of pip-gdb.  The unit tests need python3, most others gdb as well;
# what is missing is said, and the test skipped.
gdb_tests = \
	tests/gdb-attach.sh \
	tests/gdb-breakpoint.sh \
	tests/gdb-commands.sh \
	tests/gdb-core.sh \
	tests/gdb-core-write.sh \
	tests/gdb-errors.sh \
	tests/gdb-hostile.sh \
	tests/gdb-interrupt.sh \
	tests/gdb-launcher.sh \
	tests/gdb-layout.sh \
	tests/gdb-lifecycle.sh \
	tests/gdb-many.sh \
	tests/gdb-one-task.sh \
	tests/gdb-programs.sh \
	tests/gdb-shared.sh \
	tests/gdb-spawn.sh \
	tests/gdb-thread.sh \
	tests/gdb-ulp.sh \
	tests/gdb-unit.sh \
	tests/gdb-vdso.sh

TESTS += $(gdb_tests)
EXTRA_DIST += $(gdb_tests) tests/gdb-common.sh tests/gdb-unit.py \
	tests/gdb-unit-core.py tests/gdb_fake_table.py tests/gdb_layout.py

check_PROGRAMS += tests/table-offsets
tests_table_offsets_SOURCES = tests/table-offsets.c

check_PROGRAMS += tests/gdb-root tests/gdb-target tests/gdb-plain
check_LTLIBRARIES += tests/libgdb-target.la
# They are looked at with a debugger: whatever CFLAGS has, there is -g.
tests_gdb_root_SOURCES = tests/gdb-root.c
tests_gdb_root_CFLAGS = $(AM_CFLAGS) -g -fPIE
tests_gdb_root_LDADD = lib/libpip.la -ldl
tests_gdb_root_LDFLAGS = -no-install -pie
tests_gdb_target_SOURCES = tests/gdb-target.c
tests_gdb_target_CFLAGS = $(AM_CFLAGS) -g -fPIE
tests_gdb_target_LDADD = tests/libgdb-target.la -lpthread -ldl
tests_gdb_target_LDFLAGS = -no-install -pie
check_PROGRAMS += tests/gdb-storm tests/gdb-shared
tests_gdb_shared_SOURCES = tests/gdb-shared.c
tests_gdb_shared_CFLAGS = $(AM_CFLAGS) -g -fPIE
tests_gdb_shared_LDADD = lib/libpip.la
tests_gdb_shared_LDFLAGS = -no-install -pie
tests_gdb_storm_SOURCES = tests/gdb-storm.c
tests_gdb_storm_CFLAGS = $(AM_CFLAGS) -g -fPIE
tests_gdb_storm_LDADD = lib/libpip.la
tests_gdb_storm_LDFLAGS = -no-install -pie
tests_gdb_plain_SOURCES = tests/gdb-plain.c
tests_gdb_plain_CFLAGS = $(AM_CFLAGS) -g -fPIE
tests_gdb_plain_LDFLAGS = -pie
tests_libgdb_target_la_SOURCES = tests/gdb-target-library.c
tests_libgdb_target_la_CFLAGS = $(AM_CFLAGS) -g
# With an -rpath it is a shared library, though it is not installed.
tests_libgdb_target_la_LDFLAGS = -rpath /nowhere -avoid-version
