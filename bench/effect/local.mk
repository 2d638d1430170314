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
	bench/effect/bpf.c \
	bench/effect/effect.h \
	bench/effect/elf_probe.c \
	bench/effect/host.c \
	bench/effect/instrument.c bench/effect/instrument.h \
	bench/effect/instrument_command.c \
	bench/effect/load.c \
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
bench_effect_pip_probe_effect_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -fPIE \
	-fno-omit-frame-pointer -fno-optimize-sibling-calls
bench_effect_pip_probe_effect_LDFLAGS = -pie
bench_effect_pip_probe_effect_LDADD = lib/libpip.la $(JANSSON_LIBS) -lelf \
	-lpthread -lm
