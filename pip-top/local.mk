# SPDX-License-Identifier: BSD-2-Clause
if HAVE_NCURSESW
bin_PROGRAMS += pip-top/pip-top
endif

pip_top_pip_top_SOURCES = \
	pip-top/actions.c \
	pip-top/batch.c \
	pip-top/color.c \
	pip-top/column.c \
	pip-top/cpus.c \
	pip-top/details.c \
	pip-top/domains.c \
	pip-top/draw.c \
	pip-top/history.c \
	pip-top/json.c \
	pip-top/keys.c \
	pip-top/lines.c \
	pip-top/lost.c \
	pip-top/memory.c \
	pip-top/menus.c \
	pip-top/pip-top.c \
	pip-top/record-extra.c \
	pip-top/record.c \
	pip-top/record.h \
	pip-top/recording-extra.c \
	pip-top/recording.c \
	pip-top/recording.h \
	pip-top/replay.c \
	pip-top/rings.c \
	pip-top/sample.c \
	pip-top/settings.c \
	pip-top/switches.c \
	pip-top/tasks.c \
	pip-top/threads.c \
	pip-top/top.h \
	pip-top/ui.c \
	pip-top/ui.h \
	pip-top/view.c \
	pips/format.c \
	pips/pips.h \
	pips/task.c \
	pips/view.c
# After the system: lib/ has a spawn.h of its own.
pip_top_pip_top_CPPFLAGS = $(AM_CPPFLAGS) -idirafter $(top_srcdir)/lib
pip_top_pip_top_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(NCURSESW_CFLAGS)
pip_top_pip_top_LDADD = libpipobserver.la $(JANSSON_LIBS) $(NCURSESW_LIBS)
