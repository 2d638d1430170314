# SPDX-License-Identifier: BSD-2-Clause
# Real executables, not libtool's wrapper scripts (-no-install): a script
# cannot become a task.  Debian's gcc makes PIEs anyway; others need telling.
EXAMPLES_COMPILE = $(AM_CFLAGS) -g -fPIE -fno-inline -fno-optimize-sibling-calls
EXAMPLES_LINK = -pie -no-install

noinst_PROGRAMS += examples/hello examples/shared_sum examples/root_and_tasks
noinst_PROGRAMS += examples/ulp_ring examples/ulp_overlap examples/stuck_lock

examples_hello_CFLAGS = $(EXAMPLES_COMPILE)
examples_hello_LDFLAGS = $(EXAMPLES_LINK)
examples_hello_LDADD = lib/libpip.la

examples_shared_sum_CFLAGS = $(EXAMPLES_COMPILE)
examples_shared_sum_LDFLAGS = $(EXAMPLES_LINK)
examples_shared_sum_LDADD = lib/libpip.la

examples_root_and_tasks_CFLAGS = $(EXAMPLES_COMPILE)
examples_root_and_tasks_LDFLAGS = $(EXAMPLES_LINK)
examples_root_and_tasks_LDADD = lib/libpip.la

examples_ulp_ring_CFLAGS = $(EXAMPLES_COMPILE)
examples_ulp_ring_LDFLAGS = $(EXAMPLES_LINK)
examples_ulp_ring_LDADD = lib/libpip.la

examples_ulp_overlap_CFLAGS = $(EXAMPLES_COMPILE)
examples_ulp_overlap_LDFLAGS = $(EXAMPLES_LINK)
examples_ulp_overlap_LDADD = lib/libpip.la

examples_stuck_lock_CFLAGS = $(EXAMPLES_COMPILE)
examples_stuck_lock_LDFLAGS = $(EXAMPLES_LINK)
examples_stuck_lock_LDADD = lib/libpip.la -lpthread
