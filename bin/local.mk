# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += bin/pip-exec bin/pip-check bin/pip-tgkill bin/pip-unpie \
	bin/printpipmode

bin_pip_exec_SOURCES = \
	bin/pip-exec.c \
	bin/exec_args.c bin/exec_args.h \
	bin/exec_job.c bin/exec_job.h \
	bin/exec_plugin.c bin/exec_plugin.h \
	bin/exec_signal.c bin/exec_signal.h \
	bin/exec_tasks.c bin/exec_tasks.h
bin_pip_exec_LDADD = lib/libpip.la

bin_printpipmode_SOURCES = bin/printpipmode.c
bin_printpipmode_LDADD = lib/libpip.la

bin_pip_tgkill_SOURCES = bin/pip-tgkill.c

# What the runtime checks before it starts a program, without the runtime.
bin_elf_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib \
	-I$(top_srcdir)/lib/$(PIP_MACHINE)
bin_elf_sources = lib/elf_file.c lib/elf_file.h lib/elf_check.h \
	lib/elf_segment.c

bin_pip_unpie_SOURCES = bin/pip-unpie.c $(bin_elf_sources)
bin_pip_unpie_CPPFLAGS = $(bin_elf_cppflags)

bin_pip_check_SOURCES = bin/pip-check.c bin/check_file.c bin/check_file.h \
	$(bin_elf_sources)
bin_pip_check_CPPFLAGS = $(bin_elf_cppflags)
bin_pip_check_LDADD = -lelf

# Scripts.  Each finds out where it is, but has to know where it was meant to
# be.  One under two names is made twice.
bin_SCRIPTS += bin/pipcc bin/pipfc bin/pip-mode bin/pip-man bin/piplnlibs \
	bin/pipnlibs
CLEANFILES += bin/pipcc bin/pipfc bin/pip-mode bin/pip-man bin/piplnlibs \
	bin/pipnlibs
EXTRA_DIST += bin/pipcc.in bin/pip-mode.in bin/pip-man.in bin/piplnlibs.in

bin_edit_script = $(AM_V_GEN)$(MKDIR_P) bin && rm -f $@ && $(SED) \
	-e 's|@PACKAGE_NAME[@]|$(PACKAGE_NAME)|g' \
	-e 's|@PACKAGE_VERSION[@]|$(PACKAGE_VERSION)|g' \
	-e 's|@abs_top_srcdir[@]|$(abs_top_srcdir)|g' \
	-e 's|@abs_top_builddir[@]|$(abs_top_builddir)|g' \
	-e 's|@prefix[@]|$(prefix)|g' \
	-e 's|@bindir[@]|$(bindir)|g' \
	-e 's|@libdir[@]|$(libdir)|g' \
	-e 's|@includedir[@]|$(includedir)|g' \
	-e 's|@mandir[@]|$(mandir)|g' \
	-e 's|@CC[@]|$(CC)|g' \
	-e 's|@CXX[@]|$(CXX)|g' \
	-e 's|@FORTRAN[@]|$(FORTRAN)|g'

bin/pipcc bin/pipfc: $(srcdir)/bin/pipcc.in Makefile
	$(bin_edit_script) $(srcdir)/bin/pipcc.in >$@ && chmod +x $@
bin/pip-mode: $(srcdir)/bin/pip-mode.in Makefile
	$(bin_edit_script) $(srcdir)/bin/pip-mode.in >$@ && chmod +x $@
bin/pip-man: $(srcdir)/bin/pip-man.in Makefile
	$(bin_edit_script) $(srcdir)/bin/pip-man.in >$@ && chmod +x $@
bin/piplnlibs bin/pipnlibs: $(srcdir)/bin/piplnlibs.in Makefile
	$(bin_edit_script) $(srcdir)/bin/piplnlibs.in >$@ && chmod +x $@

bin_SCRIPTS += bin/pip-plugin
CLEANFILES += bin/pip-plugin
EXTRA_DIST += bin/pip-plugin.in
bin/pip-plugin: $(srcdir)/bin/pip-plugin.in Makefile
	$(bin_edit_script) $(srcdir)/bin/pip-plugin.in >$@ && chmod +x $@

bin_PROGRAMS += bin/pip-backtrace
bin_pip_backtrace_SOURCES = bin/pip-backtrace.c bin/backtrace_report.h
bin_pip_backtrace_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib
bin_pip_backtrace_CFLAGS = $(AM_CFLAGS) $(LIBDW_CFLAGS)
EXTRA_DIST += bin/backtrace_missing.c bin/backtrace_report.c \
	bin/backtrace_signal.c bin/backtrace_signal.h
if HAVE_LIBDW
bin_pip_backtrace_SOURCES += bin/backtrace_report.c bin/backtrace_signal.c \
	bin/backtrace_signal.h
bin_pip_backtrace_LDADD = libpipbacktrace.la libpipobserver.la
else
bin_pip_backtrace_SOURCES += bin/backtrace_missing.c
endif
