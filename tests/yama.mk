# SPDX-License-Identifier: BSD-2-Clause
# Yama's restrictions on ptrace(2): on a machine that has them, or in a virtual
# one.
TESTS += tests/yama.sh
EXTRA_DIST += tests/yama.sh tests/yama/guest.sh tests/yama/init

.PHONY: check-yama
check-yama: all
	$(MAKE) $(AM_MAKEFLAGS) check TESTS=
	srcdir=$(srcdir) $(srcdir)/tests/yama/guest.sh || test $$? -eq 77
