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

check_PROGRAMS += tests/signals tests/signals2
TESTS += tests/signals tests/signals2
tests_signals_CFLAGS = $(runtime_cflags)
tests_signals_LDFLAGS = $(runtime_ldflags)
tests_signals_LDADD = $(runtime_ldadd)
tests_signals2_SOURCES = tests/signals.c
tests_signals2_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_signals2_CFLAGS = $(runtime_cflags)
tests_signals2_LDFLAGS = $(runtime_ldflags)
tests_signals2_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/queries tests/queries2
TESTS += tests/queries tests/queries2
tests_queries_CFLAGS = $(runtime_cflags)
tests_queries_LDFLAGS = $(runtime_ldflags) -rdynamic
tests_queries_LDADD = $(runtime_ldadd)
tests_queries2_SOURCES = tests/queries.c
tests_queries2_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_queries2_CFLAGS = $(runtime_cflags)
tests_queries2_LDFLAGS = $(runtime_ldflags) -rdynamic
tests_queries2_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/headers-cxx
TESTS += tests/headers-cxx
tests_headers_cxx_SOURCES = tests/headers-cxx.cc
tests_headers_cxx_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=3
tests_headers_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIE -g
tests_headers_cxx_LDFLAGS = $(runtime_ldflags)
tests_headers_cxx_LDADD = lib/libxpmem.la $(runtime_ldadd)

check_PROGRAMS += tests/headers-cxx2
TESTS += tests/headers-cxx2
tests_headers_cxx2_SOURCES = tests/headers-cxx.cc
tests_headers_cxx2_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_headers_cxx2_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIE -g
tests_headers_cxx2_LDFLAGS = $(runtime_ldflags)
tests_headers_cxx2_LDADD = lib/libxpmem.la $(runtime_ldadd)

check_PROGRAMS += tests/headers-c99
TESTS += tests/headers-c99
tests_headers_c99_SOURCES = tests/headers-c99.c
tests_headers_c99_CPPFLAGS = -I$(top_srcdir)/include -U_GNU_SOURCE \
	-DPIP_VERSION_MAJOR=3
tests_headers_c99_CFLAGS = $(runtime_cflags) -std=c99 -pedantic
tests_headers_c99_LDFLAGS = $(runtime_ldflags)
tests_headers_c99_LDADD = lib/libxpmem.la $(runtime_ldadd)

check_PROGRAMS += tests/headers2-c99
TESTS += tests/headers2-c99
tests_headers2_c99_SOURCES = tests/headers-c99.c
tests_headers2_c99_CPPFLAGS = -I$(top_srcdir)/include -U_GNU_SOURCE \
	-DPIP_VERSION_MAJOR=2
tests_headers2_c99_CFLAGS = $(runtime_cflags) -std=c99 -pedantic
tests_headers2_c99_LDFLAGS = $(runtime_ldflags)
tests_headers2_c99_LDADD = lib/libxpmem.la $(runtime_ldadd)
