# SPDX-License-Identifier: BSD-2-Clause
# The bpftrace scripts, which know where libpip was meant to be, and what starts
# them on a program.
bpftrace_scripts = \
	bpftrace/pip-blocked.bt \
	bpftrace/pip-consistency.bt \
	bpftrace/pip-couple-latency.bt \
	bpftrace/pip-spawn.bt \
	bpftrace/pip-switches.bt \
	bpftrace/pip-syscalls-by-task.bt

bpftracedir = $(pkgdatadir)/bpftrace
bpftrace_SCRIPTS = $(bpftrace_scripts)
bin_SCRIPTS += bpftrace/pip-bpftrace
CLEANFILES += $(bpftrace_scripts) bpftrace/pip-bpftrace
EXTRA_DIST += $(bpftrace_scripts:=.in) bpftrace/pip-bpftrace.in

$(bpftrace_scripts): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) bpftrace && rm -f $@ && \
	$(SED) 's|@libpip[@]|$(libdir)/libpip.so|' $< >$@ && chmod +x $@

bpftrace/pip-bpftrace: bpftrace/pip-bpftrace.in Makefile
	$(AM_V_GEN)$(MKDIR_P) bpftrace && rm -f $@ && $(SED) \
	-e 's|@PACKAGE_NAME[@]|$(PACKAGE_NAME)|g' \
	-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|g' \
	-e 's|@abs_top_builddir[@]|$(abs_top_builddir)|g' \
	-e 's|@prefix[@]|$(prefix)|g' \
	-e 's|@libdir[@]|$(libdir)|g' \
	-e 's|@pkgdatadir[@]|$(pkgdatadir)|g' \
	$< >$@ && chmod +x $@
