# SPDX-License-Identifier: BSD-2-Clause
# pip-trace
TRACE_TESTS = \
	tests/trace-all.sh \
	tests/trace-counts.sh \
	tests/trace-damaged.sh \
	tests/trace-end.sh \
	tests/trace-events.sh \
	tests/trace-exceptions.sh \
	tests/trace-export.sh \
	tests/trace-lost.sh \
	tests/trace-sched.sh \
	tests/trace-stacks.sh \
	tests/trace-usage.sh \
	tests/trace-waits.sh
TESTS += $(TRACE_TESTS) tests/trace-clock
EXTRA_DIST += $(TRACE_TESTS) tests/trace-common.sh

check_PROGRAMS += tests/trace-clock tests/trace-target tests/trace-damage \
	tests/trace-make tests/trace-sanitized
if HAVE_JANSSON
check_PROGRAMS += tests/trace-chrome
endif
tests_trace_target_CFLAGS = $(AM_CFLAGS) -fPIE
tests_trace_target_LDFLAGS = -pie -no-install
tests_trace_target_LDADD = lib/libpip.la
tests_trace_clock_SOURCES = tests/trace-clock.c bpf/sched_clock.c
tests_trace_clock_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bpf
tests_trace_chrome_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_trace_chrome_LDADD = $(JANSSON_LIBS)
tests_trace_damage_SOURCES = tests/trace-damage.c bpf/writer.c
tests_trace_damage_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bpf
tests_trace_damage_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_trace_make_SOURCES = tests/trace-make.c bpf/writer.c
tests_trace_make_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bpf
tests_trace_make_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)

# pip-trace itself, with the sanitizers, to read damaged files.
tests_trace_sanitized_SOURCES = $(pip_trace_sources) $(observer_sources) \
	bpf/kernel_events_none.c
tests_trace_sanitized_CPPFLAGS = $(bpf_pip_trace_CPPFLAGS) -DWITHOUT_STACKS
tests_trace_sanitized_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(SANITIZE_CFLAGS)
tests_trace_sanitized_LDADD = $(JANSSON_LIBS) -lpthread
bpf/tests_trace_sanitized-names.$(OBJEXT): bpf/syscall_names.h
