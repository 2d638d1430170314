# SPDX-License-Identifier: BSD-2-Clause
dist_man_MANS += \
	docs/man/pip-exec.1 \
	docs/man/pips.1
	docs/man/pip-gdb.1
# A line each: no list that a merge could cut.
EXTRA_DIST += docs/COMPATIBILITY.md
EXTRA_DIST += docs/GLOSSARY.md
EXTRA_DIST += docs/HOWTO_TEST.md
EXTRA_DIST += docs/INTERNALS.md
EXTRA_DIST += docs/pips-json.md

dist_man_MANS += docs/man/pip-exec.1
dist_man_MANS += docs/man/pips.1
dist_man_MANS += docs/man/pip_exit.3
dist_man_MANS += docs/man/pip_export.3
dist_man_MANS += docs/man/pip_fin.3
dist_man_MANS += docs/man/pip_get_aux.3
dist_man_MANS += docs/man/pip_get_mode.3
dist_man_MANS += docs/man/pip_get_mode_str.3
dist_man_MANS += docs/man/pip_get_ntasks.3
dist_man_MANS += docs/man/pip_get_pipid.3
dist_man_MANS += docs/man/pip_import.3
dist_man_MANS += docs/man/pip_init.3
dist_man_MANS += docs/man/pip_is_initialized.3
dist_man_MANS += docs/man/pip_isa_root.3
dist_man_MANS += docs/man/pip_isa_task.3
dist_man_MANS += docs/man/pip_set_aux.3
dist_man_MANS += docs/man/pip_spawn.3
dist_man_MANS += docs/man/pip_spawn_from_func.3
dist_man_MANS += docs/man/pip_spawn_from_main.3
dist_man_MANS += docs/man/pip_spawn_hook.3
dist_man_MANS += docs/man/pip_task_spawn.3
dist_man_MANS += docs/man/pip_trywait.3
dist_man_MANS += docs/man/pip_trywait_any.3
dist_man_MANS += docs/man/pip_wait.3
dist_man_MANS += docs/man/pip_wait_any.3
dist_man_MANS += docs/man/pip_table.5
dist_man_MANS += docs/man/libpip.7
