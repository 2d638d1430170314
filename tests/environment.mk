# SPDX-License-Identifier: BSD-2-Clause
# What environment variables make the runtime do.
check_PROGRAMS += tests/programs/crash
tests_programs_crash_CFLAGS = $(AM_CFLAGS) -g -fPIE -O0 -Wno-infinite-recursion
tests_programs_crash_LDFLAGS = -pie -no-install
tests_programs_crash_LDADD = lib/libpip.la -lpthread

ENVIRONMENT_TESTS = \
	tests/headers-aarch64.sh \
	tests/environment-page.sh \
	tests/exception-gdb.sh \
	tests/exceptions.sh \
	tests/stop-on-start.sh
TESTS += $(ENVIRONMENT_TESTS)
EXTRA_DIST += $(ENVIRONMENT_TESTS)
