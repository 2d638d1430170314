# SPDX-License-Identifier: BSD-2-Clause
# Tasks that spawn and wait.
check_PROGRAMS += tests/wait-spawner
TESTS += tests/wait-spawner
tests_wait_spawner_CFLAGS = $(runtime_cflags)
tests_wait_spawner_LDFLAGS = $(runtime_ldflags)
tests_wait_spawner_LDADD = $(runtime_ldadd) -lpthread

check_PROGRAMS += tests/wait-handler
TESTS += tests/wait-handler
tests_wait_handler_CFLAGS = $(runtime_cflags)
tests_wait_handler_LDFLAGS = $(runtime_ldflags)
tests_wait_handler_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/wait-leftovers
TESTS += tests/wait-leftovers
EXTRA_DIST += tests/zombies.h
tests_wait_leftovers_CFLAGS = $(runtime_cflags)
tests_wait_leftovers_LDFLAGS = $(runtime_ldflags)
tests_wait_leftovers_LDADD = $(runtime_ldadd) -lpthread
