# SPDX-License-Identifier: BSD-2-Clause
# Coordination of all tasks, and virtual identifiers.
COORDINATE_TESTS = tests/publish tests/virtual-id tests/barrier-all \
	tests/suspend

check_PROGRAMS += $(COORDINATE_TESTS)
TESTS += $(COORDINATE_TESTS)

tests_publish_CFLAGS = $(runtime_cflags)
tests_publish_LDFLAGS = $(runtime_ldflags)
tests_publish_LDADD = $(runtime_ldadd)

tests_virtual_id_CFLAGS = $(runtime_cflags)
tests_virtual_id_LDFLAGS = $(runtime_ldflags)
tests_virtual_id_LDADD = $(runtime_ldadd)

tests_barrier_all_SOURCES = tests/barrier-all.c
tests_barrier_all_CFLAGS = $(runtime_cflags)
tests_barrier_all_LDFLAGS = $(runtime_ldflags)
tests_barrier_all_LDADD = $(runtime_ldadd)



tests_suspend_CFLAGS = $(runtime_cflags)
tests_suspend_LDFLAGS = $(runtime_ldflags)
tests_suspend_LDADD = $(runtime_ldadd)
