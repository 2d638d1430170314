# SPDX-License-Identifier: BSD-2-Clause
# The flight recorder.
check_PROGRAMS += tests/recorder-count
TESTS += tests/recorder-count
EXTRA_DIST += tests/recorder-check.h
tests_recorder_count_CFLAGS = $(runtime_cflags)
tests_recorder_count_LDFLAGS = $(runtime_ldflags)
tests_recorder_count_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/recorder-modes
TESTS += tests/recorder-modes
tests_recorder_modes_CFLAGS = $(runtime_cflags)
tests_recorder_modes_LDFLAGS = $(runtime_ldflags)
tests_recorder_modes_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/recorder-read
TESTS += tests/recorder-read
tests_recorder_read_CFLAGS = $(runtime_cflags)
tests_recorder_read_LDFLAGS = $(runtime_ldflags)
tests_recorder_read_LDADD = $(runtime_ldadd)
