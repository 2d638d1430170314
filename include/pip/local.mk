# SPDX-License-Identifier: BSD-2-Clause
pippkginclude_HEADERS = include/pip/pip.h include/pip/pip_table.h
pippkgincludedir = $(includedir)/pip
