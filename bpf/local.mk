# SPDX-License-Identifier: BSD-2-Clause
bin_PROGRAMS += bpf/pip-trace

pip_trace_sources = \
	bpf/address_space.h \
	bpf/all.c \
	bpf/all.h \
	bpf/command_consistency.c \
	bpf/command_faults.c \
	bpf/command_latency.c \
	bpf/command_map.c \
	bpf/command_record.c \
	bpf/command_report.c \
	bpf/command_stacks.c \
	bpf/command_syscalls.c \
	bpf/command_timehist.c \
	bpf/export.c \
	bpf/export.h \
	bpf/export_chrome.c \
	bpf/export_ctf.c \
	bpf/export_svg.c \
	bpf/export_text.c \
	bpf/histogram.c \
	bpf/histogram.h \
	bpf/kernel_events.h \
	bpf/losses.c \
	bpf/losses.h \
	bpf/merge.c \
	bpf/model.c \
	bpf/model.h \
	bpf/names.c \
	bpf/names.h \
	bpf/objects.c \
	bpf/options.c \
	bpf/options.h \
	bpf/pip_trace.c \
	bpf/program.c \
	bpf/program.h \
	bpf/reader.c \
	bpf/reader.h \
	bpf/recorder_reader.c \
	bpf/recorder_reader.h \
	bpf/run.c \
	bpf/session.c \
	bpf/session.h \
	bpf/session_open.c \
	bpf/stack_event.h \
	bpf/totals.c \
	bpf/totals.h \
	bpf/trace.h \
	bpf/trace_file.h \
	bpf/writer.c
bpf_pip_trace_SOURCES = $(pip_trace_sources)

# Stacks need libdw.
EXTRA_bpf_pip_trace_SOURCES = \
	bench/effect/elf_probe.c \
	bpf/event_name.c bpf/event_name.h \
	bpf/fold.c bpf/fold.h \
	bpf/stack_events.c bpf/stack_events.h bpf/stack_events_none.c \
	bpf/stacks.h \
	bpf/stacks_event.c
nodist_bpf_pip_trace_SOURCES = bpf/syscall_names.h
bpf_pip_trace_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib \
	-I$(top_builddir)/bpf -I$(top_srcdir)/bench/effect \
	-DLIBDIR='"$(libdir)"'
bpf_pip_trace_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
bpf_pip_trace_LDADD =
if HAVE_LIBDW
bpf_pip_trace_SOURCES += bench/effect/elf_probe.c bpf/event_name.c bpf/fold.c \
	bpf/stacks_event.c
bpf_pip_trace_LDADD += libpipbacktrace.la
endif
bpf_pip_trace_LDADD += libpipobserver.la $(JANSSON_LIBS)
EXTRA_DIST += bpf/address_space.bpf.h bpf/kernel_events.bpf.c \
	bpf/kernel_types.h bpf/sched_ring.bpf.h bpf/stack_events.bpf.c

# The kernel's half; without it, record says what is missing.
EXTRA_bpf_pip_trace_SOURCES += bpf/bpf_support.c bpf/bpf_support.h \
	bpf/kernel_events.c bpf/kernel_events_none.c \
	bpf/sched_clock.c bpf/sched_clock.h \
	bpf/sched_reader.c bpf/sched_reader.h bpf/sched_ring.h
if HAVE_BPF
bpf_pip_trace_SOURCES += bpf/bpf_support.c bpf/kernel_events.c \
	bpf/sched_clock.c bpf/sched_reader.c
nodist_bpf_pip_trace_SOURCES += bpf/kernel_events.skel.h
BUILT_SOURCES += bpf/kernel_events.skel.h
if HAVE_LIBDW
bpf_pip_trace_SOURCES += bpf/stack_events.c
nodist_bpf_pip_trace_SOURCES += bpf/stack_events.skel.h
BUILT_SOURCES += bpf/stack_events.skel.h
endif
bpf_pip_trace_CFLAGS += $(LIBBPF_CFLAGS)
bpf_pip_trace_LDADD += $(LIBBPF_LIBS)
else
bpf_pip_trace_SOURCES += bpf/kernel_events_none.c
if HAVE_LIBDW
bpf_pip_trace_SOURCES += bpf/stack_events_none.c
endif
endif
BUILT_SOURCES += bpf/syscall_names.h
CLEANFILES += bpf/kernel_events.bpf.o bpf/kernel_events.skel.h \
	bpf/stack_events.bpf.o bpf/stack_events.skel.h bpf/syscall_names.h

# Their types come from kernel_types.h and, when they are loaded, from the
# running kernel: nothing of the machine that builds them is in them.
bpf_compile = $(CLANG) -g -O2 -ffreestanding -target bpf -mcpu=v3 \
	-D__TARGET_ARCH_$(BPF_MACHINE) -Wall -Wextra \
	-Wno-unused-parameter -I$(top_srcdir)/include \
	-I$(top_srcdir)/bpf $(BPF_INCLUDE) $(LIBBPF_CFLAGS) -c -o $@

bpf/kernel_events.bpf.o: bpf/kernel_events.bpf.c bpf/address_space.bpf.h \
		bpf/address_space.h \
		bpf/kernel_types.h bpf/sched_ring.bpf.h bpf/sched_ring.h \
		bpf/trace_file.h \
		include/pip/pip_recorder.h include/pip/pip_table.h
	@$(MKDIR_P) bpf
	$(AM_V_GEN)$(bpf_compile) $(top_srcdir)/bpf/kernel_events.bpf.c

bpf/stack_events.bpf.o: bpf/stack_events.bpf.c bpf/address_space.bpf.h \
		bpf/address_space.h \
		bpf/kernel_types.h bpf/stack_event.h
	@$(MKDIR_P) bpf
	$(AM_V_GEN)$(bpf_compile) $(top_srcdir)/bpf/stack_events.bpf.c

bpf/kernel_events.skel.h: bpf/kernel_events.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton bpf/kernel_events.bpf.o \
		name kernel_events_bpf >$@.new && mv $@.new $@

bpf/stack_events.skel.h: bpf/stack_events.bpf.o
	$(AM_V_GEN)$(BPFTOOL) gen skeleton bpf/stack_events.bpf.o \
		name stack_events_bpf >$@.new && mv $@.new $@

# The numbers of this machine's system calls.
bpf/syscall_names.h: Makefile
	@$(MKDIR_P) bpf
	$(AM_V_GEN)echo '#include <sys/syscall.h>' | $(CC) -E -dM - | \
		sed -n 's/^#define __NR_\([a-z0-9_]*\) \([0-9]*\)$$/[\2] = "\1",/p' | \
		LC_ALL=C sort -u >$@.new && test -s $@.new && mv $@.new $@

# Also where only some targets are made.
bpf/pip_trace-names.$(OBJEXT): bpf/syscall_names.h
if HAVE_BPF
bpf/pip_trace-kernel_events.$(OBJEXT): bpf/kernel_events.skel.h
bpf/pip_trace-stack_events.$(OBJEXT): bpf/stack_events.skel.h
endif
