# SPDX-License-Identifier: BSD-2-Clause
# Coordination of all tasks, and virtual identifiers.
COORDINATE_TESTS = tests/publish tests/virtual-id tests/barrier-all \
	tests/suspend tests/suspend-many

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

tests_suspend_many_CFLAGS = $(runtime_cflags)
tests_suspend_many_LDFLAGS = $(runtime_ldflags)
tests_suspend_many_LDADD = $(runtime_ldadd)

# A plugin, made as those of examples/plugins.
noinst_DATA += tests/programs/phases.so
CLEANFILES += tests/programs/phases.so
EXTRA_DIST += tests/programs/phases.c
tests/programs/phases.so: tests/programs/phases.c include/pip/pip_plugin.h \
		include/pip/pip_coordinate.h
	$(AM_V_CCLD)$(MKDIR_P) tests/programs && \
	$(PLUGIN_COMPILE) -o $@ $(srcdir)/tests/programs/phases.c

coordinate_shell_tests = tests/suspend-plugins.sh tests/coordinate-examples.sh
TESTS += $(coordinate_shell_tests)
EXTRA_DIST += $(coordinate_shell_tests)
