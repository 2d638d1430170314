# SPDX-License-Identifier: BSD-2-Clause

# The ELF reader, without the runtime around it.
elf_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib \
	-I$(top_srcdir)/lib/$(PIP_MACHINE)
elf_file_sources = lib/elf_file.c lib/elf_segment.c
elf_symbol_sources = lib/elf_symbol.c lib/libelf_load.c

check_PROGRAMS += tests/elf-file
TESTS += tests/elf-file
tests_elf_file_SOURCES = tests/elf-file.c tests/elf-image.h tests/expect.h \
	$(elf_file_sources)
tests_elf_file_CPPFLAGS = $(elf_test_cppflags)
tests_elf_file_CFLAGS = $(AM_CFLAGS) -fPIE
tests_elf_file_LDFLAGS = -pie

check_PROGRAMS += tests/format
TESTS += tests/format
tests_format_SOURCES = tests/format.c tests/check.h lib/format.c lib/format.h
tests_format_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/lib
tests_format_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)

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
tests_bad_programs_SOURCES = tests/bad-programs.c tests/elf-image.h tests/expect.h
tests_bad_programs_LDADD = lib/libpip.la
tests_bad_program_fixed_SOURCES = tests/bad-program-fixed.c
tests_bad_program_fixed_CFLAGS = $(AM_CFLAGS) -fno-pie
tests_bad_program_fixed_LDFLAGS = -no-pie
# pip-exec, the examples and quickstart
check_PROGRAMS += tests/exec-args
tests_exec_args_SOURCES = tests/exec-args.c bin/exec_args.c bin/exec_args.h \
	bin/exec_signal.c bin/exec_signal.h

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
	tests/man-pages.sh \
	tests/quickstart.sh \
	tests/quickstart-show.sh \
	tests/readme.sh

TESTS += tests/exec-args $(EXEC_TESTS)
EXTRA_DIST += \
	$(EXEC_TESTS) \
	tests/testlib.sh \
	tests/programs/openmp.f90 \
	tests/programs/plain.c \
	tests/programs/threads.cc
# The runtime.  Each test program is the root and its tasks, too: it must be an
# executable (not libtool's script) that finds libpip in the build tree.
runtime_cflags = $(AM_CFLAGS) -fPIE -g
runtime_ldflags = -pie -no-install
runtime_ldadd = lib/libpip.la -lpthread
EXTRA_DIST += tests/check.h tests/role.h tests/self.h tests/capture.h \
	tests/maps.h tests/death.h

check_PROGRAMS += tests/api-uninit
TESTS += tests/api-uninit
tests_api_uninit_CFLAGS = $(runtime_cflags)
tests_api_uninit_LDFLAGS = $(runtime_ldflags)
tests_api_uninit_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-uninit
TESTS += tests/api2-uninit
tests_api2_uninit_SOURCES = tests/api-uninit.c
tests_api2_uninit_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_uninit_CFLAGS = $(runtime_cflags)
tests_api2_uninit_LDFLAGS = $(runtime_ldflags)
tests_api2_uninit_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-init
TESTS += tests/api-init
tests_api_init_CFLAGS = $(runtime_cflags)
tests_api_init_LDFLAGS = $(runtime_ldflags)
tests_api_init_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-init
TESTS += tests/api2-init
tests_api2_init_SOURCES = tests/api-init.c
tests_api2_init_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_init_CFLAGS = $(runtime_cflags)
tests_api2_init_LDFLAGS = $(runtime_ldflags)
tests_api2_init_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-spawn
TESTS += tests/api-spawn
tests_api_spawn_CFLAGS = $(runtime_cflags)
tests_api_spawn_LDFLAGS = $(runtime_ldflags)
tests_api_spawn_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-spawn
TESTS += tests/api2-spawn
tests_api2_spawn_SOURCES = tests/api-spawn.c
tests_api2_spawn_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_spawn_CFLAGS = $(runtime_cflags)
tests_api2_spawn_LDFLAGS = $(runtime_ldflags)
tests_api2_spawn_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-wait
TESTS += tests/api-wait
tests_api_wait_CFLAGS = $(runtime_cflags)
tests_api_wait_LDFLAGS = $(runtime_ldflags)
tests_api_wait_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-wait
TESTS += tests/api2-wait
tests_api2_wait_SOURCES = tests/api-wait.c
tests_api2_wait_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_wait_CFLAGS = $(runtime_cflags)
tests_api2_wait_LDFLAGS = $(runtime_ldflags)
tests_api2_wait_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-export
TESTS += tests/api-export
tests_api_export_CFLAGS = $(runtime_cflags)
tests_api_export_LDFLAGS = $(runtime_ldflags)
tests_api_export_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-export
TESTS += tests/api2-export
tests_api2_export_SOURCES = tests/api-export.c
tests_api2_export_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_export_CFLAGS = $(runtime_cflags)
tests_api2_export_LDFLAGS = $(runtime_ldflags)
tests_api2_export_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-task
TESTS += tests/api-task
tests_api_task_CFLAGS = $(runtime_cflags)
tests_api_task_LDFLAGS = $(runtime_ldflags)
tests_api_task_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-task
TESTS += tests/api2-task
tests_api2_task_SOURCES = tests/api-task.c
tests_api2_task_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_task_CFLAGS = $(runtime_cflags)
tests_api2_task_LDFLAGS = $(runtime_ldflags)
tests_api2_task_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-program
TESTS += tests/api-program
tests_api_program_CFLAGS = $(runtime_cflags)
tests_api_program_LDFLAGS = $(runtime_ldflags)
tests_api_program_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-program
TESTS += tests/api2-program
tests_api2_program_SOURCES = tests/api-program.c
tests_api2_program_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_program_CFLAGS = $(runtime_cflags)
tests_api2_program_LDFLAGS = $(runtime_ldflags)
tests_api2_program_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api-cxx
TESTS += tests/api-cxx
tests_api_cxx_SOURCES = tests/api-cxx.cc
tests_api_cxx_CPPFLAGS = $(AM_CPPFLAGS)
tests_api_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIE -g
tests_api_cxx_LDFLAGS = $(runtime_ldflags)
tests_api_cxx_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/api2-cxx
TESTS += tests/api2-cxx
tests_api2_cxx_SOURCES = tests/api-cxx.cc
tests_api2_cxx_CPPFLAGS = $(AM_CPPFLAGS) -DPIP_VERSION_MAJOR=2
tests_api2_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIE -g
tests_api2_cxx_LDFLAGS = $(runtime_ldflags)
tests_api2_cxx_LDADD = $(runtime_ldadd)

TESTS += tests/api-symbols.sh
EXTRA_DIST += tests/api-symbols.sh

# The logic of lib/mode.c alone.
check_PROGRAMS += tests/mode-select
TESTS += tests/mode-select
tests_mode_select_SOURCES = tests/mode-select.c lib/mode.c
tests_mode_select_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/lib \
	-I$(top_srcdir)/lib/$(PIP_MACHINE)

check_PROGRAMS += tests/mode-init
TESTS += tests/mode-init
tests_mode_init_CFLAGS = $(runtime_cflags)
tests_mode_init_LDFLAGS = $(runtime_ldflags)
tests_mode_init_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/exit-status
TESTS += tests/exit-status
tests_exit_status_CFLAGS = $(runtime_cflags)
tests_exit_status_LDFLAGS = $(runtime_ldflags)
tests_exit_status_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/exit-threads
TESTS += tests/exit-threads
tests_exit_threads_CFLAGS = $(runtime_cflags)
tests_exit_threads_LDFLAGS = $(runtime_ldflags)
tests_exit_threads_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/privacy
TESTS += tests/privacy
tests_privacy_CFLAGS = $(runtime_cflags)
tests_privacy_LDFLAGS = $(runtime_ldflags)
tests_privacy_LDADD = $(runtime_ldadd)

# A library that some of them need.
check_LTLIBRARIES += tests/libruntime-test.la
tests_libruntime_test_la_SOURCES = tests/runtime-library.c \
	tests/runtime-library.h
tests_libruntime_test_la_LDFLAGS = -avoid-version -rpath $(abs_builddir)/tests
tests_libruntime_test_la_LIBADD = lib/libpip.la

check_PROGRAMS += tests/constructors
TESTS += tests/constructors
tests_constructors_CFLAGS = $(runtime_cflags)
tests_constructors_LDFLAGS = $(runtime_ldflags)
tests_constructors_LDADD = tests/libruntime-test.la $(runtime_ldadd)

check_PROGRAMS += tests/start-function
TESTS += tests/start-function
tests_start_function_SOURCES = tests/start-function.c \
	tests/start-function-other.c tests/start-function.h
tests_start_function_CPPFLAGS = $(AM_CPPFLAGS)
tests_start_function_CFLAGS = $(runtime_cflags)
tests_start_function_LDFLAGS = $(runtime_ldflags)
tests_start_function_LDADD = tests/libruntime-test.la $(runtime_ldadd)

check_PROGRAMS += tests/start-function-rdynamic
TESTS += tests/start-function-rdynamic
tests_start_function_rdynamic_SOURCES = tests/start-function.c \
	tests/start-function-other.c tests/start-function.h
tests_start_function_rdynamic_CPPFLAGS = $(AM_CPPFLAGS) -DRDYNAMIC
tests_start_function_rdynamic_CFLAGS = $(runtime_cflags)
tests_start_function_rdynamic_LDFLAGS = $(runtime_ldflags) -export-dynamic
tests_start_function_rdynamic_LDADD = tests/libruntime-test.la $(runtime_ldadd)

check_PROGRAMS += tests/malloc-storm
TESTS += tests/malloc-storm
tests_malloc_storm_CFLAGS = $(runtime_cflags)
tests_malloc_storm_LDFLAGS = $(runtime_ldflags)
tests_malloc_storm_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/malloc-ended
TESTS += tests/malloc-ended
tests_malloc_ended_CFLAGS = $(runtime_cflags)
tests_malloc_ended_LDFLAGS = $(runtime_ldflags)
tests_malloc_ended_LDADD = $(runtime_ldadd)
check_PROGRAMS += tests/malloc-home
TESTS += tests/malloc-home
tests_malloc_home_CFLAGS = $(runtime_cflags)
tests_malloc_home_LDFLAGS = $(runtime_ldflags)
tests_malloc_home_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/malloc-family
TESTS += tests/malloc-family
tests_malloc_family_CFLAGS = $(runtime_cflags)
tests_malloc_family_LDFLAGS = $(runtime_ldflags)
tests_malloc_family_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/malloc-cxx
TESTS += tests/malloc-cxx
tests_malloc_cxx_SOURCES = tests/malloc-cxx.cc
tests_malloc_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra -fPIE -g
tests_malloc_cxx_LDFLAGS = $(runtime_ldflags)
tests_malloc_cxx_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/memory-retained
TESTS += tests/memory-retained
tests_memory_retained_CFLAGS = $(runtime_cflags)
tests_memory_retained_LDFLAGS = $(runtime_ldflags)
tests_memory_retained_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/memory-rounds
TESTS += tests/memory-rounds
tests_memory_rounds_CFLAGS = $(runtime_cflags)
tests_memory_rounds_LDFLAGS = $(runtime_ldflags)
tests_memory_rounds_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/memory-placement
TESTS += tests/memory-placement
tests_memory_placement_CFLAGS = $(runtime_cflags)
tests_memory_placement_LDFLAGS = $(runtime_ldflags)
tests_memory_placement_LDADD = $(runtime_ldadd)

# It compiles its program itself: libtool would not link that as it must be.
check_PROGRAMS += tests/memory-outside
TESTS += tests/memory-outside
EXTRA_DIST += tests/memory-outside-program.c
tests_memory_outside_CPPFLAGS = $(AM_CPPFLAGS) -DCC='"$(CC)"' \
	-DMUSL_GCC='"$(MUSL_GCC)"' \
	-DSOURCE='"$(abs_top_srcdir)/tests/memory-outside-program.c"'
tests_memory_outside_CFLAGS = $(runtime_cflags)
tests_memory_outside_LDFLAGS = $(runtime_ldflags)
tests_memory_outside_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/spawn-killed
TESTS += tests/spawn-killed
tests_spawn_killed_CFLAGS = $(runtime_cflags)
tests_spawn_killed_LDFLAGS = $(runtime_ldflags)
tests_spawn_killed_LDADD = $(runtime_ldadd)
# The observer library and pips
observer_test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/lib
observer_fixture = tests/observer-check.h tests/observer-fixture.c \
	tests/observer-fixture.h
check_PROGRAMS += tests/wait-foreign
TESTS += tests/wait-foreign
tests_wait_foreign_CFLAGS = $(runtime_cflags)
tests_wait_foreign_LDFLAGS = $(runtime_ldflags)
tests_wait_foreign_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/wait-threads
TESTS += tests/wait-threads
tests_wait_threads_CFLAGS = $(runtime_cflags)
tests_wait_threads_LDFLAGS = $(runtime_ldflags)
tests_wait_threads_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/wait-order
TESTS += tests/wait-order
tests_wait_order_CFLAGS = $(runtime_cflags)
tests_wait_order_LDFLAGS = $(runtime_ldflags)
tests_wait_order_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/ulp-late
TESTS += tests/ulp-late
tests_ulp_late_CFLAGS = $(runtime_cflags)
tests_ulp_late_LDFLAGS = $(runtime_ldflags)
tests_ulp_late_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/wait-stolen
TESTS += tests/wait-stolen
tests_wait_stolen_CFLAGS = $(runtime_cflags)
tests_wait_stolen_LDFLAGS = $(runtime_ldflags)
tests_wait_stolen_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/storm-threads
TESTS += tests/storm-threads
tests_storm_threads_CFLAGS = $(runtime_cflags)
tests_storm_threads_LDFLAGS = $(runtime_ldflags)
tests_storm_threads_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/observer-unit tests/observer-table \
	tests/observer-fuzz tests/observer-hang tests/observer-damage tests/observer-reaper \
	tests/observer-root tests/observer-task
if HAVE_JANSSON
check_PROGRAMS += tests/pips-live
TESTS += tests/pips-live
endif
tests_observer_unit_SOURCES = tests/observer-unit.c $(observer_sources)
tests_observer_unit_CPPFLAGS = $(observer_test_cppflags)
tests_observer_unit_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_observer_table_SOURCES = tests/observer-table.c $(observer_fixture) \
	$(observer_sources)
tests_observer_table_CPPFLAGS = $(observer_test_cppflags)
tests_observer_table_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_observer_fuzz_SOURCES = tests/observer-fuzz.c $(observer_fixture) \
	$(observer_sources)
tests_observer_fuzz_CPPFLAGS = $(observer_test_cppflags)
tests_observer_fuzz_CFLAGS = $(AM_CFLAGS) $(SANITIZE_CFLAGS)
tests_observer_hang_SOURCES = tests/observer-hang.c $(observer_fixture)
tests_observer_hang_CPPFLAGS = $(observer_test_cppflags)
tests_observer_hang_LDADD = libpipobserver.la
tests_observer_damage_SOURCES = tests/observer-damage.c $(observer_fixture)
tests_observer_root_SOURCES = tests/observer-root.c
tests_observer_root_LDADD = lib/libpip.la
tests_observer_root_LDFLAGS = -no-install
tests_observer_task_SOURCES = tests/observer-task.c
tests_observer_task_CFLAGS = $(AM_CFLAGS) -fPIE
tests_observer_task_LDFLAGS = -pie
tests_observer_task_LDADD = -lpthread
check_PROGRAMS += tests/observer-domain tests/observer-spawner
tests_observer_domain_CFLAGS = $(runtime_cflags)
tests_observer_domain_LDFLAGS = $(runtime_ldflags)
tests_observer_domain_LDADD = $(runtime_ldadd)
tests_observer_spawner_CFLAGS = $(runtime_cflags)
tests_observer_spawner_LDFLAGS = $(runtime_ldflags)
tests_observer_spawner_LDADD = $(runtime_ldadd)
tests_pips_live_SOURCES = tests/pips-live.c tests/observer-check.h
tests_pips_live_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS)
tests_pips_live_LDADD = $(JANSSON_LIBS)

# -rpath makes libtool build a shared object although it is not installed.
check_LTLIBRARIES += tests/observer-old-kernel.la
tests_observer_old_kernel_la_SOURCES = tests/observer-old-kernel.c
tests_observer_old_kernel_la_LDFLAGS = -module -avoid-version -shared \
	-rpath /nowhere

PIPS_TESTS = tests/pips-counters.sh tests/pips-damaged.sh tests/pips-dying.sh tests/pips-golden.sh \
	tests/pips-namespace.sh tests/pips-none.sh tests/pips-old-kernel.sh \
	tests/pips-other-user.sh tests/pips-own.sh \
	tests/pips-outside.sh tests/pips-promtool.sh \
	tests/pips-select.sh tests/pips-states.sh \
	tests/pips-tree.sh tests/pips-usage.sh tests/pips-views.sh
TESTS += tests/observer-unit tests/observer-table tests/observer-fuzz \
	tests/observer-hang $(PIPS_TESTS)
EXTRA_DIST += $(PIPS_TESTS) tests/pips-lib.sh
check_PROGRAMS += tests/storm-instant
TESTS += tests/storm-instant
tests_storm_instant_CFLAGS = $(runtime_cflags)
tests_storm_instant_LDFLAGS = $(runtime_ldflags)
tests_storm_instant_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/storm-kill
TESTS += tests/storm-kill
tests_storm_kill_CFLAGS = $(runtime_cflags)
tests_storm_kill_LDFLAGS = $(runtime_ldflags)
tests_storm_kill_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/storm-nested
TESTS += tests/storm-nested
tests_storm_nested_CFLAGS = $(runtime_cflags)
tests_storm_nested_LDFLAGS = $(runtime_ldflags)
tests_storm_nested_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/storm-many
TESTS += tests/storm-many
tests_storm_many_CFLAGS = $(runtime_cflags)
tests_storm_many_LDFLAGS = $(runtime_ldflags)
tests_storm_many_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/death-root
TESTS += tests/death-root
tests_death_root_CFLAGS = $(runtime_cflags)
tests_death_root_LDFLAGS = $(runtime_ldflags)
tests_death_root_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/death-not
TESTS += tests/death-not
tests_death_not_CFLAGS = $(runtime_cflags)
tests_death_not_LDFLAGS = $(runtime_ldflags)
tests_death_not_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/hooks
TESTS += tests/hooks
tests_hooks_CFLAGS = $(runtime_cflags)
tests_hooks_LDFLAGS = $(runtime_ldflags)
tests_hooks_LDADD = $(runtime_ldadd)
include tests/gdb.mk
check_PROGRAMS += tests/fds-cloexec
TESTS += tests/fds-cloexec
tests_fds_cloexec_CFLAGS = $(runtime_cflags)
tests_fds_cloexec_LDFLAGS = $(runtime_ldflags)
tests_fds_cloexec_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/fds-race
TESTS += tests/fds-race
tests_fds_race_CFLAGS = $(runtime_cflags)
tests_fds_race_LDFLAGS = $(runtime_ldflags)
tests_fds_race_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/fds-none
TESTS += tests/fds-none
tests_fds_none_CFLAGS = $(runtime_cflags)
tests_fds_none_LDFLAGS = $(runtime_ldflags)
tests_fds_none_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/signals-inherit
TESTS += tests/signals-inherit
tests_signals_inherit_CFLAGS = $(runtime_cflags)
tests_signals_inherit_LDFLAGS = $(runtime_ldflags)
tests_signals_inherit_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/signals-chld
TESTS += tests/signals-chld
tests_signals_chld_CFLAGS = $(runtime_cflags)
tests_signals_chld_LDFLAGS = $(runtime_ldflags)
tests_signals_chld_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/stack-size
TESTS += tests/stack-size
tests_stack_size_CFLAGS = $(runtime_cflags)
tests_stack_size_LDFLAGS = $(runtime_ldflags)
tests_stack_size_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/stack-overflow
TESTS += tests/stack-overflow
tests_stack_overflow_CFLAGS = $(runtime_cflags)
tests_stack_overflow_LDFLAGS = $(runtime_ldflags)
tests_stack_overflow_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/stack-arguments
TESTS += tests/stack-arguments
tests_stack_arguments_CFLAGS = $(runtime_cflags)
tests_stack_arguments_LDFLAGS = $(runtime_ldflags)
tests_stack_arguments_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/coreno
TESTS += tests/coreno
tests_coreno_CFLAGS = $(runtime_cflags)
tests_coreno_LDFLAGS = $(runtime_ldflags)
tests_coreno_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/limit-nproc
TESTS += tests/limit-nproc
tests_limit_nproc_CFLAGS = $(runtime_cflags)
tests_limit_nproc_LDFLAGS = $(runtime_ldflags)
tests_limit_nproc_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/limit-memory
TESTS += tests/limit-memory
tests_limit_memory_CFLAGS = $(runtime_cflags)
tests_limit_memory_LDFLAGS = $(runtime_ldflags)
tests_limit_memory_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/inside-fork
TESTS += tests/inside-fork
tests_inside_fork_CFLAGS = $(runtime_cflags)
tests_inside_fork_LDFLAGS = $(runtime_ldflags)
tests_inside_fork_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/inside-processes
TESTS += tests/inside-processes
tests_inside_processes_CFLAGS = $(runtime_cflags)
tests_inside_processes_LDFLAGS = $(runtime_ldflags)
tests_inside_processes_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/inside-libc
TESTS += tests/inside-libc
tests_inside_libc_CFLAGS = $(runtime_cflags)
tests_inside_libc_LDFLAGS = $(runtime_ldflags)
tests_inside_libc_LDADD = tests/libruntime-test.la $(runtime_ldadd)
# The commands, apart from pip-exec.
CMD_TESTS = \
	tests/cmd-check.sh \
	tests/cmd-libpip.sh \
	tests/cmd-man.sh \
	tests/cmd-mode.sh \
	tests/cmd-pipcc.sh \
	tests/cmd-pipcc-moved.sh \
	tests/cmd-pipcc-run.sh \
	tests/cmd-tgkill.sh \
	tests/cmd-unpie.sh \
	tests/cmd-usage.sh
TESTS += $(CMD_TESTS)
EXTRA_DIST += \
	$(CMD_TESTS) \
	tests/programs/pipcc-task.cc \
	tests/programs/pipcc-task.f90 \
	tests/programs/pipcc-v2.c
include tests/interface.mk
include tests/environment.mk
include tests/backtrace.mk
include tests/trace.mk
include tests/spawner.mk
include tests/thread.mk
include tests/blt.mk
include tests/recorder.mk
include tests/coordinate.mk
include tests/bpftrace.mk
include tests/effect.mk
include tests/top.mk
include tests/plugin.mk
include tests/yama.mk

check_PROGRAMS += tests/outside-late
TESTS += tests/outside-late
tests_outside_late_CFLAGS = $(runtime_cflags)
tests_outside_late_LDFLAGS = $(runtime_ldflags)
tests_outside_late_LDADD = $(runtime_ldadd)

check_PROGRAMS += tests/features
TESTS += tests/features
tests_features_CFLAGS = $(runtime_cflags)
tests_features_LDFLAGS = $(runtime_ldflags)
tests_features_LDADD = $(runtime_ldadd)
