# SPDX-License-Identifier: BSD-2-Clause
# pip-probe-effect becomes its own workloads: position-independent, and with
# frame pointers, along which the kernel takes stacks.
bin_PROGRAMS += bench/effect/pip-probe-effect

bench_effect_statistics = \
	bench/effect/plot.c \
	bench/effect/report_text.c \
	bench/effect/sample.c \
	bench/effect/statistics.h \
	bench/effect/student.c

bench_effect_pip_probe_effect_SOURCES = \
	$(bench_effect_statistics) \
	bench/effect/args.c \
	bench/effect/await.c bench/effect/await.h \
	bench/effect/bpf.c \
	bench/effect/effect.h \
	bench/effect/elf_probe.c \
	bench/effect/host.c \
	bench/effect/instrument.c bench/effect/instrument.h \
	bench/effect/instrument_command.c \
	bench/effect/instrument_lttng.c \
	bench/effect/instrument_trace.c \
	bench/effect/limit.c bench/effect/limit.h \
	bench/effect/load.c bench/effect/load.h \
	bench/effect/load_lock.c \
	bench/effect/load_lttng.c \
	bench/effect/load_pingpong.c \
	bench/effect/load_pip.c \
	bench/effect/load_plain.c \
	bench/effect/numbers.c \
	bench/effect/observer.c \
	bench/effect/pip-probe-effect.c \
	bench/effect/report.c \
	bench/effect/report_html.c \
	bench/effect/report_json.c \
	bench/effect/run.c \
	bench/effect/workload.c \
	bench/svg.c bench/svg.h
bench_effect_pip_probe_effect_CPPFLAGS = $(AM_CPPFLAGS) \
	-DPKGLIBDIR='"$(pkglibdir)"'
bench_effect_pip_probe_effect_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -fPIE \
	-fno-omit-frame-pointer -fno-optimize-sibling-calls
bench_effect_pip_probe_effect_LDFLAGS = -pie
bench_effect_pip_probe_effect_LDADD = lib/libpip.la $(JANSSON_LIBS) -lelf \
	-lpthread -lm

# LTTng-UST starts threads where it is loaded: so it is no part of the program.
EXTRA_DIST += bench/effect/lttng_module.c bench/effect/lttng_events.h \
	bench/effect/matrix.sh
if HAVE_LTTNG_UST
pkglib_LTLIBRARIES = bench/effect/pip-effect-lttng.la
bench_effect_pip_effect_lttng_la_SOURCES = bench/effect/lttng_module.c \
	bench/effect/lttng_events.h
bench_effect_pip_effect_lttng_la_CPPFLAGS = $(AM_CPPFLAGS) \
	-I$(srcdir)/bench/effect
bench_effect_pip_effect_lttng_la_CFLAGS = $(AM_CFLAGS) $(LTTNG_UST_CFLAGS)
bench_effect_pip_effect_lttng_la_LDFLAGS = -module -avoid-version -shared
bench_effect_pip_effect_lttng_la_LIBADD = $(LTTNG_UST_LIBS)
endif
