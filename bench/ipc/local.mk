# SPDX-License-Identifier: BSD-2-Clause
# pip-ipc becomes its own tasks: it must be position-independent.
bin_PROGRAMS += bench/ipc/pip-ipc

bench_ipc_pip_ipc_SOURCES = \
	bench/ipc/ipc.h \
	bench/effect/await.c bench/effect/await.h \
	bench/ipc/ipc_args.c \
	bench/ipc/ipc_await.c \
	bench/ipc/ipc_channel.c \
	bench/ipc/ipc_export.c \
	bench/ipc/ipc_memory.c \
	bench/ipc/ipc_mode.c \
	bench/ipc/ipc_pattern.c \
	bench/ipc/ipc_pip.c \
	bench/ipc/ipc_report.c \
	bench/ipc/ipc_run.c \
	bench/ipc/ipc_side.c \
	bench/ipc/pip-ipc.c \
	bench/svg.c bench/svg.h bench/svg_gnuplot.c
bench_ipc_pip_ipc_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) -fPIE
bench_ipc_pip_ipc_LDFLAGS = -pie
bench_ipc_pip_ipc_LDADD = lib/libpip.la $(JANSSON_LIBS) -lpthread -lm
