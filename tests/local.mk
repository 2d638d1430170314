# SPDX-License-Identifier: BSD-2-Clause

# The ELF reader, without the runtime around it.
elf_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib \
	-I$(top_srcdir)/lib/$(PIP_MACHINE)
elf_file_sources = lib/elf_file.c lib/elf_segment.c
elf_symbol_sources = lib/elf_symbol.c lib/libelf_load.c

check_PROGRAMS += tests/elf-file
TESTS += tests/elf-file
tests_elf_file_SOURCES = tests/elf-file.c tests/elf-image.h $(elf_file_sources)
tests_elf_file_CPPFLAGS = $(elf_test_cppflags)
tests_elf_file_CFLAGS = $(AM_CFLAGS) -fPIE
tests_elf_file_LDFLAGS = -pie

# With the sanitizers: the reader is compiled anew for it.
check_PROGRAMS += tests/elf-fuzz
TESTS += tests/elf-fuzz
tests_elf_fuzz_SOURCES = tests/elf-fuzz.c tests/elf-invariants.c \
	tests/elf-invariants.h tests/elf-image.h $(elf_file_sources) \
	$(elf_symbol_sources)
tests_elf_fuzz_CPPFLAGS = $(elf_test_cppflags)
tests_elf_fuzz_CFLAGS = $(AM_CFLAGS) -fPIE $(SANITIZE_CFLAGS)
tests_elf_fuzz_LDFLAGS = -pie
tests_elf_fuzz_LDADD = -lpthread -ldl

check_PROGRAMS += tests/elf-symbol tests/elf-symbol-program \
	tests/elf-symbol-stripped tests/elf-symbol-dynamic
TESTS += tests/elf-symbol
tests_elf_symbol_SOURCES = tests/elf-symbol.c $(elf_symbol_sources)
tests_elf_symbol_CPPFLAGS = $(elf_test_cppflags)
tests_elf_symbol_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_elf_symbol_LDADD = -lpthread -ldl
# Programs for it to look into: whole, stripped, and stripped but for .dynsym.
elf_symbol_program_sources = tests/elf-symbol-program.c \
	tests/elf-symbol-second.c tests/elf-symbol-program.h
tests_elf_symbol_program_SOURCES = $(elf_symbol_program_sources)
tests_elf_symbol_program_CFLAGS = $(AM_CFLAGS) -fPIE
tests_elf_symbol_program_LDFLAGS = -pie
tests_elf_symbol_stripped_SOURCES = $(elf_symbol_program_sources)
tests_elf_symbol_stripped_CFLAGS = $(AM_CFLAGS) -fPIE
tests_elf_symbol_stripped_LDFLAGS = -pie -s
tests_elf_symbol_dynamic_SOURCES = $(elf_symbol_program_sources)
tests_elf_symbol_dynamic_CFLAGS = $(AM_CFLAGS) -fPIE
tests_elf_symbol_dynamic_LDFLAGS = -pie -s -rdynamic

# What cannot be a task, through the whole runtime.
check_PROGRAMS += tests/bad-programs tests/bad-program-fixed
TESTS += tests/bad-programs
tests_bad_programs_SOURCES = tests/bad-programs.c tests/elf-image.h
tests_bad_programs_LDADD = lib/libpip.la
tests_bad_program_fixed_SOURCES = tests/bad-program-fixed.c
tests_bad_program_fixed_CFLAGS = $(AM_CFLAGS) -fno-pie
tests_bad_program_fixed_LDFLAGS = -no-pie
# pip-exec, the examples and quickstart
check_PROGRAMS += tests/exec-args
tests_exec_args_SOURCES = tests/exec-args.c bin/exec_args.c bin/exec_args.h

check_PROGRAMS += tests/programs/signal-log tests/programs/start-function
tests_programs_signal_log_CFLAGS = $(AM_CFLAGS) -fPIE
tests_programs_signal_log_LDFLAGS = -pie
tests_programs_start_function_CFLAGS = $(AM_CFLAGS) -fPIE
tests_programs_start_function_LDFLAGS = -pie

EXEC_TESTS = \
	tests/examples.sh \
	tests/exec-bash.sh \
	tests/exec-count.sh \
	tests/exec-cxx.sh \
	tests/exec-exit.sh \
	tests/exec-fortran.sh \
	tests/exec-function.sh \
	tests/exec-git.sh \
	tests/exec-inherit.sh \
	tests/exec-kill.sh \
	tests/exec-musl.sh \
	tests/exec-path.sh \
	tests/exec-perl.sh \
	tests/exec-refuse.sh \
	tests/exec-signal.sh \
	tests/exec-sqlite.sh \
	tests/exec-static-pie.sh \
	tests/exec-terminal.sh \
	tests/exec-usage.sh \
	tests/quickstart.sh

TESTS += tests/exec-args $(EXEC_TESTS)
EXTRA_DIST += \
	$(EXEC_TESTS) \
	tests/testlib.sh \
	tests/programs/openmp.f90 \
	tests/programs/plain.c \
	tests/programs/threads.cc
