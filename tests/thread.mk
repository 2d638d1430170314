# SPDX-License-Identifier: BSD-2-Clause
# Thread mode.
check_PROGRAMS += tests/exit-modes
TESTS += tests/exit-modes
tests_exit_modes_CFLAGS = $(runtime_cflags)
tests_exit_modes_LDFLAGS = $(runtime_ldflags)
tests_exit_modes_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/thread-shared
TESTS += tests/thread-shared
tests_thread_shared_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_thread_shared_CFLAGS = $(runtime_cflags)
tests_thread_shared_LDFLAGS = $(runtime_ldflags)
tests_thread_shared_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/thread-many
TESTS += tests/thread-many
tests_thread_many_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_thread_many_CFLAGS = $(runtime_cflags)
tests_thread_many_LDFLAGS = $(runtime_ldflags)
tests_thread_many_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/thread-starved
TESTS += tests/thread-starved
tests_thread_starved_CFLAGS = $(runtime_cflags)
tests_thread_starved_LDFLAGS = $(runtime_ldflags)
tests_thread_starved_LDADD = $(runtime_ldadd)

TESTS += tests/thread-blt.sh
EXTRA_DIST += tests/thread-blt.sh

TESTS += tests/thread-exec.sh
EXTRA_DIST += tests/thread-exec.sh

TESTS += tests/thread-again.sh
EXTRA_DIST += tests/thread-again.sh
