# SPDX-License-Identifier: BSD-2-Clause
# Plugins that coordinate and virtualise, and what they are tried with.
COORDINATE_PLUGINS = \
	examples/plugins/descriptors.so \
	examples/plugins/key_values.so \
	examples/plugins/pids.so \
	examples/plugins/timers.so

noinst_DATA += $(COORDINATE_PLUGINS)
CLEANFILES += $(COORDINATE_PLUGINS)
EXTRA_DIST += $(COORDINATE_PLUGINS:.so=.c)

$(COORDINATE_PLUGINS): include/pip/pip_plugin.h \
	include/pip/pip_coordinate.h include/pip/pip_virtual_id.h
examples/plugins/descriptors.so: examples/plugins/descriptors.c
examples/plugins/key_values.so: examples/plugins/key_values.c
examples/plugins/pids.so: examples/plugins/pids.c
examples/plugins/timers.so: examples/plugins/timers.c
$(COORDINATE_PLUGINS):
	$(AM_V_CCLD)$(MKDIR_P) examples/plugins && \
	$(PLUGIN_COMPILE) -o $@ $(srcdir)/$(@:.so=.c)

noinst_PROGRAMS += examples/plugins/exchange examples/plugins/notes \
	examples/plugins/processes examples/plugins/ticks
examples_plugins_exchange_SOURCES = examples/plugins/exchange.c
examples_plugins_exchange_CFLAGS = $(EXAMPLES_COMPILE)
examples_plugins_exchange_LDFLAGS = $(EXAMPLES_LINK)
examples_plugins_exchange_LDADD = lib/libpip.la
examples_plugins_notes_SOURCES = examples/plugins/notes.c
examples_plugins_notes_CFLAGS = $(EXAMPLES_COMPILE)
examples_plugins_notes_LDFLAGS = $(EXAMPLES_LINK)
examples_plugins_processes_SOURCES = examples/plugins/processes.c
examples_plugins_processes_CFLAGS = $(EXAMPLES_COMPILE)
examples_plugins_processes_LDFLAGS = $(EXAMPLES_LINK)
examples_plugins_ticks_SOURCES = examples/plugins/ticks.c
examples_plugins_ticks_CFLAGS = $(EXAMPLES_COMPILE)
examples_plugins_ticks_LDFLAGS = $(EXAMPLES_LINK)
