# SPDX-License-Identifier: BSD-2-Clause
# libpip: the runtime.
lib_LTLIBRARIES += lib/libpip.la

lib_libpip_la_SOURCES = \
	lib/alive.c lib/alive.h \
	lib/alloc.c \
	lib/barrier.c \
	lib/blt.c lib/blt.h lib/blt_barrier.c lib/blt_crash.c lib/blt_crash.h \
	lib/blt_ring.h \
	lib/blt_end.c lib/blt_idle.c lib/blt_kernel.c lib/blt_mutex.c lib/blt_queue.c \
	lib/blt_spawn.c lib/blt_yield.c \
	lib/child.c \
	lib/coordinate.c lib/coordinate.h \
	lib/core.c \
	lib/elf_file.c lib/elf_file.h \
	lib/descriptor.c lib/descriptor.h \
	lib/elf_check.h lib/elf_segment.c \
	lib/diagnostics.c \
	lib/dl.c \
	lib/elf_symbol.c lib/elf_symbol.h \
	lib/exception.c lib/exception.h \
	lib/exception_report.c lib/exception_report.h \
	lib/exception_settings.c lib/exception_settings.h \
	lib/exit.c lib/exit.h \
	lib/export.c \
	lib/format.c lib/format.h \
	lib/futex.h \
	lib/global_lock.c lib/global_lock.h \
	lib/guardian.c \
	lib/hook.c lib/hook.h \
	lib/image.c lib/image.h \
	lib/kernel_dirent.h \
	lib/kernel_signal.h \
	lib/init.c \
	lib/interpose.c lib/interpose.h \
	lib/libelf_load.c lib/libelf_load.h \
	lib/libpip_main.c \
	lib/limit.c \
	lib/line.c lib/line.h \
	lib/link_symbol.c lib/link_symbol.h \
	lib/loader.c \
	lib/lock.c lib/lock.h \
	lib/malloc_family.c \
	lib/memory_fd.c lib/memory_fd.h \
	lib/message.c lib/message.h \
	lib/mode.c lib/mode.h \
	lib/named.c \
	lib/names.c lib/names.h \
	lib/place.c lib/place.h \
	lib/plugin.h lib/plugin_crash.c lib/plugin_crash.h \
	lib/plugin_event.c lib/plugin_exec.c lib/plugin_exec.h \
	lib/plugin_files.c lib/plugin_files.h \
	lib/plugin_hooks.c lib/plugin_life.c lib/plugin_list.h \
	lib/plugin_load.c lib/plugin_load.h \
	lib/plugin_object.c lib/plugin_object.h \
	lib/plugin_restart.c lib/plugin_restart.h \
	lib/plugin_thread.c lib/plugin_thread.h \
	lib/program.c lib/program.h \
	lib/probe.h \
	lib/publish.c lib/publish.h \
	lib/publish_memory.c lib/publish_memory.h \
	lib/query.c \
	lib/reap.c lib/reap.h \
	lib/recorder.c lib/recorder.h lib/record.h \
	lib/root.h \
	lib/run.c lib/run.h \
	lib/signal.c \
	lib/slot.c \
	lib/spawn.c lib/spawn.h lib/spawn_slot.c lib/spawn_start.c \
	lib/stack.c lib/stack.h \
	lib/stack_size.c \
	lib/stop.c lib/stop.h \
	lib/suspend.c lib/suspend.h lib/suspend_restart.c \
	lib/suspend_stop.c lib/suspend_threads.c \
	lib/table.c lib/table.h \
	lib/task.c lib/task.h \
	lib/thread_action.c lib/thread_mode.c lib/thread_mode.h \
	lib/thread_signal.c \
	lib/thread_start.c lib/threads.c \
	lib/trace.c \
	lib/undeclared.h \
	lib/util.c \
	lib/virtual_id.c lib/virtual_id_map.h \
	lib/wait.c lib/wait.h lib/wait_spawner.c \
	lib/x86_64/arch.h \
	lib/x86_64/context.c \
	lib/x86_64/elf_machine.h \
	lib/x86_64/features.c \
	lib/x86_64/main.S \
	lib/x86_64/patch.c \
	lib/x86_64/restart.c \
	lib/x86_64/start.S \
	lib/x86_64/signal_frame.c \
	lib/x86_64/stub.S \
	lib/x86_64/switch.S
# child.c and guardian.c run before their process has a thread pointer of its
# own, so the library is built without stack protector: a canary is read
# through it.
lib_libpip_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/lib \
	-I$(srcdir)/lib/$(PIP_MACHINE)
lib_libpip_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -fno-stack-protector
# Version 0.0.0: libpip.so.0, as the original's.
lib_libpip_la_LDFLAGS = -version-info 0:0:0 -no-undefined \
	-Wl,--version-script=$(srcdir)/lib/libpip.map \
	-Wl,-e,pip_main \
	-Wl,-z,initfirst -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--hash-style=gnu -Wl,-O1
EXTRA_lib_libpip_la_DEPENDENCIES = $(srcdir)/lib/libpip.map

EXTRA_DIST += lib/libpip.map

# What libpip.so prints of itself.  Made anew when a source has changed, so the
# commit is the one that the library was built from; git may be another
# project's, around an unpacked tarball.
nodist_lib_libpip_la_SOURCES = lib/build_info.h
BUILT_SOURCES += lib/build_info.h
CLEANFILES += lib/build_info.h
lib/build_info.h: Makefile $(lib_libpip_la_SOURCES)
	$(AM_V_GEN)$(MKDIR_P) lib && \
	commit=`cd $(srcdir) && \
		git ls-files --error-unmatch lib/libpip.map >/dev/null 2>&1 && \
		git describe --always --abbrev=40 --match= --dirty 2>/dev/null` || \
		commit=unknown; \
	{ echo '/* Generated. */'; \
	  echo '#define PIP_BUILD_HOST "$(host)"'; \
	  echo '#define PIP_BUILD_CC "$(CC)"'; \
	  echo '#define PIP_BUILD_PREFIX "$(prefix)"'; \
	  echo "#define PIP_BUILD_COMMIT \"$$commit\""; \
	} >$@.tmp && mv $@.tmp $@
pkgconfigdir = $(libdir)/pkgconfig
pkgconfig_DATA = lib/pip.pc
EXTRA_DIST += lib/nojansson/jansson.h
