# SPDX-License-Identifier: BSD-2-Clause
# pip-ipc and pip-probe-effect.
check_PROGRAMS += tests/ipc-pattern
TESTS += tests/ipc-pattern
tests_ipc_pattern_SOURCES = tests/ipc-pattern.c tests/check.h \
	bench/ipc/ipc_pattern.c bench/ipc/ipc.h
tests_ipc_pattern_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)

TESTS += tests/ipc.sh
EXTRA_DIST += tests/ipc.sh
