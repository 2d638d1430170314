# SPDX-License-Identifier: BSD-2-Clause
# The observer library: linked into the tools, not installed.
noinst_LTLIBRARIES += libpipobserver.la

observer_sources = \
	lib/observer/arguments.c \
	lib/observer/descriptors.c \
	lib/observer/facts.c \
	lib/observer/internal.h \
	lib/observer/maps.c \
	lib/observer/memory.c \
	lib/observer/modules.c \
	lib/observer/namespace.c \
	lib/observer/observer.c \
	lib/observer/observer.h \
	lib/observer/program.c \
	lib/observer/query.c \
	lib/observer/ranges.c \
	lib/observer/recorder.c \
	lib/observer/refusal.c \
	lib/observer/remote.c \
	lib/observer/scan.c \
	lib/observer/scheduling.c \
	lib/observer/smaps.c \
	lib/observer/source.c \
	lib/observer/stat.c \
	lib/observer/table.c \
	lib/observer/tasks.c \
	lib/observer/text.c \
	lib/observer/threads.c \
	lib/observer/vectors.c \
	lib/observer/watch.c

libpipobserver_la_SOURCES = $(observer_sources)
libpipobserver_la_CPPFLAGS = $(AM_CPPFLAGS)
