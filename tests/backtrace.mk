# SPDX-License-Identifier: BSD-2-Clause
# Backtraces without GDB.  Whatever CFLAGS has, the programs that are looked at
# have -g, and are there with and without frame pointers.
check_PROGRAMS += tests/programs/backtrace-target \
	tests/programs/backtrace-target-O0
tests_programs_backtrace_target_SOURCES = tests/programs/backtrace-target.c
tests_programs_backtrace_target_CFLAGS = $(AM_CFLAGS) -g -fPIE \
	-fno-optimize-sibling-calls
tests_programs_backtrace_target_LDFLAGS = -pie -no-install
tests_programs_backtrace_target_LDADD = lib/libpip.la -lpthread
tests_programs_backtrace_target_O0_SOURCES = tests/programs/backtrace-target.c
tests_programs_backtrace_target_O0_CPPFLAGS = $(AM_CPPFLAGS) \
	-DBACKTRACE_TARGET_O0
tests_programs_backtrace_target_O0_CFLAGS = $(AM_CFLAGS) -g -fPIE \
	-fno-omit-frame-pointer
tests_programs_backtrace_target_O0_LDFLAGS = -pie -no-install
tests_programs_backtrace_target_O0_LDADD = lib/libpip.la -lpthread

# What is built where libdw is missing.
check_PROGRAMS += tests/programs/pips-without-libdw \
	tests/programs/pip-backtrace-without-libdw
tests_programs_pips_without_libdw_SOURCES = $(pips_pips_SOURCES)
tests_programs_pips_without_libdw_CPPFLAGS = $(pips_pips_CPPFLAGS) \
	-DTEST_WITHOUT_LIBDW
tests_programs_pips_without_libdw_CFLAGS = $(pips_pips_CFLAGS)
tests_programs_pips_without_libdw_LDADD = libpipobserver.la $(JANSSON_LIBS)
tests_programs_pip_backtrace_without_libdw_SOURCES = bin/pip-backtrace.c \
	bin/backtrace_missing.c

BACKTRACE_TESTS = \
	tests/backtrace-crash.sh \
	tests/backtrace-hostile.sh \
	tests/backtrace-limit.sh \
	tests/backtrace-outside.sh \
	tests/backtrace-pips.sh \
	tests/backtrace-replaced.sh \
	tests/backtrace-ulp.sh \
	tests/backtrace-usage.sh
TESTS += $(BACKTRACE_TESTS)
EXTRA_DIST += $(BACKTRACE_TESTS) tests/backtrace-lib.sh

if HAVE_LIBDW
check_PROGRAMS += tests/backtrace-unit
TESTS += tests/backtrace-unit
tests_backtrace_unit_SOURCES = tests/backtrace-unit.c \
	$(libpipbacktrace_la_SOURCES) $(observer_sources)
tests_backtrace_unit_CPPFLAGS = $(libpipbacktrace_la_CPPFLAGS)
tests_backtrace_unit_CFLAGS = $(libpipbacktrace_la_CFLAGS) $(SANITIZE_CFLAGS)
tests_backtrace_unit_LDADD = $(LIBDW_LIBS) -lelf -lpthread

# pips with the sanitizers, for hostile programs.
check_PROGRAMS += tests/programs/pips-sanitized
tests_programs_pips_sanitized_SOURCES = $(pips_pips_SOURCES) \
	$(libpipbacktrace_la_SOURCES) $(observer_sources)
tests_programs_pips_sanitized_CPPFLAGS = $(pips_pips_CPPFLAGS)
tests_programs_pips_sanitized_CFLAGS = $(pips_pips_CFLAGS) $(LIBDW_CFLAGS) \
	$(SANITIZE_CFLAGS)
tests_programs_pips_sanitized_LDADD = $(JANSSON_LIBS) $(LIBDW_LIBS) -lelf \
	-lpthread
else
EXTRA_DIST += tests/backtrace-unit.c
endif
