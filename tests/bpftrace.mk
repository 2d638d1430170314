# SPDX-License-Identifier: BSD-2-Clause
# The bpftrace scripts.
check_PROGRAMS += tests/bpftrace-target
tests_bpftrace_target_CFLAGS = $(runtime_cflags)
tests_bpftrace_target_LDFLAGS = $(runtime_ldflags)
tests_bpftrace_target_LDADD = $(runtime_ldadd)

TESTS += tests/bpftrace-scripts.sh tests/bpftrace-usage.sh tests/probes.sh
EXTRA_DIST += tests/bpftrace-scripts.sh tests/bpftrace-usage.sh tests/probes.sh
