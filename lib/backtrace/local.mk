# SPDX-License-Identifier: BSD-2-Clause
# Backtraces from outside, for the tools; not installed.  Without elfutils'
# libdw there is none: tools then say so.
if HAVE_LIBDW
noinst_LTLIBRARIES += libpipbacktrace.la
libpipbacktrace_la_SOURCES = \
	lib/backtrace/backtrace.h \
	lib/backtrace/describe.c \
	lib/backtrace/expression.c \
	lib/backtrace/file.c \
	lib/backtrace/internal.h \
	lib/backtrace/machine.h \
	lib/backtrace/memory.c \
	lib/backtrace/place.c \
	lib/backtrace/print.c lib/backtrace/print.h \
	lib/backtrace/read.c \
	lib/backtrace/space.c \
	lib/backtrace/stop.c \
	lib/backtrace/thread.c \
	lib/backtrace/tree.c \
	lib/backtrace/unit.c \
	lib/backtrace/unwind.c \
	lib/x86_64/backtrace_machine.c
libpipbacktrace_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib
libpipbacktrace_la_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
libpipbacktrace_la_LIBADD = $(LIBDW_LIBS) -lelf
endif
