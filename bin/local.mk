# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += bin/pip-exec

bin_pip_exec_SOURCES = \
	bin/pip-exec.c \
	bin/exec_args.c bin/exec_args.h \
	bin/exec_job.c bin/exec_job.h \
	bin/exec_signal.c bin/exec_signal.h \
	bin/exec_tasks.c bin/exec_tasks.h
bin_pip_exec_LDADD = lib/libpip.la
