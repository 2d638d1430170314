# SPDX-License-Identifier: BSD-2-Clause
# pip-gdb: a launcher that configure fills in, and a package for GDB's Python.
bin_SCRIPTS += gdb/pip-gdb

pip_gdbdir = $(pkgdatadir)/gdb/pip_gdb
dist_pip_gdb_DATA = \
	gdb/pip_gdb/__init__.py \
	gdb/pip_gdb/attach.py \
	gdb/pip_gdb/breakpoints.py \
	gdb/pip_gdb/command.py \
	gdb/pip_gdb/command_bt.py \
	gdb/pip_gdb/command_core.py \
	gdb/pip_gdb/command_maps.py \
	gdb/pip_gdb/command_print.py \
	gdb/pip_gdb/command_task.py \
	gdb/pip_gdb/commands.py \
	gdb/pip_gdb/compare.py \
	gdb/pip_gdb/context.py \
	gdb/pip_gdb/core.py \
	gdb/pip_gdb/coredump.py \
	gdb/pip_gdb/corefile.py \
	gdb/pip_gdb/coreindex.py \
	gdb/pip_gdb/corewriter.py \
	gdb/pip_gdb/debugregs.py \
	gdb/pip_gdb/detaching.py \
	gdb/pip_gdb/elf.py \
	gdb/pip_gdb/executing.py \
	gdb/pip_gdb/following.py \
	gdb/pip_gdb/format.py \
	gdb/pip_gdb/frames.py \
	gdb/pip_gdb/hooks.py \
	gdb/pip_gdb/identifiers.py \
	gdb/pip_gdb/inferiors.py \
	gdb/pip_gdb/interrupts.py \
	gdb/pip_gdb/killing.py \
	gdb/pip_gdb/leaving.py \
	gdb/pip_gdb/libraries.py \
	gdb/pip_gdb/listing.py \
	gdb/pip_gdb/loading.py \
	gdb/pip_gdb/maps.py \
	gdb/pip_gdb/names.py \
	gdb/pip_gdb/own_print.py \
	gdb/pip_gdb/owner.py \
	gdb/pip_gdb/pending.py \
	gdb/pip_gdb/pipids.py \
	gdb/pip_gdb/process.py \
	gdb/pip_gdb/program.py \
	gdb/pip_gdb/progress.py \
	gdb/pip_gdb/registers.py \
	gdb/pip_gdb/settings.py \
	gdb/pip_gdb/spawning.py \
	gdb/pip_gdb/stacks.py \
	gdb/pip_gdb/start.py \
	gdb/pip_gdb/survey.py \
	gdb/pip_gdb/symbols.py \
	gdb/pip_gdb/table.py \
	gdb/pip_gdb/threadmode.py \
	gdb/pip_gdb/unwinder.py \
	gdb/pip_gdb/vdso.py \
	gdb/pip_gdb/views.py

# How a pip-gdb that is not installed finds the package.
noinst_DATA += gdb/source-dir
CLEANFILES += gdb/source-dir
gdb/source-dir: $(top_builddir)/config.status
	$(AM_V_GEN)$(MKDIR_P) gdb && echo '$(abs_top_srcdir)/gdb' > $@
