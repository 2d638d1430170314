# SPDX-License-Identifier: BSD-2-Clause
# pip-top, in the terminal of tmux; skipped where pip-top is not built.
TOP_TESTS = \
	tests/top-all-keys.sh \
	tests/top-golden.sh \
	tests/top-keys.sh \
	tests/top-live.sh \
	tests/top-many.sh \
	tests/top-record.sh \
	tests/top-rights.sh \
	tests/top-tree.sh \
	tests/top-values.sh
TESTS += $(TOP_TESTS)
EXTRA_DIST += $(TOP_TESTS) tests/top-lib.sh

TOP_RECORDING_SOURCES = pip-top/record-extra.c pip-top/record.c \
	pip-top/record.h pip-top/recording-extra.c pip-top/recording.c \
	pip-top/recording.h pip-top/rings.c pip-top/top.h

# A recording that is always the same, and pictures of the screen.
check_PROGRAMS += tests/top-recording-make tests/screenshot
tests_top_recording_make_SOURCES = tests/top-recording-make.c \
	$(TOP_RECORDING_SOURCES) pips/task.c
tests_top_recording_make_LDADD = libpipobserver.la
tests_top_recording_make_CPPFLAGS = $(pip_top_pip_top_CPPFLAGS)
tests_top_recording_make_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_screenshot_SOURCES = tests/screenshot.c

# Damaged recordings; with the sanitizers.
check_PROGRAMS += tests/top-recording-fuzz
TESTS += tests/top-recording-fuzz
tests_top_recording_fuzz_SOURCES = tests/top-recording-fuzz.c \
	tests/observer-check.h $(TOP_RECORDING_SOURCES)
tests_top_recording_fuzz_CPPFLAGS = $(pip_top_pip_top_CPPFLAGS)
tests_top_recording_fuzz_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) \
	$(SANITIZE_CFLAGS)

# pips as where jansson is missing.
check_PROGRAMS += tests/programs/pips-without-jansson
tests_programs_pips_without_jansson_SOURCES = $(pips_pips_SOURCES)
tests_programs_pips_without_jansson_CPPFLAGS = \
	-I$(top_srcdir)/lib/nojansson $(pips_pips_CPPFLAGS)
tests_programs_pips_without_jansson_CFLAGS = $(AM_CFLAGS)
tests_programs_pips_without_jansson_LDADD =
if HAVE_LIBDW
tests_programs_pips_without_jansson_LDADD += libpipbacktrace.la
endif
tests_programs_pips_without_jansson_LDADD += libpipobserver.la

# What the outputs and the screens are; the pictures in docs are of the latter.
GOLDEN_FILES = \
	tests/golden/pips-arguments.txt \
	tests/golden/pips-auxv.txt \
	tests/golden/pips-backtrace.txt \
	tests/golden/pips-csv.txt \
	tests/golden/pips-elf.txt \
	tests/golden/pips-files.txt \
	tests/golden/pips-json.txt \
	tests/golden/pips-long.txt \
	tests/golden/pips-maps.txt \
	tests/golden/pips-modules.txt \
	tests/golden/pips-openmetrics.txt \
	tests/golden/pips-totals.txt \
	tests/golden/pips-tree.txt \
	tests/golden/pips-user.txt \
	tests/golden/pips.txt \
	tests/golden/screen-ascii.txt \
	tests/golden/screen-columns.txt \
	tests/golden/screen-details.txt \
	tests/golden/screen-domains.txt \
	tests/golden/screen-filter.txt \
	tests/golden/screen-help.txt \
	tests/golden/screen-memory.txt \
	tests/golden/screen-signals.txt \
	tests/golden/screen-small.txt \
	tests/golden/screen-sort.txt \
	tests/golden/screen-switches.txt \
	tests/golden/screen-tasks.txt \
	tests/golden/screen-thread.txt \
	tests/golden/screen-tree-filter.txt \
	tests/golden/screen-tree.txt \
	tests/golden/screen-users.txt \
	tests/golden/top-batch-columns.txt \
	tests/golden/top-batch-wide.txt \
	tests/golden/top-batch.txt \
	tests/golden/top-help.txt \
	tests/golden/top-json.txt \
	docs/screens/ascii.svg \
	docs/screens/columns.svg \
	docs/screens/details.svg \
	docs/screens/domains.svg \
	docs/screens/filter.svg \
	docs/screens/help.svg \
	docs/screens/memory.svg \
	docs/screens/signals.svg \
	docs/screens/small.svg \
	docs/screens/sort.svg \
	docs/screens/switches.svg \
	docs/screens/tasks.svg \
	docs/screens/thread.svg \
	docs/screens/tree-filter.svg \
	docs/screens/tree.svg \
	docs/screens/users.svg
EXTRA_DIST += $(GOLDEN_FILES)
