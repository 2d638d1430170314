# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += bin/pip-exec bin/pip-check bin/pip-tgkill bin/pip-unpie \
	bin/printpipmode

bin_pip_exec_SOURCES = \
	bin/pip-exec.c \
	bin/exec_args.c bin/exec_args.h \
	bin/exec_job.c bin/exec_job.h \
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
