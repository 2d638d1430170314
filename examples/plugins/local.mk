# SPDX-License-Identifier: BSD-2-Clause
# Plugins are made as their users make them, without libtool: a compiler and
# two options.  What they call of libpip is found when they are loaded.
EXAMPLE_PLUGINS = \
	examples/plugins/lock_order.so \
	examples/plugins/logger.so \
	examples/plugins/malloc_stats.so \
	examples/plugins/sleep1.so \
	examples/plugins/sleep2.so
example_plugin_files = $(EXAMPLE_PLUGINS:.so=.c)

noinst_DATA += $(EXAMPLE_PLUGINS)
CLEANFILES += $(EXAMPLE_PLUGINS)
EXTRA_DIST += $(example_plugin_files)

PLUGIN_COMPILE = $(CC) $(DEFAULT_INCLUDES) $(AM_CPPFLAGS) $(CPPFLAGS) \
	$(AM_CFLAGS) -O2 $(CFLAGS) -fno-builtin -shared -fPIC

# By name: a suffix rule .c.so is not for automake, whose objects it would hide.
$(EXAMPLE_PLUGINS): include/pip/pip_plugin.h
examples/plugins/lock_order.so: examples/plugins/lock_order.c
examples/plugins/logger.so: examples/plugins/logger.c
examples/plugins/malloc_stats.so: examples/plugins/malloc_stats.c
examples/plugins/sleep1.so: examples/plugins/sleep1.c
examples/plugins/sleep2.so: examples/plugins/sleep2.c
$(EXAMPLE_PLUGINS):
	$(AM_V_CCLD)$(MKDIR_P) examples/plugins && \
	$(PLUGIN_COMPILE) -o $@ $(srcdir)/$(@:.so=.c)

noinst_PROGRAMS += examples/plugins/subject
examples_plugins_subject_SOURCES = examples/plugins/subject.c
examples_plugins_subject_CFLAGS = $(AM_CFLAGS) -g -fPIE -fno-builtin \
	-Wno-missing-prototypes
examples_plugins_subject_LDFLAGS = -pie -no-install -rdynamic
examples_plugins_subject_LDADD = -lpthread
