# SPDX-License-Identifier: BSD-2-Clause
# pip-gdb: a package for GDB's Python.
pip_gdbdir = $(pkgdatadir)/gdb/pip_gdb
dist_pip_gdb_DATA = \
	gdb/pip_gdb/__init__.py \
	gdb/pip_gdb/elf.py \
	gdb/pip_gdb/format.py \
	gdb/pip_gdb/maps.py \
	gdb/pip_gdb/process.py \
	gdb/pip_gdb/program.py \
	gdb/pip_gdb/progress.py \
	gdb/pip_gdb/survey.py \
	gdb/pip_gdb/table.py
