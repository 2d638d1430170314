# SPDX-License-Identifier: BSD-2-Clause
# pip-ipc and pip-probe-effect.
check_PROGRAMS += tests/ipc-pattern
TESTS += tests/ipc-pattern
tests_ipc_pattern_SOURCES = tests/ipc-pattern.c tests/check.h \
	bench/ipc/ipc_pattern.c bench/ipc/ipc.h
tests_ipc_pattern_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)

TESTS += tests/ipc.sh
EXTRA_DIST += tests/ipc.sh

check_PROGRAMS += tests/effect-statistics
TESTS += tests/effect-statistics
tests_effect_statistics_SOURCES = tests/effect-statistics.c tests/check.h \
	bench/effect/sample.c bench/effect/student.c \
	bench/effect/statistics.h
tests_effect_statistics_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_effect_statistics_LDADD = -lm

TESTS += tests/effect-files.sh
EXTRA_DIST += tests/effect-files.sh

TESTS += tests/effect.sh
EXTRA_DIST += tests/effect.sh tests/effect-lib.sh

TESTS += tests/effect-limit.sh tests/effect-lttng.sh tests/effect-matrix.sh \
	tests/effect-observers.sh tests/effect-probes.sh
EXTRA_DIST += tests/effect-limit.sh tests/effect-lttng.sh \
	tests/effect-matrix.sh \
	tests/effect-observers.sh \
	tests/effect-probes.sh

TESTS += tests/effect-usage.sh
EXTRA_DIST += tests/effect-usage.sh
