# SPDX-License-Identifier: BSD-2-Clause
# The rest of the public interface, in both versions.
check_PROGRAMS += tests/named tests/named2
TESTS += tests/named tests/named2
tests_named_CFLAGS = $(runtime_cflags)
tests_named_LDFLAGS = $(runtime_ldflags)
tests_named_LDADD = $(runtime_ldadd)
tests_named2_SOURCES = tests/named.c
tests_named2_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_named2_CFLAGS = $(runtime_cflags)
tests_named2_LDFLAGS = $(runtime_ldflags)
tests_named2_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/barrier2
TESTS += tests/barrier2
tests_barrier2_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_barrier2_CFLAGS = $(runtime_cflags)
tests_barrier2_LDFLAGS = $(runtime_ldflags)
tests_barrier2_LDADD = $(runtime_ldadd)
