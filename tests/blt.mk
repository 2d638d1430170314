# SPDX-License-Identifier: BSD-2-Clause
# Bi-level threads and user-level processes.
EXTRA_DIST += tests/blt-check.h tests/blt-participants.h

check_PROGRAMS += tests/blt-errors
TESTS += tests/blt-errors
tests_blt_errors_CFLAGS = $(runtime_cflags)
tests_blt_errors_LDFLAGS = $(runtime_ldflags)
tests_blt_errors_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-queue
TESTS += tests/blt-queue
tests_blt_queue_CFLAGS = $(runtime_cflags)
tests_blt_queue_LDFLAGS = $(runtime_ldflags)
tests_blt_queue_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-values
TESTS += tests/blt-values
tests_blt_values_CFLAGS = $(runtime_cflags)
tests_blt_values_LDFLAGS = $(runtime_ldflags)
tests_blt_values_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-exact
TESTS += tests/blt-exact
tests_blt_exact_CFLAGS = $(runtime_cflags)
tests_blt_exact_LDFLAGS = $(runtime_ldflags)
tests_blt_exact_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-many
TESTS += tests/blt-many
tests_blt_many_CFLAGS = $(runtime_cflags)
tests_blt_many_LDFLAGS = $(runtime_ldflags)
tests_blt_many_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-policies
TESTS += tests/blt-policies
tests_blt_policies_CFLAGS = $(runtime_cflags)
tests_blt_policies_LDFLAGS = $(runtime_ldflags)
tests_blt_policies_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-barrier
TESTS += tests/blt-barrier
tests_blt_barrier_CFLAGS = $(runtime_cflags)
tests_blt_barrier_LDFLAGS = $(runtime_ldflags)
tests_blt_barrier_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-mutex
TESTS += tests/blt-mutex
tests_blt_mutex_CFLAGS = $(runtime_cflags)
tests_blt_mutex_LDFLAGS = $(runtime_ldflags)
tests_blt_mutex_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-waits
TESTS += tests/blt-waits
tests_blt_waits_CFLAGS = $(runtime_cflags)
tests_blt_waits_LDFLAGS = $(runtime_ldflags)
tests_blt_waits_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-end
TESTS += tests/blt-end
tests_blt_end_CFLAGS = $(runtime_cflags)
tests_blt_end_LDFLAGS = $(runtime_ldflags)
tests_blt_end_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-crash
TESTS += tests/blt-crash
tests_blt_crash_CFLAGS = $(runtime_cflags)
tests_blt_crash_LDFLAGS = $(runtime_ldflags)
tests_blt_crash_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-signals
TESTS += tests/blt-signals
tests_blt_signals_CFLAGS = $(runtime_cflags)
tests_blt_signals_LDFLAGS = $(runtime_ldflags)
tests_blt_signals_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/blt-table
TESTS += tests/blt-table
tests_blt_table_CFLAGS = $(runtime_cflags)
tests_blt_table_LDFLAGS = $(runtime_ldflags)
tests_blt_table_LDADD = $(runtime_ldadd)

# The protocol, checked by spin.
TESTS += tests/blt-model.sh
EXTRA_DIST += tests/blt-model.sh tests/model/blt.pml
