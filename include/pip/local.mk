# SPDX-License-Identifier: BSD-2-Clause
pippkginclude_HEADERS = \
	include/pip/pip.h \
	include/pip/pip_blt.h \
	include/pip/pip_clone.h \
	include/pip/pip_coordinate.h \
	include/pip/pip_dlfcn.h \
	include/pip/pip_gdbif_enums.h \
	include/pip/pip_gdbif_offsets.h \
	include/pip/pip_machdep.h \
	include/pip/pip_machdep_aarch64.h \
	include/pip/pip_machdep_x86_64.h \
	include/pip/pip_plugin.h \
	include/pip/pip_recorder.h \
	include/pip/pip_signal.h \
	include/pip/pip_table.h \
	include/pip/pip_task_queue.h \
	include/pip/pip_trace.h \
	include/pip/pip_util.h \
	include/pip/pip_virtual_id.h \
	include/pip/xpmem.h
pippkgincludedir = $(includedir)/pip
