# SPDX-License-Identifier: BSD-2-Clause
# pip-trace
check_PROGRAMS += tests/trace-target
tests_trace_target_CFLAGS = $(AM_CFLAGS) -fPIE
tests_trace_target_LDFLAGS = -pie -no-install
tests_trace_target_LDADD = lib/libpip.la
