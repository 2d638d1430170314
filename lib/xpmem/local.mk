# SPDX-License-Identifier: BSD-2-Clause
# libxpmem: XPMEM's interface for tasks, which share all memory anyway.
lib_LTLIBRARIES += lib/libxpmem.la

lib_libxpmem_la_SOURCES = lib/xpmem/xpmem.c
lib_libxpmem_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
# Version 0.0.0: libxpmem.so.0, as the original's.
lib_libxpmem_la_LDFLAGS = -version-info 0:0:0 -no-undefined
