# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += pips/pips

pips_pips_SOURCES = \
	pips/act.c \
	pips/format.c \
	pips/json.c \
	pips/list.c \
	pips/metrics.c \
	pips/modules.c \
	pips/pips.c \
	pips/pips.h \
	pips/select.c \
	pips/stacks.c \
	pips/task.c \
	pips/tree.c \
	pips/view.c
pips_pips_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib
pips_pips_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
pips_pips_LDADD =
if HAVE_LIBDW
pips_pips_LDADD += libpipbacktrace.la
endif
pips_pips_LDADD += libpipobserver.la $(JANSSON_LIBS)
