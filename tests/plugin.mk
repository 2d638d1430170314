# SPDX-License-Identifier: BSD-2-Clause
# Plugins.  Those for tests are compiled as the examples' are.
TEST_TRACERS = \
	tests/plugins/first.so \
	tests/plugins/second.so \
	tests/plugins/third.so
TEST_PLUGINS = $(TEST_TRACERS) \
	tests/plugins/bad-name.so \
	tests/plugins/constructor.so \
	tests/plugins/namesake.so \
	tests/plugins/no-description.so \
	tests/plugins/no-function.so \
	tests/plugins/no-library.so \
	tests/plugins/no-next.so \
	tests/plugins/libplain.so \
	tests/plugins/version.so
check_DATA += $(TEST_PLUGINS)
CLEANFILES += $(TEST_PLUGINS) tests/plugins/libgone.so
EXTRA_DIST += tests/plugins/tracer.c tests/plugins/plain.c

test_plugin = $(AM_V_CCLD)$(MKDIR_P) tests/plugins && \
	$(PLUGIN_COMPILE) -o $@
test_tracer = $(srcdir)/tests/plugins/tracer.c
test_plain = $(srcdir)/tests/plugins/plain.c

$(TEST_PLUGINS): include/pip/pip_plugin.h tests/plugins/tracer.c \
	tests/plugins/plain.c
tests/plugins/first.so:
	$(test_plugin) -DPLUGIN_NAME='"first"' $(test_tracer)
tests/plugins/second.so:
	$(test_plugin) -DPLUGIN_NAME='"second"' $(test_tracer)
tests/plugins/third.so:
	$(test_plugin) -DPLUGIN_NAME='"third"' -Wl,--hash-style=sysv $(test_tracer)
tests/plugins/namesake.so:
	$(test_plugin) -DPLUGIN_NAME='"first"' $(test_tracer)
tests/plugins/version.so:
	$(test_plugin) -DPLUGIN_NAME='"version"' -DPLUGIN_API=77 $(test_tracer)
tests/plugins/bad-name.so:
	$(test_plugin) -DBAD_NAME $(test_plain)
tests/plugins/constructor.so:
	$(test_plugin) -DCONSTRUCTOR $(test_plain)
tests/plugins/no-description.so:
	$(test_plugin) -DNO_DESCRIPTION $(test_plain)
tests/plugins/no-function.so:
	$(test_plugin) -DNO_FUNCTION -Wl,-z,lazy $(test_plain)
tests/plugins/no-next.so:
	$(test_plugin) -DNO_NEXT $(test_plain)
tests/plugins/libplain.so:
	$(test_plugin) $(test_plain)
# Linked with a library that is there no more.
tests/plugins/no-library.so: tests/plugins/libplain.so
	$(AM_V_CCLD)cp tests/plugins/libplain.so tests/plugins/libgone.so && \
	$(PLUGIN_COMPILE) -o $@ -DCONSTRUCTOR $(test_plain) \
		-Wl,--no-as-needed tests/plugins/libgone.so && \
	rm -f tests/plugins/libgone.so

check_PROGRAMS += tests/plugin-program
tests_plugin_program_CFLAGS = $(runtime_cflags)
tests_plugin_program_LDFLAGS = $(runtime_ldflags) -rdynamic
tests_plugin_program_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/plugin-recorder
tests_plugin_recorder_CFLAGS = $(runtime_cflags)
tests_plugin_recorder_LDFLAGS = $(runtime_ldflags)
tests_plugin_recorder_LDADD = $(runtime_ldadd)

PLUGIN_TESTS = \
	tests/plugin-crash.sh \
	tests/plugin-events.sh \
	tests/plugin-examples.sh \
	tests/plugin-new.sh \
	tests/plugin-observe.sh \
	tests/plugin-refuse.sh \
	tests/plugin-root.sh \
	tests/plugin-sanitized.sh \
	tests/plugin-wrap.sh
TESTS += $(PLUGIN_TESTS)
EXTRA_DIST += $(PLUGIN_TESTS) tests/plugin-lib.sh
