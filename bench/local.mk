# SPDX-License-Identifier: BSD-2-Clause
# Benchmarks: built with everything, run by hand (docs/PERFORMANCE.md).
noinst_PROGRAMS += bench/trivial bench/spawn bench/memory bench/counter

bench_trivial_SOURCES = bench/trivial.c
bench_trivial_CFLAGS = $(AM_CFLAGS) -fPIE
bench_trivial_LDFLAGS = -pie

bench_spawn_SOURCES = bench/spawn.c bench/bench_args.h bench/bench.h
bench_spawn_LDADD = lib/libpip.la
bench_spawn_LDFLAGS = -no-install

bench_memory_SOURCES = bench/memory.c bench/bench_args.h bench/bench.h
bench_memory_LDADD = lib/libpip.la
bench_memory_LDFLAGS = -no-install

bench_counter_SOURCES = bench/counter.c bench/bench_args.h bench/bench.h
bench_counter_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/lib \
	-I$(srcdir)/lib/$(PIP_MACHINE)

noinst_PROGRAMS += bench/pips
bench_pips_SOURCES = bench/pips.c bench/bench_args.h bench/bench.h
bench_pips_LDADD = lib/libpip.la
bench_pips_LDFLAGS = -no-install
# Needs gdb and the programs of its tests.
EXTRA_DIST += bench/gdb-attach.sh bench/backtrace.sh
noinst_PROGRAMS += bench/named
bench_named_SOURCES = bench/named.c bench/bench_args.h bench/bench.h \
	bench/shared_table.h
bench_named_LDADD = lib/libpip.la -lpthread -lrt
bench_named_LDFLAGS = -no-install

noinst_PROGRAMS += bench/publish
bench_publish_SOURCES = bench/publish.c bench/bench_args.h bench/bench.h \
	bench/shared_table.h
bench_publish_LDADD = lib/libpip.la -lpthread
bench_publish_LDFLAGS = -no-install

noinst_PROGRAMS += bench/barrier
bench_barrier_SOURCES = bench/barrier.c bench/bench_args.h bench/bench.h
bench_barrier_CFLAGS = $(AM_CFLAGS) -fPIE
bench_barrier_LDADD = lib/libpip.la -lpthread -lrt
bench_barrier_LDFLAGS = -pie -no-install

noinst_PROGRAMS += bench/malloc
bench_malloc_SOURCES = bench/malloc.c bench/bench_args.h bench/bench.h
bench_malloc_CFLAGS = $(AM_CFLAGS) -fPIE -fno-builtin
bench_malloc_LDADD = lib/libpip.la -lpthread
bench_malloc_LDFLAGS = -pie -no-install

noinst_PROGRAMS += bench/xpmem
bench_xpmem_SOURCES = bench/xpmem.c bench/bench_args.h bench/bench.h
bench_xpmem_CFLAGS = $(AM_CFLAGS) -fPIE
bench_xpmem_LDADD = lib/libpip.la lib/libxpmem.la -lrt
bench_xpmem_LDFLAGS = -pie -no-install
noinst_PROGRAMS += bench/yield
bench_yield_SOURCES = bench/yield.c bench/bare_own.h bench/bare_switch.h bench/rings.h \
	bench/bench_ulp.h bench/bench.h bench/bench_args.h
bench_yield_CFLAGS = $(AM_CFLAGS) -fPIE
bench_yield_LDADD = lib/libpip.la -lpthread
bench_yield_LDFLAGS = -pie -no-install

noinst_PROGRAMS += bench/couple bench/ulp-sync
bench_couple_SOURCES = bench/couple.c bench/bench_ulp.h bench/bench.h \
	bench/bench_args.h
bench_couple_CFLAGS = $(AM_CFLAGS) -fPIE
bench_couple_LDADD = lib/libpip.la -lpthread
bench_couple_LDFLAGS = -pie -no-install
bench_ulp_sync_SOURCES = bench/ulp-sync.c bench/bare_switch.h bench/bench_ulp.h \
	bench/bench.h bench/bench_args.h
bench_ulp_sync_CFLAGS = $(AM_CFLAGS) -fPIE
bench_ulp_sync_LDADD = lib/libpip.la -lpthread
bench_ulp_sync_LDFLAGS = -pie -no-install

noinst_PROGRAMS += bench/recorder
bench_recorder_SOURCES = bench/recorder.c bench/recorder_lttng.c \
	bench/recorder_lttng.h bench/recorder_events.h bench/bench.h \
	bench/bench_args.h
bench_recorder_CFLAGS = $(AM_CFLAGS) $(LTTNG_UST_CFLAGS)
bench_recorder_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/bench
bench_recorder_LDADD = lib/libpip.la $(LTTNG_UST_LIBS)
EXTRA_DIST += bench/recorder.sh bench/trace-rate.sh
bench_recorder_LDFLAGS = -no-install

noinst_PROGRAMS += bench/overlap
bench_overlap_SOURCES = bench/overlap.c bench/bench_ulp.h bench/bench.h \
	bench/bench_args.h
bench_overlap_CFLAGS = $(AM_CFLAGS) -fPIE
bench_overlap_LDADD = lib/libpip.la -lpthread -lrt
bench_overlap_LDFLAGS = -pie -no-install
noinst_PROGRAMS += bench/pip-top
bench_pip_top_SOURCES = bench/pip-top.c bench/bench_args.h bench/bench.h
bench_pip_top_LDADD = lib/libpip.la
bench_pip_top_LDFLAGS = -no-install

noinst_PROGRAMS += bench/plugin
bench_plugin_SOURCES = bench/plugin.c bench/bench_args.h bench/bench.h
bench_plugin_CFLAGS = $(AM_CFLAGS) -fno-builtin
bench_plugin_LDADD = lib/libpip.la
bench_plugin_LDFLAGS = -no-install
BENCH_PLUGINS = bench/plugin_pass1.so bench/plugin_pass2.so \
	bench/plugin_pass3.so
noinst_DATA += $(BENCH_PLUGINS)
CLEANFILES += $(BENCH_PLUGINS)
EXTRA_DIST += bench/plugin_pass.c
$(BENCH_PLUGINS): bench/plugin_pass.c include/pip/pip_plugin.h
	$(AM_V_CCLD)$(MKDIR_P) bench && $(PLUGIN_COMPILE) \
		-DPLUGIN_NAME='"$(@F:.so=)"' -o $@ $(srcdir)/bench/plugin_pass.c
